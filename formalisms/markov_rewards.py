"""Markov rewards: the objective of textbook reinforcement learning.

Every transition pays a number, later payments are discounted, and a policy is worth what it earns
on average. The reward sees one transition and has no memory, so it cannot say "coffee first, then
the office"; and the value is an average over time of the same numbers, so it cannot say "mix the
two actions". In exchange every solver and every learning algorithm handles it.

The order that a Markov reward induces is the one of a linear function of the discounted occupancy
measure. That is a sharp fact: whatever no linear function of the occupancy can order, for any
discount, no Markov reward can.
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

reward tip = 2*[office] + [coffee]

spec work in hall : MR = E[ discounted(tip, 0.9) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="MR",
            name="Markov rewards",
            definition="E[G] with G = sum over t of gamma^t R(s_t, a_t, s_{t+1}), gamma in [0, 1)",
            free_layer="signal",
            position=0,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is linear in the discounted occupancy of one discount, and continuous in the "
        "policy."
    ),
    beware="",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2; Puterman, Markov Decision Processes, chapter 6"
    ),
    example=_EXAMPLE,
)
