"""Random models with planted end components, and brute force over their policies."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from specc.model.graph import Model
from specc.model.mdp import ExactArray

Rows = list[list[list[tuple[int, Fraction]]]]


def model_of(rows: Rows, initial: tuple[tuple[int, Fraction], ...] = ((0, Fraction(1)),)) -> Model:
    """The model with these choices, each a list of (successor, probability)."""
    choices = [choice for row in rows for choice in row]
    outcomes = [outcome for choice in choices for outcome in choice]
    return Model(
        np.cumsum([0] + [len(row) for row in rows]),
        np.cumsum([0] + [len(choice) for choice in choices]),
        np.array([s for s, _ in outcomes], dtype=np.int64),
        ExactArray.of(p for _, p in outcomes),
        initial,
    )


def random_rows(rng: random.Random, states: int, choices: int = 3) -> Rows:
    """Random sparse choices; then cycles are planted, so that end components occur, and some
    probabilities are made tiny."""
    rows: Rows = []
    for _ in range(states):
        row = []
        for _ in range(rng.randint(1, choices)):
            targets = rng.sample(range(states), rng.randint(1, min(3, states)))
            weights = [rng.choice([1, 1, 2, 3, 7]) for _ in targets]
            if rng.random() < 0.05:
                weights[0] *= 10**9
            total = sum(weights)
            row.append([(t, Fraction(w, total)) for t, w in zip(targets, weights, strict=True)])
        rows.append(row)
    for _ in range(rng.randint(0, max(1, states // 3))):
        cycle = rng.sample(range(states), rng.randint(1, min(3, states)))
        for here, there in zip(cycle, cycle[1:] + cycle[:1], strict=True):
            if len(rows[here]) < choices:
                rows[here].append([(there, Fraction(1))])
            else:
                rows[here][0] = [(there, Fraction(1))]
    return rows


def random_rewards(rng: random.Random, model: Model) -> ExactArray:
    """Small rationals, many of them zero."""
    items = [0, 0, 1, -1, 2, Fraction(1, 3), Fraction(-5, 2), 10]
    return ExactArray.of(Fraction(rng.choice(items)) for _ in range(model.transition_count))


def policies(model: Model) -> Iterator[list[int]]:
    """Every deterministic memoryless policy, as one choice per state."""
    starts = model.choice_starts.tolist()
    ranges = [range(a, b) for a, b in itertools.pairwise(starts)]
    for policy in itertools.product(*ranges):
        yield list(policy)


def policy_count(model: Model) -> int:
    """How many policies there are."""
    return int(np.prod(np.diff(model.choice_starts).astype(float)))
