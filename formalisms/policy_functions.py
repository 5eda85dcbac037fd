"""Functions from policies to reals: any number of the policy itself.

Here the objective may read the policy as a program: what would it do at a state that it never
reaches? That is the only thing gained over lotteries, and it matters where behaviour off the path
is the point, as for a fallback that must be safe though it is never used.

A number still orders policies by the real line, and the real line has no room for uncountably
many jumps. So some orders remain out of reach.
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

spec fallback in hall : FPR = policy(left | mug)
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="FPR",
            name="functions from policies to reals",
            definition="J(pi), any function of the policy",
            free_layer="policy",
            position=12,
        ),
    ),
    teaching=__doc__ or "",
    invariant="There is no uncountable family of jumps: the order embeds in the real line.",
    beware="Equal lotteries need not rank equally.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2; Debreu (1954) on orders that embed in the real line"
    ),
    example=_EXAMPLE,
)
