"""`import specc`: the functions a user calls."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import specc
import specc.check.file
import specc.evaluate.evaluation
import specc.preorder

TASK = """\
env m = mdp {
  initial s0
  s0: a -> 1/2 s0 + 1/2 s1
      b -> s1
  s1: a -> s0
      b -> s1
  label goal: s1
}
spec near = E[discounted(2 * [goal] - 1, 0.9)]
"""


def test_from_a_file_to_a_value(tmp_path: Path) -> None:
    path = tmp_path / "task.spec"
    path.write_text(TASK, encoding="utf-8")
    near = specc.load(path)["near"]
    # The rooms of the same names are imported above; the functions stay in front.
    assert specc.check(near).formalism == "MR"
    assert specc.solve(near, exact=True).exact == 10
    # x = 9/20 (x + y) and y = -1 + 9/10 x, solved by hand.
    assert specc.solve(near, minimise=True, exact=True).exact == Fraction(-90, 29)
    assert specc.evaluate(near, "uniform").value == Fraction(110, 49)
    assert specc.preorder().geq("RM", "MR") is True
