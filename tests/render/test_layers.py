"""The layered layout on random graphs: nothing overlaps, nothing is crossed by a line."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.render.layers import Layout, Size, layered

Drawn = tuple[list[Size], list[tuple[int, int]], list[int]]


@st.composite
def ranked_graphs(draw: st.DrawFn) -> Drawn:
    count = draw(st.integers(1, 12))
    ranks = [draw(st.integers(0, 4)) for _ in range(count)]
    sides = st.integers(4, 60).map(float)
    sizes = [Size(draw(sides), draw(sides)) for _ in range(count)]
    possible = [(i, j) for i in range(count) for j in range(count) if ranks[i] < ranks[j]]
    edges = draw(st.lists(st.sampled_from(possible), max_size=18)) if possible else []
    return sizes, edges, ranks


def _lay(drawn: Drawn) -> Layout:
    return layered(*drawn, gap_along=20, gap_across=8, waypoint=10, port=6)


@settings(max_examples=80, deadline=None)
@given(ranked_graphs())
def test_boxes_keep_apart_and_inside(drawn: Drawn) -> None:
    sizes = drawn[0]
    layout = _lay(drawn)
    for number, (along, across) in enumerate(layout.centres):
        assert along - sizes[number].along / 2 >= -1e-6
        assert along + sizes[number].along / 2 <= layout.along + 1e-6
        assert across - sizes[number].across / 2 >= -1e-6
        assert across + sizes[number].across / 2 <= layout.across + 1e-6
    for i, j in combinations(range(len(sizes)), 2):
        (x, y), (u, v) = layout.centres[i], layout.centres[j]
        apart_along = abs(x - u) >= (sizes[i].along + sizes[j].along) / 2 - 1e-6
        apart_across = abs(y - v) >= (sizes[i].across + sizes[j].across) / 2 + 8 - 1e-6
        assert apart_along or apart_across


@settings(max_examples=80, deadline=None)
@given(ranked_graphs())
def test_routes_join_their_boxes_and_cross_no_other(drawn: Drawn) -> None:
    sizes, edges, _ = drawn
    layout = _lay(drawn)
    for (source, target), route in zip(edges, layout.routes, strict=True):
        for number, point, way in ((source, route[0], 1), (target, route[-1], -1)):
            along, across = layout.centres[number]
            assert point[0] == pytest.approx(along + way * sizes[number].along / 2)
            assert abs(point[1] - across) <= sizes[number].across / 2
        assert all(left[0] <= right[0] for left, right in pairwise(route))
        for number, (along, across) in enumerate(layout.centres):
            reach_along, reach_across = sizes[number].along / 2, sizes[number].across / 2
            for left, right in pairwise(route):
                before = right[0] <= along - reach_along + 1e-6
                after = left[0] >= along + reach_along - 1e-6
                straight = left[1] == right[1]
                beside = straight and abs(left[1] - across) >= reach_across
                assert before or after or beside


def test_a_crossing_that_can_be_avoided_is_avoided() -> None:
    sizes = [Size(10, 10)] * 4
    layout = layered(sizes, [(0, 3), (1, 2)], [0, 0, 1, 1], gap_along=10, gap_across=5)
    upper = layout.centres[0][1] < layout.centres[1][1]
    lower = layout.centres[3][1] < layout.centres[2][1]
    assert upper == lower


def test_an_edge_against_the_ranks_is_refused() -> None:
    with pytest.raises(ValueError, match="higher rank"):
        layered([Size(1, 1)] * 2, [(0, 1)], [1, 1], gap_along=1, gap_across=1)
