"""Policies of a finite MDP, exact: stationary stochastic, or with a finite memory."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from specc.model.mdp import Mdp

__all__ = ["Policy", "uniform"]


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
