"""Components against reachability by definition."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from specc.chain.structure import bottom_components, components

_GRAPHS = st.integers(1, 9).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, n - 1), max_size=3), min_size=n, max_size=n)
)


@given(_GRAPHS)
def test_components_are_mutual_reachability_sinks_first(successors: list[list[int]]) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(successors)))
    graph.add_edges_from((i, j) for i, row in enumerate(successors) for j in row)
    found = components(successors)
    assert {frozenset(c) for c in found} == {
        frozenset(c) for c in nx.strongly_connected_components(graph)
    }
    position = {state: index for index, members in enumerate(found) for state in members}
    assert all(position[j] <= position[i] for i, row in enumerate(successors) for j in row)


@given(_GRAPHS)
def test_bottom_components_are_those_nothing_leaves(successors: list[list[int]]) -> None:
    closed = {
        frozenset(members)
        for members in components(successors)
        if {j for i in members for j in successors[i]} <= set(members)
    }
    assert {frozenset(members) for members in bottom_components(successors)} == closed


def test_a_long_path_is_no_recursion() -> None:
    size = 50_000
    assert len(components([[i + 1] for i in range(size)] + [[]])) == size + 1
