"""Best policies for the pseudo-reward, mixed: they reach the exact optimum."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from functional_models import functional
from scipy.optimize import linprog

import specc
from specc.emit.functional.pseudo import PseudoReward
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.resolve.file import Spec, load_text

CROSSING = """env crossing = mdp {
  initial both
  both: left -> 4/5 right_waits + 1/5 both
        right -> 3/5 left_waits + 2/5 both
  right_waits: left -> right_waits
               right -> 3/5 both + 2/5 right_waits
  left_waits: right -> left_waits
              left -> 4/5 both + 1/5 left_waits
}
reward left_served = [action = left & at(right_waits)]
reward right_served = [action = right & at(left_waits)]
"""
LEFT, RIGHT = (f"E[discounted({side}_served, 0.9)]" for side in ("left", "right"))


def corners(mdp: Mdp, names: tuple[str, ...]) -> Any:
    """The exact values of these numbers under every deterministic policy, (policies, numbers)."""
    lines = "".join(f"spec n{i} in crossing = {text}\n" for i, text in enumerate(names))
    file = load_text(CROSSING + lines)
    rows = []
    for chosen in product(*(mdp.choices(state) for state in range(mdp.state_count))):
        policy = Policy(tuple(Fraction(int(c in chosen)) for c in range(mdp.choice_count)))
        found = [specc.evaluate(file[f"n{i}"], policy).value for i in range(len(names))]
        rows.append([float(value or 0) for value in found])
    return np.array(rows)


def played(objective: str, rounds: int, smoothing: float) -> tuple[Any, Any, Spec]:
    """What the mixture of best policies is worth, (left, right); all corners; the spec."""
    spec = load_text(CROSSING + f"spec s in crossing = {objective}\n")["s"]
    pseudo = PseudoReward(functional(spec))
    found = corners(spec.environment, (LEFT, RIGHT))
    place = [int(text_of(part.number) == RIGHT) for part in pseudo.parts]
    row, mean = found.mean(axis=0), np.zeros(2)
    for k in range(1, rounds + 1):
        mean = mean + (row - mean) / k
        pseudo.update(row[None, place], step_size=1 / k, smoothing=smoothing)
        row = found[np.argmax(found[:, place] @ pseudo.weights)]
    return mean, found, spec


def text_of(number: object) -> str:
    return LEFT if "right_waits" in repr(number) else RIGHT


@pytest.mark.parametrize(
    ("objective", "smoothing", "rounds"),
    [(f"min({LEFT}, {RIGHT})", 0.5, 3000), (f"log({LEFT}) + 2*log({RIGHT})", 0.0, 500),
     (f"{LEFT} * {RIGHT}", 0.0, 500)],
)  # fmt: skip
def test_frank_wolfe_reaches_the_optimum(objective: str, smoothing: float, rounds: int) -> None:
    mean, found, spec = played(objective, rounds, smoothing)
    welfare = lambda v: np.log(max(v[0], 1e-9)) + 2 * np.log(max(v[1], 1e-9))  # noqa: E731
    value = {"m": min, "l": welfare, "E": np.prod}[objective[0]]
    if objective.startswith("min"):
        solved = specc.solve(spec)
        assert solved.lower is not None
        best = float(solved.lower)
    else:
        best = max(value(p * a + (1 - p) * b) for a in found for b in found
                   for p in np.linspace(0, 1, 201))  # fmt: skip
    assert value(mean) == pytest.approx(best, rel=0.01) and value(mean) <= best + 1e-6


def test_multipliers_reach_the_constrained_optimum() -> None:
    objective = f"maximise {LEFT} subject to {RIGHT} >= 11/2"
    mean, found, _ = played(objective, 3000, 0.0)
    solved = linprog(-found[:, 0], A_ub=-found[:, 1:].T, b_ub=[-5.5], A_eq=np.ones((1, len(found))),
                     b_eq=[1.0])  # fmt: skip
    assert mean[0] == pytest.approx(-solved.fun, rel=0.01)
    assert mean[1] >= 5.5 * 0.99
