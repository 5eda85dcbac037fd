"""Deterministic, complete omega-automata with transition-based Emerson-Lei acceptance.

A *letter* is a bit mask over ``atoms`` (bit i: atom i holds). Edges carry Boolean functions as
disjunctions of cubes, never enumerated letters.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Acceptance", "Automaton", "Combination", "Cube", "Edge", "Fin", "Inf", "Verdict"]


@dataclass(frozen=True, slots=True)
class Cube:
    """A conjunction of literals: where ``care`` has a bit, the letter must equal ``value``."""

    care: int
    value: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Taken on letters that some cube admits; ``marks`` is a bit mask of acceptance sets."""

    guard: tuple[Cube, ...]
    target: int
    marks: int

    def admits(self, letter: int) -> bool:
        """Whether the letter satisfies the guard."""
        return any(letter & cube.care == cube.value for cube in self.guard)


@dataclass(frozen=True, slots=True)
class Inf:
    """Mark ``mark`` is seen infinitely often."""

    mark: int


@dataclass(frozen=True, slots=True)
class Fin:
    """Mark ``mark`` is seen finitely often."""

    mark: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The condition ``t`` or ``f``."""

    value: bool


@dataclass(frozen=True, slots=True)
class Combination:
    """``and`` or ``or`` of acceptance conditions."""

    operator: str
    operands: tuple[Acceptance, ...]


Acceptance = Inf | Fin | Verdict | Combination


@dataclass(frozen=True, slots=True)
class Automaton:
    """``edges[state]`` are the edges out of a state; exactly one admits each letter."""

    atoms: tuple[str, ...]
    initial: int
    edges: tuple[tuple[Edge, ...], ...]
    acceptance: Acceptance
    mark_count: int

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.edges)

    def step(self, state: int, letter: int) -> Edge:
        """The edge that the letter takes."""
        for edge in self.edges[state]:
            if edge.admits(letter):
                return edge
        raise ValueError(f"no edge of state {state} admits letter {letter:b}")

    def accepts_marks(self, infinitely_often: int) -> bool:
        """Whether seeing exactly these marks infinitely often is accepting."""
        return _accepts(self.acceptance, infinitely_often)


def _accepts(condition: Acceptance, marks: int) -> bool:
    match condition:
        case Inf(mark):
            return bool(marks >> mark & 1)
        case Fin(mark):
            return not marks >> mark & 1
        case Verdict(value):
            return value
        case Combination("and", operands):
            return all(_accepts(operand, marks) for operand in operands)
        case Combination(_, operands):
            return any(_accepts(operand, marks) for operand in operands)
