"""Limit average rewards: what a policy earns per step in the long run.

The first million steps do not count: only how often each transition is taken in the limit. This
is the natural measure of a machine that never stops (throughput, uptime), and it needs no
discount. It is blind to everything transient, so a choice that is made once, at the start, is
invisible unless it decides where the run ends up.
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

spec throughput in hall : LAR = E[ average([office] - 1/10*[coffee]) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="LAR",
            name="limit average rewards",
            definition="lim over N of 1/N E[sum over t < N of R(s_t, a_t, s_{t+1})]",
            free_layer="signal",
            position=1,
        ),
    ),
    teaching=__doc__ or "",
    invariant="The value is linear in the limit occupancy (s, a, s'); it ignores transients.",
    beware=(
        "It is not continuous in the policy: the limit occupancy jumps where a state stops being "
        "recurrent."
    ),
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2; Puterman, chapters 8 and 9"
    ),
    example=_EXAMPLE,
)
