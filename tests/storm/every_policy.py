"""Brute force over the deterministic stationary policies of a written MDP, in doubles."""

from __future__ import annotations

import itertools
import math

import numpy as np
from written_models import Reward, Written, worth

__all__ = ["averages", "policy_count"]

_SQUARINGS = 60


def policy_count(model: Written) -> int:
    """How many there are."""
    return math.prod(len(row) for row in model.rows)


def averages(model: Written, reward: Reward) -> tuple[float, float]:
    """The least and the greatest long-run average; stationary policies attain both.

    The limit matrix is a high power of the lazy chain, which has no period.
    """
    count = len(model.rows)
    found = []
    for policy in itertools.product(*(list(row) for row in model.rows)):
        chain, gain = np.zeros((count, count)), np.zeros(count)
        for state, action in enumerate(policy):
            for successor, chance in model.rows[state][action]:
                chain[state, successor] += float(chance)
                gain[state] += float(chance) * float(
                    worth(model, reward, (state, action, successor))
                )
        limit = (chain + np.eye(count)) / 2
        for _ in range(_SQUARINGS):
            limit = limit @ limit
            limit /= limit.sum(axis=1, keepdims=True)
        means = limit @ gain
        found.append(sum(float(chance) * means[state] for state, chance in model.initial))
    return min(found), max(found)
