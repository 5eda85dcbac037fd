"""The cycles of a "parity max even" automaton: what its states and edges decide.

An edge's priority is its greatest mark, -1 without marks; a cycle accepts if its greatest priority
is even.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from specc.automata.automaton import Automaton
from specc.chain.structure import components as strongly_connected

_SMALL = 5_000

__all__ = ["Graph", "cycle_edges", "empty_states", "graph_of", "reaching", "universal_states"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Graph:
    """The edges of an automaton as arrays: ``source``, ``target``, ``priority``, each (edges,)."""

    def __init__(self, automaton: Automaton) -> None:
        rows = [(s, e.target, e.marks) for s, row in enumerate(automaton.edges) for e in row]
        self.state_count = automaton.state_count
        self.source: IntArray = np.array([row[0] for row in rows], dtype=np.int64)
        self.target: IntArray = np.array([row[1] for row in rows], dtype=np.int64)
        priorities = [row[2].bit_length() - 1 for row in rows]
        self.priority: IntArray = np.array(priorities, dtype=np.int64)


@lru_cache(maxsize=8)
def graph_of(automaton: Automaton) -> Graph:
    """The graph of an automaton, remembered for the questions that follow."""
    return Graph(automaton)


def cycle_edges(graph: Graph, accepting: bool, allowed: BoolArray | None = None) -> BoolArray:
    """Which edges lie on a cycle of that verdict, made of allowed edges only; bool (edges,)."""
    result = np.zeros(len(graph.source), dtype=np.bool_)
    present = sorted(set(graph.priority.tolist()))
    for priority in present:
        if (priority % 2 == 0) != accepting:
            continue
        usable = graph.priority <= priority
        if allowed is not None:
            usable &= allowed
        component = components(graph, usable)
        inside = usable & (component[graph.source] == component[graph.target])
        holders = component[graph.source[inside & (graph.priority == priority)]]
        result |= inside & np.isin(component[graph.source], holders)
    return result


def components(graph: Graph, usable: BoolArray) -> IntArray:
    """The strongly connected component of each state, along usable edges only."""
    if len(graph.source) <= _SMALL:
        return _components(graph, usable)
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    shape = (graph.state_count, graph.state_count)
    ends = (graph.source[usable], graph.target[usable])
    matrix = coo_matrix((np.ones(len(ends[0]), dtype=np.int8), ends), shape=shape)
    _, labels = connected_components(matrix, directed=True, connection="strong")
    return np.asarray(labels, dtype=np.int64)


def _components(graph: Graph, usable: BoolArray) -> IntArray:
    """The same for a small graph, without the import of a graph library."""
    successors: list[list[int]] = [[] for _ in range(graph.state_count)]
    for source, target in zip(
        graph.source[usable].tolist(), graph.target[usable].tolist(), strict=True
    ):
        successors[source].append(target)
    labels = np.zeros(graph.state_count, dtype=np.int64)
    for number, members in enumerate(strongly_connected(successors)):
        labels[members] = number
    return labels


def reaching(graph: Graph, goals: Collection[int]) -> BoolArray:
    """Which states reach one of the goals; bool (states,)."""
    before: list[list[int]] = [[] for _ in range(graph.state_count)]
    for source, target in zip(graph.source.tolist(), graph.target.tolist(), strict=True):
        before[target].append(source)
    result = np.zeros(graph.state_count, dtype=np.bool_)
    pending = list(goals)
    result[pending] = True
    while pending:
        for source in before[pending.pop()]:
            if not result[source]:
                result[source] = True
                pending.append(source)
    return result


def universal_states(graph: Graph) -> BoolArray:
    """The states from which every word is accepted; bool (states,)."""
    return ~reaching(graph, set(graph.source[cycle_edges(graph, False)].tolist()))


def empty_states(graph: Graph) -> BoolArray:
    """The states from which no word is accepted; bool (states,)."""
    return ~reaching(graph, set(graph.source[cycle_edges(graph, True)].tolist()))
