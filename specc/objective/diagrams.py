"""Guards as decision diagrams over their atoms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specc.automata.letters import (
    FALSE,
    TRUE,
    Boolean,
    Combined,
    Constant,
    Diagrams,
    Variable,
)
from specc.diagnostics import SpecError
from specc.objective import stack
from specc.objective.guards import atoms
from specc.objective.stack import Guard

__all__ = ["FirstMatch", "boolean"]

_MOST_NODES = 50_000
"""What warnings may cost; larger machines are not warned about."""


def boolean(guard: Guard, column: Mapping[Guard, int]) -> Boolean:
    """The guard over the numbered propositions."""
    match guard:
        case stack.Truth(value):
            return Constant(value)
        case stack.Negation(part):
            return Combined("not", (boolean(part, column),))
        case stack.AllOf(parts):
            return Combined("and", tuple(boolean(part, column) for part in parts))
        case stack.AnyOf(parts):
            return Combined("or", tuple(boolean(part, column) for part in parts))
        case _:
            return Variable(column[guard])


class FirstMatch:
    """Which edges of a machine can fire, where the first edge that matches is taken.

    Atoms are independent here, except that a transition has one action and one next state.
    """

    def __init__(self) -> None:
        self._diagrams = Diagrams(_MOST_NODES)
        self._column: dict[Guard, int] = {}
        self._possible = TRUE
        self._taken: dict[int, int] = {}
        self._known: dict[Guard, int] = {}
        self._lost = False

    def holds_somewhere(self, guard: Guard) -> bool:
        """Whether some letter satisfies the guard; True where that is too much work."""
        return self._reference(guard) != FALSE

    def fires(self, guard: Guard, sources: Sequence[int]) -> bool:
        """Whether an edge from these states, behind all that were asked about before, can fire from
        one of them; True where that is too much work."""
        reference = self._reference(guard)
        if self._lost:
            return True
        apply = self._diagrams.apply
        found = False
        try:
            for source in sources:
                taken = self._taken.get(source, FALSE)
                self._taken[source] = apply("or", taken, reference)
                found |= self._taken[source] != taken
        except SpecError:
            self._lost = True
        return found or self._lost

    def _reference(self, guard: Guard) -> int:
        """The diagram of the guard on the letters that exist."""
        if self._lost:
            return TRUE
        if guard not in self._known:
            try:
                self._number(guard)
                found = self._diagrams.of_expression(boolean(guard, self._column))
                self._known[guard] = self._diagrams.apply("and", found, self._possible)
            except SpecError:
                self._lost = True
                return TRUE
        return self._known[guard]

    def _number(self, guard: Guard) -> None:
        """Number new atoms behind the others; of actions, and of states, one holds at a time."""
        apply, node = self._diagrams.apply, self._diagrams.node
        for atom in atoms(guard):
            if atom in self._column:
                continue
            place = self._column[atom] = len(self._column)
            if not isinstance(atom, stack.Action | stack.Here):
                continue
            for other, column in self._column.items():
                if type(other) is type(atom) and column < place:
                    one = node(column, TRUE, node(place, TRUE, FALSE))
                    self._possible = apply("and", self._possible, one)
