"""Exact policies to test a claim on: random ones, the corners, and the faces between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from specc.model.mdp import Mdp
from specc.model.policy import Policy, uniform

__all__ = ["deterministic_policies", "random_policy", "sample_policies"]


def sample_policies(mdp: Mdp, count: int, seed: int) -> tuple[Policy, ...]:
    """``count`` different-minded policies: the uniform one, deterministic ones (all of them where
    these are at most half of the sample), then random ones of which many leave actions out.

    The same seed gives the same policies.
    """
    chance = random.Random(seed)
    found = [uniform(mdp)]
    corners = 1
    for state in range(mdp.state_count):
        corners = min(corners * len(mdp.choices(state)), count)
    if corners <= count // 2:
        found.extend(deterministic_policies(mdp))
    while len(found) < count:
        found.append(random_policy(mdp, chance, kind=len(found) % 4))
    return tuple(found[:count])


def deterministic_policies(mdp: Mdp) -> Iterator[Policy]:
    """Every deterministic policy, in order of the choices; their number may be huge."""
    rows = [range(len(mdp.choices(state))) for state in range(mdp.state_count)]
    for picked in product(*rows):
        chances: list[Fraction] = []
        for row, taken in zip(rows, picked, strict=True):
            chances.extend(Fraction(int(i == taken)) for i in row)
        yield Policy(tuple(chances))


def random_policy(mdp: Mdp, chance: random.Random, kind: int = 1) -> Policy:
    """A policy with small rational probabilities.

    ``kind`` 0: deterministic; 1 and 2: actions may be left out; 3: every action is taken.
    """
    chances: list[Fraction] = []
    for state in range(mdp.state_count):
        count = len(mdp.choices(state))
        weights = [chance.randint(1 if kind == 3 else 0, 4) for _ in range(count)]
        if kind == 0 or not any(weights):
            weights = [0] * count
            weights[chance.randrange(count)] = 1
        chances.extend(Fraction(weight, sum(weights)) for weight in weights)
    return Policy(tuple(chances))
