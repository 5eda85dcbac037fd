"""The verdict of a formula that finite prefixes decide, as a running extremum of a machine."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from specc.diagnostics import SpecError
from specc.emit.controller import deciding, edge_condition
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import rebuild

__all__ = ["with_running_verdicts"]


def with_running_verdicts(number: Number) -> Number:
    """The number with every ``sat(phi)`` as the supremum of a machine that emits 1 once decided.

    So verdicts are running quantities like sums and extrema: co-safe formulas count 0 until they
    are satisfied, safe ones 1 until they are refuted.

    :raises SpecError: E802 a formula that no finite prefix decides; E5xx from the translation.
    """

    def change(part: Number) -> Number:
        return _verdict(part) if isinstance(part, stack.Satisfaction) else rebuild(part, change)

    return change(number)


def _verdict(event: stack.Satisfaction) -> Number:
    found = deciding(event)
    if found is None:
        raise SpecError.of(
            "E802",
            "no finite part of a run decides this formula, so a function of its verdict has no "
            "reward",
            span=event.span,
            help="train on the formula alone, or on a co-safe or safe one",
        )
    automaton, kind = found
    meaning = dict(event.meaning)
    decided = [
        all(e.target == state and e.marks for e in row) for state, row in enumerate(automaton.edges)
    ]
    order = [automaton.initial]
    order += [s for s in range(automaton.state_count) if s != automaton.initial]
    number = {state: index for index, state in enumerate(order)}
    steps: Sequence[stack.MachineStep] = [
        stack.MachineStep(
            number[state],
            edge_condition(edge, automaton.atoms, meaning),
            number[edge.target],
            stack.Constant(Fraction(decided[edge.target])),
        )
        for state in order
        for edge in automaton.edges[state]
    ]
    machine = stack.Machine(
        "verdict",
        tuple(f"q{state}" for state in order),
        tuple(steps),
        frozenset(),
        reads_start=True,
    )
    reached = stack.Extremum("sup", stack.MachineOutput(machine), span=event.span)
    if kind == "co-safe":
        return reached
    minus = stack.Apply("*", (stack.Constant(Fraction(-1)), reached))
    return stack.Apply("+", (stack.Constant(Fraction(1)), minus), span=event.span)
