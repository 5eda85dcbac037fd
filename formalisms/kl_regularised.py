"""KL-regularised rewards: stay close to a reference policy.

Regularised reinforcement learning with F the Kullback-Leibler divergence from a reference policy
of full support. It is how language models are tuned: reward, minus the price of leaving the
reference.
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

policy ref = uniform

spec tuned in hall = E[ discounted([office] - 1/10*kl(ref), 0.9) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="KLRRL",
            name="KL-regularised reinforcement learning",
            definition=(
                "E[sum over t of gamma^t (R(s_t, a_t, s_{t+1}) - alpha KL(pi(s_t), ref(s_t)))], "
                "ref with full support"
            ),
            free_layer="signal, which may mention pi",
            position=113,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is that of regularised reinforcement learning with one continuous F, so "
        "continuous in the policy."
    ),
    beware="The divergence is strictly convex; other regularisers are not of this kind.",
    source="Todorov (2006); Jaques et al. (2017)",
    example=_EXAMPLE,
    extension=True,
)
