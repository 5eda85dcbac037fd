"""Products of the environment with a number's memories, small enough for a rule."""

from __future__ import annotations

from specc.lower import Lowered, lower
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import leaves

__all__ = ["small_product"]

_TRACKED = 5_000


def small_product(mdp: Mdp, trajectory: Number, limit: int) -> Lowered:
    """The product; raises SpecError E701 where it has more than ``limit`` states, or more than a
    few thousand with memories that are made one by one (sets, running values)."""
    kinds = stack.SetFunction | stack.Extremum
    tracked = any(isinstance(node, kinds) for node in leaves(trajectory))
    return lower(mdp, [trajectory], limit=min(limit, _TRACKED) if tracked else limit)
