"""Values and orders of single policies, and the small terms that many tests use."""

from __future__ import annotations

from kernel_documents import (
    Json,
    atom,
    data,
    label,
    mix,
    pick,
    probability,
    scalar,
    statement,
    unary,
)

from specc.kernel import read_statement
from specc.kernel.statement import read_policy
from specc.kernel.values import Valuation, compare

REACH = probability(unary("F", atom(label("goal"))))
SEEN = {"kind": "policy", "state": "0", "action": "a"}
HIDDEN_A = {"kind": "policy", "state": "1", "action": "a"}
A, B, HALF = pick(**{"0": "a"}), pick(**{"0": "b"}), mix("0", a="1/2", b="1/2")


def value(where: Json, number: Json, policy: Json, **more: Json) -> object:
    claim = read_statement(data(statement(where, scalar(number), "PO", **more)))
    read = read_policy(policy, claim.environment, "policy")
    return Valuation(claim.environment, claim.spec, read).value(claim.spec.numbers[0])


def sides(where: Json, order: Json, one: Json, other: Json) -> int:
    claim = read_statement(data(statement(where, order, "PO")))
    a, b = (read_policy(p, claim.environment, "policy") for p in (one, other))
    found = compare(claim.environment, claim.spec, a, b)
    assert compare(claim.environment, claim.spec, b, a) == -found
    return found
