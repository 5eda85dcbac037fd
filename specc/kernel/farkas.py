"""C1: comparisons that no linear function of the occupancies satisfies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from .chain import plain
from .common import index, read_comparisons, read_policies
from .decode import Json, record
from .discounts import Tile, check_identity, check_positive, read_tiles
from .errors import Rejected
from .features import Features, discounted_features, entropy_features, limit_features
from .germ import at_zero
from .logs import coprime_base
from .lottery import lottery
from .statement import Policy, Statement
from .values import compare

__all__ = ["check_above_floor", "check_farkas", "difference"]


def check_farkas(statement: Statement, certificate: Json) -> None:
    """MR, LMORL, RRL, LAR, KLRRL; with care LEX, CMDP, CVAR, QUANT, LMORLG.

    *Theorem.* The value of every X-spec is J = <R, phi> for its own R, where phi is the
    discounted occupancy of (s, a, s') for MR, that and nu for RRL (R holds -alpha F(d) at nu_d),
    and the Cesaro occupancy for LAR. Let sum_k l_k (phi(better_k) - phi(worse_k)) = 0 with
    l_k >= 0 where k is strict and some such l_k > 0. If J induced the order, the strict
    differences of J would be positive, those of ties 0, and their combination positive; but it
    is 0. This is so at every discount in [0, 1), which the tiles cover (for LAR any one would do).

    KL to a reference is -entropy less a reward, so for KLRRL phi is m and the discounted entropy.
    For LEX J is a vector, and lexicographic order is that of an ordered vector space. For the
    others J is MR's: of CMDP on the policies above some ``floor``, which are feasible; of CVAR and
    QUANT on policies with one trajectory; and for LMORLG, where J is a weighted sum over several
    discounts, the same constants l_k must do for all of them.
    """
    fields = ("format", "kind", "policies", "comparisons", "tiles")
    floor = ("floor",) if statement.formalism == "CMDP" else ()
    record(certificate, "certificate", (*fields, *floor))
    policies = read_policies(statement, certificate["policies"])
    comparisons = read_comparisons(statement, policies, certificate["comparisons"])
    tiles = read_tiles(certificate["tiles"], [not c.strict for c in comparisons])
    for tile in tiles:
        check_positive(tile, [k for k, c in enumerate(comparisons) if c.strict])
    match statement.formalism:
        case "CMDP":
            least = policies[index(certificate["floor"], policies, "certificate.floor")]
            check_above_floor(statement, [policies[c.worse] for c in comparisons], least)
        case "CVAR" | "QUANT":
            _check_one_trajectory(statement, policies)
        case "LMORLG":
            _check_constant(tiles)
        case _:
            pass
    environment = statement.environment
    features = _features(statement, policies)

    def differences(discount: Fraction) -> list[Features]:
        found = [features(policy, discount) for policy in policies]
        return [difference(found[c.better], found[c.worse]) for c in comparisons]

    # With n reachable states, an occupancy is a polynomial of degree below n over
    # det(1 - gamma P), of degree at most n and without zeros in [0, 1).
    check_identity(tiles, differences, sum(len(plain(environment, p).nodes) for p in policies))


def _features(
    statement: Statement, policies: Sequence[Policy]
) -> Callable[[Policy, Fraction], Features]:
    """What the formalism's value is linear in, by policy and discount."""
    environment = statement.environment
    match statement.formalism:
        case "LAR":
            return lambda policy, discount: limit_features(environment, policy)
        case "KLRRL":
            chances = [p for policy in policies for row in policy.values() for p in row.values()]
            base = coprime_base(n for p in chances for n in at_zero(p).as_integer_ratio())
            return lambda policy, discount: entropy_features(environment, policy, discount, base)
        case formalism:
            return lambda policy, discount: discounted_features(
                environment, policy, discount, formalism == "RRL"
            )


def check_above_floor(statement: Statement, policies: Sequence[Policy], floor: Policy) -> None:
    """Each policy is strictly above the floor: infeasible ones are above none."""
    if any(compare(statement.environment, statement.spec, p, floor) != 1 for p in policies):
        raise Rejected("floor", "a policy is not strictly above the floor")


def _check_one_trajectory(statement: Statement, policies: Sequence[Policy]) -> None:
    if any(len(lottery(statement.environment, policy)) != 1 for policy in policies):
        raise Rejected("lottery", "a policy has more than one trajectory")


def _check_constant(tiles: Sequence[Tile]) -> None:
    powers = {i + j for tile in tiles for m in tile.multipliers for _, i, j in m}
    if len(tiles) != 1 or powers - {0}:
        raise Rejected("constant", "the multipliers depend on the discount")


def difference(left: Features, right: Features) -> Features:
    """left - right."""
    return {
        key: left.get(key, Fraction(0)) - right.get(key, Fraction(0))
        for key in left.keys() | right.keys()
    }
