"""Linear multi-objective rewards with a discount for each objective.

A weighted sum of values with different horizons, such as patient progress and impatient comfort.
Two discounts cannot be made one by changing the rewards.
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

spec mixed in hall = 2*E[ discounted([office], 0.9) ] + E[ discounted([coffee], 1/2) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="LMORLG",
            name="linear multi-objective reinforcement learning, several discounts",
            definition="w . (J_1, ..., J_k), a discount for each objective",
            free_layer="outer: weights",
            position=115,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery and continuous in the policy.",
    beware="It is not a function of the occupancy of one discount by a linear map.",
    source=(
        "Roijers et al. (2013); Fedus et al.: Hyperbolic discounting and learning over multiple "
        "horizons (2019)"
    ),
    example=_EXAMPLE,
    extension=True,
)
