"""Solvers against all memoryless policies of small models, exactly."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from brute_force import average_of, best, best_reach, discounted_of, reach_of, winning_states
from random_models import model_of, policies, policy_count, random_rewards, random_rows

from specc.automata.automaton import Acceptance, Combination, Fin, Inf
from specc.model.graph import Model
from specc.solve.acceptance import complement, satisfy
from specc.solve.average import average
from specc.solve.discounted import discounted
from specc.solve.horizon import horizon
from specc.solve.reachability import reach
from specc.solve.solution import Solution

NARROW = Fraction(1, 10**6)


def small_model(rng: random.Random) -> Model:
    while True:
        model = model_of(random_rows(rng, rng.randint(1, 5), 2))
        if policy_count(model) <= 32:
            return model


def agrees(exact: Solution, near: Solution, value: Fraction) -> None:
    assert exact.exact == exact.lower == exact.upper == value
    assert near.lower <= value <= near.upper
    assert near.upper - near.lower <= NARROW * abs(value) + Fraction(1, 10**12)


@pytest.mark.parametrize("maximise", [True, False])
def test_reachability(maximise: bool) -> None:
    rng = random.Random(11)
    for _ in range(60):
        model = small_model(rng)
        target = set(rng.sample(range(model.state_count), 1))
        holds = np.isin(np.arange(model.state_count), list(target))
        value = best_reach(model, target, maximise)
        exact = reach(model, holds, maximise, exact=True)
        near = reach(model, holds, maximise)
        agrees(exact, near, value)
        for solution in (exact, near):
            assert solution.choice is not None
            assert reach_of(model, solution.choice.tolist(), target) == value


@pytest.mark.parametrize("maximise", [True, False])
def test_long_run_average(maximise: bool) -> None:
    rng = random.Random(12)
    for _ in range(60):
        model = small_model(rng)
        rewards = random_rewards(rng, model)
        value = best([average_of(model, p, rewards) for p in policies(model)], maximise)
        exact = average(model, rewards, maximise, exact=True)
        near = average(model, rewards, maximise)
        agrees(exact, near, value)
        assert exact.choice is not None
        assert average_of(model, exact.choice.tolist(), rewards) == value


@pytest.mark.parametrize("maximise", [True, False])
def test_discounted(maximise: bool) -> None:
    rng = random.Random(13)
    for _ in range(60):
        model = small_model(rng)
        rewards = random_rewards(rng, model)
        discount = rng.choice([Fraction(0), Fraction(1, 3), Fraction(9, 10), Fraction(9999, 10000)])
        every = [discounted_of(model, p, rewards, discount) for p in policies(model)]
        value = best(every, maximise)
        exact = discounted(model, rewards, discount, maximise, exact=True)
        agrees(exact, discounted(model, rewards, discount, maximise), value)
        assert exact.choice is not None
        assert discounted_of(model, exact.choice.tolist(), rewards, discount) == value


def random_condition(rng: random.Random, depth: int) -> Acceptance:
    if depth == 0 or rng.random() < 0.25:
        return rng.choice([Inf, Fin])(rng.randrange(3))
    operands = tuple(random_condition(rng, depth - 1) for _ in range(2))
    return Combination(rng.choice(["and", "or"]), operands)


@pytest.mark.parametrize("maximise", [True, False])
def test_emerson_lei(maximise: bool) -> None:
    rng = random.Random(14)
    for _ in range(60):
        model = small_model(rng)
        while model.choice_count > 8:
            model = small_model(rng)
        marks = [rng.choice([0, 0, 1, 2, 4, 3, 5]) for _ in range(model.transition_count)]
        condition = random_condition(rng, 3)
        goal = condition if maximise else complement(condition)
        winning = winning_states(model, marks, goal)
        value = best_reach(model, winning, True)
        if not maximise:
            value = 1 - value
        array = np.array(marks, dtype=np.int64)
        exact = satisfy(model, array, condition, maximise, exact=True)
        near = satisfy(model, array, condition, maximise)
        assert exact.solution.exact == value
        assert near.solution.lower <= value <= near.solution.upper


def test_horizon_agrees_with_unfolding() -> None:
    rng = random.Random(15)
    for _ in range(40):
        model = small_model(rng)
        rewards = random_rewards(rng, model)
        steps = rng.randint(0, 4)
        for maximise in (True, False):
            value = unfold(model, rewards.exact(), 0, steps, maximise)
            exact = horizon(model, rewards, steps, maximise, exact=True).solution
            near = horizon(model, rewards, steps, maximise).solution
            agrees(exact, near, value)


def unfold(
    model: Model, rewards: list[Fraction], state: int, steps: int, maximise: bool
) -> Fraction:
    if steps == 0:
        return Fraction(0)
    values = []
    for choice in range(*model.choice_starts[state : state + 2].tolist()):
        begin, end = model.transition_starts[choice : choice + 2].tolist()
        worth = Fraction(0)
        for t in range(begin, end):
            after = unfold(model, rewards, int(model.successors[t]), steps - 1, maximise)
            worth += model.probabilities[t] * (rewards[t] + after)
        values.append(worth)
    return best(values, maximise)
