"""What a step of many environments at once means; the batch form of ``specc.emit.reading``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit import numba_loops, reading, readings
from specc.emit.batches import refuse_array
from specc.emit.bytecode import DEPTH

__all__ = ["VectorLabels", "VectorReader", "VectorStep", "VectorTracker"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

VectorLabels = Mapping[str, Callable[[Any, Any, Any, dict[str, Any]], Any]]
"""``labels["goal"](obs, action, next_obs, infos)`` answers for all n environments, bool (n,); on
first letters obs and action are None."""


@dataclass(frozen=True, slots=True)
class VectorStep:
    """One step of n environments, batched as vector environments batch. On first letters ``before``
    and ``action`` are None. ``transition``: the model's, ``start``: the model's states; -1 where
    there are none."""

    before: Any
    action: Any
    after: Any
    reward: FloatArray
    infos: dict[str, Any]
    transition: IntArray
    start: IntArray


class VectorTracker:
    """Follows the finite model of many copies of an environment."""

    def __init__(self, track: reading.Tracker) -> None:
        self.track = track
        self.targets = np.array(track.targets, dtype=np.int64)
        shown = [key[2] for key in track.table]
        self.width = max([*shown, *track.starts, 0]) + 1
        self.actions = len(track.actions)
        keys = {
            self._key(*map(np.asarray, key)).item(): found for key, found in track.table.items()
        }
        self.keys = np.array(sorted(keys), dtype=np.int64)
        ordered = [keys[key] for key in self.keys.tolist()]
        self.first = np.array([found[0][1] for found in ordered], dtype=np.int64)
        self.several = np.array([len(found) > 1 for found in ordered], dtype=np.bool_)
        self.ordered = ordered
        self.begin = np.full(self.width, -1, dtype=np.int64)
        for observed, state in track.starts.items():
            self.begin[observed] = state

    def _key(self, state: Any, action: Any, shown: Any, ended: Any) -> Any:
        return ((state * self.actions + action) * self.width + shown) * 2 + ended

    def start(self, observations: Any) -> IntArray:
        """The model's states of first observations."""
        shown = np.asarray(observations).astype(np.int64)
        fits = (shown >= 0) & (shown < self.width)
        found = np.where(fits, self.begin[np.where(fits, shown, 0)], -1)
        if (found < 0).any():
            self.track.start(shown[found < 0][0])
        return found

    def states(self, observations: Any) -> IntArray:
        """The model's states that a run leaves, by their observations."""
        shown = np.asarray(observations).astype(np.int64)
        mdp = self.track.mdp
        observed = np.arange(mdp.state_count)
        if mdp.observations is not None:
            observed = np.asarray(mdp.observations)[:, 0].astype(np.int64)
        leaving = np.flatnonzero(~mdp.stopped)
        if len(set(observed[leaving].tolist())) < len(leaving):
            raise SpecError.of("E807", f"several states of `{mdp.name}` look the same")
        table = np.full(int(observed.max(initial=0)) + 1, -1, dtype=np.int64)
        table[observed[leaving]] = leaving
        fits = (shown >= 0) & (shown < len(table))
        found = np.where(fits, table[np.where(fits, shown, 0)], -1)
        if (found < 0).any():
            raise SpecError.of(
                "E807", f"no state of `{mdp.name}` looks like observation {shown[found < 0][0]}"
            )
        return found

    def follow(
        self, states: IntArray, actions: Any, observations: Any, rewards: FloatArray, ended: Any
    ) -> IntArray:
        """The transitions that were taken."""
        shown, action = np.asarray(observations).astype(np.int64), np.asarray(actions)
        place, there = self._place(states, action, shown, ended)
        if not there.all():
            wrong = ~there
            i = int(np.argmax(wrong))
            self.track.follow(int(states[i]), action[i], shown[i], float(rewards[i]), ended[i])
        found = self.first[place]
        for i in np.flatnonzero(self.several[place]).tolist():
            gaps = [abs(paid - float(rewards[i])) for paid, _ in self.ordered[place[i]]]
            found[i] = self.ordered[place[i]][gaps.index(min(gaps))][1]
        return found

    def has(self, states: IntArray, actions: Any, observations: Any, ended: Any) -> BoolArray:
        """Whether the model has such transitions."""
        shown, action = np.asarray(observations).astype(np.int64), np.asarray(actions)
        return self._place(states, action, shown, ended)[1]

    def _place(
        self, states: IntArray, action: Any, shown: IntArray, ended: Any
    ) -> tuple[IntArray, BoolArray]:
        """Where in the table the transitions stand, and whether they do."""
        fits = (shown >= 0) & (shown < self.width) & (action >= 0) & (action < self.actions)
        wanted = np.where(fits, self._key(states, action, shown, np.asarray(ended)), -1)
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return place, self.keys[place] == wanted


class VectorReader:
    """Propositions and numbers of n environments, read as the ``reader`` of one reads them.

    With ``begins`` it reads stored rows in the order of time, all steps at once: where an episode
    begins, ``from(..)`` reads the steps' starts, ``first``.
    """

    def __init__(
        self,
        reader: reading.Reader,
        begins: BoolArray | None = None,
        first: VectorStep | None = None,
    ) -> None:
        self.first = first
        past = None if begins is None or first is None else _Past(begins, first)
        self.read = [_truth(read, past) for read in reader.read]
        self.read_numbers = [_number(number) for number in reader.numbers]
        self.remembering = [one for read in self.read for one in _remembering(read)]

    def truths(self, step: VectorStep, where: BoolArray | None = None) -> BoolArray:
        """The propositions, bool (n, propositions); ``from(..)`` remembers them where ``where``."""
        n = len(step.reward)
        held = np.ones(n, dtype=np.bool_) if where is None else where
        found = np.zeros((n, len(self.read)), dtype=np.bool_)
        for column, read in enumerate(self.read):
            found[:, column] = read(step, held)
        return found

    def first_truths(self) -> BoolArray:
        """The propositions of the stored steps' starts, as first letters."""
        assert self.first is not None
        return self.truths(self.first)

    def numbers(self, step: VectorStep) -> FloatArray:
        """The inputs of rewards, float (n, inputs)."""
        found: FloatArray = _columns([read(step) for read in self.read_numbers], len(step.reward))
        return found


_Truth = Callable[[VectorStep, BoolArray], Any]
_Number = Callable[[VectorStep], FloatArray]


def _columns(columns: list[Any], n: int) -> Any:
    kind = columns[0].dtype if columns else np.float64
    found = np.empty((n, len(columns)), dtype=kind)
    for place, column in enumerate(columns):
        found[:, place] = column
    return found


@dataclass(frozen=True, slots=True)
class _Past:
    """Where stored episodes begin, and the first letter there."""

    begins: BoolArray
    first: VectorStep


def _truth(read: Any, past: _Past | None) -> _Truth:
    match read:
        case readings.Tabled(on_transition, on_start):
            return _Tabled(np.array(on_transition), np.array(on_start))
        case readings.FromPython(function, name):
            return _Python(function, name)
        case readings.FromInfo(key):
            return _Info(key)
        case readings.TakenAction(number):
            return lambda step, _: (
                np.zeros(len(step.reward), dtype=np.bool_)
                if step.action is None
                else np.asarray(step.action) == number
            )
        case readings.LeftState(inner):
            held = _truth(inner, past)
            return _Before(held) if past is None else _Stored(held, past)
        case readings.Composed():
            return _Composed(read, past)
        case _:
            raise ValueError(f"{type(read).__name__} reads one environment only")


def _number(read: Any) -> _Number:
    match read:
        case readings.NativeReward():
            return lambda step: _finite(
                np.asarray(step.reward, dtype=np.float64), "the environment's own reward"
            )
        case readings.OneOfRewards(place):
            return lambda step: _finite(
                np.asarray(step.reward, dtype=np.float64)[:, place],
                f'the reward `native("{place}")`',
            )
        case readings.Column(values):
            table = np.array([*values, 0.0])
            return lambda step: table[step.transition]
        case readings.Component(index):
            return lambda step: _component(step.after, index)
        case _:
            raise ValueError(f"{type(read).__name__} reads one environment only")


def _component(observations: Any, index: int) -> FloatArray:
    rows = np.asarray(observations)
    found: FloatArray = rows.reshape(len(rows), -1)[:, index].astype(np.float64)
    return _finite(found, f"the observation `obs[{index}]`")


def _finite(values: FloatArray, what: str) -> FloatArray:
    wrong = ~np.isfinite(values)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise SpecError.of(
            "E809",
            f"{what} is {values[i]} in environment {i}",
            help="mend the environment, or its wrapper",
        )
    return values


class _Tabled:
    def __init__(self, on_transition: BoolArray, on_start: BoolArray) -> None:
        self.on_transition, self.on_start = on_transition, on_start

    def __call__(self, step: VectorStep, where: BoolArray) -> BoolArray:
        first = step.action is None
        found: BoolArray = (
            self.on_start[step.start] if first else self.on_transition[step.transition]
        )
        return found


@dataclass(frozen=True, slots=True)
class _Python:
    function: Callable[[Any, Any, Any, dict[str, Any]], Any]
    name: str

    def __call__(self, step: VectorStep, where: BoolArray) -> BoolArray:
        n = len(step.reward)
        found = np.asarray(self.function(step.before, step.action, step.after, step.infos))
        if found.dtype != np.bool_ or found.shape != (n,):
            refuse_array(
                f"the label `{self.name}` answers {found.dtype}, shape {found.shape}",
                f"bool ({n},), one answer per environment",
            )
        return found


@dataclass(frozen=True, slots=True)
class _Info:
    key: str

    def __call__(self, step: VectorStep, where: BoolArray) -> BoolArray:
        n = len(step.reward)
        if step.action is None or self.key not in step.infos:
            return np.zeros(n, dtype=np.bool_)
        given = np.asarray(step.infos[self.key])
        if len(given) != n:
            refuse_array(f"`infos[{self.key!r}]` has the shape {given.shape}", f"({n},)")
        there = np.asarray(step.infos.get(f"_{self.key}", np.ones(n, dtype=np.bool_)))
        held: BoolArray = np.array([bool(x) for x in given.tolist()], dtype=np.bool_)
        found: BoolArray = held & there
        return found


class _Before:
    def __init__(self, inner: _Truth) -> None:
        self.inner = inner
        self.last: BoolArray | None = None

    def __call__(self, step: VectorStep, where: BoolArray) -> BoolArray:
        found = np.asarray(self.inner(step, where), dtype=np.bool_)
        if self.last is None:
            self.last = np.zeros(len(found), dtype=np.bool_)
        nothing: BoolArray = np.zeros(len(found), dtype=np.bool_)
        before = nothing if step.action is None else self.last
        self.last = np.where(where, found, self.last)
        return before


@dataclass(frozen=True, slots=True)
class _Stored:
    """`from(..)` over stored rows: the step before, or the start."""

    inner: _Truth
    past: _Past

    def __call__(self, step: VectorStep, where: BoolArray) -> BoolArray:
        found = np.zeros(len(where), dtype=np.bool_)
        if step.action is None:
            return found
        found[1:] = self.inner(step, where)[:-1]
        begins = self.past.begins
        found[begins] = np.asarray(self.inner(self.past.first, where))[begins]
        return found


def _remembering(read: Any) -> Iterator[_Before]:
    """Every `from(..)` inside."""
    if isinstance(read, _Before):
        yield read
        yield from _remembering(read.inner)
    elif isinstance(read, _Composed):
        for truth in read.truths:
            yield from _remembering(truth)


class _Composed:
    def __init__(self, read: readings.Composed, past: _Past | None) -> None:
        self.text = read.program.text
        self.rows = np.array(read.program.rows, dtype=np.int64).reshape(-1, 2)
        self.constants = np.array(read.program.constants, dtype=np.float64)
        self.truths = [_truth(inner, past) for inner in read.truths]
        self.numbers = [_number(inner) for inner in read.numbers]

    def __call__(self, step: VectorStep, where: BoolArray) -> BoolArray:
        n = len(step.reward)
        held = [np.asarray(read(step, where), dtype=np.bool_) for read in self.truths]
        truths = _columns(held, n) if held else np.zeros((n, 0), dtype=np.bool_)
        numbers = _columns([read(step) for read in self.numbers], n).astype(np.float64, copy=False)
        values = np.empty(n)
        room = np.empty(DEPTH)
        numba_loops.evaluate(self.rows, self.constants, numbers, truths, room, values)
        left: BoolArray = np.isnan(values) & where
        if left.any():
            raise SpecError.of(
                "E809",
                f"{self.text} left the domain of its functions in environment {np.argmax(left)}",
            )
        found: BoolArray = values == 1.0
        return found
