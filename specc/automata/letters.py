"""Letter classes: the coarsest partition of the letters that no guard distinguishes.

Guards become reduced ordered decision diagrams (Bryant 1986), and all of them together one diagram
whose leaves are the classes. Nothing here walks over all letters: 20 atoms are as cheap as the
guards are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from specc.automata.automaton import Automaton, Cube
from specc.diagnostics import SpecError

__all__ = [
    "Boolean",
    "Combined",
    "Constant",
    "Diagrams",
    "FALSE",
    "LetterClasses",
    "TRUE",
    "Variable",
    "automaton_classes",
    "classes_of_cubes",
    "classes_of_expressions",
    "few_classes",
    "tables",
]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_MAXIMUM_NODES = 200_000
_MOST_TABLED = 1 << 27
"""Guards times letters that are tried one by one."""


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false on every letter."""

    value: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """Bit ``atom`` of the letter, negated where ``positive`` is false."""

    atom: int
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Combined:
    """``and``, ``or``, ``xor`` or ``not`` of Boolean expressions."""

    operator: Literal["and", "or", "xor", "not"]
    operands: tuple[Boolean, ...]


Boolean = Constant | Variable | Combined


@dataclass(frozen=True, slots=True, eq=False)
class LetterClasses:
    """The classes of letters over ``atom_count`` atoms, and how to find a letter's class.

    Node ``n`` of the decision diagram asks for atom ``atom[n]`` and goes on to ``low[n]`` or
    ``high[n]``; a negative successor ``-1 - c`` is class ``c``. ``root`` is such a reference, too.
    ``representative[c]`` is one letter of class ``c``; ``truth[c, g]`` says whether guard ``g``
    holds on class ``c``. The arrays are int64, ``truth`` is bool.
    """

    atom_count: int
    root: int
    atom: IntArray
    low: IntArray
    high: IntArray
    representative: tuple[int, ...]
    truth: BoolArray

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return len(self.representative)

    def classify(self, letter: int) -> int:
        """The class of a letter (a bit mask)."""
        node = self.root
        while node >= 0:
            node = int((self.high if letter >> int(self.atom[node]) & 1 else self.low)[node])
        return -1 - node

    def classify_many(self, valuations: BoolArray) -> IntArray:
        """The classes of many letters: bool (n, atoms) to int64 (n,)."""
        node: IntArray = np.full(len(valuations), self.root, dtype=np.int64)
        rows = np.arange(len(valuations)) if self.root >= 0 else np.arange(0)
        while len(rows):
            here = node[rows]
            node[rows] = np.where(
                valuations[rows, self.atom[here]], self.high[here], self.low[here]
            )
            rows = rows[node[rows] >= 0]
        return -1 - node


def classes_of_cubes(guards: Sequence[tuple[Cube, ...]], atom_count: int) -> LetterClasses:
    """The classes of guards given as disjunctions of cubes.

    :raises SpecError: E504 the guards need too large a decision diagram.

    >>> classes = classes_of_cubes([(Cube(0b01, 0b01), Cube(0b10, 0b10))], 2)
    >>> classes.class_count, classes.classify(0b00) != classes.classify(0b10)
    (2, True)
    """
    if len(guards) << atom_count <= _MOST_TABLED:
        return _tabled(guards, atom_count)
    diagrams = Diagrams()
    return _partition(diagrams, [diagrams.of_cubes(guard) for guard in guards], atom_count)


def _tabled(guards: Sequence[tuple[Cube, ...]], atom_count: int) -> LetterClasses:
    """The classes by trying every guard on every letter; atom 0 is the first that a diagram asks
    for, so letters are read with their bits reversed."""
    letters = np.zeros(1 << atom_count, dtype=np.int64)
    for atom in range(atom_count):
        letters |= (np.arange(len(letters)) >> (atom_count - 1 - atom) & 1) << atom
    held = np.zeros((len(guards), len(letters)), dtype=np.bool_)
    for place, guard in enumerate(guards):
        for cube in guard:
            held[place] |= letters & cube.care == cube.value
    rows = np.packbits(held, axis=0).T.copy() if len(guards) else np.zeros((len(letters), 1), "u1")
    texts = [row.tobytes() for row in rows]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    below = [-1 - numbers[text] for text in texts]
    diagrams = Diagrams()
    for atom in reversed(range(atom_count)):
        below = [
            diagrams.node(atom, low, high)
            for low, high in zip(below[::2], below[1::2], strict=True)
        ]
    first = np.unique(np.array([numbers[text] for text in texts]), return_index=True)[1]
    return _classes(diagrams.nodes, below[0], atom_count, held[:, first].T.copy())


def classes_of_expressions(guards: Sequence[Boolean], atom_count: int) -> LetterClasses:
    """The classes of guards given as Boolean expressions over atom numbers.

    :raises SpecError: E504 the guards need too large a decision diagram.
    """
    diagrams = Diagrams()
    return _partition(diagrams, [diagrams.of_expression(guard) for guard in guards], atom_count)


def few_classes(
    guards: Sequence[Boolean], atom_count: int, most: int, work: int = 100_000
) -> LetterClasses | None:
    """The classes of guards given as Boolean expressions over atom numbers; None where they are
    more than ``most``, or take more ``work`` (nodes visited) to find."""
    diagrams = Diagrams()
    try:
        found = [diagrams.of_expression(guard) for guard in guards]
        return _partition(diagrams, found, atom_count, most, work)
    except (_TooMany, SpecError):
        return None


def automaton_classes(automaton: Automaton) -> LetterClasses:
    """The classes of the distinct guards of an automaton, in order of first appearance.

    :raises SpecError: E504 the guards need too large a decision diagram.
    """
    guards = {edge.guard: None for row in automaton.edges for edge in row}
    return classes_of_cubes(list(guards), len(automaton.atoms))


def tables(automaton: Automaton, classes: LetterClasses) -> tuple[IntArray, IntArray]:
    """``next[state, class]`` and ``marks[state, class]`` (a bit mask), int64.

    ``classes`` must come from :func:`automaton_classes` of the same automaton.
    """
    if automaton.mark_count > 63:
        raise SpecError.of("E504", "an automaton with more than 63 acceptance sets has no tables")
    guards = {edge.guard: None for row in automaton.edges for edge in row}
    column = {guard: classes.truth[:, index] for index, guard in enumerate(guards)}
    successor = np.full((automaton.state_count, classes.class_count), -1, dtype=np.int64)
    marks = np.zeros_like(successor)
    for state, row in enumerate(automaton.edges):
        for edge in row:
            taken = column[edge.guard]
            successor[state, taken] = edge.target
            marks[state, taken] = edge.marks
    if (successor < 0).any():
        raise ValueError("the automaton is not complete")
    return successor, marks


FALSE = -1
TRUE = -2


class Diagrams:
    """Hash-consed nodes ``(atom, low, high)``; -1 is false, -2 true, as in LetterClasses."""

    def __init__(self, most: int = _MAXIMUM_NODES) -> None:
        self.most = most
        self.nodes: list[tuple[int, int, int]] = []
        self.unique: dict[tuple[int, int, int], int] = {}
        self.known: dict[tuple[str, int, int], int] = {}
        # An expression may share parts many times over; it is kept here so that its id stays its.
        self.expressions: dict[int, tuple[Boolean, int]] = {}

    def node(self, atom: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = (atom, low, high)
        found = self.unique.get(key)
        if found is None:
            found = self.unique[key] = len(self.nodes)
            self.nodes.append(key)
            if found > self.most:
                raise SpecError.of(
                    "E504",
                    "the guards tell too many combinations of propositions apart",
                    help="use fewer propositions in one automaton or machine",
                )
        return found

    def cofactors(self, reference: int, atom: int) -> tuple[int, int]:
        if reference >= 0 and self.nodes[reference][0] == atom:
            return self.nodes[reference][1:]
        return reference, reference

    def top(self, *references: int) -> int:
        return min(self.nodes[reference][0] for reference in references if reference >= 0)

    def apply(self, operator: str, left: int, right: int) -> int:
        if left < 0 and right < 0:
            first, second = left == TRUE, right == TRUE
            value = {"and": first and second, "or": first or second, "xor": first != second}
            return TRUE if value[operator] else FALSE
        if left > right:
            left, right = right, left
        if operator != "xor" and left < 0:
            return right if (left == TRUE) == (operator == "and") else left
        key = (operator, left, right)
        if key not in self.known:
            atom = self.top(left, right)
            left_low, left_high = self.cofactors(left, atom)
            right_low, right_high = self.cofactors(right, atom)
            self.known[key] = self.node(
                atom,
                self.apply(operator, left_low, right_low),
                self.apply(operator, left_high, right_high),
            )
        return self.known[key]

    def cubes(self, reference: int, limit: int) -> tuple[Cube, ...] | None:
        """The ways to true as disjoint cubes, or None if they are more than ``limit``."""
        found: list[Cube] = []
        pending = [(reference, 0, 0)]
        while pending:
            node, care, value = pending.pop()
            if node == TRUE:
                found.append(Cube(care, value))
                if len(found) > limit:
                    return None
            elif node >= 0:
                atom, low, high = self.nodes[node]
                pending.append((high, care | 1 << atom, value | 1 << atom))
                pending.append((low, care | 1 << atom, value))
        return tuple(found)

    def of_cubes(self, cubes: tuple[Cube, ...]) -> int:
        parts = [self.of_cube(cube) for cube in cubes]
        while len(parts) > 1:
            parts = [
                self.apply("or", *parts[index : index + 2]) if index + 1 < len(parts) else parts[-1]
                for index in range(0, len(parts), 2)
            ]
        return parts[0] if parts else FALSE

    def of_cube(self, cube: Cube) -> int:
        reference = TRUE
        for atom in reversed(range(cube.care.bit_length())):
            if cube.care >> atom & 1:
                holds = cube.value >> atom & 1
                reference = self.node(
                    atom, FALSE if holds else reference, reference if holds else FALSE
                )
        return reference

    def of_expression(self, expression: Boolean) -> int:
        if id(expression) not in self.expressions:
            self.expressions[id(expression)] = (expression, self._of_expression(expression))
        return self.expressions[id(expression)][1]

    def _of_expression(self, expression: Boolean) -> int:
        match expression:
            case Constant(value):
                return TRUE if value else FALSE
            case Variable(atom, positive):
                return self.node(atom, FALSE, TRUE) if positive else self.node(atom, TRUE, FALSE)
            case Combined("not", (operand,)):
                return self.apply("xor", self.of_expression(operand), TRUE)
            case Combined(operator, operands):
                reference = TRUE if operator == "and" else FALSE
                for operand in operands:
                    reference = self.apply(operator, reference, self.of_expression(operand))
                return reference


class _TooMany(Exception):
    """More classes, or more work, than asked for."""


def _partition(
    diagrams: Diagrams,
    guards: list[int],
    atom_count: int,
    most: int | None = None,
    work: int | None = None,
) -> LetterClasses:
    """One diagram whose leaf ``-1 - c`` is the class with truth values ``truths[c]``."""
    distinct = {guard: position for position, guard in enumerate(dict.fromkeys(guards))}
    joined, root = Diagrams(), -1
    truths = [0]
    for guard, position in distinct.items():
        refinement = _Refinement(joined, diagrams, truths, 1 << position, most)
        root = refinement.of(root, guard)
        joined, truths = refinement.product, refinement.truths
        if work is not None:
            work -= len(refinement.known)
            if work < 0:
                raise _TooMany
    columns = [distinct[guard] for guard in guards]
    truth = np.array(
        [[bool(vector >> column & 1) for column in columns] for vector in truths], dtype=np.bool_
    ).reshape(len(truths), len(guards))
    return _classes(joined.nodes, root, atom_count, truth)


def _classes(
    found: list[tuple[int, int, int]], root: int, atom_count: int, truth: BoolArray
) -> LetterClasses:
    nodes: IntArray = np.array(found, dtype=np.int64).reshape(-1, 3)
    return LetterClasses(
        atom_count=atom_count,
        root=root,
        atom=nodes[:, 0].copy(),
        low=nodes[:, 1].copy(),
        high=nodes[:, 2].copy(),
        representative=_representatives(found, root, len(truth)),
        truth=truth,
    )


class _Refinement:
    """Split every leaf of ``joined`` by one guard; leaves of ``product`` number ``truths``."""

    def __init__(
        self,
        joined: Diagrams,
        diagrams: Diagrams,
        truths: list[int],
        bit: int,
        most: int | None = None,
    ) -> None:
        self.joined, self.diagrams, self.before, self.bit = joined, diagrams, truths, bit
        self.most = most
        self.product = Diagrams()
        self.truths: list[int] = []
        self.leaves: dict[int, int] = {}
        self.known: dict[tuple[int, int], int] = {}

    def of(self, node: int, guard: int) -> int:
        if node < 0 and guard < 0:
            vector = self.before[-1 - node] | (self.bit if guard == TRUE else 0)
            if vector not in self.leaves:
                self.leaves[vector] = len(self.truths)
                self.truths.append(vector)
                if self.most is not None and len(self.truths) > self.most:
                    raise _TooMany
            return -1 - self.leaves[vector]
        key = (node, guard)
        if key not in self.known:
            tops = [self.joined.nodes[node][0]] if node >= 0 else []
            if guard >= 0:
                tops.append(self.diagrams.nodes[guard][0])
            atom = min(tops)
            node_low, node_high = self.joined.cofactors(node, atom)
            guard_low, guard_high = self.diagrams.cofactors(guard, atom)
            low, high = self.of(node_low, guard_low), self.of(node_high, guard_high)
            self.known[key] = self.product.node(atom, low, high)
        return self.known[key]


def _representatives(
    nodes: list[tuple[int, int, int]], root: int, class_count: int
) -> tuple[int, ...]:
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
