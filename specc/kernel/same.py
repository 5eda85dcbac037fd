"""C7: policies that a formalism cannot tell apart, and the spec does."""

from __future__ import annotations

from .chain import plain
from .common import index, read_policies
from .decode import Json, array, record
from .errors import Rejected
from .farkas import difference
from .features import limit_features
from .statement import Policy, Statement
from .values import compare

__all__ = ["check_same_limit", "check_same_lottery", "strict_pair"]


def check_same_lottery(statement: Statement, certificate: Json) -> None:
    """Formalisms in which equal lotteries over trajectories rank equally.

    *Theorem.* If u(s) = v(s) at every state that is reachable under u, then u and v have the
    same lottery. They are not tied in the spec's order.
    """
    first, second = strict_pair(statement, certificate)
    reachable = plain(statement.environment, first).nodes
    if any(first[state] != second[state] for state in reachable):
        raise Rejected("lottery", "the policies differ at a reachable state")


def check_same_limit(statement: Statement, certificate: Json) -> None:
    """LAR.

    *Theorem.* A limit average reward's value is linear in the Cesaro occupancy of (s, a, s').
    The policies have the same one, and are not tied in the spec's order.
    """
    first, second = strict_pair(statement, certificate)
    ends = [limit_features(statement.environment, policy) for policy in (first, second)]
    if any(entry != 0 for entry in difference(*ends).values()):
        raise Rejected("occupancy", "the Cesaro occupancies differ")


def strict_pair(statement: Statement, certificate: Json) -> tuple[Policy, Policy]:
    """The policies of ``pair``; Rejected where they are tied."""
    record(certificate, "certificate", ("format", "kind", "policies", "pair"))
    policies = read_policies(statement, certificate["policies"])
    first, second = (
        policies[index(x, policies, "certificate.pair")]
        for x in array(certificate["pair"], "certificate.pair", 2)
    )
    if compare(statement.environment, statement.spec, first, second) == 0:
        raise Rejected("comparison", "the pair is tied")
    return first, second
