"""Optimal probabilities of Emerson-Lei conditions over the marks of transitions.

A run almost surely ends in an end component all of whose transitions it takes infinitely often,
so the states from which a condition can be won surely are those of the accepting components, and
the rest is reachability (Courcoubetis and Yannakakis 1995; de Alfaro 1997). For the least
probability the complemented condition is maximised on the same deterministic automaton.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from specc.automata.automaton import Acceptance, Combination, Fin, Inf, Verdict
from specc.model.graph import Model
from specc.solve.end_components import EndComponents, end_components
from specc.solve.graph import choice_sources
from specc.solve.reachability import reach
from specc.solve.solution import Solution

__all__ = ["Accepting", "Satisfaction", "accepting", "complement", "satisfy"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Accepting:
    """``states`` lie in accepting end components, shape (states,); taking each of a state's
    ``choices``, shape (choices,), with positive probability there is accepted almost surely."""

    states: BoolArray
    choices: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Satisfaction:
    """The optimal probability, and an optimal policy: every state takes each of its ``choices``
    (at least one, shape (choices,)) with positive probability, equal ones say."""

    solution: Solution
    choices: BoolArray


def complement(condition: Acceptance) -> Acceptance:
    """The condition that holds where the given one does not.

    >>> complement(Combination("and", (Inf(0), Fin(1))))
    Combination(operator='or', operands=(Fin(mark=0), Inf(mark=1)))
    """
    match condition:
        case Inf(mark):
            return Fin(mark)
        case Fin(mark):
            return Inf(mark)
        case Verdict(value):
            return Verdict(not value)
        case Combination(operator, operands):
            dual = "or" if operator == "and" else "and"
            return Combination(dual, tuple(complement(operand) for operand in operands))
        case _:
            assert_never(condition)


def satisfy(
    model: Model,
    marks: IntArray,
    condition: Acceptance,
    maximise: bool = True,
    *,
    precision: Fraction = Fraction(1, 10**6),
    exact: bool = False,
) -> Satisfaction:
    """The optimal probability that the marks seen infinitely often meet the condition.

    ``marks[t]`` is the bit mask of transition t, shape (transitions,). The policy's choice in the
    solution is None where a state of an accepting component needs more than one choice.
    """
    goal = accepting(model, marks, condition if maximise else complement(condition))
    found = reach(model, goal.states, True, precision=precision, exact=exact)
    choices = goal.choices.copy()
    free = np.flatnonzero(~goal.states)
    assert found.choice is not None
    choices[found.choice[free]] = True
    counts = np.bincount(choice_sources(model)[choices], minlength=model.state_count)
    single = np.flatnonzero(choices) if (counts == 1).all() else None
    solution = replace(
        found, choice=single, method="accepting end components, then " + found.method
    )
    if not maximise:
        solution = replace(
            solution,
            lower=1 - found.upper,
            upper=1 - found.lower,
            exact=None if found.exact is None else 1 - found.exact,
            values=1.0 - found.values,
        )
    return Satisfaction(solution, choices)


def accepting(model: Model, marks: IntArray, condition: Acceptance) -> Accepting:
    """All states of accepting end components, with the choices that win there."""
    if len(marks) != model.transition_count:
        raise ValueError("marks are needed for every transition")
    sources = choice_sources(model)
    seen = np.bitwise_or.reduceat(marks, model.transition_starts[:-1])
    states = np.zeros(model.state_count, dtype=np.bool_)
    choices = np.zeros(model.choice_count, dtype=np.bool_)
    pending: list[tuple[Acceptance, BoolArray]] = [
        (condition, np.ones(model.choice_count, dtype=np.bool_))
    ]
    while pending:
        goal, allowed = pending.pop()
        parts = end_components(model, allowed)
        present = _component_marks(parts, sources, seen)
        for union in np.unique(present).tolist():
            branch = _present(goal, union)
            member = _members(parts, sources, present == union)
            match branch:
                case Verdict(False):
                    continue
                case _ if _holds(branch, union):
                    # Where components overlap the first one keeps the state: a run in the later
                    # one meets it almost surely and stays with it.
                    fresh = member & ~states[sources]
                    states[sources[member]] = True
                    choices |= fresh
                    continue
            mark = _first_fin(branch)
            if mark is not None:
                pending.append((_without(branch, mark), member))
                pending.append((branch, member & (seen >> mark & 1 == 0)))
    return Accepting(states, choices)


def _component_marks(parts: EndComponents, sources: IntArray, seen: IntArray) -> IntArray:
    """The marks on the transitions of each component."""
    inside = np.flatnonzero(parts.choices)
    present = np.zeros(parts.count, dtype=np.int64)
    np.bitwise_or.at(present, parts.component[sources[inside]], seen[inside])
    return present


def _members(parts: EndComponents, sources: IntArray, chosen: BoolArray) -> BoolArray:
    """The choices inside the chosen components."""
    if not parts.count:
        return parts.choices
    return np.asarray(parts.choices & chosen[parts.component[sources]])


def _present(condition: Acceptance, marks: int) -> Acceptance:
    """The condition where only these marks can be seen at all, simplified."""
    match condition:
        case Inf(mark):
            return condition if marks >> mark & 1 else Verdict(False)
        case Fin(mark):
            return condition if marks >> mark & 1 else Verdict(True)
        case Verdict():
            return condition
        case Combination(operator, operands):
            return _combine(operator, tuple(_present(operand, marks) for operand in operands))
        case _:
            assert_never(condition)


def _without(condition: Acceptance, mark: int) -> Acceptance:
    """The condition for runs that see the mark infinitely often, as far as Fin speaks of it."""
    match condition:
        case Fin(other) if other == mark:
            return Verdict(False)
        case Combination(operator, operands):
            return _combine(operator, tuple(_without(operand, mark) for operand in operands))
        case Inf() | Fin() | Verdict():
            return condition
        case _:
            assert_never(condition)


def _combine(operator: str, operands: tuple[Acceptance, ...]) -> Acceptance:
    absorbing = operator == "or"
    if Verdict(absorbing) in operands:
        return Verdict(absorbing)
    kept = tuple(operand for operand in operands if not isinstance(operand, Verdict))
    if not kept:
        return Verdict(not absorbing)
    return kept[0] if len(kept) == 1 else Combination(operator, kept)


def _holds(condition: Acceptance, marks: int) -> bool:
    match condition:
        case Inf(mark):
            return bool(marks >> mark & 1)
        case Fin(mark):
            return not marks >> mark & 1
        case Verdict(value):
            return value
        case Combination("and", operands):
            return all(_holds(operand, marks) for operand in operands)
        case Combination(_, operands):
            return any(_holds(operand, marks) for operand in operands)
        case _:
            assert_never(condition)


def _first_fin(condition: Acceptance) -> int | None:
    match condition:
        case Fin(mark):
            return mark
        case Combination(_, operands):
            found = (_first_fin(operand) for operand in operands)
            return next((mark for mark in found if mark is not None), None)
        case Inf() | Verdict():
            return None
        case _:
            assert_never(condition)
