"""Several agents that move at once, each paid by a spec (PettingZoo's parallel API)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
from pettingzoo import ParallelEnv
from pettingzoo.utils.wrappers import BaseParallelWrapper

from specc.emit.agents import Accounts, AgentLabels, told
from specc.emit.wrapper import Observe

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["SpecParallelWrapper"]

Answer = dict[Any, Any]


class SpecParallelWrapper(BaseParallelWrapper[Any, Any, Any]):  # type: ignore[misc]
    """See :func:`specc.emit.agents_wrapped.wrap_pettingzoo`."""

    def __init__(
        self,
        env: ParallelEnv[Any, Any, Any],
        specs: Spec | Mapping[Any, Spec],
        labels: AgentLabels | None = None,
        observe: Observe = "none",
    ) -> None:
        super().__init__(env)
        self.accounts = Accounts(env, specs, labels, observe)
        self.stopped = False

    @property
    def agents(self) -> list[Any]:
        """Who plays; nobody once all rewards are over."""
        return [] if self.stopped else self.env.agents

    @agents.setter
    def agents(self, agents: list[Any]) -> None:
        self.env.agents = agents

    @property
    def observation_spaces(self) -> dict[Any, gymnasium.Space[Any]]:
        """What every agent observes."""
        return {agent: self.observation_space(agent) for agent in self.accounts.known}

    def observation_space(self, agent: Any) -> gymnasium.Space[Any]:
        """What the agent observes: always the same object."""
        return self.accounts.space(agent)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Answer, Answer]:
        """Reset the environment; the memories read the first letters."""
        observations, infos = self.env.reset(seed=seed, options=options)
        self.accounts.forget()
        if seed is not None:
            self.accounts.seed(seed)
        self.accounts.tell(
            self.env.agents,
            lambda agent, account: account.start(observations[agent], infos.get(agent, {})),
        )
        self.stopped = False
        return self._answer(observations, infos)

    def step(self, actions: Answer) -> tuple[Answer, Answer, Answer, Answer, Answer]:
        """One step of all agents, with the rewards of their specs."""
        observations, rewards, ended, cut, infos = self.env.step(actions)

        def pay(agent: Any, account: Any) -> float:
            info = infos.get(agent, {})
            if agent not in actions:  # it has just appeared
                account.start(observations[agent], info)
                return 0.0
            seen, over = observations[agent], bool(ended.get(agent, False))
            paid: float = account.step(actions[agent], seen, rewards.get(agent, 0.0), over, info)
            return paid

        paid = self.accounts.tell([a for a in rewards if a in observations], pay)
        if self.accounts.over(self.env.agents):
            self.stopped = True
            ended = dict.fromkeys(ended, True)
        seen, infos = self._answer(observations, infos)
        return seen, {**rewards, **paid}, ended, cut, infos

    def _answer(self, observations: Answer, infos: Answer) -> tuple[Answer, Answer]:
        accounts = self.accounts
        return (
            {agent: accounts.shown(agent, seen) for agent, seen in observations.items()},
            # An info may be about nobody: "common", say.
            {key: told(info, accounts.open.get(key)) for key, info in infos.items()},
        )
