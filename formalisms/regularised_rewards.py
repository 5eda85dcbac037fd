"""Regularised reinforcement learning: a Markov reward and a price on how one chooses.

At every step the policy pays alpha times F of its own action distribution at that state. With F
the negative entropy it is rewarded for keeping its options open; with a divergence from a
reference policy it is punished for leaving it. Maximum-entropy learning, soft Q-learning and the
fine-tuning of language models with a KL penalty are of this kind.

F is any function of the distribution, so it sees how much is mixed and where: it can put the
uniform policy strictly on top. On deterministic policies it is only a constant per state and
action set, and nothing is gained over Markov rewards.
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

spec soft in hall : RRL = E[ discounted([office] + 1/10*entropy, 0.9) ]
"""


def _no_regulariser(spec: Spec) -> Form:
    """R - alpha F with F the negative entropy and alpha = 0."""
    from fractions import Fraction

    from specc.objective import stack
    from specc.translate.forms import Written
    from specc.translate.rewrite import with_signals

    nothing = stack.Apply("*", (stack.Constant(Fraction(0)), stack.PolicyTerm("entropy")))
    return Written(with_signals(spec.objective, lambda r: stack.Apply("+", (r, nothing))))


FORMALISM = Formalism(
    members=(
        Member(
            symbol="RRL",
            name="regularised reinforcement learning",
            definition=(
                "E[sum over t of gamma^t (R(s_t, a_t, s_{t+1}) - alpha F(pi(s_t)))], F: Dist(A) "
                "-> R"
            ),
            free_layer="signal, which may mention pi",
            position=7,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is <R, m> - alpha <F, nu> with m the discounted occupancy and nu_d the "
        "occupancy of the states where pi(s) = d; on deterministic policies it is a Markov "
        "reward."
    ),
    beware="F is arbitrary: the value need not be continuous in the policy.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2; Geist, Scherrer, Pietquin (ICML 2019)"
    ),
    example=_EXAMPLE,
    translations=(Rule("no-regulariser", "RRL", "MR", _no_regulariser),),
)
