"""Optima of functions of means, minima of means, and functions of a run, by brute force."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest
from written_models import (
    Formula,
    Reward,
    Written,
    formula_text,
    random_formula,
    random_guard,
    random_reward,
    random_written,
    reward_text,
    worth,
)

from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.optimise import SolveResult, solve
from specc.resolve.file import Spec, load_text

_DISCOUNT = Fraction(4, 5)


def model_of(spec: Spec) -> Mdp:
    assert isinstance(spec.environment, Mdp)
    return spec.environment


def deterministic(mdp: Mdp) -> Iterator[Policy]:
    """Every deterministic stationary policy."""
    for choice in itertools.product(*(mdp.choices(s) for s in range(mdp.state_count))):
        yield Policy(tuple(Fraction(int(c in choice)) for c in range(mdp.choice_count)))


def sampled(rng: random.Random, mdp: Mdp, count: int) -> Iterator[Policy]:
    """Random stationary policies, often on the boundary."""
    for _ in range(count):
        row: list[Fraction] = []
        for state in range(mdp.state_count):
            weights = [rng.choice([0, 0, 1, 2, 5]) for _ in mdp.choices(state)]
            weights[rng.randrange(len(weights))] += 1
            row += [Fraction(w, sum(weights)) for w in weights]
        yield Policy(tuple(row))


def loaded(
    model: Written, specs: dict[str, str], rewards: dict[str, Reward], more: str = ""
) -> dict[str, Spec]:
    lines = [model.text(), more]
    lines += [f"reward {name} = {reward_text(reward)}" for name, reward in rewards.items()]
    lines += [f"spec {name} in e = {text}" for name, text in specs.items()]
    file = load_text("\n".join(lines) + "\n")
    assert not file.has_errors, file.diagnostics
    return dict(file.specs)


def never_beaten(spec: Spec, found: SolveResult, policies: Iterator[Policy]) -> int:
    """No policy is better than the bound."""
    count = 0
    for policy in policies:
        value = evaluate(spec, policy)
        assert value.lower is not None and value.upper is not None
        assert found.upper is not None and found.lower is not None
        if found.direction == "max":
            assert value.lower <= found.upper, (spec.text, policy, value, found)
        else:
            assert value.upper >= found.lower, (spec.text, policy, value, found)
        count += 1
    return count


FUNCTIONS: dict[str, Callable[[Fraction], Fraction]] = {
    "{0} ** 2": lambda x: x**2,
    "{0} * (1 - {0})": lambda x: x * (1 - x),
    "min({0}, 1/2)": lambda x: min(x, Fraction(1, 2)),
    "abs({0} - 1/3)": lambda x: abs(x - Fraction(1, 3)),
    "1 / (1 + {0} ** 2)": lambda x: 1 / (1 + x**2),
    "max({0}, 1/4) - 2 * {0}": lambda x: max(x, Fraction(1, 4)) - 2 * x,
    "3 - 2 * {0}": lambda x: 3 - 2 * x,
    "if {0} >= 1/2 then {0} else -{0}": lambda x: x if x >= Fraction(1, 2) else -x,
}


@pytest.mark.parametrize("seed", range(6))
def test_a_function_of_one_mean_over_the_interval_of_its_values(seed: int) -> None:
    rng = random.Random(seed)
    model = random_written(rng, 5, actions=2)
    guards = [random_guard(rng, model) for _ in range(2)]
    formula: Formula = random_formula(rng, guards, 3)
    means = {"p": f"P[{formula_text(formula)}]", "d": "E[discounted(r, 4/5)]"}
    specs = dict(means)
    for name, mean in means.items():
        specs |= {f"{name}{k}": text.format(mean) for k, text in enumerate(FUNCTIONS)}
    made = loaded(model, specs, {"r": random_reward(rng, model)})
    for name in means:
        least = solve(made[name], minimise=True, exact=True).exact
        most = solve(made[name], exact=True).exact
        assert least is not None and most is not None
        grid = [least + (most - least) * Fraction(k, 60) for k in range(61)]
        grid += [x for x in map(Fraction, ("1/2", "1/3", "1/4", "0")) if least <= x <= most]
        for k, function in enumerate(FUNCTIONS.values()):
            values = [function(x) for x in grid]
            spec = made[f"{name}{k}"]
            for minimise, exact in itertools.product((False, True), repeat=2):
                found = solve(spec, minimise=minimise, exact=exact)
                assert found.lower is not None and found.upper is not None
                best = min(values) if minimise else max(values)
                if minimise:
                    assert found.lower <= best, (spec.text, found, best)
                else:
                    assert found.upper >= best, (spec.text, found, best)
                # The grid is fine enough for these functions, which move no faster than this.
                step = (most - least) / 60 * (4 + 4 * max(abs(least), abs(most)))
                assert abs(found.lower - best) <= step + Fraction(1, 10**5), (spec.text, found)
                never_beaten(spec, found, sampled(rng, model_of(spec), 3))


def test_a_spread_of_verdicts_is_at_most_a_quarter() -> None:
    made = loaded(
        Written(
            [
                {"a": [(1, Fraction(1))], "b": [(2, Fraction(1))]},
                {"a": [(1, Fraction(1))]},
                {"a": [(2, Fraction(1))]},
            ],
            [(0, Fraction(1))],
            {"p": {1}},
            {},
        ),
        {"spread": "P[F p] * (1 - P[F p])", "mean": "P[F p]"},
        {},
    )
    found = solve(made["spread"], exact=True)
    assert found.lower == Fraction(1, 4)
    assert found.upper is not None and found.upper - Fraction(1, 4) <= Fraction(1, 10**6)
    least = solve(made["spread"], minimise=True, exact=True)
    assert least.upper == 0
    assert least.lower is not None and least.lower >= -Fraction(1, 10**6)


@pytest.mark.parametrize("seed", range(8))
def test_the_fair_minimum_against_policies(seed: int) -> None:
    """Stationary policies attain it: none is above the bound, and the bound is nearly met."""
    rng = random.Random(seed)
    model = random_written(rng, 3, actions=2)
    rewards = {"r": random_reward(rng, model), "o": random_reward(rng, model)}
    text = "{0}(E[discounted(r, 4/5)], E[discounted(o, 4/5)] + 1/7)"
    made = loaded(model, {"fair": text.format("min"), "foul": text.format("max")}, rewards)
    mdp = model_of(made["fair"])
    for name, minimise in (("fair", False), ("foul", True)):
        found = solve(made[name], minimise=minimise, precision=Fraction(1, 10**6))
        assert found.lower is not None and found.upper is not None
        assert found.lower <= found.upper
        assert found.upper - found.lower <= Fraction(1, 10**5)
        never_beaten(made[name], found, deterministic(mdp))
        best = _grid_optimum(model, rewards, minimise)
        middle = float(found.lower + found.upper) / 2
        if minimise:
            assert middle <= best + 1e-5
        else:
            assert middle >= best - 1e-5
        assert abs(middle - best) <= 0.05 * (1 + abs(best)), (made[name].text, found, best)


def _grid_optimum(model: Written, rewards: dict[str, Reward], minimise: bool) -> float:
    """The best of a grid of stationary policies, by linear equations in doubles."""
    n = len(model.rows)
    steps = 24
    grids = [
        [(k / steps, 1 - k / steps) for k in range(steps + 1)] if len(row) == 2 else [(1.0,)]
        for row in model.rows
    ]
    found = []
    for mixture in itertools.product(*grids):
        chain, gains = np.zeros((n, n)), np.zeros((n, 2))
        for state, row in enumerate(model.rows):
            for share, (action, outcomes) in zip(mixture[state], row.items(), strict=True):
                for target, chance in outcomes:
                    weight = share * float(chance)
                    chain[state, target] += weight
                    for k, reward in enumerate(rewards.values()):
                        gains[state, k] += weight * float(
                            worth(model, reward, (state, action, target))
                        )
        values = np.linalg.solve(np.eye(n) - float(_DISCOUNT) * chain, gains)
        start = sum(float(chance) * values[state] for state, chance in model.initial)
        pair = (start[0], start[1] + 1 / 7)
        found.append(max(pair) if minimise else min(pair))
    return min(found) if minimise else max(found)


@pytest.mark.parametrize("seed", range(10))
def test_sets_extrema_and_horizons_by_backward_induction_over_histories(seed: int) -> None:
    rng = random.Random(seed)
    model = random_written(rng, 4, actions=2)
    horizon = rng.randint(1, 3)
    rewards = {"r": random_reward(rng, model)}

    def pays(run: list[tuple[int | None, str | None, int]]) -> list[Fraction]:
        return [worth(model, rewards["r"], letter) for letter in run[1:]]

    questions: dict[str, tuple[str, Callable[..., Fraction]]] = {
        "cover": (
            f"E[coverage(horizon={horizon}, radius=0)]",
            lambda run: Fraction(len({letter[2] for letter in run})),
        ),
        "square": (
            f"E[distinct(p, horizon={horizon}) ** 2]",
            lambda run: Fraction(len({x[2] for x in run if x[2] in model.state_labels["p"]}) ** 2),
        ),
        "sum": (f"E[total(r, horizon={horizon})]", lambda run: sum(pays(run), Fraction(0))),
        "bent": (
            f"E[max(total(r, horizon={horizon}), 1/2) - coverage(horizon={horizon}, radius=0)]",
            lambda run: (
                max(sum(pays(run), Fraction(0)), Fraction(1, 2))
                - len({letter[2] for letter in run})
            ),
        ),
        "inverse": (
            f"E[1 / total(1 + [p], horizon={horizon})]",
            lambda run: 1 / Fraction(sum(1 + (x[2] in model.state_labels["p"]) for x in run[1:])),
        ),
    }
    made = loaded(model, {name: text for name, (text, _) in questions.items()}, rewards)
    for name, (_, value) in questions.items():
        for minimise in (False, True):
            best = min if minimise else max

            def optimum(run: list, value: Callable = value, best: Callable = best) -> Fraction:
                if len(run) == horizon + 1:
                    return value(run)
                state = run[-1][2]
                return best(
                    sum(
                        (p * optimum([*run, (state, a, t)], value, best) for t, p in outcomes),
                        Fraction(0),
                    )
                    for a, outcomes in model.rows[state].items()
                )

            truth = sum((p * optimum([(None, None, s)]) for s, p in model.initial), Fraction(0))
            found = solve(made[name], minimise=minimise, exact=True)
            assert found.exact == truth, (name, found, truth, model.text())
            close = solve(made[name], minimise=minimise)
            assert close.lower is not None and close.upper is not None
            assert close.lower <= truth <= close.upper
            if found.strategy is not None:
                assert evaluate(made[name], found.strategy).value == truth


@pytest.mark.parametrize("seed", range(10))
def test_extrema_against_every_policy(seed: int) -> None:
    """E[sup] is the sum over thresholds of reaching them; memory can help, so policies bound it."""
    rng = random.Random(seed)
    model = random_written(rng, 4, actions=2)
    made = loaded(
        model,
        {
            "top": "E[sup(r)]",
            "low": "E[inf(r)]",
            "reached": "E[sup([p])]",
            "bent": "E[sup(r) ** 2 - inf(r)]",
            "inverse": "E[1 / sup(1 + [p])]",
            "next": "P[X F p]",
        },
        {"r": random_reward(rng, model)},
    )
    for name, minimise in itertools.product(("top", "low", "reached", "bent", "inverse"),
                                            (False, True)):  # fmt: skip
        found = solve(made[name], minimise=minimise, exact=True)
        if name == "bent" and found.lower is None:
            # Two-valued extrema are verdicts, whose sums have no solver.
            assert "probabilities of formulas" in found.promise
            continue
        assert found.exact is not None and found.strategy is not None
        assert evaluate(made[name], found.strategy).value == found.exact
        never_beaten(made[name], found, deterministic(model_of(made[name])))
    for minimise in (False, True):
        one, two = (solve(made[n], minimise=minimise, exact=True) for n in ("reached", "next"))
        assert one.exact == two.exact


def test_forms_without_a_solver_say_so() -> None:
    model = random_written(random.Random(0), 4)
    made = loaded(
        model,
        {
            "constrained": "maximise E[average(r)] subject to P[F p] >= 1/2",
            "mixed": "E[discounted(r, 1/2)] * E[average(r)]",
            "tail": "cvar(1/4, discounted(r, 1/2))",
            "own": "E[average(entropy)]",
            "direct": "policy(a | s0) + P[F p]",
        },
        {"r": [(Fraction(1), ("label", "p"))]},
    )
    for name in ("mixed", "direct", "own"):
        found = solve(made[name])
        assert found.lower is found.upper is found.exact is None
        assert found.promise.startswith("not solved")
        assert [d.code for d in found.diagnostics] == ["W709"]
