"""Linear multi-objective rewards with one discount: a weighted sum of values.

Each objective has its reward, the weights say how they trade off. With one discount for all, the
weighted sum of the values is the value of the weighted sum of the rewards.
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

spec mixed in hall = 2*E[ discounted([office], 0.9) ] + E[ discounted([coffee], 0.9) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="LMORL",
            name="linear multi-objective reinforcement learning",
            definition="w . (J_1, ..., J_k), one common discount",
            free_layer="outer: weights",
            position=114,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the discounted occupancy of the common discount.",
    beware="",
    source=(
        "Roijers, Vamplew, Whiteson, Dazeley: A survey of multi-objective sequential decision- "
        "making (2013)"
    ),
    example=_EXAMPLE,
    extension=True,
)
