"""Graph questions on models: who leads where, and how to steer to a set of states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from specc.model.graph import Model

__all__ = ["choice_sources", "leading_to", "reachable_from", "steer", "transition_choices"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def choice_sources(model: Model) -> IntArray:
    """The state of every choice, shape (choices,)."""
    return np.repeat(np.arange(model.state_count), np.diff(model.choice_starts))


def transition_choices(model: Model) -> IntArray:
    """The choice of every transition, shape (transitions,)."""
    return np.repeat(np.arange(model.choice_count), np.diff(model.transition_starts))


def _search(
    states: int, tails: IntArray, heads: IntArray, roots: BoolArray
) -> tuple[IntArray, IntArray]:
    """Breadth-first from the roots: states in order of discovery, and everyone's predecessor
    (``states`` for a root, negative for a state that was not found)."""
    begin = np.flatnonzero(roots)
    rows = np.concatenate((tails, np.full(len(begin), states)))
    columns = np.concatenate((heads, begin))
    shape = (states + 1, states + 1)
    graph = csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=shape)
    # Parallel edges were summed, and a sum that wraps to zero must not hide an edge.
    graph.data[:] = 1
    order, previous = breadth_first_order(graph, states, directed=True)
    return order[1:], previous[:states]


def leading_to(model: Model, target: BoolArray, choices: BoolArray | None = None) -> BoolArray:
    """The states with a path into ``target`` (the target too) over the allowed choices."""
    tails, heads = _edges(model, choices)
    found = np.zeros(model.state_count, dtype=np.bool_)
    order, _ = _search(model.state_count, heads, tails, target)
    found[order] = True
    return found


def reachable_from(model: Model, roots: BoolArray, choices: BoolArray | None = None) -> BoolArray:
    """The states on a path from ``roots`` (the roots too) over the allowed choices."""
    tails, heads = _edges(model, choices)
    found = np.zeros(model.state_count, dtype=np.bool_)
    order, _ = _search(model.state_count, tails, heads, roots)
    found[order] = True
    return found


def steer(model: Model, target: BoolArray, choices: BoolArray) -> IntArray:
    """For every state outside ``target`` that leads there over the allowed choices: one that
    steps closer with positive probability; -1 for all others, shape (states,)."""
    of = transition_choices(model)
    kept = np.flatnonzero(choices[of])
    tails = choice_sources(model)[of[kept]]
    heads = model.successors[kept]
    _, previous = _search(model.state_count, heads, tails, target)
    closer = (previous[tails] == heads) & ~target[tails]
    answer = np.full(model.state_count, -1, dtype=np.int64)
    answer[tails[closer]] = of[kept[closer]]
    return answer


def _edges(model: Model, choices: BoolArray | None) -> tuple[IntArray, IntArray]:
    of = transition_choices(model)
    tails = choice_sources(model)[of]
    if choices is None:
        return tails, model.successors
    kept = choices[of]
    return tails[kept], model.successors[kept]
