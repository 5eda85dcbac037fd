"""Specs whose value is an analytic function of the policy on every open face."""

from __future__ import annotations

from .errors import Rejected
from .statement import Statement
from .terms import Term, walk

__all__ = ["analytic_value"]

_BRANCHES = frozenset({"min", "max", "abs", "if", "compare"})
_POLICY_TERMS = frozenset({"entropy", "kl", "tsallis"})


def analytic_value(statement: Statement, division: bool) -> Term:
    """The one number that the spec compares policies by; Rejected unless it is made of leaves
    by + - * power, and / if ``division``.

    A leaf (discounted, average, total, probability, policy) is a rational function of the
    probabilities that are positive, as long as the same ones are: the chain keeps its graph, and
    its linear systems stay regular. That fails for a signal that branches on a policy term, so
    such signals may not branch either. What is decided on transitions alone, or along one
    trajectory without policy terms, is constant, so an extremum, a mean and a variance of such
    are rational functions too; quantiles and conditional values at risk branch on masses.
    """
    if statement.spec.order != "scalar":
        raise Rejected("analytic", "the spec is not one number")
    number = statement.spec.numbers[0]
    if not all(_is_analytic(term, division) for term in _value_terms(number)):
        raise Rejected("analytic", "the value branches on the policy (or divides where it may not)")
    return number


def _value_terms(term: Term) -> list[Term]:
    """The arithmetic above the leaves, and the leaves."""
    found, pending = [], [term]
    while pending:
        part = pending.pop()
        found.append(part)
        if part.kind in ("+", "*"):
            pending += part.fields[0]
        elif part.kind in ("-", "/"):
            pending += part.fields
        elif part.kind == "power":
            pending.append(part.fields[0])
    return found


def _is_analytic(term: Term, division: bool) -> bool:
    match term.kind:
        case "constant" | "+" | "*" | "-" | "power" | "policy":
            return True
        case "probability" | "probability within":
            return True
        case "sup" | "inf" | "mean" | "variance":
            return not any(t.kind in _POLICY_TERMS for t in walk(term))
        case "/":
            return division or term.fields[1].kind == "constant"
        case "discounted" | "average" | "total" | "total forever":
            inner = walk(term.fields[0])
            return not (
                any(t.kind in _POLICY_TERMS for t in inner)
                and any(t.kind in _BRANCHES or t.kind == "/" for t in inner)
            )
        case _:
            return False
