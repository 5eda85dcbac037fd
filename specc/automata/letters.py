"""Letter classes: the coarsest partition of the letters that no guard distinguishes.

Guards become reduced ordered decision diagrams (Bryant 1986), and all of them together one diagram
whose leaves are the classes. Nothing here walks over all letters: 20 atoms are as cheap as the
guards are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specc.automata.automaton import Automaton, Cube
from specc.automata.diagrams import (
    FALSE,
    TRUE,
    Boolean,
    Combined,
    Constant,
    Diagrams,
    Variable,
)
from specc.automata.partition import TooMany, partition, representatives
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

_MOST_TABLED = 1 << 27
"""Guards times letters that are tried one by one, where guards are more than letters."""


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
    if 1 << atom_count <= len(guards) <= _MOST_TABLED >> atom_count:
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
    except (TooMany, SpecError):
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


def _partition(
    diagrams: Diagrams,
    guards: list[int],
    atom_count: int,
    most: int | None = None,
    work: int | None = None,
) -> LetterClasses:
    distinct = {guard: position for position, guard in enumerate(dict.fromkeys(guards))}
    part = partition(diagrams, list(distinct), most, work)
    truth = _bits(part.truths, len(distinct))[:, [distinct[guard] for guard in guards]]
    return _classes(part.nodes, part.root, atom_count, truth)


def _classes(
    found: Sequence[tuple[int, int, int]], root: int, atom_count: int, truth: BoolArray
) -> LetterClasses:
    nodes: IntArray = np.array(found, dtype=np.int64).reshape(-1, 3)
    return LetterClasses(
        atom_count=atom_count,
        root=root,
        atom=nodes[:, 0].copy(),
        low=nodes[:, 1].copy(),
        high=nodes[:, 2].copy(),
        representative=representatives(found, root, len(truth)),
        truth=truth,
    )


def _bits(vectors: Sequence[int], width: int) -> BoolArray:
    """Integers as rows of bits, the lowest first."""
    size = -(-width // 8)
    octets = np.frombuffer(b"".join(v.to_bytes(size, "little") for v in vectors), dtype=np.uint8)
    bits = np.unpackbits(octets.reshape(len(vectors), size), axis=1, bitorder="little")
    return bits[:, :width].astype(np.bool_)
