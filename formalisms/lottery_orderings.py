"""Trajectory lottery orderings: any order of the distributions over runs.

No number is needed: it is enough to say of any two lotteries which is better. "Safety first, then
speed", lexicographically, is the natural example: no amount of speed makes up for safety, and no
real number can say that in general. Three formalisms meet here, as below: value vectors and
occupancy measures see as much as the lottery does.
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

spec careful in hall : TLO = lexicographic(P[ G !coffee ], E[ discounted([office], 0.9) ])
spec vectors in hall : TLO =
  lexicographic(E[ discounted([office], 0.9) ], E[ discounted([coffee], 0.9) ])
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="TLO",
            name="trajectory lottery orderings",
            definition="any total preorder on the distributions over trajectories",
            free_layer="order",
            position=13,
        ),
        Member(
            symbol="GOMORL",
            name="generalised outer multi-objective reinforcement learning",
            definition="any total preorder on the vectors (J_1, ..., J_k)",
            free_layer="order",
            position=14,
        ),
        Member(
            symbol="OMO",
            name="occupancy measure orderings",
            definition="a discount and any total preorder on the occupancy measures m_pi",
            free_layer="order",
            position=15,
        ),
    ),
    teaching=__doc__ or "",
    invariant="Equal lotteries rank equally.",
    beware="There may be uncountably many jumps: no number need represent the order.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2"
    ),
    example=_EXAMPLE,
)
