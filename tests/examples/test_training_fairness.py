"""Training for an outer nonlinear objective, as far as seconds go."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "training"))
import fairness

BEST = 1200 / 251
"""Of the linear program, by hand: see `fair_lights.spec`."""


def test_optimum_and_what_the_sum_is_worth() -> None:
    assert fairness.STUDY.best == pytest.approx(BEST, abs=1e-6)
    assert fairness.STUDY.lines == {"best policy for the sum": 0.0}


def test_mixed_q_learning_comes_close() -> None:
    points = list(fairness.mixed_q_learning(0, True))
    assert BEST * 0.95 < points[-1][1] <= BEST + 1e-9
    assert all(value <= BEST + 1e-9 for _, value in points)
    again = fairness.mixed_q_learning(0, True)
    assert [next(again), next(again)] == points[:2]


def test_policy_gradient_improves() -> None:
    points = list(fairness.mixed_policy_gradient(0, True))
    assert points[-1][1] > max(2.5, points[0][1]) and points[-1][1] <= BEST + 1e-9


def test_values_are_exact() -> None:
    """Whoever serves one road only, serves the other never."""
    left, right = fairness._served(np.array([[1.0, 0.0]] * 3))
    assert (left, right) == (pytest.approx(400 / 41), 0.0)
    left, right = fairness._served(np.array([[0.0, 1.0]] * 3))
    assert (left, right) == (0.0, pytest.approx(75 / 8))
