"""C1: comparisons that no linear function of the occupancies satisfies."""

from __future__ import annotations

from fractions import Fraction

from .chain import plain
from .common import read_comparisons, read_policies
from .decode import Json, array, rational, record
from .discounts import check_identity, check_positive, read_tiles
from .errors import Rejected
from .features import Features, discounted_features, limit_features
from .statement import Statement

__all__ = ["check_farkas"]


def check_farkas(statement: Statement, certificate: Json) -> None:
    """MR, RRL: tiles of multipliers in the discount; LAR: constant multipliers.

    *Theorem.* The value of every X-spec is J = <R, phi> for its own R, where phi is the
    discounted occupancy of (s, a, s') for MR, that and nu for RRL (R holds -alpha F(d) at nu_d),
    and the Cesaro occupancy for LAR. Let sum_k l_k (phi(better_k) - phi(worse_k)) = 0 with
    l_k >= 0 where k is strict and some such l_k > 0. If J induced the order, the strict
    differences of J would be positive, those of ties 0, and their combination positive; but it
    is 0. For MR and RRL this must be so at every discount in [0, 1), which the tiles cover.
    """
    limit = statement.formalism == "LAR"
    combination = "multipliers" if limit else "tiles"
    record(certificate, "certificate", ("format", "kind", "policies", "comparisons", combination))
    policies = read_policies(statement, certificate["policies"])
    comparisons = read_comparisons(statement, policies, certificate["comparisons"])
    strict = [k for k, comparison in enumerate(comparisons) if comparison.strict]

    def differences(features: list[Features]) -> list[Features]:
        return [difference(features[c.better], features[c.worse]) for c in comparisons]

    environment = statement.environment
    if limit:
        listed = array(certificate["multipliers"], "certificate.multipliers", len(comparisons))
        weights = [rational(x, "certificate.multipliers") for x in listed]
        if any(weights[k] < 0 for k in strict) or not any(weights[k] > 0 for k in strict):
            raise Rejected("positive", "strict multipliers: one is negative, or all are zero")
        total: Features = {}
        vectors = differences([limit_features(environment, policy) for policy in policies])
        for weight, vector in zip(weights, vectors, strict=True):
            for key, entry in vector.items():
                total[key] = total.get(key, Fraction(0)) + weight * entry
        if any(entry != 0 for entry in total.values()):
            raise Rejected("identity", "the combination of Cesaro occupancies is not zero")
        return
    signed = [not comparison.strict for comparison in comparisons]
    tiles = read_tiles(certificate["tiles"], signed, "certificate.tiles")
    for tile in tiles:
        check_positive(tile, strict)
    regularised = statement.formalism == "RRL"
    # With n reachable states, an occupancy is a polynomial of degree below n over
    # det(1 - gamma P), of degree at most n and without zeros in [0, 1).
    nodes = sum(len(plain(environment, policy).nodes) for policy in policies)
    check_identity(
        tiles,
        lambda discount: differences(
            [discounted_features(environment, p, discount, regularised) for p in policies]
        ),
        nodes,
        nodes,
    )


def difference(left: Features, right: Features) -> Features:
    """left - right."""
    return {
        key: left.get(key, Fraction(0)) - right.get(key, Fraction(0))
        for key in left.keys() | right.keys()
    }
