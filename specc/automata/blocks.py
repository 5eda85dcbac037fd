"""Decision diagrams of nodes that ask for four atoms at once: fewer steps, and fewer surprises for
a processor, than of nodes that ask for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specc.automata.branching import Branching

__all__ = ["ATOMS", "Blocks", "blocks"]

ATOMS = 4
"""Atoms of a node; 2**4 successors fill one line of a cache."""

_NOTHING = 63
"""A bit that no letter has: letters are not negative."""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Node b asks for the bits of a letter that the bytes of ``asked[b]`` (int32) name, the first
    byte for the lowest bit of a number k, and goes on to ``behind[16 * b + k]`` (int32); a negative
    node -1 - e is edge e. ``roots`` (int32) by state, the last one for the letter of the start.
    ``depth``: the most nodes on the way to an edge."""

    asked: NDArray[np.int32]
    behind: NDArray[np.int32]
    roots: NDArray[np.int32]
    depth: int


def blocks(branching: Branching) -> Blocks:
    """The same diagram in wide nodes.

    >>> branching = Branching(((1, -1, -2), (0, 0, -3)), (1,), -1)
    >>> found = blocks(branching)
    >>> found.behind[:4].tolist(), found.roots.tolist(), found.depth
    ([-1, -3, -2, -3], [0, -1], 1)
    """
    nodes = branching.nodes
    number: dict[int, int] = {}
    pending: list[int] = []

    def visit(node: int) -> int:
        if node < 0:
            return node
        if node not in number:
            number[node] = len(number)
            pending.append(node)
        return number[node]

    roots = [visit(root) for root in (*branching.roots, branching.first)]
    asked: list[int] = []
    behind: list[int] = []
    for node in pending:  # grows while it is read
        places, table = 0, [node]
        for byte in range(ATOMS):
            atom = min((nodes[n][0] for n in table if n >= 0), default=_NOTHING)
            places |= atom << 8 * byte
            low, high = table.copy(), table.copy()
            for k, n in enumerate(table):
                if n >= 0 and nodes[n][0] == atom:
                    _, low[k], high[k] = nodes[n]
            table = low + high
        asked.append(places)
        behind.extend(map(visit, table))
    found: NDArray[np.int32] = np.array(behind, dtype=np.int32)
    return Blocks(
        np.array(asked, dtype=np.int32), found, np.array(roots, dtype=np.int32), _depth(found)
    )


def _depth(behind: NDArray[np.int32]) -> int:
    """The longest way through nodes, counted from the leaves up."""
    rows = behind.reshape(-1, 1 << ATOMS)
    depth: NDArray[np.int64] = np.ones(len(rows), dtype=np.int64)
    while len(rows):
        deeper = 1 + np.where(rows >= 0, depth[np.maximum(rows, 0)], 0).max(axis=1)
        if (deeper == depth).all():
            break
        depth = deeper
    return int(depth.max(initial=0))
