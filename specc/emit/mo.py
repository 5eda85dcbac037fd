"""``wrap_mo``: an environment that pays every mean of an objective, as a vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.account import Account, together
from specc.emit.many_rewards import reward_names
from specc.emit.means import inner_means
from specc.emit.plan import FormulaScheme, SignalScheme, plan_objective
from specc.emit.planned import plan
from specc.emit.reading import Labels
from specc.emit.shown import memories_shown, memories_space
from specc.emit.wrapper import Observe

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["SpecMoWrapper", "wrap_mo"]


def wrap_mo(
    env: gymnasium.Env[Any, Any],
    spec: Spec,
    labels: Labels | None = None,
    observe: Observe = "none",
    rewards: Mapping[str, int] | None = None,
) -> SpecMoWrapper:
    """The environment with a vector of rewards, one per mean inside the spec's objective.

    For learners of several objectives: ``reward_space`` is there, as mo-gymnasium has it, and
    ``discounts``, ``means`` (their texts) in the same order. Where the environment pays several
    rewards itself, ``native("0")`` is the first, and ``rewards={"treasure": 0}`` names it
    ``native("treasure")``. ``labels`` are those of :func:`specc.emit.wrapped.wrap`; ``observe``
    shows the memories of all means, in order (see :mod:`specc.emit.shown`).

    A mean whose reward is over (a decided formula, a horizon, an end by chance) pays 0; the episode
    ends with the environment's, or, terminated, where all are over. ``info["specc"]`` has arrays
    ``machine``, ``satisfied`` and ``over``. A step that fails leaves the memories where they were.

    :raises SpecError: E801 a part of the objective is no mean, or has no reward per step; E805
        names of rewards that the environment has not; E811 a formula with epsilon actions; else as
        ``wrap``.

    >>> import gymnasium
    >>> from specc.resolve.file import load_text
    >>> spec = load_text('''
    ... env pole = gym "CartPole-v1"
    ... spec calm in pole = lexicographic(P[G obs[0] < 1], E[discounted(native, 0.9)])
    ... ''')["calm"]
    >>> env = wrap_mo(gymnasium.make("CartPole-v1"), spec)
    >>> _ = env.reset(seed=0)
    >>> env.step(0)[1].tolist(), env.discounts
    ([0.0, 1.0], (1.0, 0.9))
    """
    return SpecMoWrapper(env, spec, labels, observe, rewards)


class _View:
    """The environment with names for its rewards."""

    def __init__(self, env: gymnasium.Env[Any, Any], names: Mapping[str, int]) -> None:
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.unwrapped = env.unwrapped
        self.reward_names = dict(names)


class SpecMoWrapper(gymnasium.Wrapper[Any, Any, Any, Any], gymnasium.utils.RecordConstructorArgs):
    """See :func:`wrap_mo`. ``unwrapped`` is this wrapper: learners and the wrappers of mo-gymnasium
    look there for ``reward_space``."""

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        spec: Spec,
        labels: Labels | None = None,
        observe: Observe = "none",
        rewards: Mapping[str, int] | None = None,
    ) -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(
            self, spec=spec, labels=labels, observe=observe, rewards=rewards, _disable_deepcopy=True
        )
        gymnasium.Wrapper.__init__(self, env)
        view = _View(env, _checked(env, rewards or {}))
        means = inner_means(spec)
        given, observed = labels or {}, observe != "none"
        self.accounts = tuple(Account(view, mean, given, observed) for mean in means)
        self.means = tuple(mean.text for mean in means)
        self.discounts = tuple(_discount(mean) for mean in means)
        self.formalism = plan_objective(spec.objective).formalism
        self._observe: Observe = observe
        self._counts = tuple(account.memories for account in self.accounts)
        self.observation_space = memories_space(env.observation_space, observe, self._counts)
        self.reward_space = gymnasium.spaces.Box(-np.inf, np.inf, (len(means),), np.float64)

    @property
    def unwrapped(self) -> SpecMoWrapper:
        """This wrapper."""
        return self

    def _seen(self, observation: Any) -> Any:
        memories = tuple(account.memory for account in self.accounts)
        return memories_shown(observation, self._observe, memories, self._counts)

    def _told(self, info: Mapping[str, Any]) -> dict[str, Any]:
        told = {
            "formalism": self.formalism,
            "machine": np.array([account.memory for account in self.accounts], dtype=np.int64),
            "satisfied": np.array([a.meter.verdict() for a in self.accounts], dtype=object),
            "over": np.array([account.over for account in self.accounts], dtype=np.bool_),
        }
        return {**info, "specc": told}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment; the memories read the first letter."""
        observation, info = self.env.reset(seed=seed, options=options)
        if seed is not None:
            for place, account in enumerate(self.accounts):
                account.seed(seed, place)
        together(self.accounts, lambda account: account.start(observation, info))
        return self._seen(observation), self._told(info)

    def step(self, action: Any) -> tuple[Any, NDArray[np.float64], bool, bool, dict[str, Any]]:
        """One step, with the reward of every mean."""
        observation, native, terminated, truncated, info = self.env.step(action)
        ended = bool(terminated)
        paid = together(
            self.accounts, lambda account: account.step(action, observation, native, ended, info)
        )
        ended = ended or all(account.over for account in self.accounts)
        return self._seen(observation), np.array(paid), ended, bool(truncated), self._told(info)


def _checked(env: gymnasium.Env[Any, Any], rewards: Mapping[str, int]) -> Mapping[str, int]:
    """The names, if the environment has the rewards that they name."""
    names = reward_names(env)
    for name, place in rewards.items():
        if names is None or str(place) not in names:
            paid = "one reward" if names is None else f"{len(names)} rewards"
            raise SpecError.of(
                "E805",
                f'rewards={{"{name}": {place}}}: the environment pays {paid}',
                help="give places from 0, of an environment with a `reward_space`",
            )
    return rewards


def _discount(mean: Spec) -> float:
    scheme = plan(mean).scheme
    return float(scheme.discount) if isinstance(scheme, SignalScheme | FormulaScheme) else 1.0
