"""Omega-regular sets: all that a finite automaton can say of an infinite run.

Formulas of linear temporal logic are the star-free part; automata can count modulo n as well, as
in "at every other step". A HOA file gives the general case; the example is a formula, so that it
needs no file.
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

spec rounds in hall = P[ G F (coffee & X office) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="OMEGA",
            name="omega-regular objectives",
            definition="P(xi lies in an omega-regular set)",
            free_layer="trajectory: automaton",
            position=109,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is linear in the lottery, the mean of a trajectory function with values in {0, "
        "1}."
    ),
    beware="It is not continuous in the policy.",
    source="Thomas, Automata on infinite objects (1990); Hahn et al. (TACAS 2019)",
    example=_EXAMPLE,
    extension=True,
)
