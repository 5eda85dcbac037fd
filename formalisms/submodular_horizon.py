"""Submodular rewards over a horizon: new places count, old ones do not.

The value is the mean of a set function of the transitions visited in the first H steps. It is
monotone (more is never worse) and submodular (the more one has, the less a new one adds), as
coverage, information gain and facility location are. The order of the visits does not matter.
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

spec explore in hall = E[ coverage(horizon=4, radius=0) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="SUB_H",
            name="submodular reinforcement learning, bounded horizon",
            definition="E[F(transitions visited in the first H steps)], F monotone and submodular",
            free_layer="trajectory: set function",
            position=100,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery and a polynomial in the policy, so continuous.",
    beware="F sees the set of transitions, not when or how often they were taken.",
    source="Prajapat, Mutny, Zeilinger, Krause: Submodular reinforcement learning (2023)",
    example=_EXAMPLE,
    extension=True,
)
