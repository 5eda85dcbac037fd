"""Moore's minimisation of a deterministic automaton whose states carry a colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from specc.automata.automaton import Automaton, Cube, Edge
from specc.automata.letters import automaton_classes, tables

__all__ = ["quotient"]


def quotient(automaton: Automaton, colours: Sequence[int]) -> tuple[Automaton, tuple[int, ...]]:
    """The reachable automaton with equivalent states merged, and the colours of its states.

    States are equivalent if every finite word leads from both to one colour. Marks are dropped.
    """
    classes = automaton_classes(automaton)
    successor, _ = tables(replace(automaton, mark_count=0), classes)
    _, block = np.unique(np.array(colours), return_inverse=True)
    while True:
        signature = np.column_stack([block, block[successor]])
        _, finer = np.unique(signature, axis=0, return_inverse=True)
        finer = finer.reshape(-1)
        if finer.max() == block.max():
            break
        block = finer
    return _merged(automaton, block.tolist(), colours)


def _merged(
    automaton: Automaton, block: list[int], colours: Sequence[int]
) -> tuple[Automaton, tuple[int, ...]]:
    number = {block[automaton.initial]: 0}
    members = [automaton.initial]
    edges = []
    for state in members:
        guards: dict[int, dict[Cube, None]] = {}
        for edge in automaton.edges[state]:
            target = block[edge.target]
            if target not in number:
                number[target] = len(members)
                members.append(edge.target)
            guards.setdefault(number[target], {}).update(dict.fromkeys(edge.guard))
        whole = len(guards) == 1
        edges.append(
            tuple(
                Edge((Cube(0, 0),) if whole else tuple(cubes), target, 0)
                for target, cubes in guards.items()
            )
        )
    small = replace(automaton, initial=0, edges=tuple(edges))
    return small, tuple(colours[state] for state in members)
