"""Functions from policies to reals: any number of the policy itself.

Here the objective may read the policy as a program: what would it do at a state that it never
reaches? That is the only thing gained over lotteries, and it matters where behaviour off the path
is the point, as for a fallback that must be safe though it is never used.

A number still orders policies by the real line, and the real line has no room for uncountably
many jumps. So some orders remain out of reach.
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

spec fallback in hall : FPR = policy(left | mug)
"""


def _pull_back(spec: Spec) -> Form:
    """pi -> f(L_pi)."""
    from specc.evaluate import evaluate
    from specc.translate.forms import PolicyFunction
    from specc.translate.lottery import decoded, lottery
    from specc.translate.reading import finite
    from specc.translate.views import policy

    mdp = finite(spec)
    return PolicyFunction(
        policy, lambda pi: evaluate(spec, decoded(mdp, lottery(mdp, pi))), spec.objective
    )


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
    translations=(Rule("pull-back-to-policies", "FPR", "FTLR", _pull_back, same_text=True),),
)
