"""What a formalism's value is linear in: occupancies, for every choice of its rewards."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction

from .chain import cesaro, discounted, plain
from .germ import Number, at_zero
from .logs import exponent
from .statement import Environment, Policy

__all__ = ["Features", "discounted_features", "entropy_features", "limit_features"]

Features = dict[Hashable, Number]
"""Coordinates that are not listed are 0."""


def discounted_features(
    environment: Environment, policy: Policy, discount: Fraction, regularised: bool
) -> Features:
    """The discounted occupancy of every (s, a, s'); if ``regularised`` also nu.

    nu_d is the discounted occupancy of the states where pi(s) = d. The distribution d is the map
    {action name: positive probability}: never positions, zeros dropped; states with equal maps
    are summed, and other maps never merged.
    """
    chain = plain(environment, policy)
    found: Features = {}
    for state, edges, weight in zip(
        chain.nodes, chain.edges, discounted(chain, discount), strict=True
    ):
        for _, chance, step in edges:
            found[step] = found.get(step, Fraction(0)) + weight * chance
        if regularised:
            key = ("nu", frozenset(policy[state].items()))
            found[key] = found.get(key, Fraction(0)) + weight
    return found


def entropy_features(
    environment: Environment, policy: Policy, discount: Fraction, base: Sequence[int]
) -> Features:
    """The discounted occupancy of every (s, a, s'), and the discounted entropy of pi(s).

    The entropy is a combination of the logarithms of the coprime ``base``, of which the policy's
    numerators and denominators are products; its coefficients are coordinates of their own.
    """
    found = discounted_features(environment, policy, discount, regularised=False)
    chain = plain(environment, policy)
    for state, weight in zip(chain.nodes, discounted(chain, discount), strict=True):
        for chance in policy[state].values():
            above, below = at_zero(chance).as_integer_ratio()
            for number in base:
                power = Fraction(exponent(below, number) - exponent(above, number))
                key = ("log", number)
                found[key] = found.get(key, Fraction(0)) + weight * chance * power
    return found


def limit_features(environment: Environment, policy: Policy) -> Features:
    """The Cesaro occupancy of every (s, a, s')."""
    chain = plain(environment, policy)
    found: Features = {}
    for edges, weight in zip(chain.edges, cesaro(chain), strict=True):
        for _, chance, step in edges:
            found[step] = found.get(step, Fraction(0)) + weight * chance
    return found
