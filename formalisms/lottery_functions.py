"""Functions from trajectory lotteries to reals: any number of the distribution over runs.

Once the environment is fixed, a policy is a lottery over trajectories. A quantile, a conditional
value at risk, a variance, a product of two expected returns, the lesser of two: each is a number
of that lottery. Three formalisms meet here because the discounted occupancy measure already fixes
the policy wherever it can be, and with it the lottery.

Nothing is asked of the function but that it looks at the lottery only: policies that differ at
states they never reach are worth the same.
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

spec median in hall : FTLR = quantile(1/2, discounted(tip, 0.9))
spec fair   in hall : FTLR = min(E[ discounted([office], 0.9) ], E[ discounted([coffee], 0.9) ])
spec nash   in hall : FTLR = E[ discounted([office], 0.9) ] * E[ discounted([coffee], 0.9) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="FTLR",
            name="functions from trajectory lotteries to reals",
            definition="f(L_pi), f any function of the distribution over trajectories",
            free_layer="lottery",
            position=11,
        ),
        Member(
            symbol="OMORL",
            name="outer multi-objective reinforcement learning",
            definition="f(J_1, ..., J_k), f any function",
            free_layer="outer",
            position=9,
        ),
        Member(
            symbol="FOMR",
            name="functions from occupancy measures to reals",
            definition="f(m_pi), m_pi the discounted occupancy of (s, a, s')",
            free_layer="outer over the occupancy",
            position=10,
        ),
    ),
    teaching=__doc__ or "",
    invariant="Equal lotteries rank equally, and there is no uncountable family of jumps.",
    beware="Nothing is linear or continuous here: a mixture may be better than both of its parts.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2"
    ),
    example=_EXAMPLE,
)
