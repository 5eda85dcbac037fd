"""Conditional value at risk: how bad are the bad runs?

The mean of the return over its worst share tau. With tau = 1 it is the plain mean; with a small
tau only the worst runs count.
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

spec risk in hall = cvar(1/10, discounted([office] - [coffee], 0.9))
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="CVAR",
            name="conditional value at risk",
            definition="max over c of c - E[(c - G)+]/tau, the lower-tail CVaR of the return G",
            free_layer="lottery",
            position=105,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is a convex function of the lottery: mixing never helps beyond the mixture of "
        "the values."
    ),
    beware="It is not linear in the lottery, and optimal policies may need memory.",
    source="Rockafellar and Uryasev (2000)",
    example=_EXAMPLE,
    extension=True,
)
