"""Outer nonlinear Markov rewards: a function of one expected return.

f is applied after the expectation: f(J), not E[f(G)]. So it can aim at a target, "earn about
five", as -(J - 5)^2, which no expectation can, since aiming prefers mixtures. An increasing f
changes nothing; only turning back does.

The order is constant on the level sets of one Markov value. That is all that it obeys: f may jump
and turn as it likes.
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

spec target in hall : ONMR = -(E[ discounted([office], 0.9) ] - 5)**2
"""


def _identity_outside(spec: Spec) -> Form:
    """f(J) with f the identity; a spec that is a monotone function of J keeps that function."""
    from specc.translate.forms import PolicyFunction
    from specc.translate.reading import finite, values_of
    from specc.translate.views import values

    finite(spec)
    read = values_of(spec, 1)
    return PolicyFunction(values(read.discount, read.rewards), read.function, spec.objective)


FORMALISM = Formalism(
    members=(
        Member(
            symbol="ONMR",
            name="outer nonlinear Markov rewards",
            definition="f(J), J the value of a Markov reward, f: R -> R any function",
            free_layer="outer, one J",
            position=8,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The order is constant on the level sets of one Markov value.",
    beware=(
        "f is neither continuous nor monotone in general. On finitely many policies with pairwise "
        "different lotteries every order is of this kind, so only infinite families refute it."
    ),
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2"
    ),
    example=_EXAMPLE,
    translations=(Rule("identity-outside", "ONMR", "MR", _identity_outside, same_text=True),),
)
