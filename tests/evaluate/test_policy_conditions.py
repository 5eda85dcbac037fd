"""Conditions over the policy's own randomness inside signals."""

from __future__ import annotations

from fractions import Fraction

import pytest

from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.resolve.file import load_text

MODEL = """
env e = mdp {
  initial s
  s: a -> t
     b -> s
  t: a -> t
     b -> s
  label g: t
}
"""


@pytest.mark.parametrize(
    ("signal", "worth"),
    [
        ("if entropy > 1/2 then 1 else 0", Fraction(2)),
        ("[entropy > 1/2 & g]", Fraction(1)),
        ("[entropy > 7/10]", Fraction(0)),  # ln 2 = 0.693...
        ("[!(entropy > 7/10) & !g] * 3", Fraction(3)),
    ],
)
def test_a_condition_may_compare_the_entropy(signal: str, worth: Fraction) -> None:
    """Under the uniform policy each step enters ``t`` with probability 1/2."""
    file = load_text(MODEL + f"spec x in e = E[discounted({signal}, 1/2)]")
    mdp = file["x"].environment
    assert isinstance(mdp, Mdp)
    half = Policy((Fraction(1, 2),) * 4)
    result = evaluate(file["x"], half)
    assert result.lower is not None and result.upper is not None
    assert result.lower <= worth <= result.upper
    assert result.upper - result.lower < Fraction(1, 10**9)
