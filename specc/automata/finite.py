"""Finite automata of formulas over finite traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from specc.automata.automaton import Automaton, Cube, Edge, Verdict
from specc.automata.formula import Atom, Connective, Formula, Truth, atoms, negation
from specc.automata.judge import agrees_finite
from specc.automata.minimise import quotient
from specc.automata.semantics import run_lasso, satisfies_finite
from specc.automata.translate import Budget, translate
from specc.diagnostics import SpecError

__all__ = ["FiniteAutomaton", "translate_finite"]

# No proposition of a file has this name: names from files are not empty.
_ALIVE = Atom("")


@dataclass(frozen=True, slots=True)
class FiniteAutomaton:
    """A deterministic, complete automaton on finite words; the edges carry no marks."""

    atoms: tuple[str, ...]
    initial: int
    edges: tuple[tuple[Edge, ...], ...]
    accepting: tuple[bool, ...]

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.edges)

    def step(self, state: int, letter: int) -> int:
        """The state that the letter leads to."""
        return next(edge.target for edge in self.edges[state] if edge.admits(letter))

    def accepts(self, word: Sequence[int]) -> bool:
        """Whether the word is accepted."""
        state = self.initial
        for letter in word:
            state = self.step(state, letter)
        return self.accepting[state]


@lru_cache(maxsize=256)
def translate_finite(formula: Formula, budget: Budget | None = None) -> FiniteAutomaton:
    """The minimal automaton of the formula over finite traces, with a strong next.

    By De Giacomo and Vardi (2013): an infinite word over one more proposition, "alive", which holds
    on the letters of the trace and never after it.

    :raises SpecError: E501, E502, E503 as :func:`specc.automata.translate.translate`.
    """
    names = atoms(formula)
    ends = Connective("U", (_ALIVE, Connective("G", (negation(_ALIVE),))))
    infinite = Connective("and", (_ALIVE, _over_alive(formula), ends))
    automaton = translate(infinite, "parity", budget)
    alive = automaton.atoms.index(_ALIVE.name)
    # The empty word is the initial state's own verdict; a fresh initial state carries it.
    edges = [_living(row, alive, names, automaton.atoms) for row in automaton.edges]
    colours = [
        int(run_lasso(_started(automaton, state), (), (0,)))
        for state in range(automaton.state_count)
    ]
    edges.append(edges[automaton.initial])
    colours.append(int(satisfies_finite(formula, (), names)))
    plain = Automaton(names, len(edges) - 1, tuple(edges), Verdict(True), 0)
    small, accepting = quotient(plain, colours)
    result = FiniteAutomaton(names, small.initial, small.edges, tuple(map(bool, accepting)))
    if not agrees_finite(result.accepts, formula, names):
        raise SpecError.of("E503", "the translator contradicts the meaning of a finite formula")
    return result


def _over_alive(formula: Formula) -> Formula:
    dead = negation(_ALIVE)
    match formula:
        case Truth() | Atom():
            return formula
        case Connective(operator, operands):
            inner = tuple(map(_over_alive, operands))
        case _:
            assert_never(formula)
    match operator:
        case "X" | "F":
            return Connective(operator, (Connective("and", (_ALIVE, inner[0])),))
        case "G":
            return Connective("G", (Connective("or", (dead, inner[0])),))
        case "U":
            return Connective("U", (inner[0], Connective("and", (_ALIVE, inner[1]))))
        case "W":
            return Connective("W", (inner[0], Connective("or", (dead, inner[1]))))
        case "M":
            return Connective("U", (inner[1], Connective("and", (_ALIVE, *inner))))
        case "R":
            both = Connective("and", inner)
            return Connective("W", (inner[1], Connective("or", (dead, both))))
        case _:
            return Connective(operator, inner)


def _living(
    row: tuple[Edge, ...], alive: int, names: tuple[str, ...], all_names: tuple[str, ...]
) -> tuple[Edge, ...]:
    """The edges on letters with "alive", over the trace's own atoms."""
    moves = [(position, names.index(n)) for position, n in enumerate(all_names) if n in names]

    def moved(bits: int) -> int:
        return sum((bits >> old & 1) << new for old, new in moves)

    edges = []
    for edge in row:
        cubes = tuple(
            Cube(moved(cube.care), moved(cube.value))
            for cube in edge.guard
            if not cube.care >> alive & 1 or cube.value >> alive & 1
        )
        if cubes:
            edges.append(Edge(cubes, edge.target, 0))
    return tuple(edges)


def _started(automaton: Automaton, state: int) -> Automaton:
    return Automaton(
        automaton.atoms, state, automaton.edges, automaton.acceptance, automaton.mark_count
    )
