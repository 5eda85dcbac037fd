"""C3: lotteries with few trajectories, and no set of them has probabilities in this order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .common import read_comparisons, read_policies
from .decode import Json, record
from .errors import Rejected
from .germ import at_zero
from .limits import at_most
from .lottery import lottery
from .statement import Statement

__all__ = ["check_zero_one"]


def check_zero_one(statement: Statement, certificate: Json) -> None:
    """LTL, LTLF, COSAFE, OMEGA.

    *Theorem.* The value of a spec is P(S) for a set S of trajectories. Each policy's lottery is
    found whole: finitely many trajectories whose masses sum to 1. P(S) depends only on which of
    them are in S, and every one of these choices violates a comparison.
    """
    record(certificate, "certificate", ("format", "kind", "policies", "comparisons"))
    policies = read_policies(statement, certificate["policies"])
    comparisons = read_comparisons(statement, policies, certificate["comparisons"])
    lotteries = [lottery(statement.environment, policy) for policy in policies]
    words = list(dict.fromkeys(word for masses in lotteries for word in masses))
    at_most("atoms", len(words))
    zero = Fraction(0)
    alive: Sequence[int] = range(2 ** len(words))
    for comparison in comparisons:
        better, worse = lotteries[comparison.better], lotteries[comparison.worse]
        gain = [at_zero(better.get(word, zero) - worse.get(word, zero)) for word in words]
        differences = [zero]
        for k, entry in enumerate(gain):  # differences[S], S a set of atoms as a binary number
            differences += [differences[rest] + entry for rest in range(2**k)]
        alive = [
            s for s in alive if (differences[s] > 0 if comparison.strict else differences[s] == 0)
        ]
    if len(alive) > 0:
        raise Rejected("sets", "some set of the trajectories satisfies every comparison")
