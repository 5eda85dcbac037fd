"""Collapse of end components: after it, every policy stops.

A collapsed component keeps the choices that leave it and gains one that stays for ever, worth what
staying is worth (de Alfaro 1997; Haddad and Monmege, "Interval iteration algorithm for MDPs and
IMDPs", 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.end_components import EndComponents
from specc.solve.graph import choice_sources, steer
from specc.solve.rewards import ChoiceRewards
from specc.solve.solution import Solution
from specc.solve.stopping import Bounds, Stopping, promise, solve_stopping, weighted

__all__ = ["Staying", "solve_quotient"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Staying:
    """What staying in each component for ever is worth, between bounds (equal where exact), and
    the choice that gains it in each of its states (-1 elsewhere)."""

    lower: Sequence[Fraction]
    upper: Sequence[Fraction]
    choice: IntArray


def solve_quotient(
    model: Model,
    parts: EndComponents,
    staying: Staying,
    rewards: ChoiceRewards | None,
    *,
    maximise: bool,
    precision: Fraction,
    exact: bool,
    method: str,
) -> Solution:
    """The best expected sum of ``rewards`` on the way (None: nothing is paid) and of the worth of
    the component where the run stays. Rewards inside components must be zero."""
    sign = 1 if maximise else -1
    block, origin = _blocks(model, parts)
    frame = _frame(model, parts, block, origin)
    start: dict[int, Fraction] = {}
    for state, p in model.initial:
        number = int(block[state])
        start[number] = start.get(number, Fraction(0)) + p
    low, high = (staying.lower, staying.upper) if maximise else (staying.upper, staying.lower)
    known = all(a == b for a, b in zip(low, high, strict=True))
    first = _pose(frame, [sign * x for x in high], rewards, sign)
    top = solve_stopping(first, start, precision, exact and known)
    bottom = top
    if not known:
        second = _pose(frame, [sign * x for x in low], rewards, sign)
        bottom = solve_stopping(second, start, precision, False)
    found = _solution(model, parts, staying, frame, block, (bottom, top), start, sign, method)
    if found.exact is not None:
        return found
    return replace(found, promise=promise(found.lower, found.upper, precision, found.values))


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    choice_starts: IntArray
    transition_starts: IntArray
    successors: IntArray
    probabilities: ExactArray
    origin: IntArray  # the model's choice behind each, or -1 - component for staying


def _blocks(model: Model, parts: EndComponents) -> tuple[IntArray, IntArray]:
    """The quotient state of every state: components first, then the states outside."""
    block = parts.component.copy()
    outside = np.flatnonzero(block < 0)
    block[outside] = parts.count + np.arange(len(outside))
    return block, outside


def _frame(model: Model, parts: EndComponents, block: IntArray, outside: IntArray) -> _Frame:
    leaving = np.flatnonzero(~parts.choices)
    sources = block[choice_sources(model)[leaving]]
    owners = np.concatenate((np.arange(parts.count), sources))
    origins = np.concatenate((-1 - np.arange(parts.count), leaving))
    order = np.argsort(owners, kind="stable")
    origin = origins[order]
    total = parts.count + len(outside)
    counts = np.bincount(owners, minlength=total)
    choice_starts = np.concatenate(([0], np.cumsum(counts)))
    widths = np.diff(model.transition_starts)
    lengths = np.where(origin >= 0, widths[np.maximum(origin, 0)], 0)
    transition_starts = np.concatenate(([0], np.cumsum(lengths)))
    begin = np.where(origin >= 0, model.transition_starts[np.maximum(origin, 0)], 0)
    index = np.repeat(begin - transition_starts[:-1], lengths) + np.arange(transition_starts[-1])
    return _Frame(
        choice_starts,
        transition_starts,
        block[model.successors[index]],
        ExactArray(model.probabilities.values, model.probabilities.index[index]),
        origin,
    )


def _pose(
    frame: _Frame, worth: Sequence[Fraction], rewards: ChoiceRewards | None, sign: int
) -> Stopping:
    origin = frame.origin
    stay = origin < 0
    table = np.array([float(x) for x in worth], dtype=np.float64)
    reward = np.zeros(len(origin))
    error = np.zeros(len(origin))
    reward[stay] = table[-1 - origin[stay]]
    error[stay] = np.abs(reward[stay]) * 2.0**-53 + 1e-300
    if rewards is not None:
        reward[~stay] = sign * rewards.floats[origin[~stay]]
        error[~stay] = rewards.errors[origin[~stay]]

    def exact(choice: int) -> Fraction:
        number = int(origin[choice])
        if number < 0:
            return worth[-1 - number]
        return sign * rewards.exact(number) if rewards is not None else Fraction(0)

    return Stopping(
        frame.choice_starts,
        frame.transition_starts,
        frame.successors,
        frame.probabilities,
        reward,
        error,
        exact,
        # Where nothing is paid on the way, no value exceeds the best worth of staying.
        ceiling=float(np.nextafter(table.max(), np.inf)) if rewards is None else np.inf,
    )


def _solution(
    model: Model,
    parts: EndComponents,
    staying: Staying,
    frame: _Frame,
    block: IntArray,
    bounds: tuple[Bounds, Bounds],
    start: dict[int, Fraction],
    sign: int,
    method: str,
) -> Solution:
    bottom, top = bounds
    exact: Fraction | None = None
    if top.exact is not None and bottom is top:
        values = top.exact
        exact = sign * sum((p * values[s] for s, p in start.items()), Fraction(0))
        lower = upper = exact
    else:
        lower = weighted(bottom.lower, start)
        upper = weighted(top.upper, start)
        if sign < 0:
            lower, upper = -upper, -lower
    middle = sign * (bottom.lower + top.upper) / 2
    return Solution(
        lower,
        upper,
        exact,
        _policy(model, parts, staying, frame, block, bottom.policy),
        middle[block],
        method,
        "exact" if exact is not None else "certified interval",
    )


def _policy(
    model: Model,
    parts: EndComponents,
    staying: Staying,
    frame: _Frame,
    block: IntArray,
    decision: IntArray,
) -> IntArray:
    """The quotient's decisions as choices: stay, or go to the exit and take it."""
    chosen = frame.origin[decision]
    choice = staying.choice.copy()
    leaving = chosen[chosen >= 0]
    exits = np.zeros(model.state_count, dtype=np.bool_)
    source = choice_sources(model)[leaving]
    exits[source] = True
    toward = steer(model, exits, parts.choices)
    moving = (chosen[block] >= 0) & (toward >= 0) & (parts.component >= 0)
    choice[moving] = toward[moving]
    choice[source] = leaving
    return choice
