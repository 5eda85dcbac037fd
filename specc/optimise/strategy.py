"""From a solver's choices on a product to a policy with memory on the environment."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.mdp import Mdp
from specc.model.policy import MemoryPolicy
from specc.product import Product

__all__ = ["even_chances", "memory_policy"]

_MOST_UPDATES = 20_000_000


def even_chances(built: Product, chosen: NDArray[np.bool_]) -> tuple[Fraction, ...]:
    """The chosen choices (bool, product choices) of each state with equal probability."""
    taken = np.add.reduceat(chosen.astype(np.int64), built.model.choice_starts[:-1])
    shares = np.repeat(taken, np.diff(built.model.choice_starts)).tolist()
    return tuple(Fraction(int(c), n) for c, n in zip(chosen.tolist(), shares, strict=True))


def memory_policy(mdp: Mdp, built: Product, chances: Sequence[Fraction]) -> MemoryPolicy | None:
    """Each product state takes its choices with these chances (product choices); the product's
    memory becomes the policy's. None where that is too large to write down."""
    memories: dict[tuple[int, ...], int] = {}
    rows = [tuple(row) for row in built.memory.tolist()]
    owner = [memories.setdefault(row, len(memories)) for row in rows]
    count = max(len(memories), 1)
    if count * (mdp.transition_count + mdp.choice_count) > _MOST_UPDATES:
        return None
    update = np.repeat(np.arange(count)[:, None], mdp.transition_count, axis=1).astype(np.int64)
    uniform = _uniform(mdp)
    probabilities = [uniform.copy() for _ in range(count)]
    model = built.model
    for state in range(model.state_count):
        choices = range(int(model.choice_starts[state]), int(model.choice_starts[state + 1]))
        row = probabilities[owner[state]]
        for c in choices:
            row[int(built.choice_origin[c])] = chances[c]
        for c in choices:
            starts = model.transition_starts
            for t in range(int(starts[c]), int(starts[c + 1])):
                update[owner[state], built.origin[t]] = owner[int(model.successors[t])]
    initial = [0] * mdp.state_count
    for state, _ in model.initial:
        initial[int(built.state[state])] = owner[state]
    return MemoryPolicy(
        tuple(f"m{number}" for number in range(count)),
        tuple(initial),
        update,
        tuple(tuple(row) for row in probabilities),
    )


def _uniform(mdp: Mdp) -> list[Fraction]:
    return [
        Fraction(1, len(mdp.choices(state)))
        for state in range(mdp.state_count)
        for _ in mdp.choices(state)
    ]
