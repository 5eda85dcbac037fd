"""Policies of a finite MDP, exact: stationary stochastic, or with a finite memory."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.mdp import Mdp

__all__ = ["MemoryPolicy", "Policy", "uniform"]


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A stationary policy: one probability per choice of the MDP, in choice order.

    Every state's probabilities are rationals that sum to 1.
    """

    probabilities: tuple[Fraction, ...]

    def validate(self, mdp: Mdp) -> None:
        """Check that this is a policy of the MDP; raises ValueError."""
        if len(self.probabilities) != mdp.choice_count:
            raise ValueError("a policy needs one probability per choice")
        for state in range(mdp.state_count):
            row = [self.probabilities[c] for c in mdp.choices(state)]
            if sum(row) != 1 or min(row) < 0:
                raise ValueError(f"policy at {mdp.states[state]} is not a distribution")


def uniform(mdp: Mdp) -> Policy:
    """The policy that takes each action of a state with equal probability."""
    return Policy(
        tuple(
            Fraction(1, len(mdp.choices(state)))
            for state in range(mdp.state_count)
            for _ in mdp.choices(state)
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class MemoryPolicy:
    """A policy with a finite memory, updated deterministically on every transition.

    ``initial[s]`` is the memory when the run starts in state ``s``, ``update[m, t]`` the one after
    transition ``t`` in memory ``m``, shape (memories, transitions); ``probabilities[m]`` has one
    probability per choice of the MDP. Every state's probabilities sum to 1 in every memory.
    """

    memories: tuple[str, ...]
    initial: tuple[int, ...]
    update: NDArray[np.int64]
    probabilities: tuple[tuple[Fraction, ...], ...]

    def validate(self, mdp: Mdp) -> None:
        """Check that this is a policy of the MDP; raises ValueError."""
        count = len(self.memories)
        if len(self.initial) != mdp.state_count or len(self.probabilities) != count:
            raise ValueError("a policy needs an initial memory per state and a row per memory")
        if self.update.shape != (count, mdp.transition_count):
            raise ValueError("a policy needs one update per memory and transition")
        named = [*self.initial, *self.update.ravel().tolist()]
        if not all(0 <= memory < count for memory in named):
            raise ValueError("a memory does not exist")
        for row in self.probabilities:
            Policy(row).validate(mdp)
