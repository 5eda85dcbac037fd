"""The coarsest partition of letters that tells guards apart, as one diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specc.automata.diagrams import Diagrams

__all__ = ["Part", "TooMany", "partition", "representatives"]


class TooMany(Exception):
    """More classes, or more work, than asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A diagram whose leaf ``-1 - c`` is the class with truth values ``truths[c]``, a bit by
    guard. Classes are numbered as they are met where what does not hold goes first."""

    nodes: Sequence[tuple[int, int, int]]
    root: int
    truths: Sequence[int]


def partition(
    diagrams: Diagrams, guards: Sequence[int], most: int | None = None, work: int | None = None
) -> Part:
    """The partition of guards that are references into ``diagrams``, bits in their order.

    Guards are joined in pairs, and the pairs in pairs: thousands of small guards are cheap.

    :raises TooMany: more than ``most`` classes, or more ``work`` (nodes visited).
    :raises SpecError: E504 a diagram with too many nodes.

    >>> diagrams = Diagrams()
    >>> part = partition(diagrams, [diagrams.node(0, -1, -2), diagrams.node(1, -2, -1)])
    >>> list(part.truths)
    [2, 0, 3, 1]
    """
    parts = [Part(diagrams.nodes, guard, (0, 1 << place)) for place, guard in enumerate(guards)]
    if not parts:
        return Part((), -1, (0,))
    if len(parts) == 1:
        parts.append(Part((), -1, (0,)))
    while len(parts) > 1:
        joined = []
        for place in range(0, len(parts) - 1, 2):
            product = _Product(parts[place], parts[place + 1], most)
            joined.append(product.part())
            if work is not None:
                work -= len(product.known)
                if work < 0:
                    raise TooMany
        parts = joined + (parts[-1:] if len(parts) % 2 else [])
    return parts[0]


class _Product:
    """Split every class of one partition by those of another."""

    def __init__(self, left: Part, right: Part, most: int | None) -> None:
        self.left, self.right, self.most = left, right, most
        self.product = Diagrams()
        self.truths: list[int] = []
        self.leaves: dict[int, int] = {}
        self.known: dict[tuple[int, int], int] = {}

    def part(self) -> Part:
        root = self.of(self.left.root, self.right.root)
        return Part(self.product.nodes, root, self.truths)

    def of(self, left: int, right: int) -> int:
        if left < 0 and right < 0:
            vector = self.left.truths[-1 - left] | self.right.truths[-1 - right]
            if vector not in self.leaves:
                self.leaves[vector] = len(self.truths)
                self.truths.append(vector)
                if self.most is not None and len(self.truths) > self.most:
                    raise TooMany
            return -1 - self.leaves[vector]
        key = (left, right)
        if key not in self.known:
            one = self.left.nodes[left] if left >= 0 else None
            other = self.right.nodes[right] if right >= 0 else None
            atom = min(node[0] for node in (one, other) if node is not None)
            left_low, left_high = one[1:] if one and one[0] == atom else (left, left)
            right_low, right_high = other[1:] if other and other[0] == atom else (right, right)
            low, high = self.of(left_low, right_low), self.of(left_high, right_high)
            self.known[key] = self.product.node(atom, low, high)
        return self.known[key]


def representatives(
    nodes: Sequence[tuple[int, int, int]], root: int, class_count: int
) -> tuple[int, ...]:
    """One letter of every class, a bit mask."""
    letters = [0] * class_count
    seen = {root}
    pending = [(root, 0)]
    while pending:
        node, letter = pending.pop()
        if node < 0:
            letters[-1 - node] = letter
            continue
        atom, low, high = nodes[node]
        for successor, reached in ((high, letter | 1 << atom), (low, letter)):
            if successor not in seen:
                seen.add(successor)
                pending.append((successor, reached))
    return tuple(letters)
