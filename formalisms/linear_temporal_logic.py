"""Linear temporal logic: the probability that the run satisfies a formula.

`F goal` (eventually), `G !plant` (always not), `G F mail` (again and again) and their
combinations speak of a whole infinite run and say yes or no. The value of a policy is the
probability of yes. Formulas have memory that rewards lack and care about the infinite: "reach the
goal some day" is indifferent to when, which no discount is.

What they lack is degree. A run is worth 0 or 1, so three deterministic policies with one run each
can never be ranked strictly.
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

spec rounds in hall : LTL = P[ G F coffee & G F office ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="LTL",
            name="linear temporal logic",
            definition="P(xi satisfies phi), atoms over transitions",
            free_layer="trajectory: formula",
            position=2,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is linear in the lottery, the mean of a trajectory function with values in {0, "
        "1}."
    ),
    beware="It is not continuous in the policy.",
    source=(
        "Subramani, Williams, Heitmann, Holm, Griffin, Skalse (ICLR 2024, arXiv 2310.11840), "
        "section 2; Pnueli (1977); Baier and Katoen, Principles of Model Checking, chapters 5 and "
        "10"
    ),
    example=_EXAMPLE,
)
