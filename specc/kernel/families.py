"""C5 and C6: policies that move with an infinitesimal e; comparisons hold for all small e > 0."""

from __future__ import annotations

from .arithmetic import minus
from .decode import Json, record
from .errors import Rejected
from .formalisms import LOWER, UPPER
from .germ import Number, at_zero, derivative, sign
from .logs import value_sign
from .statement import Policy, Statement, read_policy
from .values import Valuation, compare

__all__ = ["check_jumps", "check_limit"]


def check_limit(statement: Statement, certificate: Json) -> None:
    """C5, for formalisms with a value J that is continuous in the policy, or half of it.

    *Theorem.* pi_e -> pi_0 as e -> 0. If pi_e is at least rho for all small e > 0, then J(pi_0) =
    lim J(pi_e) >= J(rho), so pi_0 is not below rho. Likewise with every order reversed. The first
    half needs only that the policies at least as good as rho are a closed set, the second one
    only that J is lower semicontinuous.
    """
    record(certificate, "certificate", ("format", "kind", "family", "reference"))
    environment, spec = statement.environment, statement.spec
    family = read_policy(certificate["family"], environment, "certificate.family")
    reference = read_policy(certificate["reference"], environment, "certificate.reference")
    fixed = _limit(reference)
    if fixed != reference:
        raise Rejected("reference", "the reference policy moves")
    near = compare(environment, spec, family, reference)
    there = compare(environment, spec, _limit(family), reference)
    drops = near >= 0 > there and statement.formalism not in LOWER
    rises = near <= 0 < there and statement.formalism not in UPPER
    if not (drops or rises):
        raise Rejected("limit", "the family and its limit do not lie on different sides")


def check_jumps(statement: Statement, certificate: Json) -> None:
    """C6, for formalisms whose order is that of some real function J of the policy.

    *Theorem.* Let the spec compare lexicographically by K_1, K_2, ...; let K_1(u_t) = K_1(v_t),
    increasing in t, and u_t below v_t, for all small t > 0. For t < t', u_t < v_t < u_t' < v_t'.
    So the intervals (J(u_t), J(v_t)) would be uncountably many disjoint open intervals of the
    reals, each with a rational of its own.
    """
    record(certificate, "certificate", ("format", "kind", "lower", "upper"))
    environment, spec = statement.environment, statement.spec
    if spec.order != "lexicographic":
        raise Rejected("lexicographic", "the order of the spec is not lexicographic")
    lower = read_policy(certificate["lower"], environment, "certificate.lower")
    upper = read_policy(certificate["upper"], environment, "certificate.upper")
    first = spec.numbers[0]
    low, high = (Valuation(environment, spec, p).value(first) for p in (lower, upper))
    if not isinstance(low, Number) or value_sign(minus(low, high)) != 0:
        raise Rejected("first key", "it is not the same rational function on both families")
    if sign(derivative(low)) <= 0:
        raise Rejected("increase", "the first key does not increase along the families")
    if compare(environment, spec, upper, lower) <= 0:
        raise Rejected("jump", "the upper family is not above the lower one")


def _limit(policy: Policy) -> Policy:
    """The policy at e = 0."""
    return {
        state: {action: at_zero(p) for action, p in row.items() if at_zero(p)}
        for state, row in policy.items()
    }
