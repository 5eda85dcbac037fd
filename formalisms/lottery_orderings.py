"""Trajectory lottery orderings: any order of the distributions over runs.

No number is needed: it is enough to say of any two lotteries which is better. "Safety first, then
speed", lexicographically, is the natural example: no amount of speed makes up for safety, and no
real number can say that in general. Three formalisms meet here, as below: value vectors and
occupancy measures see as much as the lottery does.
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

spec careful in hall : TLO = lexicographic(P[ G !coffee ], E[ discounted([office], 0.9) ])
spec vectors in hall : TLO =
  lexicographic(E[ discounted([office], 0.9) ], E[ discounted([coffee], 0.9) ])
"""


def _order_of_numbers(spec: Spec) -> Form:
    """L above L' iff f(L) > f(L')."""
    from specc.evaluate import evaluate
    from specc.evaluate.ranking import ranking
    from specc.translate.forms import PolicyOrder
    from specc.translate.lottery import Lottery, decoded, lottery
    from specc.translate.reading import finite

    mdp = finite(spec)

    def compare(one: Lottery, other: Lottery) -> int | None:
        found = [evaluate(spec, decoded(mdp, seen)) for seen in (one, other)]
        return ranking(spec.objective, found[0], found[1])

    return PolicyOrder(lottery, compare, spec.objective)


def _order_of_value_vectors(spec: Spec) -> Form:
    """L above L' iff (J_1(L), ..., J_k(L)) is above (J_1(L'), ..., J_k(L'))."""
    from specc.translate.forms import PolicyOrder
    from specc.translate.lottery import Lottery, decoded, lottery
    from specc.translate.reading import finite, values_of
    from specc.translate.views import values

    mdp, read = finite(spec), values_of(spec)
    see = values(read.discount, read.rewards)

    def compare(one: Lottery, other: Lottery) -> int | None:
        return read.compare(see(mdp, decoded(mdp, one)), see(mdp, decoded(mdp, other)))

    return PolicyOrder(lottery, compare, spec.objective)


def _indicator_rewards(spec: Spec) -> Form:
    """One indicator reward per transition: (J_1, ..., J_k) is the occupancy."""
    from specc.translate.forms import PolicyOrder
    from specc.translate.reading import finite, of_occupancy, values_of
    from specc.translate.views import Occupancy, indicators, values

    mdp, read = finite(spec), values_of(spec)

    def compare(one: Occupancy, other: Occupancy) -> int | None:
        return read.compare(of_occupancy(read, one), of_occupancy(read, other))

    return PolicyOrder(values(read.discount, indicators(mdp)), compare, spec.objective)


def _occupancy_fixes_policy(spec: Spec) -> Form:
    """m above m' iff their lotteries are, which occupancies for gamma = 1/2 fix."""
    from fractions import Fraction

    from specc.evaluate import evaluate
    from specc.evaluate.ranking import ranking
    from specc.translate.forms import PolicyOrder
    from specc.translate.reading import finite
    from specc.translate.views import Occupancy, decoded_occupancy, occupancy

    mdp = finite(spec)

    def compare(one: Occupancy, other: Occupancy) -> int | None:
        found = [evaluate(spec, decoded_occupancy(mdp, seen)) for seen in (one, other)]
        return ranking(spec.objective, found[0], found[1])

    return PolicyOrder(
        occupancy(Fraction(1, 2)),
        compare,
        without_text="its order finds the policy from the occupancy",
    )


FORMALISM = Formalism(
    members=(
        Member(
            symbol="TLO",
            name="trajectory lottery orderings",
            definition="any total preorder on the distributions over trajectories",
            free_layer="order",
            position=13,
        ),
        Member(
            symbol="GOMORL",
            name="generalised outer multi-objective reinforcement learning",
            definition="any total preorder on the vectors (J_1, ..., J_k)",
            free_layer="order",
            position=14,
        ),
        Member(
            symbol="OMO",
            name="occupancy measure orderings",
            definition="a discount and any total preorder on the occupancy measures m_pi",
            free_layer="order",
            position=15,
        ),
    ),
    teaching=__doc__ or "",
    invariant="Equal lotteries rank equally.",
    beware="There may be uncountably many jumps: no number need represent the order.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2"
    ),
    example=_EXAMPLE,
    translations=(
        Rule("order-of-numbers", "TLO", "FTLR", _order_of_numbers, same_text=True),
        Rule("order-of-value-vectors", "TLO", "GOMORL", _order_of_value_vectors, same_text=True),
        Rule("indicator-rewards", "GOMORL", "OMO", _indicator_rewards, same_text=True),
        Rule("occupancy-fixes-policy", "OMO", "TLO", _occupancy_fixes_policy),
    ),
)
