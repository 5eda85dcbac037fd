"""Training on compiled rewards reaches known optima, judged by exact evaluation."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from emit_specs import spec

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
from learn import greedy_value, learn

_DISCOUNT = Fraction(99, 100)
OPTIMA = {
    # 14/17 on the slippery 4x4 lake, thirteen steps along the cliff, and so on.
    "reach": Fraction(14, 17),
    "walk": -sum((_DISCOUNT**t for t in range(13)), Fraction(0)),
    "patrol": Fraction(1),
    "settle": Fraction(1),
    "rate": Fraction(1),
    "cover": Fraction(7),
    "soon": Fraction(4),
}


@pytest.mark.parametrize("name", list(OPTIMA))
def test_learns_the_optimum(name: str) -> None:
    value = greedy_value(spec(name), learn(spec(name), steps=1_000_000))
    assert value <= OPTIMA[name]
    assert value >= OPTIMA[name] - abs(OPTIMA[name]) / 100


def test_same_seed_same_table() -> None:
    one, two = (learn(spec("deliver"), steps=20_000, seed=5) for _ in range(2))
    assert np.array_equal(one.values, two.values)


def test_the_newcomers_script() -> None:
    import train_frozen_lake as script

    from specc.evaluate.evaluation import evaluate

    found = evaluate(script.spec, script.greedy(script.train(2_000))).value
    assert Fraction(1, 2) <= found <= Fraction(14, 17)
