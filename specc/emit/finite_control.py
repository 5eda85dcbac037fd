"""The finite control of a reward scheme: where a state goes on a letter, and what it pays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from specc.automata.branching import Branching, Row, View
from specc.automata.letters import Diagrams, LetterClasses
from specc.diagnostics import SpecError
from specc.emit.bytecode import Program
from specc.objective.stack import Guard, Number

__all__ = ["Controller", "WholeLetters", "final_states", "on_letters", "views"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Value = TypeVar("Value")

_MOST_ENTRIES = 20_000_000
_MOST_BITS = 62
"""Propositions that fit the integers of arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class WholeLetters:
    """Where letters have no classes: a letter is the bit mask of its propositions."""

    atom_count: int

    def classify(self, letter: int) -> int:
        """The letter itself."""
        return letter

    def classify_many(self, valuations: BoolArray) -> IntArray:
        """The letters as bit masks: bool (n, propositions) to int64 (n,).

        :raises SpecError: E504 the propositions are too many for that.
        """
        self.fit()
        bits = np.int64(1) << np.arange(self.atom_count, dtype=np.int64)
        return valuations.astype(np.int64) @ bits

    def fit(self) -> None:
        """Refuse more propositions than arrays of letters hold. Raises SpecError E504."""
        if self.atom_count > _MOST_BITS:
            raise SpecError.of(
                "E504",
                f"letters of {self.atom_count} propositions fit no array: at most {_MOST_BITS} do",
                help="use fewer propositions in one spec, or `wrap`, which reads any number",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Controller:
    """Where to go and which program pays, by state and letter: ``next[state][letter]``.

    A letter is a letter class, ``classes``, or, where those are too many, the bit mask of its
    propositions, and ``branching`` says which of the ``edges`` (state after, program, accepting)
    a state takes. Both read alike.

    ``guards`` are the propositions, in the order of the letters' bits; ``inputs`` the native
    rewards and observations that programs read. ``first[letter]`` is the state after the first
    letter (``reads_start``: it is read). On an edge with ``accepting`` the gadget ends the run with
    chance ``1 - zeta``, and then pays 1 in place of the edge's reward. ``jumps[state]`` are the
    targets of epsilon actions. ``final[state]``: every later reward is 0. ``verdict[state]`` is
    what the word so far decides, or None. ``values[p]`` is program p's exact value where it reads
    nothing, else None; ``numbers[p]`` what it computes.
    """

    guards: tuple[Guard, ...]
    classes: LetterClasses | WholeLetters
    states: tuple[str, ...]
    first: Row[int]
    reads_start: bool
    next: tuple[Row[int], ...]
    reward: tuple[Row[int], ...]
    programs: tuple[Program, ...]
    values: tuple[Fraction | None, ...]
    numbers: tuple[Number, ...]
    inputs: tuple[Number, ...]
    accepting: tuple[Row[bool], ...]
    zeta: float
    jumps: tuple[tuple[int, ...], ...]
    final: tuple[bool, ...]
    verdict: tuple[bool | None, ...]
    branching: Branching | None = None
    edges: tuple[tuple[int, int, bool], ...] = ()

    @property
    def jump_count(self) -> int:
        """The most epsilon actions of a state."""
        return max(map(len, self.jumps), default=0)

    @property
    def letter_count(self) -> int:
        """How many letters there are, classes or whole ones."""
        if isinstance(self.classes, WholeLetters):
            return 1 << self.classes.atom_count
        return self.classes.class_count

    def table(self, rows: Sequence[Row[Value]]) -> list[list[Value]]:
        """The rows written out over all letters; for controllers with letter classes."""
        assert self.branching is None
        return [[row[letter] for letter in range(self.letter_count)] for row in rows]

    def paying(self, values: Sequence[Value]) -> Sequence[Row[Value]]:
        """What a state has by letter, where program p has ``values[p]``."""
        if self.branching is None:
            return [[values[p] for p in row] for row in self.table(self.reward)]
        by_edge = [values[program] for _, program, _ in self.edges]
        return [View(self.branching, root, by_edge) for root in self.branching.roots]


def views(branching: Branching, by_edge: Sequence[Value]) -> tuple[Row[Value], ...]:
    """The rows of all states."""
    return tuple(View(branching, root, by_edge) for root in branching.roots)


def on_letters(control: Controller, letters: Iterable[int]) -> Controller:
    """The controller with classes of these letters alone, where it has none; other letters stand
    in any class.

    :raises SpecError: E804 the tables would be too large.
    """
    branching = control.branching
    if branching is None:
        return control
    masks = sorted(set(letters))
    if len(masks) * len(branching.roots) > _MOST_ENTRIES:
        raise SpecError.of(
            "E804",
            f"{len(branching.roots):,} machine states times {len(masks):,} letters of the "
            "environment are too many table entries",
            help="use fewer propositions, or train through `wrap`, which needs no such table",
        )
    found = [[branching.edge(root, mask) for mask in masks] for root in branching.roots]
    start = [branching.edge(branching.first, mask) for mask in masks]

    def rows(part: Callable[[tuple[int, int, bool]], Value]) -> tuple[tuple[Value, ...], ...]:
        by_edge = [part(edge) for edge in control.edges]
        return tuple(tuple(by_edge[e] for e in row) for row in found)

    return replace(
        control,
        classes=_told_apart(masks, len(control.guards)),
        first=tuple(control.edges[e][0] for e in start),
        next=rows(lambda edge: edge[0]),
        reward=rows(lambda edge: edge[1]),
        accepting=rows(lambda edge: edge[2]),
        branching=None,
        edges=(),
    )


def _told_apart(masks: Sequence[int], atom_count: int) -> LetterClasses:
    """Class c is letter ``masks[c]``."""
    diagrams = Diagrams()

    def split(begin: int, end: int, bit: int) -> int:
        # Sorted letters differ first in their highest bit, which the root asks for.
        if end - begin <= 1:
            return -1 - begin
        while not (masks[begin] ^ masks[end - 1]) >> bit & 1:
            bit -= 1
        middle = bisect_left(masks, (masks[end - 1] >> bit) << bit, begin, end)
        return diagrams.node(bit, split(begin, middle, bit - 1), split(middle, end, bit - 1))

    root = split(0, len(masks), atom_count - 1)
    nodes = np.array(diagrams.nodes, dtype=np.int64).reshape(-1, 3)
    return LetterClasses(
        atom_count=atom_count,
        root=root,
        atom=nodes[:, 0].copy(),
        low=nodes[:, 1].copy(),
        high=nodes[:, 2].copy(),
        representative=tuple(masks),
        truth=np.zeros((len(masks), 0), dtype=np.bool_),
    )


def final_states(following: Sequence[Iterable[int]], quiet: Sequence[bool]) -> tuple[bool, ...]:
    """Which states can never again reach one that is not quiet."""
    entered_from: list[list[int]] = [[] for _ in following]
    for state, targets in enumerate(following):
        for target in set(targets):
            entered_from[target].append(state)
    final = list(quiet)
    pending = [state for state, silent in enumerate(final) if not silent]
    for state in pending:  # grows while it is read
        for source in entered_from[state]:
            if final[source]:
                final[source] = False
                pending.append(source)
    return tuple(final)
