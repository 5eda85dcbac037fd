"""Constrained Markov decision processes: earn most, within limits.

Policies that keep every constraint J_i >= c_i rank above those that break one; those that keep
them rank by J_0; those that do not are all tied. All values have one common discount.
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

spec fed in hall = maximise E[ discounted([office], 0.9) ]
  subject to E[ discounted([coffee], 0.9) ] >= 1
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="CMDP",
            name="constrained Markov decision processes",
            definition="maximise J_0 subject to J_i >= c_i; infeasible policies are all tied below",
            free_layer="order",
            position=103,
        ),
    ),
    teaching=__doc__ or "",
    invariant="Equal lotteries rank equally; infeasible ones are one tied class at the bottom.",
    beware="The order jumps at the boundary of the feasible set.",
    source="Altman, Constrained Markov Decision Processes (1999)",
    example=_EXAMPLE,
    extension=True,
)
