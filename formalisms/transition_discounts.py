"""Transition-dependent discounts: each transition says how much the rest counts.

The discount is a function gamma(s, a, s') in [0, 1): 0 ends the episode, a discount near 1 lets a
slow transition pass almost for free. A constant discount is the textbook case, as in the example.
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

spec steady in hall = E[ discounted([office], 0.9) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="TDR",
            name="transition-dependent discounting",
            definition=(
                "E[sum over t of (product over i < t of gamma(s_i, a_i, s_{i+1})) R(s_t, a_t, "
                "s_{t+1})], gamma in [0, 1)"
            ),
            free_layer="signal and discount",
            position=112,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "With every discount below 1 the value is continuous in the policy and linear in the "
        "lottery."
    ),
    beware="The discounts of this entry are strictly below 1.",
    source="White: Unifying task specification in reinforcement learning (ICML 2017)",
    example=_EXAMPLE,
    extension=True,
)
