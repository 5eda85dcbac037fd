"""A layered layout: boxes in ranks, few crossings, no line through a box.

The method of Sugiyama, Tagawa and Toda (1981): long edges get a waypoint in every rank between,
each rank is ordered by the barycentres of its neighbours, then placed as near to them as order
and gaps allow. *Along* is the axis of the ranks, *across* the other one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Layout", "Size", "layered"]

Point = tuple[float, float]

_SWEEPS = 12
_PLACEMENTS = 24


@dataclass(frozen=True, slots=True)
class Size:
    """Extent of a box along and across the ranks."""

    along: float
    across: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Points are (along, across). ``centres[i]`` is the middle of box i; ``routes[e]`` the points
    that edge e runs through, from the border of its source to that of its target; within a rank a
    route runs straight along."""

    centres: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    along: float
    across: float


@dataclass(slots=True)
class _Mesh:
    """Boxes and waypoints by rank, with links between neighbouring ranks."""

    sizes: list[Size]
    rows: list[list[int]]
    before: list[list[int]]
    after: list[list[int]]
    chains: list[list[int]]


def layered(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    ranks: Sequence[int],
    *,
    gap_along: float,
    gap_across: float,
    waypoint: float = 12.0,
    port: float = 0.0,
) -> Layout:
    """Place boxes of these sizes; every edge must go from a lower rank to a higher one.

    ``waypoint`` is the room across that a passing edge gets, ``port`` the distance between the
    ends of edges at one side of a box.

    >>> layout = layered([Size(2, 4)] * 2, [(0, 1)], [0, 1], gap_along=3, gap_across=1)
    >>> layout.centres, layout.routes
    (((1.0, 2.0), (6.0, 2.0)), (((2.0, 2.0), (5.0, 2.0)),))
    """
    if not sizes:
        return Layout((), (), 0.0, 0.0)
    if any(ranks[source] >= ranks[target] for source, target in edges):
        raise ValueError("an edge does not go to a higher rank")
    mesh = _mesh(sizes, edges, ranks, waypoint)
    _order(mesh)
    across = _place(mesh, gap_across)
    middles, depths, total = _stack(mesh, gap_along)
    low = min(across[i] - mesh.sizes[i].across / 2 for i in range(len(mesh.sizes)))
    across = [value - low for value in across]
    rank_of = {item: rank for rank, row in enumerate(mesh.rows) for item in row}
    centres = [(middles[rank_of[item]], across[item]) for item in range(len(mesh.sizes))]
    ports = _ports(mesh, across, port)
    routes = [
        _route(mesh, chain, shifts, centres, rank_of, depths)
        for chain, shifts in zip(mesh.chains, ports, strict=True)
    ]
    high = max(across[i] + mesh.sizes[i].across / 2 for i in range(len(mesh.sizes)))
    return Layout(tuple(centres[: len(sizes)]), tuple(routes), total, high)


def _mesh(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    ranks: Sequence[int],
    waypoint: float,
) -> _Mesh:
    lowest = min(ranks)
    rows: list[list[int]] = [[] for _ in range(max(ranks) - lowest + 1)]
    for item, rank in enumerate(ranks):
        rows[rank - lowest].append(item)
    all_sizes = list(sizes)
    chains: list[list[int]] = []
    for source, target in edges:
        chain = [source]
        for rank in range(ranks[source] + 1, ranks[target]):
            chain.append(len(all_sizes))
            rows[rank - lowest].append(len(all_sizes))
            all_sizes.append(Size(0.0, waypoint))
        chain.append(target)
        chains.append(chain)
    before: list[list[int]] = [[] for _ in all_sizes]
    after: list[list[int]] = [[] for _ in all_sizes]
    for chain in chains:
        for left, right in pairwise(chain):
            after[left].append(right)
            before[right].append(left)
    return _Mesh(all_sizes, rows, before, after, chains)


def _order(mesh: _Mesh) -> None:
    """Order the rows by barycentres, down and up; keep the order with the fewest crossings."""
    best = [list(row) for row in mesh.rows]
    fewest = _crossings(mesh)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = mesh.before if downwards else mesh.after
        places = {item: place for row in mesh.rows for place, item in enumerate(row)}
        for row in mesh.rows if downwards else reversed(mesh.rows):
            middle = {
                item: (
                    sum(places[other] for other in neighbours[item]) / len(neighbours[item])
                    if neighbours[item]
                    else float(places[item])
                )
                for item in row
            }
            row.sort(key=middle.__getitem__)
            places.update((item, place) for place, item in enumerate(row))
        crossings = _crossings(mesh)
        if crossings < fewest:
            best, fewest = [list(row) for row in mesh.rows], crossings
    mesh.rows = best


def _crossings(mesh: _Mesh) -> int:
    total = 0
    for upper, lower in pairwise(mesh.rows):
        places = {item: place for place, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(places[other] for other in mesh.after[item])
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _place(mesh: _Mesh, gap: float) -> list[float]:
    """Positions across: near the neighbours, in order, with the gaps between."""
    across = [0.0] * len(mesh.sizes)
    for row in mesh.rows:
        width = sum(mesh.sizes[item].across + gap for item in row) - gap
        edge = -width / 2
        for item in row:
            across[item] = edge + mesh.sizes[item].across / 2
            edge += mesh.sizes[item].across + gap
    for sweep in range(_PLACEMENTS):
        for row in mesh.rows if sweep % 2 == 0 else reversed(mesh.rows):
            wishes = []
            for item in row:
                near = [across[other] for other in (*mesh.before[item], *mesh.after[item])]
                wishes.append(sum(near) / len(near) if near else across[item])
            for item, value in zip(row, _spaced(mesh, row, wishes, gap), strict=True):
                across[item] = value
    return across


def _spaced(mesh: _Mesh, row: list[int], wishes: list[float], gap: float) -> list[float]:
    """The positions nearest to the wishes (least squares) with the gaps kept: pool adjacent
    violators after the gaps are subtracted."""
    offsets, offset = [], 0.0
    for place, item in enumerate(row):
        if place:
            offset += (mesh.sizes[row[place - 1]].across + mesh.sizes[item].across) / 2 + gap
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []
    for wish, shift in zip(wishes, offsets, strict=True):
        total, count = wish - shift, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            previous, members = blocks.pop()
            total, count = total + previous, count + members
        blocks.append((total, count))
    levels = [total / count for total, count in blocks for _ in range(count)]
    return [level + shift for level, shift in zip(levels, offsets, strict=True)]


def _stack(mesh: _Mesh, gap: float) -> tuple[list[float], list[float], float]:
    """The middle and the depth of each rank, and the total extent along."""
    depths = [max(mesh.sizes[item].along for item in row) if row else 0.0 for row in mesh.rows]
    middles, edge = [], 0.0
    for depth in depths:
        middles.append(edge + depth / 2)
        edge += depth + gap
    return middles, depths, edge - gap


def _route(
    mesh: _Mesh,
    chain: list[int],
    shifts: tuple[float, float],
    centres: list[Point],
    rank_of: dict[int, int],
    depths: list[float],
) -> tuple[Point, ...]:
    """From border to border; bends lie between the ranks only, also beside shorter boxes."""
    points: list[Point] = []
    for place, item in enumerate(chain):
        along, across = centres[item]
        rank, box = depths[rank_of[item]] / 2, mesh.sizes[item].along / 2
        if place == 0:
            reaches, shift = (box, rank), shifts[0]
        elif place == len(chain) - 1:
            reaches, shift = (-rank, -box), shifts[1]
        else:
            reaches, shift = (-rank, rank), 0.0
        points += [(along + reach, across + shift) for reach in dict.fromkeys(reaches)]
    return tuple(points)


def _ports(mesh: _Mesh, across: list[float], port: float) -> list[tuple[float, float]]:
    """How far the two ends of each edge are moved across, in the order of where they go."""
    shifts = [[0.0, 0.0] for _ in mesh.chains]
    for end, inner, outer in ((0, 1, 0), (1, -2, -1)):
        sides: dict[int, list[int]] = {}
        for edge, chain in enumerate(mesh.chains):
            sides.setdefault(chain[outer], []).append(edge)
        for item, edges in sides.items():
            edges.sort(key=lambda edge: across[mesh.chains[edge][inner]])
            step = min(port, mesh.sizes[item].across * 0.7 / len(edges))
            for place, edge in enumerate(edges):
                shifts[edge][end] = (place - (len(edges) - 1) / 2) * step
    return [(first, last) for first, last in shifts]
