"""Co-safety: something good happens at last, and a finite prefix shows it.

The runs that have a good prefix, for a regular set of good prefixes: reach the goal, do the three
tasks in order. Once good, always good.
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

spec errand in hall = P[ F (coffee & F office) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="COSAFE",
            name="co-safety properties",
            definition="P(some finite prefix of xi is good)",
            free_layer="trajectory: regular set of prefixes",
            position=108,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is linear in the lottery, the mean of the indicator of an open set of "
        "trajectories."
    ),
    beware="It is not continuous in the policy.",
    source="Kupferman and Vardi (2001)",
    example=_EXAMPLE,
    extension=True,
)
