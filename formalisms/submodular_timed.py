"""Submodular rewards over timed transitions.

The ground set holds triples (t, s, a): the same place at another time is another element. So F
may cap how often something counts, and additive finite-horizon rewards are the modular case.
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

spec twice in hall = E[ min(total([from(office)], horizon=5), 2) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="SUBT_H",
            name="submodular reinforcement learning over time",
            definition="E[F({(t, s_t, a_t) : t < H})], F monotone and submodular",
            free_layer="trajectory: set function",
            position=102,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery and a polynomial in the policy, so continuous.",
    beware="F reads the state and the action at each time, not the state that is entered.",
    source="Prajapat, Mutny, Zeilinger, Krause: Submodular reinforcement learning (2023)",
    example=_EXAMPLE,
    extension=True,
)
