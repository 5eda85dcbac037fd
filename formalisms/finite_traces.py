"""Linear temporal logic on finite traces: a formula about the first H steps.

The formula is read on a prefix of fixed length, with the end of the prefix as the end of time.
Whatever it says is settled after H steps.
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

spec soon in hall = P[ LTLf[5](F office & G !coffee) ]
"""

FORMALISM = Formalism(
    members=(
        Member(
            symbol="LTLF",
            name="linear temporal logic on finite traces",
            definition="P(the first H steps satisfy phi)",
            free_layer="trajectory: formula",
            position=107,
        ),
    ),
    teaching=__doc__ or "",
    invariant=(
        "The value is a polynomial in the policy, so continuous, and linear in the lottery with "
        "values in {0, 1}."
    ),
    beware="`G` holds at the end of the prefix, whatever would come after.",
    source="De Giacomo and Vardi (IJCAI 2013)",
    example=_EXAMPLE,
    extension=True,
)
