"""Optima with entropies and divergences: closed forms, soft value iteration in plain Python, and
policies that are valued exactly."""

from __future__ import annotations

import json
import math
import random
from fractions import Fraction
from pathlib import Path

import pytest
from test_optimise_functions import loaded, model_of, never_beaten, sampled
from written_models import Reward, Written, random_reward, random_written, worth

from specc.check.plan import plan
from specc.evaluate import evaluate
from specc.objective.simplify import simplify_objective
from specc.optimise import SolveResult, solve
from specc.resolve.file import Spec, load, load_text

BANDIT = """
env one = mdp { initial s
  s: a -> s
     b -> s
     c -> s }
policy ref = uniform
"""


def bandit(text: str) -> Spec:
    file = load_text(f"{BANDIT}spec x in one = {text}\n")
    assert not file.has_errors, file.diagnostics
    return file["x"]


def near(found: SolveResult, value: float) -> bool:
    assert found.lower is not None and found.upper is not None
    assert found.upper - found.lower <= Fraction(1, 10**9)
    return math.isclose(float(found.lower), value, rel_tol=1e-12, abs_tol=1e-12)


SOFT = 10 * 0.1 * math.log(math.exp(10) + 2)
# For max over p of p_a + 1 - sum p**2: p = (2/3, 1/6, 1/6), and the value is 7/6.
CLOSED = {
    "E[discounted([action = a] + 1/10*entropy, 9/10)]": SOFT,
    "1 - 2 * E[discounted(-[action = a] - 1/10*entropy, 9/10)]": 1 + 2 * SOFT,
    "E[discounted([action = a] - 1/2*kl(ref), 9/10)]": 5 * math.log((math.exp(2) + 2) / 3),
    "E[discounted([action = a] + 1/2*kl(ref), 9/10)]": 10 + 5 * math.log(3),
    "E[discounted([action = a] - entropy, 9/10)]": 10.0,
    "E[discounted([action = a] + kl(ref) + entropy, 9/10)]": 10 * (1 + math.log(3)),
    "E[discounted([action = a] + tsallis(2), 9/10)]": 35 / 3,
    "E[discounted([action = a] + 1/4*tsallis(2), 9/10)]": 10.0,
    "E[discounted(2 * tsallis(1/2), 9/10)]": 40 * (math.sqrt(3) - 1),
    "E[total([action = a] + entropy, horizon=7)]": 7 * math.log(math.e + 2),
    "exp(E[discounted(entropy, 1/2)])": 9.0,
    # rounding that grew from step to step, and weights beside which every gain is huge
    "E[total([action = a] + entropy, horizon=500)]": 500 * math.log(math.e + 2),
    "E[discounted([action = a] + 1e-45*entropy, 9/10)]": 10.0,
    "E[discounted([action = a] + 1e-45*tsallis(1/2), 9/10)]": 10.0,
}


@pytest.mark.parametrize("text", CLOSED)
def test_one_state_has_a_closed_form(text: str) -> None:
    spec = bandit(text)
    found = solve(spec)
    assert near(found, CLOSED[text])
    promised = plan(simplify_objective(spec.objective), finite=True)
    assert promised.promise == "certified interval"
    assert found.method.split(",")[0] == promised.method.split(",")[0]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("E[discounted([action = a] + 1e-400*entropy, 9/10)]", "below 1e-50"),
        ("E[discounted([action = a] + tsallis(1e400), 9/10)]", "above 1e50"),
        ("E[discounted([action = a] - 1e400*kl(ref), 9/10)]", "above 1e50"),
        ("E[discounted([action = a] + entropy, 1 - 1e-30)]", "discount that is 1"),
        ("E[discounted(1e-400*[action = a], 9/10)]", "beyond those of floating point"),
        ("E[average(2**5000*[action = a])]", "beyond those of floating point"),
    ],
)
def test_numbers_that_are_no_floats_are_not_solved(text: str, form: str) -> None:
    for minimise in (False, True):
        found = solve(bandit(text), minimise=minimise)
        assert found.lower is None and form in found.diagnostics[0].message


def test_steep_powers_are_enclosed() -> None:
    found = solve(bandit("E[discounted([action = a] + tsallis(100000), 9/10)]"))
    assert found.lower is not None and found.upper is not None
    assert 10 - 1e-9 < found.lower <= found.upper < 10 + 2e-4


def test_the_least_value_is_that_of_a_sure_action() -> None:
    assert near(solve(bandit("E[discounted([action = a] + entropy, 9/10)]"), minimise=True), 0.0)
    value = -10 * math.log(3)
    assert near(solve(bandit("E[discounted(-kl(ref), 9/10)]"), minimise=True), value)


def soft_value(model: Written, reward: Reward, weight: float, discount: float, steps: int) -> float:
    """The value of the start by soft value iteration, by definitions that share nothing with
    specc; a negative weight is that of a least value."""
    paid = {(s, a, t): float(worth(model, reward, (s, a, t))) for s, a, t, _ in model.steps()}
    values = [0.0] * len(model.rows)
    for _ in range(steps):
        after = []
        for state, row in enumerate(model.rows):
            gains = [
                sum(float(p) * (paid[state, a, t] + discount * values[t]) for t, p in outcomes)
                for a, outcomes in row.items()
            ]
            top = max(gains) if weight > 0 else min(gains)
            mass = sum(math.exp((gain - top) / weight) for gain in gains)
            after.append(top + weight * math.log(mass))
        values = after
    return sum(float(p) * values[s] for s, p in model.initial)


@pytest.mark.parametrize("seed", range(12))
def test_random_models_against_soft_value_iteration(seed: int) -> None:
    rng = random.Random(seed)
    model = random_written(rng, 6)
    reward = random_reward(rng, model)
    weight = rng.choice([Fraction(1, 10), Fraction(1), Fraction(5)])
    specs = {
        "most": f"E[discounted(r + {weight} * entropy, 4/5)]",
        "least": f"E[discounted(r - {weight} * entropy, 4/5)]",
        "soon": f"E[total(r + {weight} * entropy, horizon=5)]",
    }
    made = loaded(model, specs, {"r": reward})
    assert near(solve(made["most"]), soft_value(model, reward, float(weight), 0.8, 300))
    least = solve(made["least"], minimise=True)
    assert near(least, soft_value(model, reward, -float(weight), 0.8, 300))
    assert near(solve(made["soon"]), soft_value(model, reward, float(weight), 1.0, 5))


TERMS = ["entropy", "2 * tsallis(2)", "1/3 * tsallis(1/2)", "tsallis(3)", "-kl(u)", "kl(u)",
         "-1/2 * entropy", "-2 * tsallis(2)"]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_policies_are_valued_between_the_bounds_and_none_is_better(seed: int) -> None:
    rng = random.Random(seed)
    model = random_written(rng, 4)
    specs = {f"x{k}": f"E[discounted(r + {term}, 4/5)]" for k, term in enumerate(TERMS)}
    made = loaded(model, specs, {"r": random_reward(rng, model)}, "policy u = uniform\n")
    policies = list(sampled(rng, model_of(made["x0"]), 12))
    for spec in made.values():
        for minimise in (False, True):
            found = solve(spec, minimise=minimise)
            assert found.lower is not None and found.upper is not None
            assert 0 <= found.upper - found.lower <= Fraction(1, 10**9), spec.text
            assert found.strategy is not None
            value = evaluate(spec, found.strategy)
            assert value.lower is not None and value.upper is not None
            slack = Fraction(1, 10**6)
            assert found.lower - slack <= value.lower and value.upper <= found.upper + slack
            assert never_beaten(spec, found, iter(policies)) == len(policies)


MACHINE = """
env room = mdp { initial s
  s: go -> 1/2 s + 1/2 t
     stay -> s
  t: go -> s
     stay -> t
  label there: t }
machine twice {
  states u v
  u -> v when there
  v -> done when !there emit 5
  final done
}
spec task in room = E[discounted(twice + 1/4 * entropy, 9/10)]
"""


def test_the_memory_of_a_machine_is_the_policys() -> None:
    spec = load_text(MACHINE)["task"]
    found = solve(spec)
    assert found.policy == {"memory": 3, "deterministic": False} and found.strategy is not None
    value = evaluate(spec, found.strategy)
    assert value.lower is not None and found.lower is not None
    assert abs(value.lower - found.lower) < Fraction(1, 10**9)
    # Behind the end only the entropy is paid: both actions are alike.
    done = found.strategy.probabilities[-1]
    assert all(abs(chance - Fraction(1, 2)) < Fraction(1, 10**9) for chance in done)


def test_nothing_is_paid_where_the_episode_is_over() -> None:
    file = load_text("""
    env lake = gym "FrozenLake-v1"
    spec soft in lake = E[discounted(native + 1/20 * entropy, 9/10)]
    """)
    found = solve(file["soft"])
    assert found.strategy is not None and found.lower is not None and found.upper is not None
    value = evaluate(file["soft"], found.strategy)
    assert value.lower is not None and value.upper is not None
    assert value.upper - Fraction(1, 10**9) <= found.lower <= value.upper + Fraction(1, 10**9)


def test_a_policy_that_excludes_an_action_forbids_it(tmp_path: Path) -> None:
    (tmp_path / "ref.json").write_text(
        json.dumps({"choices": {"s": {"a": "1/4", "b": "3/4"}}}), encoding="utf-8"
    )
    (tmp_path / "x.spec").write_text(
        BANDIT.replace("= uniform", '= file "ref.json"')
        + "spec keep in one = E[discounted([action = c] - kl(ref), 1/2)]\n"
        + "spec flee in one = E[discounted(kl(ref), 1/2)]\n",
        encoding="utf-8",
    )
    file = load(tmp_path / "x.spec")
    found = solve(file["keep"])
    assert near(found, 0.0) and found.strategy is not None
    row = found.strategy.probabilities[0]
    assert row[2] == 0 and abs(row[0] - Fraction(1, 4)) < Fraction(1, 10**9)
    assert solve(file["flee"]).lower is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("E[discounted([action = a] * entropy, 9/10)]", "weighted by the state"),
        ("E[discounted(exp(entropy), 9/10)]", "inside a function"),
        ("E[discounted(entropy + tsallis(2), 9/10)]", "several orders"),
        ("E[average(entropy)]", "a limit average that reads the policy"),
        ("E[total(entropy)]", "a total without horizon"),
    ],
)
def test_other_mixtures_say_that_they_are_not_solved(text: str, form: str) -> None:
    spec = bandit(text)
    found = solve(spec)
    assert plan(simplify_objective(spec.objective), finite=True).method == "none"
    assert found.lower is None and found.method == "none"
    assert form in found.promise and found.diagnostics[0].code == "W709"
