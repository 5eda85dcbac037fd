"""A parity automaton as a deterministic Buechi automaton on the same states, where one exists."""

from __future__ import annotations

from dataclasses import replace

from specc.automata.automaton import Automaton, Inf
from specc.automata.cycles import cycle_edges, graph_of

__all__ = ["deterministic_buchi"]


def deterministic_buchi(automaton: Automaton) -> Automaton | None:
    """The same language as ``Inf(0)``, or None if no deterministic Buechi automaton has it.

    An edge on no rejecting cycle is final: seeing one infinitely often means accepting. If every
    accepting cycle has a final edge, marking these is enough; if not, the language is outside the
    recurrence class (Landweber 1969; Krishnan, Puri, Brayton 1994).
    """
    graph = graph_of(automaton)
    final = ~cycle_edges(graph, False)
    if cycle_edges(graph, True, ~final).any():
        return None
    bits = iter(final.tolist())
    edges = tuple(
        tuple(replace(edge, marks=int(next(bits))) for edge in row) for row in automaton.edges
    )
    return replace(automaton, edges=edges, acceptance=Inf(0), mark_count=1)
