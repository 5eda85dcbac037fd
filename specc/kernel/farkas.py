"""C1: comparisons that no linear function of the occupancies satisfies."""

from __future__ import annotations

from fractions import Fraction

from .chain import plain
from .common import read_comparisons, read_policies
from .decode import Json, record
from .discounts import check_identity, check_positive, read_tiles
from .features import Features, discounted_features, limit_features
from .statement import Statement

__all__ = ["check_farkas"]


def check_farkas(statement: Statement, certificate: Json) -> None:
    """MR, RRL, LAR.

    *Theorem.* The value of every X-spec is J = <R, phi> for its own R, where phi is the
    discounted occupancy of (s, a, s') for MR, that and nu for RRL (R holds -alpha F(d) at nu_d),
    and the Cesaro occupancy for LAR. Let sum_k l_k (phi(better_k) - phi(worse_k)) = 0 with
    l_k >= 0 where k is strict and some such l_k > 0. If J induced the order, the strict
    differences of J would be positive, those of ties 0, and their combination positive; but it
    is 0. This is so at every discount in [0, 1), which the tiles cover (for LAR any one would do).
    """
    record(certificate, "certificate", ("format", "kind", "policies", "comparisons", "tiles"))
    policies = read_policies(statement, certificate["policies"])
    comparisons = read_comparisons(statement, policies, certificate["comparisons"])
    tiles = read_tiles(certificate["tiles"], [not c.strict for c in comparisons])
    for tile in tiles:
        check_positive(tile, [k for k, c in enumerate(comparisons) if c.strict])
    environment, formalism = statement.environment, statement.formalism

    def differences(discount: Fraction) -> list[Features]:
        features = [
            limit_features(environment, policy)
            if formalism == "LAR"
            else discounted_features(environment, policy, discount, formalism == "RRL")
            for policy in policies
        ]
        return [difference(features[c.better], features[c.worse]) for c in comparisons]

    # With n reachable states, an occupancy is a polynomial of degree below n over
    # det(1 - gamma P), of degree at most n and without zeros in [0, 1).
    check_identity(tiles, differences, sum(len(plain(environment, p).nodes) for p in policies))


def difference(left: Features, right: Features) -> Features:
    """left - right."""
    return {
        key: left.get(key, Fraction(0)) - right.get(key, Fraction(0))
        for key in left.keys() | right.keys()
    }
