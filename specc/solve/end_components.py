"""Maximal end components of a model or of a part of it.

Luca de Alfaro, "Formal Verification of Probabilistic Systems" (1997), section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from specc.model.graph import Model
from specc.solve.graph import choice_sources, transition_choices

__all__ = ["EndComponents", "end_components"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Below this many transitions SciPy is done before Numba is imported.
_SMALL = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class EndComponents:
    """``component[s]`` is the number of the component of state s, or -1; ``choices[c]`` says
    whether choice c stays inside its component."""

    count: int
    component: IntArray
    choices: BoolArray


def end_components(model: Model, choices: BoolArray | None = None) -> EndComponents:
    """The maximal end components over the allowed choices (all of them by default).

    >>> from fractions import Fraction
    >>> from specc.model.mdp import ExactArray
    >>> array = lambda *items: np.array(items, dtype=np.int64)
    >>> sure = ExactArray.of([Fraction(1)] * 3)
    >>> model = Model(array(0, 2, 3), array(0, 1, 2, 3), array(0, 1, 1), sure, ((0, Fraction(1)),))
    >>> end_components(model).component.tolist(), end_components(model).choices.tolist()
    ([0, 1], [True, False, True])
    """
    allowed = np.ones(model.choice_count, np.bool_) if choices is None else choices.copy()
    if model.transition_count < _SMALL:
        block, allowed = _plainly(model, allowed)
    else:
        block, allowed = _compiled(model, allowed)
    inside = np.zeros(model.state_count, dtype=np.bool_)
    inside[choice_sources(model)[allowed]] = True
    component = np.full(model.state_count, -1, dtype=np.int64)
    names, numbers = np.unique(block[inside], return_inverse=True)
    component[inside] = numbers
    return EndComponents(len(names), component, allowed)


def _compiled(model: Model, allowed: BoolArray) -> tuple[IntArray, BoolArray]:
    from specc.solve.components import maximal

    block = maximal(
        _contiguous(model.choice_starts),
        _contiguous(model.transition_starts),
        _contiguous(model.successors),
        choice_sources(model),
        allowed,
    )
    return block, allowed


def _contiguous(array: IntArray) -> IntArray:
    return np.ascontiguousarray(array, dtype=np.int64)


def _plainly(model: Model, allowed: BoolArray) -> tuple[IntArray, BoolArray]:
    """The strongly connected block of every state, and the choices that surely stay in theirs."""
    n = model.state_count
    of = transition_choices(model)
    source = choice_sources(model)
    transitions = np.arange(model.transition_count)
    block = np.zeros(n, dtype=np.int64)
    while True:
        allowed = _closed(model, of, source, allowed, block)
        transitions = transitions[allowed[of[transitions]]]
        heads = model.successors[transitions]
        tails = source[of[transitions]]
        data = np.ones(len(heads), dtype=np.int8)
        graph = csr_array((data, (tails, heads)), shape=(n, n))
        graph.data[:] = 1  # parallel edges were summed and may have wrapped to zero
        _, block = connected_components(graph, directed=True, connection="strong")
        if (block[tails] == block[heads]).all():
            return block, allowed


def _closed(
    model: Model, of: IntArray, source: IntArray, allowed: BoolArray, block: IntArray
) -> BoolArray:
    """The allowed choices that surely stay within their block, among states that have one."""
    allowed = allowed.copy()
    leaving = block[source[of]] != block[model.successors]
    allowed[of[leaving]] = False
    while True:
        alive = np.zeros(model.state_count, dtype=np.bool_)
        alive[source[allowed]] = True
        lost = of[~alive[model.successors]]
        lost = lost[allowed[lost]]
        if not len(lost):
            return allowed
        allowed[lost] = False
