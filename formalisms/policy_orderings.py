"""Policy orderings: every order of the policies, the top of the diagram.

Whatever can be meant by "this policy is better than that one" is here, as long as any two
policies compare. It is the measure of all the others: a formalism is judged by which of these
orders it can say.
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

spec fallback in hall : PO = lexicographic(policy(left | mug), E[ discounted([office], 0.9) ])
"""


def _order_of_numbers(spec: Spec) -> Form:
    """pi above pi' iff J(pi) > J(pi')."""
    from specc.evaluate import evaluate
    from specc.evaluate.ranking import ranking
    from specc.model.policy import Policy
    from specc.translate.forms import PolicyOrder
    from specc.translate.views import policy

    def compare(one: Policy, other: Policy) -> int | None:
        return ranking(spec.objective, evaluate(spec, one), evaluate(spec, other))

    return PolicyOrder(policy, compare, spec.objective)


def _pull_back(spec: Spec) -> Form:
    """pi above pi' iff L_pi is above L_pi'."""
    from specc.evaluate import evaluate
    from specc.evaluate.ranking import ranking
    from specc.model.policy import Policy
    from specc.translate.forms import PolicyOrder
    from specc.translate.lottery import decoded, lottery
    from specc.translate.reading import finite
    from specc.translate.views import policy

    mdp = finite(spec)

    def compare(one: Policy, other: Policy) -> int | None:
        found = [evaluate(spec, decoded(mdp, lottery(mdp, pi))) for pi in (one, other)]
        return ranking(spec.objective, found[0], found[1])

    return PolicyOrder(policy, compare, spec.objective)


FORMALISM = Formalism(
    members=(
        Member(
            symbol="PO",
            name="policy orderings",
            definition="any total preorder on the policies",
            free_layer="order",
            position=16,
        ),
    ),
    teaching=__doc__ or "",
    invariant="None: every order of the policies is one.",
    beware="The specs that a text can write down are few among these orders.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2"
    ),
    example=_EXAMPLE,
    translations=(
        Rule("order-of-numbers", "PO", "FPR", _order_of_numbers, same_text=True),
        Rule("pull-back-to-policies", "PO", "TLO", _pull_back, same_text=True),
    ),
)
