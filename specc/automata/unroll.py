"""A finite automaton read for a fixed number of letters, as an omega-automaton."""

from __future__ import annotations

from specc.automata.automaton import Automaton, Cube, Edge, Inf
from specc.automata.finite import FiniteAutomaton
from specc.diagnostics import SpecError

__all__ = ["unroll"]

_MOST_STATES = 200_000


def unroll(finite: FiniteAutomaton, letters: int) -> Automaton:
    """Accepts the infinite words whose first ``letters`` letters (at least one) are accepted.

    The acceptance is ``Inf(0)``, met on the loop of one accepting sink.

    :raises SpecError: E501 the unrolled automaton has too many states.
    """
    accepted, rejected = 0, 1
    everything = (Cube(0, 0),)
    edges: list[tuple[Edge, ...]] = [
        (Edge(everything, accepted, 1),),
        (Edge(everything, rejected, 0),),
    ]
    layer = {finite.initial: 2}
    edges.append(())
    for time in range(1, letters + 1):
        following: dict[int, int] = {}
        for state, number in layer.items():
            row = []
            for edge in finite.edges[state]:
                if time == letters:
                    target = accepted if finite.accepting[edge.target] else rejected
                elif edge.target in following:
                    target = following[edge.target]
                else:
                    target = following[edge.target] = len(edges)
                    edges.append(())
                row.append(Edge(edge.guard, target, 0))
            edges[number] = tuple(row)
        layer = following
        if len(edges) > _MOST_STATES:
            raise SpecError.of(
                "E501",
                f"`LTLf[{letters}]` unrolls to more than {_MOST_STATES} automaton states",
                help="a smaller number of letters, or a shorter formula",
            )
    return Automaton(finite.atoms, 2, tuple(edges), Inf(0), 1)
