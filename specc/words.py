"""Guards and Markov signals, read on all letters of an MDP at once.

A letter belongs to a transition, or, the first one, to the start state. State propositions and
observations read the state entered; `from(..)` the state left. On the first letter actions,
`from(..)` and transition labels are false and native rewards are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.exact_functions import exact_function, float_function
from specc.model.mdp import ExactArray, Mdp
from specc.model.nearest import did_you_mean, some_of
from specc.objective import stack
from specc.source import Span

__all__ = ["holds", "holds_initially", "signal_floats", "signal_values", "state_values"]

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def holds(mdp: Mdp, guard: stack.Guard) -> BoolArray:
    """Where the guard holds, shape (transitions,).

    Raises SpecError with the guard's span: E201 (unknown label), E391 (`from` around something
    that belongs to a transition), E392 (`info`), E393 (`obs`), E394 (`native`), E395 (domain).
    """
    return _letters(mdp).holds(guard)


def holds_initially(mdp: Mdp, guard: stack.Guard) -> BoolArray:
    """Where the guard holds on the first letter, by the start state, shape (states,).

    Raises as :func:`holds`.
    """
    return _Letters(mdp, np.arange(mdp.state_count), None, None).holds(guard)


def signal_values(mdp: Mdp, number: stack.Number) -> ExactArray | None:
    """A Markov signal on every transition, exact; None where a value is irrational or infinite.

    Raises SpecError as :func:`holds`, and ValueError for a number that is no Markov signal (a
    machine's, a policy's or a trajectory's).
    """
    try:
        return _letters(mdp).values(number)
    except _Irrational:
        return None


def state_values(mdp: Mdp, number: stack.Number) -> ExactArray | None:
    """A signal read on first letters: a number per state by its labels and observation.

    Actions, transition labels and `from` are false there. None and errors as
    :func:`signal_values`.
    """
    try:
        return _Letters(mdp, np.arange(mdp.state_count), None, None).values(number)
    except _Irrational:
        return None


def signal_floats(mdp: Mdp, number: stack.Number) -> FloatArray:
    """The same signal in double arithmetic (a few roundings), shape (transitions,).

    `log 0` is -inf. Raises as :func:`signal_values`.
    """
    return _letters(mdp).floats(number)


def _letters(mdp: Mdp) -> _Letters:
    return _Letters(mdp, mdp.successors, np.arange(mdp.transition_count), mdp.transition_sources())


class _Irrational(Exception):
    """A value has no exact form."""


@dataclass(frozen=True, slots=True, eq=False)
class _Letters:
    """Some letters: the states entered, and the transitions and the states left.

    Without ``transitions`` these are first letters; ``before`` marks states that `from` reads.
    """

    mdp: Mdp
    entered: IntArray
    transitions: IntArray | None
    left: IntArray | None
    before: bool = False

    def _where(self, mask: BoolArray) -> _Letters:
        return _Letters(
            self.mdp,
            self.entered[mask],
            None if self.transitions is None else self.transitions[mask],
            None if self.left is None else self.left[mask],
            self.before,
        )

    def _everywhere(self, value: bool) -> BoolArray:
        return np.full(len(self.entered), value, dtype=np.bool_)

    # -- guards

    def holds(self, guard: stack.Guard) -> BoolArray:
        match guard:
            case stack.Truth(value):
                return self._everywhere(value)
            case stack.LabelIs(name):
                return self._label(name, guard.span)
            case stack.Here(state):
                found = np.array([name == state for name in self.mdp.states], dtype=np.bool_)
                return found[self.entered]
            case stack.Action(name):
                if self.before:
                    self._no_transition(f"`action = {name}`", guard.span)
                if self.transitions is None:
                    return self._everywhere(False)
                found = np.array([action == name for action in self.mdp.actions], dtype=np.bool_)
                return found[self.mdp.transition_choices()[self.transitions]]
            case stack.Info(key):
                raise SpecError.of(
                    "E392",
                    f"`info.{key}` exists only while a Gymnasium environment runs; "
                    f"`{self.mdp.name}` is a finite table",
                    span=guard.span,
                    help="use a label of the environment, or compile the spec instead",
                )
            case stack.Before(inner):
                if self.before:
                    self._no_transition("`from(..)`", guard.span)
                if self.left is None:
                    # The parts are still read, so that mistakes show.
                    _Letters(self.mdp, self.entered[:0], None, None, before=True).holds(inner)
                    return self._everywhere(False)
                return _Letters(self.mdp, self.left, None, None, before=True).holds(inner)
            case stack.Comparison(operator, left, right):
                return self._compare(operator, left, right)
            case stack.Negation(inner):
                return ~self.holds(inner)
            case stack.AllOf(parts):
                every = self._everywhere(True)
                for part in parts:
                    every &= self.holds(part)
                return every
            case stack.AnyOf(parts):
                some = self._everywhere(False)
                for part in parts:
                    some |= self.holds(part)
                return some

    def _no_transition(self, what: str, span: Span) -> NoReturn:
        raise SpecError.of(
            "E391",
            f"`from` reads the state left; {what} belongs to a transition",
            span=span,
            help="take it out of `from( )`",
        )

    def _label(self, name: str, span: Span) -> BoolArray:
        label = self.mdp.labels.get(name)
        if label is None:
            raise SpecError.of(
                "E201",
                f"unknown proposition `{name}`",
                span=span,
                label=f"`{self.mdp.name}` has: {some_of(self.mdp.labels)}",
                help=did_you_mean(name, self.mdp.labels),
            )
        if label.on == "state":
            return label.holds[self.entered]
        if self.before:
            self._no_transition(f"`{name}`", span)
        if self.transitions is None:
            return self._everywhere(False)
        return label.holds[self.transitions]

    def _compare(self, operator: str, left: stack.Number, right: stack.Number) -> BoolArray:
        compare = _COMPARISONS[operator]
        try:
            one, other = self.values(left), self.values(right)
        except _Irrational:
            found: BoolArray = compare(self.floats(left), self.floats(right))
            return found
        result = _combine(one, other, lambda x, y: Fraction(bool(compare(x, y))))
        return np.array([value == 1 for value in result.values], dtype=np.bool_)[result.index]

    # -- signals

    def values(self, number: stack.Number) -> ExactArray:
        match number:
            case stack.Constant(value):
                return ExactArray((value,), np.zeros(len(self.entered), dtype=np.int64))
            case stack.Indicator(guard):
                return _interned((Fraction(0), Fraction(1)), self.holds(guard).astype(np.int64))
            case stack.Native(name):
                return self._native(name, number.span)
            case stack.Observation(index):
                values, places = np.unique(
                    self._observation(index, number.span), return_inverse=True
                )
                return ExactArray(
                    tuple(Fraction(value) for value in values.tolist()), places.astype(np.int64)
                )
            case stack.Choice(guard, then, otherwise):
                # Each side is read only where it counts: `if x != 0 then 1/x else 0`.
                mask = self.holds(guard)
                one, other = self._where(mask), self._where(~mask)
                return _merge(mask, one.values(then), other.values(otherwise))
            case stack.Apply(name, operands):
                return self._apply(name, [self.values(part) for part in operands], number.span)
            case _:
                raise ValueError(f"{type(number).__name__} is no Markov signal")

    def _apply(self, name: str, parts: list[ExactArray], span: Span) -> ExactArray:
        function = exact_function(name)

        def checked(*numbers: Fraction) -> Fraction:
            try:
                value = function(*numbers)
            except ArithmeticError as error:
                raise _domain(name, numbers, span) from error
            if value is None:
                raise _Irrational
            return value

        if len(parts) == 1:
            if name in ("+", "*", "min", "max"):
                return parts[0]
            return _interned(tuple(checked(v) for v in parts[0].values), parts[0].index)
        result = parts[0]
        for part in parts[1:]:
            result = _combine(result, part, checked)
        return result

    def _native(self, name: str, span: Span) -> ExactArray:
        rewards = self.mdp.rewards
        if not name and name not in rewards and len(rewards) == 1:
            name = next(iter(rewards))
        if name not in rewards:
            known = some_of(f'native("{r}")' if r else "native" for r in rewards)
            raise SpecError.of(
                "E394",
                f"`{self.mdp.name}` has no reward "
                + (f"`{name}`" if name else "of its own that is plain `native`"),
                span=span,
                label=f"it has: {known}" if rewards else "it has no rewards of its own",
                help=did_you_mean(name, rewards) if name else None,
            )
        reward = rewards[name]
        if self.before:
            self._no_transition("`native`", span)
        if self.transitions is None:
            return ExactArray((Fraction(0),), np.zeros(len(self.entered), dtype=np.int64))
        return _compact(reward.values, reward.index[self.transitions])

    def _observation(self, index: int, span: Span) -> FloatArray:
        observations = self.mdp.observations
        if observations is None or not 0 <= index < observations.shape[1]:
            width = 0 if observations is None else observations.shape[1]
            raise SpecError.of(
                "E393",
                f"`{self.mdp.name}` has no obs[{index}]",
                span=span,
                label=f"its observations have {width} components" if width else "no observations",
                help="components count from 0" if width else "use labels or `at(state)`",
            )
        found: FloatArray = observations[self.entered, index]
        return found

    def floats(self, number: stack.Number) -> FloatArray:
        try:
            return self.values(number).floats()
        except _Irrational:
            pass
        match number:
            case stack.Choice(guard, then, otherwise):
                mask = self.holds(guard)
                result = np.empty(len(mask), dtype=np.float64)
                result[mask] = self._where(mask).floats(then)
                result[~mask] = self._where(~mask).floats(otherwise)
                return result
            case stack.Apply(name, operands):
                parts = [self.floats(part) for part in operands]
                found, wrong = float_function(name, parts)
                if wrong.any():
                    place = int(np.flatnonzero(wrong)[0])
                    raise _domain(name, [part[place] for part in parts], number.span)
                return found
            case _:
                raise ValueError(f"{type(number).__name__} is no Markov signal")


_COMPARISONS: dict[str, Callable[..., BoolArray]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


def _domain(name: str, numbers: Iterable[object], span: Span) -> SpecError:
    shown = ", ".join(str(n) for n in numbers)
    return SpecError.of(
        "E395",
        f"`{name}` is not defined on {shown}, which a transition yields",
        span=span,
        help="guard it: `if condition then x else y` reads only the side that counts",
    )


def _interned(values: tuple[Fraction, ...], index: IntArray) -> ExactArray:
    """The values under an index, each different value once, unused ones left out."""
    table: dict[Fraction, int] = {}
    renumbered = np.array([table.setdefault(v, len(table)) for v in values], dtype=np.int64)
    return _compact(tuple(table), renumbered[index] if len(values) else index)


def _compact(values: tuple[Fraction, ...], index: IntArray) -> ExactArray:
    used, places = np.unique(index, return_inverse=True)
    return ExactArray(tuple(values[i] for i in used.tolist()), places.astype(np.int64))


def _combine(
    one: ExactArray, other: ExactArray, function: Callable[[Fraction, Fraction], Fraction]
) -> ExactArray:
    width = max(len(other.values), 1)
    codes, places = np.unique(one.index * width + other.index, return_inverse=True)
    values = tuple(
        function(one.values[code // width], other.values[code % width]) for code in codes.tolist()
    )
    return _interned(values, places.astype(np.int64))


def _merge(mask: BoolArray, one: ExactArray, other: ExactArray) -> ExactArray:
    index = np.empty(len(mask), dtype=np.int64)
    index[mask] = one.index
    index[~mask] = other.index + len(one.values)
    return _interned(one.values + other.values, index)
