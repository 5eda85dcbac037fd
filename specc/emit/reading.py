"""What a running environment's step means: the MDP transition, propositions, numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from specc.diagnostics import SpecError
from specc.emit.bytecode import compile_guard
from specc.emit.many_rewards import reward_names, reward_place
from specc.emit.minigrid import MINIGRID_NAMES, is_minigrid, minigrid_label
from specc.emit.model_env import ModelEnv
from specc.emit.readings import (
    Column,
    Component,
    Composed,
    FromInfo,
    FromPython,
    LeftState,
    NativeReward,
    OneOfRewards,
    Step,
    Tabled,
    TakenAction,
)
from specc.model.mdp import Mdp
from specc.model.nearest import some_of
from specc.objective import stack
from specc.objective.guards import atoms
from specc.objective.stack import Guard, Number
from specc.objective.walk import guard_numbers, leaves
from specc.words import holds, holds_initially, signal_values

__all__ = ["Labels", "Reader", "Step", "Tabled", "Tracker", "tracker"]

Labels = Mapping[str, Callable[[Any, Any, Any, dict[str, Any]], bool]]
"""``labels["goal"](obs, action, next_obs, info)``; on the first letter obs and action are None."""


class Tracker:
    """Follows the finite model of an environment."""

    def __init__(self, mdp: Mdp) -> None:
        self.mdp = mdp
        self.actions = {name: index for index, name in enumerate(mdp.action_names())}
        self.by_number = mdp.observations is None
        self.observed: Sequence[int] = (
            range(mdp.state_count)
            if mdp.observations is None
            else [int(row[0]) for row in mdp.observations.tolist()]
        )
        observed = self.observed
        self.targets: list[int] = mdp.successors.tolist()
        stopped = mdp.stopped.tolist()
        self.starts = {observed[s]: s for s, _ in mdp.initial}
        paid = mdp.rewards.get("")
        rewards = paid.floats().tolist() if paid is not None else [0.0] * mdp.transition_count
        self.table: dict[tuple[int, int, int, bool], list[tuple[float, int]]] = {}
        sources = mdp.transition_sources().tolist()
        choices = mdp.transition_choices().tolist()
        for t, target in enumerate(self.targets):
            action = self.actions[mdp.actions[choices[t]]]
            key = (sources[t], action, observed[target], stopped[target])
            self.table.setdefault(key, []).append((rewards[t], t))

    def start(self, observation: Any) -> int:
        """The MDP state of a first observation."""
        state = self.starts.get(self._whole("observation", observation))
        if state is None:
            raise self._foreign(f"it started in observation {observation}")
        return state

    def follow(
        self, state: int, action: Any, observation: Any, reward: float, terminated: bool
    ) -> int:
        """The transition that was taken."""
        chosen, seen = self._whole("action", action), self._whole("observation", observation)
        found = self.table.get((state, chosen, seen, bool(terminated)))
        if found is None:
            raise self._foreign(
                f"action {action} led from `{self.mdp.states[state]}` to observation {observation}"
            )
        if len(found) == 1:
            return found[0][1]
        return min(found, key=lambda pair: abs(pair[0] - reward))[1]

    def _whole(self, what: str, given: Any) -> int:
        try:
            return int(given)
        except (TypeError, ValueError):
            raise self._foreign(f"the {what} {given!r} is no number") from None

    def _foreign(self, what: str) -> SpecError:
        return SpecError.of(
            "E807",
            f"the environment is not `{self.mdp.name}` of the spec: {what}",
            help="make it with the arguments that the `.spec` file names",
        )


def tracker(env: gymnasium.Env[Any, Any], mdp: object) -> Tracker | None:
    """The tracker of an environment that this finite model describes, else None."""
    if not isinstance(mdp, Mdp):
        return None
    inner = env.unwrapped
    if isinstance(inner, ModelEnv):
        if inner.mdp is mdp or inner.mdp.states == mdp.states:
            plain = Tracker(mdp)
            return plain if mdp.observations is None else _by_state(mdp)
        return None
    spaces = (env.observation_space, env.action_space)
    if mdp.observations is None or mdp.observations.shape[1] != 1 or not hasattr(inner, "P"):
        return None
    if not all(isinstance(space, gymnasium.spaces.Discrete) for space in spaces):
        return None
    return Tracker(mdp)


def _by_state(mdp: Mdp) -> Tracker:
    from dataclasses import replace

    return Tracker(replace(mdp, observations=None))


class Reader:
    """Propositions and numbers of a step, each from Python, the finite model, or the step itself.

    Python labels win over the model's. With a model and no Python labels everything is looked up
    by transition.
    """

    def __init__(
        self,
        guards: Sequence[Guard],
        inputs: Sequence[Number],
        track: Tracker | None,
        labels: Labels,
        env: gymnasium.Env[Any, Any],
    ) -> None:
        self.guards, self.inputs = guards, inputs
        self.track = track
        self.labels = dict(labels)
        self.env = env
        self.size = _size(env.observation_space)
        self.tabled = track is not None and not any(self._python(guard) for guard in guards)
        self.read = [self._reading(guard) for guard in guards]
        self.numbers = [self._number(number) for number in inputs]
        self.before: list[bool] = []

    def _python(self, guard: Guard) -> bool:
        inner = guard.guard if isinstance(guard, stack.Before) else guard
        return any(
            isinstance(atom, stack.Info) or _label(atom) in self.labels for atom in _deep(inner)
        )

    def _reading(self, guard: Guard) -> Callable[[Step], bool]:
        """A function of a step; errors now, not at the first step."""
        if self.track is not None and not self._python(guard):
            return Tabled(
                holds(self.track.mdp, guard).tolist(),
                holds_initially(self.track.mdp, guard).tolist(),
            )
        match guard:
            case stack.Info(key):
                return FromInfo(key)
            case stack.Action(name):
                return TakenAction(self._action(name, guard))
            case stack.Comparison():
                return self._comparison(guard)
            case stack.Before(inner):
                return LeftState(self._whole(inner))
            case _:
                name = _label(guard) or ""
                found = self.labels.get(name) or minigrid_label(self.env, name)
                if found is None:
                    raise self._undefined(guard)
                return FromPython(found, name)

    def _whole(self, guard: Guard) -> Callable[[Step], bool]:
        names = atoms(guard)
        program = compile_guard(guard, {}, {name: i for i, name in enumerate(names)}, "from(..)")
        return Composed(program, [self._reading(name) for name in names], [])

    def _comparison(self, guard: stack.Comparison) -> Callable[[Step], bool]:
        nodes = [node for number in guard_numbers(guard) for node in leaves(number)]
        inputs = list(
            dict.fromkeys(n for n in nodes if isinstance(n, stack.Native | stack.Observation))
        )
        inner = dict.fromkeys(
            atom
            for node in nodes
            if isinstance(node, stack.Indicator | stack.Choice)
            for atom in atoms(node.guard)
        )
        program = compile_guard(
            guard,
            {n: i for i, n in enumerate(inputs)},
            {g: i for i, g in enumerate(inner)},
            "a comparison",
        )
        return Composed(
            program, [self._reading(g) for g in inner], [self._number(n) for n in inputs], guard
        )

    def _action(self, name: str, guard: Guard) -> int:
        if self.track is not None and name in self.track.actions:
            return self.track.actions[name]
        if name.isdigit():
            return int(name)
        raise SpecError.of(
            "E805",
            f"the environment's actions are numbers; nothing says which one is `{name}`",
            span=guard.span,
            help="write the action's number, as in `action = 2`",
        )

    def _undefined(self, guard: Guard) -> SpecError:
        name = _label(guard)
        have = f"`labels` defines: {some_of(self.labels)}" if self.labels else None
        if have is None and is_minigrid(self.env):
            have = f"MiniGrid has {MINIGRID_NAMES} and their kin"
        return SpecError.of(
            "E805",
            f"nobody defines the proposition `{name}` for this environment",
            span=guard.span,
            label=have,
            help=f'wrap(env, spec, labels={{"{name}": lambda obs, action, next_obs, info: ...}})',
        )

    def _number(self, number: Number) -> Callable[[Step], float]:
        match number:
            case stack.Native() if (names := reward_names(self.env)) is not None:
                return OneOfRewards(reward_place(names, number))
            case stack.Native(name):
                if not name:
                    return NativeReward()
                if self.track is not None:
                    values = signal_values(self.track.mdp, number)
                    if values is not None:
                        return Column(values.floats().tolist())
                raise SpecError.of(
                    "E805",
                    f'the environment pays one reward; nothing defines `native("{name}")`',
                    span=number.span,
                    help="write `native` for the environment's own reward",
                )
            case stack.Observation(index):
                if self.track is not None:
                    values = signal_values(self.track.mdp, number)
                    if values is not None:
                        return Column(values.floats().tolist())
                if self.size is None or not 0 <= index < self.size:
                    what = "is not an array" if self.size is None else f"has {self.size} components"
                    raise SpecError.of(
                        "E806",
                        f"`obs[{index}]` does not exist: the observation {what}",
                        span=number.span,
                        help="components count from 0; flatten the observation first",
                    )
                return Component(index)
            case _:
                raise ValueError("not an input")

    def tables(self) -> list[Tabled]:
        """The propositions by transition; all of them where ``tabled``."""
        return [read for read in self.read if isinstance(read, Tabled)]

    def truths(self, step: Step) -> list[bool]:
        """The propositions on this step; call once per step, `from(..)` remembers the last."""
        return [read(step) for read in self.read]

    def values(self, step: Step) -> list[float]:
        """The inputs on this step."""
        return [number(step) for number in self.numbers]


def _label(guard: Guard) -> str | None:
    match guard:
        case stack.LabelIs(name):
            return name
        case stack.Here(state):
            return f"at({state})"
        case _:
            return None


def _deep(guard: Guard) -> Iterable[Guard]:
    """Every atom, those inside `from(..)` and comparisons too."""
    for atom in atoms(guard):
        yield atom
        if isinstance(atom, stack.Before):
            yield from _deep(atom.guard)
        for number in guard_numbers(atom):
            for node in leaves(number):
                if isinstance(node, stack.Indicator | stack.Choice):
                    yield from _deep(node.guard)


def _size(space: gymnasium.Space[Any]) -> int | None:
    if isinstance(space, gymnasium.spaces.Discrete):
        return 1
    if isinstance(space, gymnasium.spaces.Box | gymnasium.spaces.MultiDiscrete):
        return int(np.prod(space.shape, dtype=np.int64))
    return None
