"""What a signal is made of: Markov parts, machines, functions of pi(.|s)."""

from __future__ import annotations

from enum import IntEnum

from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.stack import Number
from specc.objective.walk import leaves

__all__ = ["SignalKind", "signal_kind"]


class SignalKind(IntEnum):
    """From the least to the most that a signal may read."""

    MARKOV = 0
    MACHINE = 1
    REGULARISED = 2
    OTHER = 3


def signal_kind(signal: Number) -> SignalKind:
    """REGULARISED is a Markov reward plus a function of pi(.|s) alone (its weight a number);
    OTHER weights the policy term by the state, or mixes it with a machine."""
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


def _reads_policy_only(node: Number) -> bool:
    match node:
        case stack.Constant() | stack.Apply():
            return True
        case stack.PolicyTerm(kind, _, reference):
            return kind != "kl" or reference == "uniform"
        case _:
            return False
