"""Omega-automata as pictures, with acceptance marks as coloured dots on the edges."""

from __future__ import annotations

from specc.automata.acceptance import show_acceptance
from specc.automata.automaton import Acceptance, Automaton, Cube, Verdict
from specc.render.graph import picture
from specc.render.labelled import Edge, Graph, Node
from specc.render.picture import Picture

__all__ = ["automaton_picture", "guard_of_cubes"]


def automaton_picture(automaton: Automaton, title: str = "automaton") -> Picture:
    """The automaton, its guards as short Boolean text, its acceptance condition on top.

    Edges with the same ends and marks are drawn as one.
    """
    merged: dict[tuple[int, int, int], list[Cube]] = {}
    for source, edges in enumerate(automaton.edges):
        for edge in edges:
            merged.setdefault((source, edge.target, edge.marks), []).extend(edge.guard)
    drawn = tuple(
        Edge(source, target, guard_of_cubes(tuple(cubes), automaton.atoms), _marks(marks))
        for (source, target, marks), cubes in merged.items()
    )
    nodes = tuple(Node(str(number)) for number in range(automaton.state_count))
    return picture(Graph(title, _accepts(automaton.acceptance), nodes, drawn, (automaton.initial,)))


def guard_of_cubes(cubes: tuple[Cube, ...], atoms: tuple[str, ...]) -> str:
    """A disjunction of cubes as text.

    >>> guard_of_cubes((Cube(3, 1), Cube(4, 4)), ("a", "b", "c"))
    'a & !b | c'
    """
    if any(cube.care == 0 for cube in cubes):
        return "true"
    return " | ".join(_cube(cube, atoms) for cube in cubes) or "false"


def _cube(cube: Cube, atoms: tuple[str, ...]) -> str:
    return " & ".join(
        name if cube.value >> bit & 1 else f"!{name}"
        for bit, name in enumerate(atoms)
        if cube.care >> bit & 1
    )


def _marks(bits: int) -> tuple[int, ...]:
    return tuple(mark for mark in range(bits.bit_length()) if bits >> mark & 1)


def _accepts(condition: Acceptance) -> str:
    if isinstance(condition, Verdict):
        return "accepts every run" if condition.value else "accepts no run"
    return f"accepts: {show_acceptance(condition)}"
