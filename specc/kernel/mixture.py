"""C2: a mixture of lotteries that is another mixture of lotteries."""

from __future__ import annotations

from fractions import Fraction

from .common import read_comparisons, read_policies
from .decode import Json, array, rational, record
from .errors import Rejected
from .formalisms import MIXING
from .germ import Germ
from .statement import Statement

__all__ = ["check_mixture"]

Vector = list[Fraction]


def check_mixture(statement: Statement, certificate: Json) -> None:
    """Formalisms whose value is E[f(trajectory)]; CVAR and QUANT where one policy is above all.

    *Theorem.* Let sum_k l_k (L(better_k) - L(worse_k)) = 0 as measures on trajectories
    s0 a0 s1 a1 ..., with l_k >= 0 where k is strict and some such l_k > 0. If E[f] induced the
    order, integrating f would give 0 > 0. The sum is w = sum_i w_i L(policy i), and it is zero
    iff it is zero on every prefix, because prefixes generate the trajectories. The vectors
    (P_i(prefix))_i of the prefixes that end in a state span a space; these spaces are the least
    ones that hold the start and are closed under one step, and w must be orthogonal to them.
    For CVAR and QUANT let one policy be strictly above all others; by the identity its lottery is
    a mixture of theirs, and so worth at most the best of them.
    """
    record(certificate, "certificate", ("format", "kind", "policies", "comparisons", "multipliers"))
    policies = read_policies(statement, certificate["policies"])
    comparisons = read_comparisons(statement, policies, certificate["comparisons"])
    listed = array(certificate["multipliers"], "certificate.multipliers", len(comparisons))
    weights = [Fraction(0)] * len(policies)
    positive = False
    for comparison, value in zip(comparisons, listed, strict=True):
        multiplier = rational(value, "certificate.multipliers")
        if comparison.strict and multiplier < 0:
            raise Rejected("positive", "a strict multiplier is negative")
        positive = positive or (comparison.strict and multiplier > 0)
        weights[comparison.better] += multiplier
        weights[comparison.worse] -= multiplier
    if statement.formalism in MIXING and not (
        all(c.strict for c in comparisons) and len({c.better for c in comparisons}) == 1
    ):
        raise Rejected("mixture", "not one policy strictly above all others")
    if not positive:
        raise Rejected("positive", "no strict multiplier is positive")
    environment = statement.environment
    bases: dict[str, list[Vector]] = {}
    pending = [(s, [mass] * len(policies)) for s, mass in environment.initial]
    while pending:
        state, vector = pending.pop()
        reduced = _reduced(vector, bases.setdefault(state, []))
        if not any(reduced):
            continue
        if sum(w * x for w, x in zip(weights, vector, strict=True)) != 0:
            raise Rejected("identity", f"the lotteries differ on a prefix that ends in {state!r}")
        bases[state].append(reduced)
        for action, ends in environment.moves[state].items():
            chances = [policy[state].get(action, Fraction(0)) for policy in policies]
            following = [x * _plain(p) for x, p in zip(vector, chances, strict=True)]
            if any(following):
                pending += [(to, following) for to, _ in ends]


def _reduced(vector: Vector, basis: list[Vector]) -> Vector:
    """The vector less its part in the span of an echelon basis; its first entry that is not 0
    is made 1."""
    rest = list(vector)
    for row in basis:
        pivot = next(i for i, x in enumerate(row) if x)
        if factor := rest[pivot]:
            rest = [x - factor * y for x, y in zip(rest, row, strict=True)]
    first = next((x for x in rest if x), None)
    return [x / first for x in rest] if first else rest


def _plain(chance: Fraction | Germ) -> Fraction:
    assert isinstance(chance, Fraction)
    return chance
