"""Quantiles: what does a run earn that is at the lower edge of the better ones?

The value is the tau-quantile of the return. It ignores how bad the worst runs are and how good
the best ones, and asks only where a share tau of them ends.
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

spec median in hall = quantile(1/2, discounted([office], 0.9))
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="QUANT",
            name="quantiles",
            definition="inf{x : P(G <= x) >= tau}, the lower tau-quantile of the return G",
            free_layer="lottery",
            position=106,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value depends on the distribution of one return only.",
    beware="It is not continuous in the lottery.",
    source="Gilbert and Weng: Quantile reinforcement learning (2016)",
    example=_EXAMPLE,
    extension=True,
)
