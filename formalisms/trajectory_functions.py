"""Functions from trajectories to reals: anything about one run, averaged over runs.

A trajectory function may look at the whole infinite run and give it any bounded measurable
number. Reward machines, formulas, limit averages, utilities of the return such as E[exp(-G)]: all
are of this kind. Three formalisms meet here, because a single return can be made injective on
runs (number the transitions and discount steeply), so a function of it is a function of the run.

What unites them is linearity in the lottery: a mixture of two lotteries is worth the mixture of
their values. So nothing here can prefer a mixture to both of its parts.
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

reward tip = 2*[office] - [coffee]

spec either in hall : FTR = P[ F G office ] + P[ G F coffee ]
spec averse in hall : FTR = E[ -exp(-discounted(tip, 0.9)) ]
spec worst  in hall : FTR = E[ min(discounted([office], 0.9), discounted([coffee], 1/2)) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="FTR",
            name="functions from trajectories to reals",
            definition="E[f(xi)], f any bounded measurable function of the trajectory",
            free_layer="trajectory",
            position=6,
        ),
        Member(
            symbol="INMR",
            name="inner nonlinear Markov rewards",
            definition="E[f(G)], f any function of the reals",
            free_layer="inner, one G",
            position=4,
        ),
        Member(
            symbol="IMORL",
            name="inner multi-objective reinforcement learning",
            definition="E[f(G_1, ..., G_k)], f any function",
            free_layer="inner",
            position=5,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the lottery.",
    beware="It is not continuous in the policy: f may depend on the tail of the run.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2"
    ),
    example=_EXAMPLE,
)
