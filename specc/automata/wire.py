"""Automata as JSON values: what the translating worker sends home."""

from __future__ import annotations

from typing import Any

from specc.automata.acceptance import parse_acceptance, show_acceptance
from specc.automata.automaton import Automaton, Cube, Edge

__all__ = ["from_wire", "to_wire"]


def to_wire(automaton: Automaton) -> dict[str, Any]:
    """Lists and numbers only; equal guards are sent once. The atoms stay at home."""
    guards: dict[tuple[Cube, ...], int] = {}
    edges = [
        [[guards.setdefault(e.guard, len(guards)), e.target, e.marks] for e in row]
        for row in automaton.edges
    ]
    return {
        "initial": automaton.initial,
        "guards": [[[cube.care, cube.value] for cube in guard] for guard in guards],
        "edges": edges,
        "acceptance": show_acceptance(automaton.acceptance),
        "mark_count": automaton.mark_count,
    }


def from_wire(value: dict[str, Any], atoms: tuple[str, ...]) -> Automaton:
    """The automaton that :func:`to_wire` took apart."""
    guards = [tuple(Cube(care, bits) for care, bits in guard) for guard in value["guards"]]
    return Automaton(
        atoms=atoms,
        initial=value["initial"],
        edges=tuple(
            tuple(Edge(guards[guard], target, marks) for guard, target, marks in row)
            for row in value["edges"]
        ),
        acceptance=parse_acceptance(value["acceptance"]),
        mark_count=value["mark_count"],
    )
