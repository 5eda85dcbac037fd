"""Specs whose value is an analytic function of the policy on every open face."""

from __future__ import annotations

from fractions import Fraction
from functools import cmp_to_key
from itertools import accumulate

from .arithmetic import minus
from .errors import Rejected
from .germ import Number
from .logs import Value, value_sign
from .statement import Policy, Statement
from .terms import Term, walk
from .values import Valuation

__all__ = ["analytic_value", "check_smooth_at"]

_BRANCHES = frozenset({"min", "max", "abs", "if", "compare"})
_POLICY_TERMS = frozenset({"entropy", "kl", "tsallis"})


def analytic_value(statement: Statement, division: bool, pieces: bool = False) -> Term:
    """The one number that the spec compares policies by; Rejected unless it is made of leaves
    by + - * power, and / if ``division``.

    With ``pieces``, it may be analytic in pieces: a number with constraints, or made of
    conditional values at risk too. :func:`check_smooth_at` says where it is.

    A leaf (discounted, average, total, probability, policy) is a rational function of the
    probabilities that are positive, as long as the same ones are: the chain keeps its graph, and
    its linear systems stay regular. That fails for a signal that branches on a policy term, so
    such signals may not branch either. What is decided on transitions alone, or along one
    trajectory without policy terms, is constant, so an extremum, a mean and a variance of such
    are rational functions too; quantiles and conditional values at risk branch on masses.
    """
    spec = statement.spec
    if spec.order != "scalar" and not (pieces and spec.order == "constrained"):
        raise Rejected("analytic", "the spec is not one number")
    for number in (*spec.numbers, *_all_sides(spec.constraints)):
        if not all(_is_analytic(term, division, pieces) for term in _value_terms(number)):
            raise Rejected(
                "analytic", "the value branches on the policy (or divides where it may not)"
            )
    return spec.numbers[0]


def check_smooth_at(statement: Statement, policy: Policy) -> None:
    """Around the policy on its open face the number is analytic, and all policies are feasible.

    So it is if no constraint is met with equality, because both sides are continuous; and if the
    level of a conditional value at risk is no mass of the lowest outcomes, because then it is
    linear in the masses near by, as the outcomes that it reads stay the same.
    """
    spec = statement.spec
    valuation = Valuation(statement.environment, spec, policy)
    for constraint in spec.constraints:
        left, right = (valuation.value(side) for side in _sides(constraint))
        if not valuation.condition(constraint) or value_sign(minus(left, right)) == 0:
            raise Rejected("feasible", "a constraint is not met, or with equality")
    for number in (*spec.numbers, *_all_sides(spec.constraints)):
        for term in walk(number):
            if term.kind == "cvar" and not _is_between(term.fields[0], valuation, term.fields[1]):
                raise Rejected("smooth", "the level of a cvar is the mass of its lowest outcomes")


def _is_between(level: Fraction, valuation: Valuation, number: Term) -> bool:
    """Whether the level, if not 1, is no mass of some of the lowest outcomes."""

    def order(left: tuple[Number, Value], right: tuple[Number, Value]) -> int:
        return value_sign(minus(left[1], right[1]))

    masses = [mass for mass, _ in sorted(valuation.outcomes(number), key=cmp_to_key(order))]
    return level == 1 or level not in accumulate(masses)


def _all_sides(constraints: tuple[Term, ...]) -> list[Term]:
    return [side for constraint in constraints for side in _sides(constraint)]


def _sides(constraint: Term) -> tuple[Term, Term]:
    if constraint.kind != "compare":
        raise Rejected("analytic", "a constraint is not one comparison")
    _, left, right = constraint.fields
    return left, right


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


def _is_analytic(term: Term, division: bool, pieces: bool) -> bool:
    match term.kind:
        case "constant" | "+" | "*" | "-" | "power" | "policy":
            return True
        case "probability" | "probability within":
            return True
        case "cvar" if not pieces:
            return False
        case "sup" | "inf" | "mean" | "variance" | "cvar":
            return not any(t.kind in _POLICY_TERMS for t in walk(term))
        case "/":
            return division or term.fields[1].kind == "constant"
        case "total forever":
            # It may be finite at one policy and infinite at all near it.
            return not any(t.kind in _POLICY_TERMS for t in walk(term))
        case "discounted" | "average" | "total":
            inner = walk(term.fields[0])
            return not (
                any(t.kind in _POLICY_TERMS for t in inner)
                and any(t.kind in _BRANCHES or t.kind == "/" for t in inner)
            )
        case _:
            return False
