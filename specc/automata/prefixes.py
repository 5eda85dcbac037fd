"""Languages that finite prefixes decide: classification of formulas, and their finite automata."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specc.automata.automaton import Acceptance, Automaton, Cube, Edge, Fin, Inf
from specc.automata.cycles import (
    BoolArray,
    cycle_edges,
    empty_states,
    graph_of,
    universal_states,
)
from specc.automata.minimise import quotient

__all__ = ["Classification", "classify_automaton", "deciding_automaton"]


@dataclass(frozen=True, slots=True)
class Classification:
    """Where a language stands in the hierarchy of Manna and Pnueli (1990).

    ``bounded_horizon`` is the least number of letters after which every word is decided, or None.
    """

    is_safety: bool
    is_cosafety: bool
    is_recurrence: bool
    is_persistence: bool
    bounded_horizon: int | None

    @property
    def is_obligation(self) -> bool:
        """A Boolean combination of safety languages."""
        return self.is_recurrence and self.is_persistence


def classify_automaton(automaton: Automaton) -> Classification:
    """Classify the language of a "parity max even" automaton; exact, not a guess by syntax."""
    graph = graph_of(automaton)
    accepting, rejecting = cycle_edges(graph, True), cycle_edges(graph, False)
    universal, empty = universal_states(graph), empty_states(graph)
    return Classification(
        is_safety=not (rejecting & ~empty[graph.source]).any(),
        is_cosafety=not (accepting & ~universal[graph.source]).any(),
        is_recurrence=not cycle_edges(graph, True, rejecting).any(),
        is_persistence=not cycle_edges(graph, False, accepting).any(),
        bounded_horizon=_horizon(automaton, universal | empty),
    )


def deciding_automaton(automaton: Automaton) -> Automaton | None:
    """The minimal automaton of a co-safe or safe language, or None if it is neither.

    Co-safe: ``Inf(0)``, mark 0 on the self-loop of the accepting sink alone. Safe (and not
    co-safe): ``Fin(0)``, mark 0 on the self-loop of the rejecting sink alone. So a word is decided
    when the run enters the sink.
    """
    graph = graph_of(automaton)
    universal, empty = universal_states(graph), empty_states(graph)
    acceptance: Acceptance
    if not (cycle_edges(graph, True) & ~universal[graph.source]).any():
        decided, acceptance = universal, Inf(0)
    elif not (cycle_edges(graph, False) & ~empty[graph.source]).any():
        decided, acceptance = empty, Fin(0)
    else:
        return None
    # One language is left to tell states apart: which words lead into the sink.
    plain = Automaton(
        automaton.atoms,
        automaton.initial,
        tuple(
            (Edge((Cube(0, 0),), state, 0),)
            if decided[state]
            else tuple(Edge(edge.guard, edge.target, 0) for edge in row)
            for state, row in enumerate(automaton.edges)
        ),
        acceptance,
        1,
    )
    small, kept = quotient(plain, [int(bit) for bit in decided])
    edges = tuple(
        (Edge((Cube(0, 0),), state, 1),) if kept[state] else row
        for state, row in enumerate(small.edges)
    )
    return Automaton(small.atoms, small.initial, edges, acceptance, 1)


def _horizon(automaton: Automaton, decided: BoolArray) -> int | None:
    """The longest way through undecided states; None where they have a cycle."""
    depth = np.full(automaton.state_count, -1)
    depth[decided] = 0
    entered: set[int] = set()
    pending = [automaton.initial]
    while pending:
        state = pending[-1]
        if depth[state] >= 0:
            pending.pop()
            continue
        targets = {edge.target for edge in automaton.edges[state]}
        missing = [target for target in targets if depth[target] < 0]
        if not missing:
            depth[state] = 1 + max(int(depth[target]) for target in targets)
            pending.pop()
            continue
        entered.add(state)
        if any(target in entered for target in missing):
            return None
        pending.extend(missing)
    return int(depth[automaton.initial])
