"""The accounts of an environment's agents, each paid by a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gymnasium

from specc.diagnostics import SpecError
from specc.emit.account import Account, together
from specc.emit.wrapper import Observe, observed_space
from specc.model.nearest import some_of
from specc.resolve.file import Spec

__all__ = ["Accounts", "AgentLabels", "told"]

AgentLabels = Mapping[Any, Any]
"""``labels["goal"](obs, action, next_obs, info)`` for every agent, or ``labels[agent]["goal"]``."""


class _Seat:
    """What an agent's reward can know of the environment: the agent's own spaces."""

    def __init__(self, env: Any, agent: Any) -> None:
        self.observation_space: gymnasium.Space[Any] = env.observation_space(agent)
        self.action_space: gymnasium.Space[Any] = env.action_space(agent)
        self.unwrapped = self


class Accounts:
    """The rewards of all agents that have a spec; those of agents that appear late are opened when
    they do."""

    def __init__(
        self,
        env: Any,
        specs: Spec | Mapping[Any, Spec],
        labels: AgentLabels | None,
        observe: Observe,
    ) -> None:
        self.env, self.specs, self.labels, self.observe = env, specs, labels or {}, observe
        self.known: tuple[Any, ...] = tuple(getattr(env, "possible_agents", ()))
        if not isinstance(specs, Spec):
            _refuse_unknown("specs", specs, self.known)
        if self._by_agent():
            _refuse_unknown("labels", self.labels, self.known)
        self.open: dict[Any, Account] = {}
        self.spaces: dict[Any, tuple[gymnasium.Space[Any], gymnasium.Space[Any]]] = {}
        self.seeded: int | None = None
        for agent in self.known:
            self.of(agent)

    def _by_agent(self) -> bool:
        return bool(self.labels) and all(isinstance(v, Mapping) for v in self.labels.values())

    def of(self, agent: Any) -> Account | None:
        """The agent's account; None where it has no spec."""
        if agent in self.open:
            return self.open[agent]
        spec = self.specs if isinstance(self.specs, Spec) else self.specs.get(agent)
        if spec is None:
            return None
        labels = self.labels.get(agent, {}) if self._by_agent() else self.labels
        account = Account(_Seat(self.env, agent), spec, labels, self.observe != "none")
        if self.seeded is not None:
            account.seed(self.seeded, len(self.open))
        self.open[agent] = account
        return account

    def seed(self, seed: int) -> None:
        """Begin all streams of draws."""
        self.seeded = seed
        for place, account in enumerate(self.open.values()):
            account.seed(seed, place)

    def forget(self) -> None:
        """A new episode: agents that appear on the way may come back with other spaces."""
        for agent in [agent for agent in self.open if agent not in self.known]:
            del self.open[agent]

    def space(self, agent: Any) -> gymnasium.Space[Any]:
        """What the agent observes: the same object as long as the environment's is the same."""
        inner: gymnasium.Space[Any] = self.env.observation_space(agent)
        account = self.of(agent)
        if account is None:
            return inner
        if agent not in self.spaces or self.spaces[agent][0] is not inner:
            self.spaces[agent] = inner, self._space(inner, account)
        return self.spaces[agent][1]

    def _space(self, inner: gymnasium.Space[Any], account: Account) -> gymnasium.Space[Any]:
        if self.observe == "dict" and isinstance(inner, gymnasium.spaces.Dict):
            machine = gymnasium.spaces.Discrete(account.memories)
            return gymnasium.spaces.Dict({**inner.spaces, "machine": machine})
        return observed_space(inner, self.observe, account.memories)

    def shown(self, agent: Any, observation: Any) -> Any:
        """The agent's observation, with its memory as asked for."""
        account = self.of(agent)
        return observation if account is None else account.shown(observation, self.observe)

    def tell(self, agents: Iterable[Any], tell: Callable[[Any, Account], Any]) -> dict[Any, Any]:
        """What the accounts of agents answer, who have one; where one fails, none has heard it."""
        found = [(agent, account) for agent in agents if (account := self.of(agent)) is not None]
        names = iter(agent for agent, _ in found)
        answers = together([a for _, a in found], lambda account: tell(next(names), account))
        return dict(zip((agent for agent, _ in found), answers, strict=True))

    def over(self, agents: Iterable[Any]) -> bool:
        """Whether the rewards of all of these agents are over."""
        found = [self.of(agent) for agent in agents]
        return bool(found) and all(account is not None and account.over for account in found)


def told(info: Mapping[str, Any], account: Account | None) -> dict[str, Any]:
    """The info, with what the account says."""
    return dict(info) if account is None else {**info, "specc": account.told()}


def _refuse_unknown(what: str, given: Mapping[Any, Any], known: tuple[Any, ...]) -> None:
    for agent in given:
        if known and agent not in known:
            raise SpecError.of(
                "E805",
                f"`{what}` names {agent!r}, which is no agent of this environment",
                help=f"there is: {some_of([str(name) for name in known])}",
            )
