"""One file of names that the tests of inference share."""

from __future__ import annotations

import re

from specc.objective.infer import Inference, infer
from specc.resolve.file import load_text

NAMES = """\
env e = mdp {
  initial s0
  s0: a -> s1
      b -> 1/2 s0 + 1/2 s1
  s1: a -> s1
  label g: s1
  label h: s0
}
reward r = 2*[g] - 1*[h]
reward q = [h] - 1/3*[g]
reward rare = log([g])
machine m {
  states u0 u1
  u0 -> u1 when g emit 1
  u1 -> u0 when h emit 2
}
machine deep {
  states u0 u1
  u0 -> u1 when g emit rare
}
policy ref = uniform
"""

_SHORT = {"J": "E[discounted(r, 0.9)]", "K": "E[discounted(q, 0.9)]", "P": "P[F g]"}


def inferred(expression: str) -> Inference:
    """The inference of an expression in which J, K and P stand for their usual meanings."""
    text = re.sub(r"\b([JKP])\b(?!\[)", lambda found: _SHORT[found[1]], expression)
    file = load_text(NAMES + f"spec x in e = {text}\n")
    assert file.diagnostics == (), file.diagnostics
    return infer(file["x"].objective)
