"""Where the outcome of a run is decided, almost surely and whatever the policy does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.evaluate.outer import evaluate_number
from specc.evaluate.value import Value, exact
from specc.lower import Lowered, signal_on
from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost
from specc.solve.acceptance import accepting, complement
from specc.solve.end_components import EndComponents, end_components
from specc.solve.gain import component_gain
from specc.solve.graph import choice_sources, leading_to
from specc.solve.rewards import expected

__all__ = ["LIMIT_PARTS", "Limits", "limits"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

LIMIT_PARTS = (
    stack.Satisfaction
    | stack.AutomatonSatisfaction
    | stack.Extremum
    | stack.SetFunction
    | stack.Average
)
"""Trajectory numbers that what happens in the limit decides, given the memories."""
_MOST_VALUES = 60


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """``value[k]`` is what almost every run that ends in the k-th maximal end component of the
    product gets, None where that depends on how it ends there. ``decided[n]`` is an index into
    ``values`` where almost every run from product state n gets that value under every policy, -1
    elsewhere."""

    parts: EndComponents
    value: tuple[Fraction | None, ...]
    values: tuple[Fraction, ...]
    decided: IntArray


def limits(lowered: Lowered, trajectory: Number) -> Limits | None:
    """Where a function of LIMIT_PARTS is decided on the product; None where it is not such a
    function or takes too many values."""
    nodes = outermost(trajectory, stack.TRAJECTORY_LAYER)
    if not all(isinstance(node, LIMIT_PARTS) for node in nodes):
        return None
    model = lowered.product.model
    parts = end_components(model)
    columns = [_in_components(lowered, parts, node) for node in nodes]
    worth: list[Fraction | None] = []
    for row in zip(*columns, strict=True) if columns else [()] * parts.count:
        if any(value is None for value in row):
            worth.append(None)
            continue
        table = dict(zip(nodes, (v for v in row if v is not None), strict=True))
        worth.append(evaluate_number(trajectory, table.__getitem__).exact)
    return _spread(model, parts, tuple(worth))


def _spread(
    model: Model, parts: EndComponents, worth: tuple[Fraction | None, ...]
) -> Limits | None:
    values = tuple(dict.fromkeys(value for value in worth if value is not None))
    if len(values) > _MOST_VALUES:
        return None
    kinds = np.array([-1 if v is None else values.index(v) for v in worth], dtype=np.int64)
    inside = parts.component >= 0
    kind = np.full(model.state_count, -2, dtype=np.int64)
    kind[inside] = kinds[parts.component[inside]]
    seen = np.zeros(model.state_count, dtype=np.int64)
    decided = np.full(model.state_count, -1, dtype=np.int64)
    for number in range(-1, len(values)):
        leads = leading_to(model, kind == number)
        seen += leads
        decided[leads] = number
    decided[seen != 1] = -1
    return Limits(parts, worth, values, decided)


def _in_components(lowered: Lowered, parts: EndComponents, node: Number) -> list[Value | None]:
    """What a part is worth in each maximal end component; None where that is not fixed."""
    match node:
        case stack.Satisfaction() | stack.AutomatonSatisfaction():
            return _verdicts(lowered, parts, node)
        case stack.Average(signal):
            rewards = signal_on(lowered, signal, stops=False)
            return _averages(lowered.product.model, parts, rewards)
        case stack.Extremum():
            column = lowered.extrema[node]
            return _memories(lowered, parts, column, lambda memory: exact(memory[0]))
        case stack.SetFunction():
            column, visited = lowered.sets[node]

            def worth(memory: tuple[int, int]) -> Value | None:
                value = visited.value(memory[1])
                return None if value is None else exact(value)

            return _memories(lowered, parts, column, worth)
        case _:
            raise AssertionError(type(node).__name__)


def _verdicts(
    lowered: Lowered, parts: EndComponents, node: stack.Satisfaction | stack.AutomatonSatisfaction
) -> list[Value | None]:
    model = lowered.product.model
    marks = np.ascontiguousarray(lowered.product.output[:, lowered.events[node]])
    condition = lowered.automata[node].acceptance
    won = accepting(model, marks, condition).states
    lost = accepting(model, marks, complement(condition)).states
    found: list[Value | None] = []
    inside = parts.component >= 0
    can_win = np.zeros(parts.count, dtype=np.bool_)
    can_lose = np.zeros(parts.count, dtype=np.bool_)
    can_win[parts.component[inside & won]] = True
    can_lose[parts.component[inside & lost]] = True
    for wins, loses in zip(can_win.tolist(), can_lose.tolist(), strict=True):
        found.append(None if wins and loses else exact(Fraction(int(wins))))
    return found


def _averages(model: Model, parts: EndComponents, rewards: ExactArray | None) -> list[Value | None]:
    if rewards is None:
        return [None] * parts.count
    gains = expected(model, rewards)
    inside = np.flatnonzero(parts.choices)
    owner = parts.component[choice_sources(model)[inside]]
    order = np.argsort(owner, kind="stable")
    inside, ends = inside[order], np.searchsorted(owner[order], np.arange(parts.count + 1))
    found: list[Value | None] = []
    for number in range(parts.count):
        choices = inside[ends[number] : ends[number + 1]]
        if len(choices) > _LARGEST_COMPONENT and not _one_reward(model, choices, rewards):
            found.append(None)
            continue
        low, high = (
            component_gain(model, choices, gains, most, Fraction(1, 1000), True).lower
            for most in (False, True)
        )
        found.append(exact(low) if low == high else None)
    return found


_LARGEST_COMPONENT = 400
"""Choices of a component up to which its averages are found exactly."""


def _one_reward(model: Model, choices: IntArray, rewards: ExactArray) -> bool:
    starts = model.transition_starts
    kinds = {
        int(rewards.index[t]) for c in choices.tolist() for t in range(starts[c], starts[c + 1])
    }
    return len(kinds) == 1


def _memories(
    lowered: Lowered,
    parts: EndComponents,
    column: int,
    worth: Callable[..., Value | None],
) -> list[Value | None]:
    """Memories that only grow stand still inside an end component."""
    built = lowered.product
    found: list[Value | None] = [None] * parts.count
    first: dict[int, int] = {}
    for state, number in enumerate(parts.component.tolist()):
        if number >= 0:
            first.setdefault(number, state)
    for number, state in first.items():
        memory = built.memories[column][int(built.memory[state, column])]
        assert isinstance(memory, tuple)
        found[number] = worth(memory) if memory[0] is not None else None
    return found
