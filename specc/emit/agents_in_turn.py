"""Several agents that move in turn, each paid by a spec (PettingZoo's AEC API)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
from pettingzoo import AECEnv
from pettingzoo.utils.wrappers import BaseWrapper

from specc.emit.agents import Accounts, AgentLabels, told
from specc.emit.wrapper import Observe

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["SpecTurnWrapper"]


class SpecTurnWrapper(BaseWrapper[Any, Any, Any]):  # type: ignore[misc]
    """See :func:`specc.emit.agents_wrapped.wrap_pettingzoo`."""

    def __init__(
        self,
        env: AECEnv[Any, Any, Any],
        specs: Spec | Mapping[Any, Spec],
        labels: AgentLabels | None = None,
        observe: Observe = "none",
    ) -> None:
        super().__init__(env)
        self.accounts = Accounts(env, specs, labels, observe)
        self.pending: dict[Any, Any] = {}
        self.begun: set[Any] = set()
        self.stopped = False

    @property
    def observation_spaces(self) -> dict[Any, gymnasium.Space[Any]]:
        """What every agent observes."""
        return {agent: self.observation_space(agent) for agent in self.accounts.known}

    def observation_space(self, agent: Any) -> gymnasium.Space[Any]:
        """What the agent observes: always the same object."""
        return self.accounts.space(agent)

    def observe(self, agent: Any) -> Any:
        """What the agent sees, with the memory of its reward as asked for."""
        return self.accounts.shown(agent, self.env.observe(agent))

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Reset the environment; an agent's memory reads the first letter when it is its turn."""
        self.env.reset(seed=seed, options=options)
        self.accounts.forget()
        if seed is not None:
            self.accounts.seed(seed)
        self.pending, self.begun, self.stopped = {}, set(), False
        self._cumulative_rewards = dict.fromkeys(self.env.agents, 0.0)
        self._follow()

    def step(self, action: Any) -> None:
        """The present agent's action; who is next is paid for its own last action."""
        agent = self.agent_selection
        dead = self.terminations[agent] or self.truncations[agent]
        if self.stopped:
            self._was_dead_step(action)
            return
        self.env.step(action)
        if not dead:
            self.pending[agent] = action
        self._cumulative_rewards[agent] = 0.0
        self._follow()

    def _follow(self) -> None:
        """Take over the environment's state, and pay who is to move."""
        env = self.env
        self.agents, self.agent_selection = list(env.agents), env.agent_selection
        self.terminations, self.truncations = dict(env.terminations), dict(env.truncations)
        self.rewards = {
            agent: 0.0 if self.accounts.of(agent) is not None else env.rewards[agent]
            for agent in self.agents
        }
        try:
            if self.agents:
                self._pay(self.agent_selection)
        finally:
            # Also where the pay failed: what is shown is where the environment is.
            self.infos = {
                agent: told(env.infos[agent], self.accounts.of(agent)) for agent in self.agents
            }
            self._cumulative_rewards = {
                agent: self._cumulative_rewards.get(agent, 0.0) + self.rewards[agent]
                for agent in self.agents
            }
        if self.accounts.over(self.agents):
            self.stopped = True
            self.terminations = dict.fromkeys(self.agents, True)

    def _pay(self, agent: Any) -> None:
        """What the agent's step was worth, which ends with what it sees now."""
        account, env = self.accounts.of(agent), self.env
        if account is None:
            return
        info = env.infos[agent]
        if agent not in self.begun:
            account.start(env.observe(agent), info)
            self.begun.add(agent)
        elif agent in self.pending:
            native, ended = env._cumulative_rewards[agent], bool(env.terminations[agent])
            action = self.pending.pop(agent)
            self.rewards[agent] = account.step(action, env.observe(agent), native, ended, info)
