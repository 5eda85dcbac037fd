"""Policy orderings: every order of the policies, the top of the diagram.

Whatever can be meant by "this policy is better than that one" is here, as long as any two
policies compare. It is the measure of all the others: a formalism is judged by which of these
orders it can say.
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

spec fallback in hall : PO = lexicographic(policy(left | mug), E[ discounted([office], 0.9) ])
"""

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
)
