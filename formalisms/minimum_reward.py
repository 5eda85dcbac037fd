"""The worst moment of a run: E[inf of the rewards].

Only the least reward along the run counts, as for a bottleneck or a safety margin.
It is a weighted sum of chances: for each level, that no reward below this level ever comes.
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

spec margin in hall = E[ inf(2*[office] + [coffee]) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="MINR",
            name="minimum reward",
            definition="E[inf over t of R(s_t, a_t, s_{t+1})]",
            free_layer="signal",
            position=111,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery, and a sum of safety probabilities.",
    beware="It is not continuous in the policy.",
    source="Cui and Yu: Reinforcement learning with non-cumulative objective (2023)",
    example=_EXAMPLE,
    extension=True,
)
