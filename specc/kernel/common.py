"""What certificates have in common: lists of policies and claimed comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .decode import Json, array, integer, record
from .errors import Malformed, Rejected
from .germ import Germ
from .limits import at_most
from .statement import Policy, Statement, read_policy
from .values import compare

__all__ = ["Comparison", "index", "read_comparisons", "read_policies"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Policy ``better`` is above policy ``worse``, or (not ``strict``) tied with it."""

    better: int
    worse: int
    strict: bool


def read_policies(statement: Statement, value: Json) -> list[Policy]:
    """Rational policies."""
    at_most("policies", len(array(value, "certificate.policies")))
    at_most("policies times states", len(value) * len(statement.environment.moves))
    found = [
        read_policy(x, statement.environment, f"certificate.policies[{i}]")
        for i, x in enumerate(value)
    ]
    if any(
        isinstance(p, Germ) for policy in found for row in policy.values() for p in row.values()
    ):
        raise Malformed("certificate.policies: rational probabilities were expected")
    return found


def read_comparisons(
    statement: Statement, policies: Sequence[Policy], value: Json
) -> list[Comparison]:
    """The comparisons, each decided anew; Rejected where one does not hold."""
    found = []
    at_most("comparisons", len(array(value, "certificate.comparisons")))
    for n, entry in enumerate(value):
        where = f"certificate.comparisons[{n}]"
        record(entry, where, ("better", "worse", "strict"))
        better, worse = (index(entry[side], policies, where) for side in ("better", "worse"))
        if not isinstance(entry["strict"], bool):
            raise Malformed(f"{where}.strict: true or false was expected")
        order = compare(statement.environment, statement.spec, policies[better], policies[worse])
        if order != int(entry["strict"]):
            raise Rejected("comparison", f"{where} does not hold")
        found.append(Comparison(better, worse, entry["strict"]))
    return found


def index(value: Json, policies: Sequence[Policy], where: str) -> int:
    """The number of a policy."""
    return integer(value, where, 0, len(policies) - 1)
