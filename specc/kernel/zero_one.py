"""C3: lotteries with few trajectories, and no set of them has probabilities in this order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .chain import components, plain
from .common import read_comparisons, read_policies
from .decode import Json, record
from .errors import Rejected
from .germ import at_zero
from .limits import at_most
from .statement import Environment, Policy, Statement

__all__ = ["check_zero_one"]

Path = tuple[tuple[str, str], ...]
Word = tuple[Path, Path]
"""The (state, action) pairs of an infinite trajectory: before its cycle, and once around it."""


def check_zero_one(statement: Statement, certificate: Json) -> None:
    """LTL, OMEGA.

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
    if any(sum(masses.values()) != 1 for masses in lotteries):
        raise Rejected("lottery", "the masses of the trajectories do not sum to 1")
    zero = Fraction(0)
    alive: Sequence[int] = range(2 ** len(words))
    for comparison in comparisons:
        better, worse = lotteries[comparison.better], lotteries[comparison.worse]
        gain = [better.get(word, zero) - worse.get(word, zero) for word in words]
        differences = [zero]
        for k, entry in enumerate(gain):  # differences[S], S a set of atoms as a binary number
            differences += [differences[rest] + entry for rest in range(2**k)]
        alive = [
            s for s in alive if (differences[s] > 0 if comparison.strict else differences[s] == 0)
        ]
    if len(alive) > 0:
        raise Rejected("sets", "some set of the trajectories satisfies every comparison")


def lottery(environment: Environment, policy: Policy) -> dict[Word, Fraction]:
    """All trajectories with their probabilities; Rejected where they are infinitely many.

    They are finitely many iff no state on a cycle has two ways on. Then a trajectory is a path
    to its first state on a cycle, and the cycle, forever: so equal trajectories of different
    policies have equal pairs.
    """
    chain = plain(environment, policy)
    number = components(chain)
    sizes = {component: number.count(component) for component in set(number)}
    cyclic = [
        sizes[number[i]] > 1 or any(to == i for to, _, _ in edges)
        for i, edges in enumerate(chain.edges)
    ]
    if any(on and len(edges) > 1 for on, edges in zip(cyclic, chain.edges, strict=True)):
        raise Rejected(
            "lottery", "a state on a cycle has two ways on: infinitely many trajectories"
        )
    found: dict[Word, Fraction] = {}
    pending: list[tuple[int, Fraction, Path]] = [
        (i, at_zero(mass), ()) for i, mass in enumerate(chain.initial) if mass != 0
    ]
    while pending:
        node, mass, path = pending.pop()
        if not cyclic[node]:
            for to, weight, (state, action, _) in chain.edges[node]:
                pending.append((to, mass * at_zero(weight), (*path, (state, action))))
            continue
        cycle: list[tuple[str, str]] = []
        at = node
        while not cycle or at != node:
            at, _, (state, action, _) = chain.edges[at][0]
            cycle.append((state, action))
        found[path, tuple(cycle)] = mass
        at_most("atoms", len(found))
    return found
