"""C8: more policies in a row than a quantile has values."""

from __future__ import annotations

from itertools import pairwise

from .common import read_policies
from .decode import Json, record
from .errors import Rejected
from .lottery import lottery
from .statement import Statement
from .values import compare

__all__ = ["check_few_values"]


def check_few_values(statement: Statement, certificate: Json) -> None:
    """QUANT.

    *Theorem.* The lower quantile of G under a lottery with finitely many trajectories is the value
    of G at one of these. So on policies whose lotteries have n different trajectories in all, it
    takes at most n values; but more than n policies are each strictly below the next.
    """
    record(certificate, "certificate", ("format", "kind", "policies"))
    environment = statement.environment
    policies = read_policies(statement, certificate["policies"])
    if any(compare(environment, statement.spec, v, u) != 1 for u, v in pairwise(policies)):
        raise Rejected("comparison", "a policy is not strictly below the next")
    trajectories = {word for policy in policies for word in lottery(environment, policy)}
    if len(policies) <= len(trajectories):
        raise Rejected("values", "there are no more policies than trajectories")
