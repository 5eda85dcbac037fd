"""Functions from trajectories to reals: anything about one run, averaged over runs.

A trajectory function may look at the whole infinite run and give it any bounded measurable
number. Reward machines, formulas, limit averages, utilities of the return such as E[exp(-G)]: all
are of this kind. Three formalisms meet here, because a single return can be made injective on
runs (number the transitions and discount steeply), so a function of it is a function of the run.

What unites them is linearity in the lottery: a mixture of two lotteries is worth the mixture of
their values. So nothing here can prefer a mixture to both of its parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.registry import Formalism, Member, Rule

if TYPE_CHECKING:
    from specc.evaluate.value import Value
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

spec either in hall : FTR = P[ F G office ] + P[ G F coffee ]
spec averse in hall : FTR = E[ -exp(-discounted(tip, 0.9)) ]
spec worst  in hall : FTR = E[ min(discounted([office], 0.9), discounted([coffee], 1/2)) ]
"""


def _injective_return(spec: Spec) -> Form:
    """Number the transitions; the return in base n + 1 spells the trajectory."""
    from fractions import Fraction

    from specc.translate.digits import spelled
    from specc.translate.forms import TrajectoryFunction
    from specc.translate.reading import finite, trajectory_of
    from specc.translate.trajectory import discounted_sum, trajectory_value

    mdp, number = finite(spec), trajectory_of(spec)
    base = mdp.transition_count + 1
    rewards = [Fraction(t) for t in range(mdp.transition_count)]
    return TrajectoryFunction(
        see=lambda lasso: discounted_sum(rewards, Fraction(1, base), lasso),
        function=lambda total: trajectory_value(mdp, number, spelled(mdp, total)),
        without_text="its function takes the digits of the return apart",
    )


def _one_return(spec: Spec) -> Form:
    """f(G_1, ..., G_k) with k = 1."""
    return _of_returns(spec, 1)


def _compose(spec: Spec) -> Form:
    """xi -> f(G_1(xi), ..., G_k(xi))."""
    return _of_returns(spec, None)


def _of_returns(spec: Spec, limit: int | None) -> Form:
    from specc.translate.forms import TrajectoryFunction
    from specc.translate.reading import returns_of
    from specc.translate.trajectory import discounted_sum

    read = returns_of(spec, limit)
    return TrajectoryFunction(
        lambda lasso: tuple(discounted_sum(r, read.discount, lasso) for r in read.rewards),
        read.function,
        spec.objective,
    )


def _return_of_the_machine(spec: Spec) -> Form:
    """xi -> what the machine pays along xi, discounted."""
    from specc.translate.forms import TrajectoryFunction
    from specc.translate.reading import finite, trajectory_of
    from specc.translate.trajectory import trajectory_value

    mdp, number = finite(spec), trajectory_of(spec)
    return TrajectoryFunction(
        lambda lasso: lasso, lambda lasso: trajectory_value(mdp, number, lasso), spec.objective
    )


def _indicator(spec: Spec) -> Form:
    """xi -> 1 where the formula holds, 0 elsewhere; sums of such, with weights."""
    from fractions import Fraction

    from specc.evaluate.outer import evaluate_number
    from specc.evaluate.value import exact
    from specc.objective import stack
    from specc.translate.forms import TrajectoryFunction
    from specc.translate.lottery import Lasso
    from specc.translate.reading import finite, trajectory_of
    from specc.translate.trajectory import satisfied

    mdp, number = finite(spec), trajectory_of(spec)

    def function(lasso: Lasso) -> Value:
        def truth(part: stack.Number) -> Value:
            assert isinstance(part, stack.Satisfaction)
            return exact(Fraction(satisfied(mdp, part, lasso)))

        return evaluate_number(number, truth)

    return TrajectoryFunction(lambda lasso: lasso, function, spec.objective)


def _limsup_average(spec: Spec) -> Form:
    """xi -> the limsup of the mean of the first N rewards along xi."""
    from specc.evaluate.outer import evaluate_number
    from specc.evaluate.value import exact
    from specc.objective import stack
    from specc.translate.forms import TrajectoryFunction
    from specc.translate.lottery import Lasso
    from specc.translate.reading import average_rewards, finite, trajectory_of
    from specc.translate.trajectory import cycle_mean

    mdp, number = finite(spec), trajectory_of(spec)

    def function(lasso: Lasso) -> Value:
        def mean(part: stack.Number) -> Value:
            return exact(cycle_mean(average_rewards(mdp, part), lasso))

        return evaluate_number(number, mean)

    return TrajectoryFunction(lambda lasso: lasso, function, spec.objective)


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
    translations=(
        Rule("injective-return", "INMR", "FTR", _injective_return),
        Rule("one-return", "IMORL", "INMR", _one_return, same_text=True),
        Rule("compose", "FTR", "IMORL", _compose, same_text=True),
        Rule("return-of-the-machine", "FTR", "RM", _return_of_the_machine, same_text=True),
        Rule("indicator", "FTR", "LTL", _indicator, same_text=True),
        Rule("limsup-average", "FTR", "LAR", _limsup_average, same_text=True),
    ),
)
