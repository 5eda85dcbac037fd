"""Submodular rewards without a horizon: what is ever visited counts.

As with a horizon, but the run is never cut: the value is the mean of a monotone submodular
function of the set of all transitions ever taken.
"""

from __future__ import annotations

from specc.registry import Formalism, Member

__all__ = ["FORMALISM"]

_EXAMPLE = """env hall = mdp {
  initial start
  start: left -> mug
         right -> 9/10 desk + 1/10 mug
  mug: left -> mug
       right -> start
  desk: left -> start
        right -> desk
  label coffee: mug
  label office: desk
}

spec explore in hall = E[ coverage(radius=0) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="SUB",
            name="submodular reinforcement learning",
            definition="E[F(transitions ever visited)], F monotone and submodular",
            free_layer="trajectory: set function",
            position=101,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery.",
    beware="It is not continuous in the policy: a state that is reached at last counts in full.",
    source="Prajapat, Mutny, Zeilinger, Krause: Submodular reinforcement learning (2023)",
    example=_EXAMPLE,
    extension=True,
)
