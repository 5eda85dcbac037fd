"""Rule "bounded horizon": a reward machine that unrolls it, or a formula of prefixes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from specc.objective import stack
from specc.objective.linear import LinearForm
from specc.objective.stack import Number
from specc.objective.walk import outermost
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.decided import LIMIT_PARTS
from specc.verdict.realise.found import already
from specc.verdict.realise.machine import automaton, machine_of, satisfaction_of
from specc.verdict.realise.means import (
    Mean,
    discounts_to_try,
    mean,
    paid_at,
    shortened,
    stopped_pays,
    sum_of,
    unrolled,
)
from specc.verdict.realise.unroll import OVER
from specc.verdict.realise.validate import said
from specc.written.file import fresh_name

__all__ = ["bounded_horizon"]

_RULE = "bounded horizon"
_TOO_LONG = "the machine that unrolls it is too long to print"


def bounded_horizon(question: Question) -> Iterator[Realisation]:
    """RM, and LTL where the outcome has two values."""
    found = mean(question)
    if found is None:
        return
    if not already(question, "RM"):
        for discount in discounts_to_try(found):
            machine = _machine(question, found, discount)
            if machine is not None:
                yield machine
                break
    if not already(question, "LTL"):
        formula = _formula(question, found)
        if formula is not None:
            yield formula


def _machine(question: Question, found: Mean, discount: Fraction) -> Realisation | None:
    constant = found.constant
    parts: list[tuple[Fraction, Number]] = []
    longest, printed = 0, True
    for term in found.terms:
        match term.trajectory:
            case stack.Discounted(_, own) if own == discount:
                parts.append((term.coefficient, term.trajectory))
                continue
        steps = shortened(question, term.trajectory)
        if steps is None or stopped_pays(question.mdp, steps):
            return None
        constant += term.coefficient * steps.start
        if not steps.nodes:
            continue
        longest = max(longest, 1 + max(node.time for node in steps.nodes))
        states = automaton(question.mdp, steps, paid_at(discount))
        name = fresh_name(question.spec, f"unrolled{len(parts) or ''}")
        machine = None if states is None else machine_of(question.mdp, states, name)
        if machine is None:
            printed = False
            continue
        output = stack.Discounted(stack.MachineOutput(machine), discount)
        parts.append((term.coefficient, output))
    why = found.because(
        f"every run decides it within {longest} transitions, so a machine that remembers what "
        f"matters of them pays it, divided by {discount}**t at transition t"
    )
    if not printed:
        return Realisation("RM", _RULE, why, None, _TOO_LONG, found.preserves)
    return said(question, "RM", _RULE, why, sum_of(constant, parts), found.preserves)


def _formula(question: Question, found: Mean) -> Realisation | None:
    """A two-valued outcome as the formula of the prefixes that have the higher value."""
    mdp = question.mdp
    terms: dict[Number, Fraction] = {t.trajectory: t.coefficient for t in found.terms}
    outcome = LinearForm(Fraction(0), terms).number()
    nodes = outermost(outcome, stack.TRAJECTORY_LAYER)
    if not all(isinstance(node, LIMIT_PARTS) for node in nodes):
        return None
    steps = unrolled(question, outcome)
    if steps is None or OVER in steps.roots or any(node.lasting for node in steps.nodes):
        return None
    states = automaton(mdp, steps, lambda node, gain: gain)
    if states is None:
        return None
    values = {output for edges in states.edges for after, output in edges.values() if after == OVER}
    if len(values) != 2:
        return None
    low, high = sorted(values)
    event = satisfaction_of(mdp, states, high)
    if event is None:
        return None
    why = found.because(
        f"every run decides it within {1 + max(n.time for n in steps.nodes)} transitions, and "
        f"it is {low} or {high}: the formula lists the beginnings with {high}"
    )
    objective = sum_of(found.constant + low, [(high - low, event)])
    return said(question, "LTL", _RULE, why, objective, found.preserves)
