"""C10: preferences on what follows a state that are reversed by what came before."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .chain import explore
from .common import index, read_policies
from .decode import Json, array, record, text
from .errors import Malformed, Rejected
from .germ import Number
from .statement import Policy, Statement, Step
from .values import compare

__all__ = ["check_reversal"]


def check_reversal(statement: Statement, certificate: Json) -> None:
    """MR, TDR.

    *Theorem.* Let i and j agree at all states that are reached before the first visit to x. Then
    J(i) - J(j) = c (V(i) - V(j)), where V is the value from x on and c >= 0 the mean of the product
    of the discounts until then (0 where x is never reached): what was earned before is the same.
    V depends only on what is reached from x. So if i' and j' agree before x too, and go on from x
    as i and j do, J(i') - J(j') has the same sign or is 0; but i is above j and j' above i'.
    """
    record(certificate, "certificate", ("format", "kind", "policies", "state", "kept", "reversed"))
    environment, spec = statement.environment, statement.spec
    policies = read_policies(statement, certificate["policies"])
    state = text(certificate["state"], "certificate.state")
    if state not in environment.moves:
        raise Malformed("certificate.state: not a state")
    pairs = [
        [policies[index(x, policies, name)] for x in array(certificate[name], name, 2)]
        for name in ("kept", "reversed")
    ]
    for (better, worse), sign in zip(pairs, (1, -1), strict=True):
        if compare(environment, spec, better, worse) != sign:
            raise Rejected("comparison", "the first pair does not go down, or the second not up")
        before = _reached(statement, better, environment.initial, state) - {state}
        if any(better[s] != worse[s] for s in before):
            raise Rejected("before", f"two policies differ before {state!r}")
    for one, other in zip(*pairs, strict=True):
        if any(one[s] != other[s] for s in _reached(statement, one, [(state, Fraction(1))], None)):
            raise Rejected("after", f"two policies differ after {state!r}")


def _reached(
    statement: Statement, policy: Policy, start: Iterable[tuple[str, Number]], stop: str | None
) -> set[str]:
    """The states reached from the start; ``stop`` is not left."""

    def step(state: str) -> list[tuple[str, Number, Step]]:
        if state == stop:
            return []
        moves = statement.environment.moves[state]
        return [(to, p, (state, a, to)) for a, p in policy[state].items() for to, _ in moves[a]]

    return set(explore(start, step).nodes)
