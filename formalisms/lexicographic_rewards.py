"""Lexicographic rewards: first things first.

Policies compare by J_1; only among those that tie by J_2; and so on. All values have one common
discount. It is the simplest order of policies that no number need represent.
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

spec ranked in hall = lexicographic(E[ discounted([office], 0.9) ], E[ discounted([coffee], 0.9) ])
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="LEX",
            name="lexicographic reinforcement learning",
            definition="lexicographic in (J_1, ..., J_k), one common discount",
            free_layer="order",
            position=104,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The order is fixed by a linear image of one discounted occupancy measure.",
    beware="There may be uncountably many jumps.",
    source=(
        "Skalse, Hammond, Griffin, Abate: Lexicographic multi-objective reinforcement learning "
        "(IJCAI 2022)"
    ),
    example=_EXAMPLE,
    extension=True,
)
