"""Solvers against Storm's exact mode (its sound floats for discounting) on random models."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from random_models import model_of, random_rewards, random_rows

from specc.automata.automaton import Acceptance, Combination, Fin, Inf
from specc.solve.acceptance import satisfy
from specc.solve.average import average
from specc.solve.discounted import discounted
from specc.solve.reachability import reach
from specc.solve.solution import Solution

pytest.importorskip("stormpy", reason="Storm has no wheel for this platform")
from storm_models import drn_text, storm_model, storm_value

# Marks: bit 0 on transitions out of "a", bit 1 out of "b".
CONDITIONS: dict[str, Acceptance] = {
    '(G F "a")': Inf(0),
    '(F G (! "a"))': Fin(0),
    '((G F "a") & (F G (! "b")))': Combination("and", (Inf(0), Fin(1))),
    '((F G (! "a")) | (G F "b"))': Combination("or", (Fin(0), Inf(1))),
    # Storm 2.0 builds a wrong labelling for a plain generalised Buechi question.
    '(((G F "a") & (G F "b")) | (G F "never"))': Combination("and", (Inf(0), Inf(1))),
}


def check(tmp_path: Path, seed: int, models: int, states: int) -> int:
    rng = random.Random(seed)
    pairs = 0
    for _ in range(models):
        model = model_of(random_rows(rng, rng.randint(2, states), 3))
        n = model.state_count
        a, b = (set(rng.sample(range(n), rng.randint(1, max(1, n // 4)))) for _ in "ab")
        rewards = random_rewards(rng, model)
        text = drn_text(model, {"a": a, "b": b}, rewards)
        storm = storm_model(text, tmp_path, exact=True)
        floats = storm_model(text, tmp_path, exact=False)
        states_of = np.repeat(np.arange(n), np.diff(model.choice_starts))
        source = np.repeat(states_of, np.diff(model.transition_starts))
        marks = np.array([(s in a) + 2 * (s in b) for s in source.tolist()], dtype=np.int64)
        target = np.isin(np.arange(n), list(a))
        words, condition = rng.choice(list(CONDITIONS.items()))
        for side, maximise in (("max", True), ("min", False)):
            truth = storm_value(storm, f'P{side}=? [F "a"]')
            same(reach(model, target, maximise, exact=True), truth)
            within(reach(model, target, maximise), truth)
            truth = storm_value(storm, f"P{side}=? [{words}]")
            same(satisfy(model, marks, condition, maximise, exact=True).solution, truth)
            within(satisfy(model, marks, condition, maximise).solution, truth)
            truth = storm_value(storm, f'R{{"r"}}{side}=? [LRA]')
            same(average(model, rewards, maximise, exact=True), truth)
            within(average(model, rewards, maximise), truth)
            truth = storm_value(floats, f'R{{"r"}}{side}=? [Cdiscount=9/10]')
            found = discounted(model, rewards, Fraction(9, 10), maximise, exact=True)
            assert found.exact is not None
            assert abs(found.exact - truth) <= Fraction(1, 10**5) * max(1, abs(truth))
            within(discounted(model, rewards, Fraction(9, 10), maximise), found.exact)
            pairs += 4
    return pairs


def same(solution: Solution, truth: Fraction) -> None:
    assert solution.exact == truth


def within(solution: Solution, truth: Fraction) -> None:
    assert solution.lower <= truth <= solution.upper


def test_random_models(tmp_path: Path) -> None:
    pairs = check(tmp_path, 1, 65, 12)
    print(f"{pairs} (model, objective) pairs agree with Storm")
    assert pairs >= 500


@pytest.mark.long
def test_more_and_larger_models(tmp_path: Path) -> None:
    pairs = check(tmp_path, 2, 300, 30)
    print(f"{pairs} (model, objective) pairs agree with Storm")
