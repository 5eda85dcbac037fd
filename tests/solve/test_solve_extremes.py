"""Solvers at the edges: totals, tiny and huge numbers, long waits, many components, large models
whose compiled loops must agree with the plain ones."""

from __future__ import annotations

import importlib
import random
from fractions import Fraction

import numpy as np
import pytest
from brute_force import best, best_reach, fixed_values, outcomes
from random_models import Rows, model_of, policies, policy_count, random_rows

from specc.automata.automaton import Inf
from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.acceptance import satisfy
from specc.solve.average import average
from specc.solve.certify import lower_bound, upper_bound
from specc.solve.discounted import discounted
from specc.solve.end_components import end_components
from specc.solve.iterate import optimise
from specc.solve.reachability import reach
from specc.solve.rows import ROUND
from specc.solve.rows import Rows as FloatRows
from specc.solve.solution import Solution
from specc.solve.total import total

ONE = Fraction(1)


def pays(model: Model, amounts: dict[tuple[int, int], Fraction]) -> ExactArray:
    """Rewards by (state, successor), zero elsewhere."""
    states = np.repeat(np.arange(model.state_count), np.diff(model.choice_starts))
    source = np.repeat(states, np.diff(model.transition_starts)).tolist()
    pairs = zip(source, model.successors.tolist(), strict=True)
    return ExactArray.of(amounts.get(pair, Fraction(0)) for pair in pairs)


def narrow(found: Solution, value: Fraction) -> None:
    assert found.lower <= value <= found.upper
    assert found.upper - found.lower <= Fraction(1, 10**6) * abs(value)
    assert found.promise in ("certified interval", "exact")


def goal_of(model: Model, *states: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.isin(np.arange(model.state_count), states)


@pytest.mark.parametrize("maximise", [True, False])
def test_totals_against_all_policies(maximise: bool) -> None:
    """Rewards on the transitions that leave every end component; each policy by elimination."""
    rng = random.Random(31)
    tried = 0
    while tried < 40:
        model = model_of(random_rows(rng, rng.randint(2, 5), 2))
        if policy_count(model) > 32:
            continue
        inside = end_components(model).choices
        of = np.repeat(np.arange(model.choice_count), np.diff(model.transition_starts))
        items = [Fraction(1), Fraction(-2), Fraction(10**9), Fraction(1, 10**12), Fraction(0)]
        paid = [Fraction(0) if inside[c] else rng.choice(items) for c in of.tolist()]
        rewards = ExactArray.of(paid)
        tried += 1
        value = best([total_of(model, p, paid) for p in policies(model)], maximise)
        assert total(model, rewards, maximise, exact=True).exact == value
        found = total(model, rewards, maximise)
        assert found.lower <= value <= found.upper


def total_of(model: Model, policy: list[int], paid: list[Fraction]) -> Fraction:
    """The expected number of uses of each paying transition, times what it pays, summed."""
    answer = Fraction(0)
    for state, choice in enumerate(policy):
        for successor, p, t in outcomes(model, choice):
            if paid[t]:
                answer += visits(model, policy, state) * p * paid[t]
                assert successor >= 0
    return answer


def visits(model: Model, policy: list[int], state: int) -> Fraction:
    """Expected visits of a transient state: reach it, over the chance not to come back."""
    there = reaching(model, policy, state)
    back = sum((p * there[s] for s, p, _ in outcomes(model, policy[state])), Fraction(0))
    return there[0] / (1 - back)


def reaching(model: Model, policy: list[int], state: int) -> list[Fraction]:
    from brute_force import closure

    known = {state: ONE}
    for s in range(model.state_count):
        if state not in closure(model, policy, s):
            known[s] = Fraction(0)
    return fixed_values(model, policy, known)


def test_a_total_that_could_pay_for_ever_is_refused() -> None:
    model = model_of([[[(0, ONE)], [(1, ONE)]], [[(1, ONE)]]])
    with pytest.raises(ValueError, match="zero inside end components"):
        total(model, pays(model, {(0, 0): Fraction(-1)}))


@pytest.mark.parametrize("tiny", [Fraction(1, 10**12), Fraction(1, 10**15), Fraction(1, 10**40)])
def test_a_patient_wait_wins(tiny: Fraction) -> None:
    """Waiting in two states in turn wins surely in the end; leaving at once wins half the time."""
    half = Fraction(1, 2)
    wait: list[list[tuple[int, Fraction]]] = [[(1, 1 - tiny), (2, tiny)], [(2, half), (3, half)]]
    rows: Rows = [wait, [[(0, ONE)]], [[(2, ONE)]], [[(3, ONE)]]]
    model = model_of(rows)
    narrow(reach(model, goal_of(model, 2), True), ONE)
    narrow(reach(model, goal_of(model, 2), False), half)


def test_a_tiny_probability_keeps_its_digits() -> None:
    rows: Rows = [
        [[(k + 1, Fraction(1, 10**12)), (0, 1 - 2 * Fraction(1, 10**12)), (5, Fraction(1, 10**12))]]
        for k in range(4)
    ]
    model = model_of([*rows, [[(4, ONE)]], [[(5, ONE)]]])
    value = best_reach(model, {4}, True)
    assert 0 < value < Fraction(1, 10**3)
    narrow(reach(model, goal_of(model, 4)), value)


@pytest.mark.parametrize("maximise", [True, False])
@pytest.mark.parametrize("scale", [Fraction(10**9), Fraction(1, 10**12)])
def test_scales_of_rewards(scale: Fraction, maximise: bool) -> None:
    rng = random.Random(33)
    model = model_of(random_rows(rng, 60, 3))
    plain = [Fraction(rng.randint(-5, 9)) for _ in range(model.transition_count)]
    large = ExactArray.of(x * scale for x in plain)
    small = ExactArray.of(plain)
    discount = Fraction(9999, 10000)
    exact = discounted(model, small, discount, maximise, exact=True).exact
    assert exact is not None
    narrow(discounted(model, large, discount, maximise), exact * scale)
    exact = average(model, small, maximise, exact=True).exact
    assert exact is not None
    narrow(average(model, large, maximise), exact * scale)


def test_a_periodic_chain() -> None:
    n = 7
    model = model_of([[[((s + 1) % n, ONE)]] for s in range(n)])
    rewards = pays(model, {(0, 1): ONE})
    narrow(average(model, rewards), Fraction(1, n))
    marks = np.array([1] + [0] * (n - 1), dtype=np.int64)
    narrow(satisfy(model, marks, Inf(0)).solution, ONE)
    assert satisfy(model, marks, Inf(1)).solution.upper == 0


def test_many_components_and_states_that_reach_nothing() -> None:
    """Pairs to dwell in, worth k each; from the first one all others can be entered, or a pit."""
    pairs = 300
    rows: Rows = []
    for k in range(pairs):
        dwell = [[(2 * k + 1, ONE)]]
        if k == 0:
            dwell += [[(2 * j, Fraction(1, 2)), (2 * pairs, Fraction(1, 2))] for j in range(1, 40)]
        rows += [dwell, [[(2 * k, ONE)]]]
    model = model_of([*rows, [[(2 * pairs, ONE)]]])
    assert end_components(model).count == pairs + 1
    rewards = pays(model, {(2 * k, 2 * k + 1): Fraction(2 * k) for k in range(pairs)})
    narrow(average(model, rewards), Fraction(39, 2))
    assert average(model, rewards, False).upper <= Fraction(1, 10**12)
    assert reach(model, goal_of(model, 2 * 77)).upper == 0


def walk(n: int) -> Model:
    """A slippery line of n cells with a goal at one end and a pit at the other; every cell may
    also be left alone, which is to wait for ever."""
    lucky, poor = Fraction(3, 5), Fraction(2, 5)
    rows: Rows = [[[(0, ONE)]]]
    for s in range(1, n - 1):
        rows.append([[(s + 1, lucky), (s - 1, poor)], [(s + 1, poor), (s - 1, lucky)], [(s, ONE)]])
    return model_of([*rows, [[(n - 1, ONE)]]], ((n // 2, ONE),))


def test_compiled_sweeps_find_the_ruin_of_the_gambler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("specc.solve.iterate"), "_SMALL", 0)
    monkeypatch.setattr(importlib.import_module("specc.solve.end_components"), "_SMALL", 0)
    model = walk(41)
    ratio = Fraction(2, 3)
    value = (1 - ratio**20) / (1 - ratio**40)
    narrow(reach(model, goal_of(model, 40)), value)
    assert reach(model, goal_of(model, 40), False).upper == 0


def test_compiled_and_plain_components_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("specc.solve.end_components")
    rng = random.Random(34)
    for _ in range(150):
        model = model_of(random_rows(rng, rng.randint(1, 25)))
        allowed = np.array([rng.random() < 0.9 for _ in range(model.choice_count)])
        monkeypatch.setattr(module, "_SMALL", 10**9)
        plain = end_components(model, allowed)
        monkeypatch.setattr(module, "_SMALL", 0)
        compiled = end_components(model, allowed)
        assert plain.count == compiled.count
        assert np.array_equal(plain.choices, compiled.choices)
        pairs = set(zip(plain.component.tolist(), compiled.component.tolist(), strict=True))
        assert len(pairs) == len(set(plain.component.tolist()))


def test_a_long_chain_falls_apart_from_its_end() -> None:
    """Every state leads to the next and back, and the last one may do nothing: none can stay."""
    n = 100_000
    successors = np.empty(2 * n, dtype=np.int64)
    successors[0::2] = np.minimum(np.arange(n) + 1, n - 1)
    successors[1::2] = np.maximum(np.arange(n) - 1, 0)
    halves = ExactArray((Fraction(1, 2),), np.zeros(2 * n, dtype=np.int64))
    model = Model(np.arange(n + 1), 2 * np.arange(n + 1), successors, halves, ((0, ONE),))
    assert end_components(model).count == 1
    allowed = np.ones(n, dtype=np.bool_)
    allowed[n - 1] = False
    assert end_components(model, allowed).count == 0


def test_bounds_hold_whatever_they_are_guessed_from() -> None:
    """The vectors are checked, so wrong values and a poor policy give wide bounds, not wrong."""
    rng = np.random.default_rng(35)
    for _ in range(40):
        n, k = 12, 3
        weights = rng.random((n * 2, k))
        weights *= 0.95 / weights.sum(axis=1, keepdims=True)
        rows = FloatRows(
            2 * np.arange(n + 1),
            k * np.arange(2 * n + 1),
            rng.integers(0, n, 2 * n * k),
            weights.ravel(),
            rng.normal(size=2 * n),
            np.zeros(2 * n),
            np.full(2 * n, 10 * ROUND),
            np.full(2 * n, 0.05),
        )
        _, truth = optimise(rows, 1e-15)
        guess = truth + rng.normal(size=n) * 10.0 ** rng.integers(-12, 1)
        policy = 2 * np.arange(n) + rng.integers(0, 2, n)
        lower = lower_bound(rows, policy, guess)
        upper = upper_bound(rows, policy, guess, 1e-9, lambda _: True)
        assert (lower <= truth + 1e-12).all()
        assert (truth - 1e-12 <= upper).all()
