"""The best moment of a run: E[sup of the rewards].

Only the greatest reward along the run counts, as for a search that keeps the best design found.
It is a weighted sum of chances: for each level, that a reward of at least this level ever comes.
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

spec best in hall = E[ sup(2*[office] + [coffee]) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="MAXR",
            name="maximum reward",
            definition="E[sup over t of R(s_t, a_t, s_{t+1})]",
            free_layer="signal",
            position=110,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery, and a sum of reachability probabilities.",
    beware="It is not continuous in the policy.",
    source=(
        "Veviurko, Boehmer, de Weerdt: To the max: reinventing reward in reinforcement learning "
        "(2024)"
    ),
    example=_EXAMPLE,
    extension=True,
)
