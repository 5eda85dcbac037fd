"""Which edge each state of a machine takes on a letter: one decision diagram for all states.

Letter classes split the letters once for the whole machine, and so into too many classes where each
state tells other letters apart. Here every state has a diagram of its own guards, the leaves are
edges, and equal parts are shared (multi-terminal diagrams: Clarke et al. 1993; Bahar et al. 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from specc.automata.automaton import Cube
from specc.automata.diagrams import FALSE, TRUE, Diagrams

__all__ = ["Branches", "Branching", "Cases", "Graft", "Row", "View"]

_MOST_NODES = 500_000

Leaf = TypeVar("Leaf", bound=Hashable)
Value = TypeVar("Value", covariant=True)


class Row(Protocol[Value]):
    """Something that a state has for every letter."""

    def __getitem__(self, letter: int, /) -> Value: ...


@dataclass(frozen=True, slots=True, eq=False)
class Branching:
    """Node n is ``nodes[n]``: an atom, the node behind where it does not hold, and where it does;
    a negative node -1 - e is edge e. ``roots[state]``, and ``first`` for the letter of the start.

    >>> branching = Branching(((0, -1, -2),), (0, -2), -1)
    >>> branching.edge(0, 0b1), branching.edge(0, 0b0), branching.edge(-2, 0b0)
    (1, 0, 1)
    """

    nodes: tuple[tuple[int, int, int], ...]
    roots: tuple[int, ...]
    first: int

    @staticmethod
    def of(nodes: Sequence[tuple[int, int, int]], roots: Sequence[int], first: int) -> Branching:
        """The diagram with the nodes that roots lead to alone; nodes stand behind those that they
        lead to."""
        needed: set[int] = set()
        pending = [*roots, first]
        while pending:
            node = pending.pop()
            if node >= 0 and node not in needed:
                needed.add(node)
                pending.extend(nodes[node][1:])
        kept = sorted(needed)
        place = {node: number for number, node in enumerate(kept)}
        moved = tuple(
            (atom, place.get(low, low), place.get(high, high))
            for atom, low, high in (nodes[node] for node in kept)
        )
        return Branching(moved, tuple(place.get(r, r) for r in roots), place.get(first, first))

    def edge(self, root: int, letter: int) -> int:
        """The edge below a root on a letter (a bit mask of any length)."""
        node, nodes = root, self.nodes
        while node >= 0:
            atom, low, high = nodes[node]
            node = high if letter >> atom & 1 else low
        return -1 - node

    def leaves(self, root: int) -> set[int]:
        """The edges below a root."""
        found: set[int] = set()
        seen = {root}
        pending = [root]
        while pending:
            node = pending.pop()
            if node < 0:
                found.add(-1 - node)
                continue
            for behind in self.nodes[node][1:]:
                if behind not in seen:
                    seen.add(behind)
                    pending.append(behind)
        return found

    def paths(self, root: int) -> Iterator[tuple[Cube, int]]:
        """The ways to the edges below a root, as disjoint cubes."""
        pending = [(root, 0, 0)]
        while pending:
            node, care, value = pending.pop()
            if node < 0:
                yield Cube(care, value), -1 - node
                continue
            atom, low, high = self.nodes[node]
            pending.append((high, care | 1 << atom, value | 1 << atom))
            pending.append((low, care | 1 << atom, value))

    def depth(self) -> int:
        """The most atoms that one way to an edge asks for."""
        # Nodes stand behind those that they lead to.
        depths: list[int] = []
        for _, low, high in self.nodes:
            depths.append(1 + max(depths[node] if node >= 0 else 0 for node in (low, high)))
        return max(depths, default=0)


@dataclass(frozen=True, slots=True, eq=False)
class View(Generic[Value]):
    """What a state has by letter, from what edges have; see :class:`Row`."""

    branching: Branching
    root: int
    by_edge: Sequence[Value]

    def __getitem__(self, letter: int) -> Value:
        return self.by_edge[self.branching.edge(self.root, letter)]


class Branches(Generic[Leaf]):
    """Diagrams with leaves of any kind, under construction; ``leaves[e]`` is leaf -1 - e.

    Guards are references into ``guards``. All raise SpecError E504 where nodes become too many.
    """

    def __init__(self, guards: Diagrams, most: int = _MOST_NODES) -> None:
        self.guards = guards
        self.joined = Diagrams(most)
        self.leaves: list[Leaf] = []
        self._numbers: dict[Leaf, int] = {}
        self._selected: dict[tuple[int, int, int], int] = {}

    def leaf(self, leaf: Leaf) -> int:
        """The reference of a leaf."""
        found = self._numbers.setdefault(leaf, len(self.leaves))
        if found == len(self.leaves):
            self.leaves.append(leaf)
        return -1 - found

    def select(self, guard: int, then: int, otherwise: int) -> int:
        """``then`` where the guard holds, else ``otherwise``."""
        if then == otherwise or guard == TRUE:
            return then
        if guard == FALSE:
            return otherwise
        key = (guard, then, otherwise)
        found = self._selected.get(key)
        if found is None:
            joined, guards = self.joined, self.guards
            atom = guards.nodes[guard][0]
            for node in (then, otherwise):
                if node >= 0 and joined.nodes[node][0] < atom:
                    atom = joined.nodes[node][0]
            guard_low, guard_high = guards.cofactors(guard, atom)
            then_low, then_high = joined.cofactors(then, atom)
            low, high = joined.cofactors(otherwise, atom)
            found = self._selected[key] = joined.node(
                atom,
                self.select(guard_low, then_low, low),
                self.select(guard_high, then_high, high),
            )
        return found


class Graft:
    """Put a diagram of ``into`` in place of every leaf of other diagrams' nodes.

    ``condition[atom]`` is a guard of ``into`` that stands for the atom, where they differ.
    """

    def __init__(
        self,
        into: Branches[Leaf],
        nodes: Sequence[tuple[int, int, int]],
        leaf: Callable[[int], int],
        condition: Sequence[int] | None = None,
    ) -> None:
        self.into, self.nodes, self.leaf, self.condition = into, nodes, leaf, condition
        self.known: dict[int, int] = {}

    def of(self, node: int) -> int:
        """The diagram that the node becomes."""
        if node not in self.known:
            if node < 0:
                self.known[node] = self.leaf(-1 - node)
            else:
                atom, low, high = self.nodes[node]
                guard = (
                    self.into.guards.node(atom, FALSE, TRUE)
                    if self.condition is None
                    else self.condition[atom]
                )
                self.known[node] = self.into.select(guard, self.of(high), self.of(low))
        return self.known[node]


class Cases(Generic[Leaf]):
    """Diagrams of lists of cases, the first of which counts that matches; cubes stay cubes."""

    def __init__(self, into: Branches[Leaf]) -> None:
        self.into = into

    def of(self, cases: Sequence[tuple[Cube, int]]) -> int:
        """The diagram of (cube, reference of a leaf) pairs, one of which matches every letter."""
        known: dict[tuple[tuple[int, ...], int], int] = {}
        cares = [cube.care for cube, _ in cases]
        values = [cube.value for cube, _ in cases]

        def split(left: tuple[int, ...], decided: int) -> int:
            if not left:
                raise ValueError("no case matches some letter")
            first = left[0]
            if not cares[first] & ~decided:
                return cases[first][1]
            asked = 0
            for case in left:
                asked |= cares[case]
            asked &= ~decided
            key = left, asked
            found = known.get(key)
            if found is None:
                bit = asked & -asked
                below = decided | bit | (bit - 1)
                low = tuple(c for c in left if not values[c] & bit)
                high = tuple(c for c in left if values[c] & bit or not cares[c] & bit)
                found = known[key] = self.into.joined.node(
                    bit.bit_length() - 1, split(low, below), split(high, below)
                )
            return found

        return split(tuple(range(len(cases))), 0)
