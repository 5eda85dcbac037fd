"""What a signal is made of: Markov parts, machines, functions of pi(.|s)."""

from __future__ import annotations

from enum import IntEnum

from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.ranges import range_of
from specc.objective.stack import Number
from specc.objective.walk import leaves

__all__ = ["SignalKind", "may_be_infinite", "signal_kind"]


class SignalKind(IntEnum):
    """From the least to the most that a signal may read."""

    MARKOV = 0
    MACHINE = 1
    REGULARISED = 2
    OTHER = 3


def signal_kind(signal: Number) -> SignalKind:
    """REGULARISED is a Markov reward plus a function of pi(.|s) alone (its weight a number);
    OTHER weights the policy term by the state, mixes it with a machine, or may be infinite."""
    if may_be_infinite(signal):
        return SignalKind.OTHER
    nodes = list(leaves(signal))
    machine = any(isinstance(node, stack.MachineOutput) for node in nodes)
    if not any(isinstance(node, stack.PolicyTerm) for node in nodes):
        return SignalKind.MACHINE if machine else SignalKind.MARKOV
    if machine:
        return SignalKind.OTHER
    for term in linear_form(signal).terms:
        inside = list(leaves(term))
        if not any(isinstance(node, stack.PolicyTerm) for node in inside):
            continue
        if isinstance(term, stack.PolicyTerm):
            # sum p ln(p / ref(a|s)) is -entropy plus the Markov reward -ln ref(a|s).
            continue
        if not all(_reads_policy_only(node) for node in inside):
            return SignalKind.OTHER
    return SignalKind.REGULARISED


def may_be_infinite(number: Number) -> bool:
    """Whether a logarithm inside is not certified to stay above minus infinity; rewards and
    functions of trajectories are real."""
    for node in leaves(number):
        match node:
            case stack.Apply("log", (operand,)) if not range_of(operand).low > 0:
                return True
            case stack.MachineOutput(machine) if any(
                may_be_infinite(step.emit) for step in machine.steps
            ):
                return True
    return False


def _reads_policy_only(node: Number) -> bool:
    match node:
        case stack.Constant() | stack.Apply():
            return True
        case stack.PolicyTerm(kind):
            # The distance to a reference, uniform too, depends on the actions that a state has.
            return kind != "kl"
        case _:
            return False
