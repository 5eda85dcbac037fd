"""C4a: directions in which the value does not change, infinitesimally."""

from __future__ import annotations

from fractions import Fraction

from .chain import plain
from .common import index, read_policies
from .decode import Json, array, mapping, rational, record
from .discounts import check_identity, check_positive, read_tiles
from .errors import Malformed, Rejected
from .farkas import check_above_floor, difference
from .features import Features, discounted_features
from .germ import Number, at_zero, derivative, polynomial
from .limits import at_most
from .logs import Enclosed, Logs, Value, value_sign
from .smooth import analytic_value, check_smooth_at
from .statement import Policy, Statement
from .terms import Term
from .values import Valuation, compare

__all__ = ["check_ties"]


def check_ties(statement: Statement, certificate: Json) -> None:
    """ONMR, MR; CMDP above a floor.

    *Theorem.* Let the order be that of f(J), J = <R, m> a Markov reward's value, and Y the spec's
    own number. Let Y be analytic around u on the open face of u (the policies with the same
    positive probabilities) with D_d Y(u) = 0 for a direction d inside the face, and
    D_d' Y(u) != 0 for another. Then D_d J(u) = 0: if grad J(u) = 0 on the face, trivially; if
    not, the level set of J through u is a smooth surface near u, on which f(J), so also the
    order, so Y is constant; so ker grad J(u) lies in ker grad Y(u), both are hyperplanes
    because grad Y(u) != 0, and they agree. Now let l_0 (m(i) - m(j)) = sum_k l_k D_{d_k} m(u_k)
    with l_0 > 0 at every discount in [0, 1). Then J(i) = J(j), yet i and j are not tied.

    For CMDP let J be J_0, and all u, i and j be strictly above some ``floor`` policy, so feasible;
    so are the policies near u, where Y is still larger than at the floor.
    """
    fields = ("format", "kind", "policies", "pair", "points", "tiles")
    constrained = statement.formalism == "CMDP"
    record(certificate, "certificate", (*fields, "floor") if constrained else fields)
    policies = read_policies(statement, certificate["policies"])
    first, second = (
        policies[index(x, policies, "certificate.pair")]
        for x in array(certificate["pair"], "certificate.pair", 2)
    )
    if compare(statement.environment, statement.spec, first, second) == 0:
        raise Rejected("comparison", "the pair is tied")
    value = analytic_value(statement, division=True, pieces=not constrained)
    above = [first, second]
    tangents = []
    at_most("points", len(array(certificate["points"], "certificate.points")))
    for n, point in enumerate(certificate["points"]):
        where = f"certificate.points[{n}]"
        record(point, where, ("policy", "tie", "slope"))
        u = policies[index(point["policy"], policies, where)]
        above.append(u)
        check_smooth_at(statement, u)
        along, across = (_shifted(u, point[name], where) for name in ("tie", "slope"))
        if value_sign(_slope(statement, value, u, along)) != 0:
            raise Rejected("tie", f"{where}: the value changes along the tie")
        if value_sign(_slope(statement, value, u, across)) == 0:
            raise Rejected("gradient", f"{where}: the value does not change along the slope")
        tangents.append(along)
    if constrained:
        floor = policies[index(certificate["floor"], policies, "certificate.floor")]
        check_above_floor(statement, above, floor)
    signed = [False] + [True] * len(tangents)
    tiles = read_tiles(certificate["tiles"], signed)
    for tile in tiles:
        check_positive(tile, [0])
    environment = statement.environment

    def vectors(discount: Fraction) -> list[Features]:
        ends = [discounted_features(environment, p, discount, False) for p in (first, second)]
        found = [difference(*ends)]
        for tangent in tangents:
            moved = discounted_features(environment, tangent, discount, False)
            found.append({key: -at_zero(derivative(entry)) for key, entry in moved.items()})
        return found

    # A derivative has the square of the determinant below it, so it counts twice.
    nodes = [len(plain(environment, p).nodes) for p in (first, second)]
    tangent_nodes = [2 * len(plain(environment, p).nodes) for p in tangents]
    degree = sum(nodes) + sum(tangent_nodes)
    check_identity(tiles, vectors, degree)


def _shifted(policy: Policy, value: Json, where: str) -> Policy:
    """policy + e * direction; the direction {state: {action: rate}} stays inside the face."""
    shifted: dict[str, dict[str, Number]] = {state: dict(row) for state, row in policy.items()}
    for state, rates in mapping(value, where).items():
        if state not in policy:
            raise Malformed(f"{where}: {state[:40]!r} is not a state")
        total = Fraction(0)
        for action, text in mapping(rates, where).items():
            rate = rational(text, where)
            if action not in policy[state]:
                raise Rejected("face", f"{where}: the direction leaves the support at {state!r}")
            shifted[state][action] = policy[state][action] + polynomial([Fraction(0), rate])
            total += rate
        if total != 0:
            raise Rejected("face", f"{where}: the rates at {state!r} do not sum to 0")
    return shifted


def _slope(statement: Statement, value: Term, at: Policy, moved: Policy) -> Value:
    """d/de of the value at the moved policy, at e = 0."""

    def slope(number: Number) -> Fraction:
        return at_zero(derivative(number))

    there = Valuation(statement.environment, statement.spec, moved, at=at).value(value)
    if isinstance(there, Enclosed):
        raise Rejected("value", "a slope of products of logarithms is not decided here")
    return there.map(slope) if isinstance(there, Logs) else slope(there)
