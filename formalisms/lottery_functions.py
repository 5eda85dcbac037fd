"""Functions from trajectory lotteries to reals: any number of the distribution over runs.

Once the environment is fixed, a policy is a lottery over trajectories. A quantile, a conditional
value at risk, a variance, a product of two expected returns, the lesser of two: each is a number
of that lottery. Three formalisms meet here because the discounted occupancy measure already fixes
the policy wherever it can be, and with it the lottery.

Nothing is asked of the function but that it looks at the lottery only: policies that differ at
states they never reach are worth the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.registry import Formalism, Member, Rule

if TYPE_CHECKING:
    from specc.resolve.file import Spec
    from specc.translate.forms import Form

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


def _expectation(spec: Spec) -> Form:
    """L -> E_L[f], trajectory by trajectory."""
    from specc.evaluate import Evaluation
    from specc.evaluate.value import weighted_sum
    from specc.translate.forms import PolicyFunction
    from specc.translate.lottery import Lottery, lassos, lottery
    from specc.translate.reading import finite, trajectory_of
    from specc.translate.trajectory import trajectory_value

    mdp, number = finite(spec), trajectory_of(spec)

    def mean(seen: Lottery) -> Evaluation:
        law = [(mass, trajectory_value(mdp, number, lasso)) for mass, lasso in lassos(mdp, seen)]
        value = weighted_sum(law)
        return Evaluation(spec.name, value.exact, *value.bounds())

    return PolicyFunction(lottery, mean, spec.objective)


def _lottery_fixes_policy(spec: Spec) -> Form:
    """L -> the regularised value of the policy that L shows at the states it reaches."""
    from specc.evaluate import evaluate
    from specc.translate.forms import PolicyFunction
    from specc.translate.lottery import decoded, lottery
    from specc.translate.reading import finite

    mdp = finite(spec)
    return PolicyFunction(lottery, lambda seen: evaluate(spec, decoded(mdp, seen)), spec.objective)


def _one_value(spec: Spec) -> Form:
    """f(J_1, ..., J_k) with k = 1."""
    from specc.translate.forms import PolicyFunction
    from specc.translate.reading import values_of
    from specc.translate.views import values

    read = values_of(spec, 1)
    return PolicyFunction(values(read.discount, read.rewards), read.function, spec.objective)


def _indicator_rewards(spec: Spec) -> Form:
    """One indicator reward per transition: (J_1, ..., J_k) is the occupancy."""
    from specc.translate.forms import PolicyFunction
    from specc.translate.reading import finite, of_occupancy, values_of
    from specc.translate.views import indicators, values

    mdp, read = finite(spec), values_of(spec)
    see = values(read.discount, indicators(mdp))
    return PolicyFunction(see, lambda m: read.function(of_occupancy(read, m)), spec.objective)


def _values_of_the_lottery(spec: Spec) -> Form:
    """L -> f(J_1(L), ..., J_k(L))."""
    from specc.translate.forms import PolicyFunction
    from specc.translate.lottery import decoded, lottery
    from specc.translate.reading import finite, values_of
    from specc.translate.views import values

    mdp, read = finite(spec), values_of(spec)
    see = values(read.discount, read.rewards)
    return PolicyFunction(
        lottery, lambda seen: read.function(see(mdp, decoded(mdp, seen))), spec.objective
    )


def _occupancy_fixes_policy(spec: Spec) -> Form:
    """m -> f(L), where the occupancy m for gamma = 1/2 shows the policy, and with it L."""
    from fractions import Fraction

    from specc.evaluate import evaluate
    from specc.translate.forms import PolicyFunction
    from specc.translate.reading import finite
    from specc.translate.views import decoded_occupancy, occupancy

    mdp = finite(spec)
    return PolicyFunction(
        occupancy(Fraction(1, 2)),
        lambda seen: evaluate(spec, decoded_occupancy(mdp, seen)),
        without_text="its function finds the policy from the occupancy",
    )


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
    translations=(
        Rule("expectation", "FTLR", "FTR", _expectation, same_text=True),
        Rule("lottery-fixes-policy", "FTLR", "RRL", _lottery_fixes_policy, same_text=True),
        Rule("one-value", "OMORL", "ONMR", _one_value, same_text=True),
        Rule("indicator-rewards", "OMORL", "FOMR", _indicator_rewards, same_text=True),
        Rule("values-of-the-lottery", "FTLR", "OMORL", _values_of_the_lottery, same_text=True),
        Rule("occupancy-fixes-policy", "FOMR", "FTLR", _occupancy_fixes_policy),
    ),
)
