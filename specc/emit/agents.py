"""``wrap_pettingzoo``: environments of several agents, each paid by a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import gymnasium

from specc.diagnostics import MissingExtra, SpecError
from specc.emit.account import Account, together
from specc.emit.wrapper import Observe, observed_space
from specc.model.nearest import some_of
from specc.resolve.file import Spec

if TYPE_CHECKING:
    from specc.emit.agents_in_turn import SpecTurnWrapper
    from specc.emit.agents_parallel import SpecParallelWrapper

__all__ = ["Accounts", "AgentLabels", "told", "wrap_pettingzoo"]

AgentLabels = Mapping[Any, Any]
"""``labels["goal"](obs, action, next_obs, info)`` for every agent, or ``labels[agent]["goal"]``."""


def wrap_pettingzoo(
    env: Any,
    specs: Spec | Mapping[Any, Spec],
    labels: AgentLabels | None = None,
    observe: Observe = "none",
) -> SpecParallelWrapper | SpecTurnWrapper:
    """The environment, parallel or turn by turn (AEC), in which agents are paid by specs.

    ``specs``: one for every agent, or one each; who has none keeps the environment's reward. An
    agent's spec reads what that agent sees: its observation, action, reward and info. ``labels``
    are for all agents, ``labels["goal"](obs, action, next_obs, info)``, or by agent,
    ``labels["player_0"]["goal"]``. ``observe`` shows an agent the memory of its own reward, as
    :func:`specc.emit.wrapper.wrap` does; ``dict`` adds the key `machine` to observations that are
    dictionaries (an `action_mask` stays where it was), and is what PettingZoo's own tests know.

    ``infos[agent]["specc"]`` has ``formalism``, ``machine``, ``satisfied`` and ``over``. An agent
    whose reward is over stays in the game, for the others' sake, and is paid 0; the episode ends,
    terminated for all, where the rewards of all who still play are over.

    Turn by turn, a step of an agent goes from its action to what it sees next: then it is paid, and
    what the environment has paid it since is its `native`. A step that fails (E809, E817) leaves
    the memories of all agents where they were.

    :raises SpecError: E801 a spec has no reward per step, E805 names of agents that the environment
        has not, E811 a formula with epsilon actions; else as ``wrap``.
    :raises MissingExtra: PettingZoo is not installed.

    >>> from pettingzoo.classic import rps_v2
    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec paper = E[discounted([action = 1], 0.9)]")
    >>> env = wrap_pettingzoo(rps_v2.parallel_env(), file["paper"])
    >>> _ = env.reset(seed=0)
    >>> env.step({"player_0": 1, "player_1": 2})[1]
    {'player_0': 1.0, 'player_1': 0.0}
    """
    try:
        from pettingzoo import AECEnv, ParallelEnv
    except ImportError as error:
        hint = "environments of several agents need PettingZoo: pip install 'specc-rl[pettingzoo]'"
        raise MissingExtra(hint) from error
    if isinstance(env, ParallelEnv):
        from specc.emit.agents_parallel import SpecParallelWrapper

        return SpecParallelWrapper(env, specs, labels, observe)
    if isinstance(env, AECEnv):
        from specc.emit.agents_in_turn import SpecTurnWrapper

        return SpecTurnWrapper(env, specs, labels, observe)
    raise TypeError(f"a {type(env).__name__}, not a PettingZoo environment")


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
