"""The kernel's exact values against specc's own (automata, products, flint), and by hand."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from kernel_documents import ENTROPY, average, data, discounted, probability, scalar, statement
from kernel_random import (
    mdp_of,
    number_of,
    policy_of,
    random_environment,
    random_formula,
    random_machine,
    random_policy,
    random_signal,
)

from specc.evaluate.evaluation import evaluate_objective
from specc.kernel.logs import Logs, value_sign
from specc.kernel.statement import read_policy, read_statement
from specc.kernel.values import Valuation
from specc.objective import stack


def both_values(environment, number, policy, machines=None):
    """(the kernel's value, specc's evaluation)."""
    claim = read_statement(
        data(statement(environment, scalar(number), "PO", machines=machines or {}))
    )
    where, spec = claim.environment, claim.spec
    found = Valuation(where, spec, read_policy(policy, where, "policy")).value(spec.numbers[0])
    mdp = mdp_of(environment)
    objective = stack.Scalar(number_of(number, machines))
    return found, evaluate_objective("x", objective, mdp, policy_of(mdp, policy))


def check_formulas(seed: int, count: int) -> None:
    rng = random.Random(seed)
    between = 0
    for _ in range(count):
        environment = random_environment(rng)
        formula = random_formula(rng, environment, rng.randint(2, 8))
        policy = random_policy(rng, environment)
        found, other = both_values(environment, probability(formula), policy)
        assert found == other.value, (environment, formula, policy)
        between += 0 < found < 1
    assert between > count // 8, "too few probabilities strictly between 0 and 1"


def test_formulas() -> None:
    check_formulas(1, 300)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_formulas(seed: int) -> None:
    check_formulas(seed, 1000)


def check_signals(seed: int, count: int) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        environment = random_environment(rng)
        policy = random_policy(rng, environment)
        machines = {"m": random_machine(rng, environment)}
        signal = random_signal(rng, environment)
        for number in (
            discounted(signal, rng.choice(["0", "1/2", "9/10"])),
            average(signal),
            {"kind": "total", "signal": signal, "horizon": rng.randint(0, 5)},
        ):
            found, other = both_values(environment, number, policy, machines)
            assert found == other.value, (environment, number, policy, machines)


def test_signals() -> None:
    check_signals(2, 100)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 25))
def test_many_signals(seed: int) -> None:
    check_signals(seed, 400)


def test_policy_terms() -> None:
    rng = random.Random(3)
    logs = 0
    for _ in range(60):
        environment = random_environment(rng)
        policy = random_policy(rng, environment)
        machines = {"m": random_machine(rng, environment)}
        signal = random_signal(rng, environment, policy_terms=True)
        number = rng.choice([discounted(signal, "2/3"), average(signal)])
        found, other = both_values(environment, number, policy, machines)
        if isinstance(found, Logs):
            logs += 1
            assert other.lower is not None
            assert other.upper is not None
            for end, side in ((other.lower, 1), (other.upper, -1)):
                shifted = Logs(found.rational - end, found.terms)
                assert value_sign(shifted) in (0, side)
        else:
            assert other.lower <= found <= other.upper
    assert logs > 10


def test_entropy_of_a_coin() -> None:
    environment = {"states": {"s": {"a": {"s": "1"}, "b": {"s": "1"}}}, "initial": {"s": "1"}}
    claim = read_statement(data(statement(environment, scalar(discounted(ENTROPY, "0")), "PO")))
    policy = read_policy({"s": {"a": "1/3", "b": "2/3"}}, claim.environment, "policy")
    found = Valuation(claim.environment, claim.spec, policy).value(claim.spec.numbers[0])
    assert isinstance(found, Logs)
    exact = float(found.rational) + sum(float(c) * math.log(n) for n, c in found.terms)
    assert exact == pytest.approx(math.log(3) - 2 / 3 * math.log(2))
    assert value_sign(Logs(Fraction(0), ((8, Fraction(2)), (4, Fraction(-3))))) == 0
    assert (
        value_sign(Logs(Fraction(0), ((6, Fraction(1)), (2, Fraction(-1)), (3, Fraction(-1))))) == 0
    )
