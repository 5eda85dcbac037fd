"""Every reward scheme of a formula keeps what its card says, and loses what it says.

The judge is exact: the scheme's reward is solved by policy iteration over the rationals, and the
formula is evaluated under the policy that is optimal for the reward.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from emit_specs import environment, spec
from scheme_models import random_text

from specc.diagnostics import SpecError
from specc.emit.compiled_model import compiled_model
from specc.emit.controller import Controller
from specc.emit.meter import FormulaMeter
from specc.emit.schemes.attained import attained, judged
from specc.emit.schemes.cards import card
from specc.emit.schemes.choice import SCHEMES, with_scheme
from specc.emit.tables import product_tables
from specc.emit.wrapped import wrap
from specc.evaluate.evaluation import evaluate
from specc.model.policy import Policy
from specc.resolve.file import Spec, load_text

CLOSE = {"gadget": "99999/100000", "two-discounts": "99999/100000", "average": None}


def random_spec(seed: int, states: int = 5) -> Spec:
    file = load_text(random_text(seed, states))
    assert not file.has_errors, file.diagnostics
    return file["s"]


@pytest.mark.parametrize("scheme", CLOSE)
def test_the_optimal_policy_is_optimal_for_the_formula(scheme: str) -> None:
    optima = []
    for seed in range(24):
        found = attained(with_scheme(random_spec(seed), scheme, CLOSE[scheme]))
        assert found.attained == found.optimum, (seed, random_text(seed))
        if scheme == "average":
            assert found.reward == found.optimum
        optima.append(found.optimum)
    assert sum(0 < optimum < 1 for optimum in optima) >= 5


@pytest.mark.parametrize("name", ["reach", "stay", "next", "fail"])
def test_exact_rewards_are_the_probability(name: str) -> None:
    found = attained(with_scheme(spec(name), "exact"))
    assert found.attained == found.optimum
    paid = found.reward if card(spec(name)).reward.startswith("1 ") else 1 + found.reward
    assert paid == found.optimum


BRIEF = """
env e = mdp {
  initial s
  s: brief -> b1
     slow -> 9/10 good + 1/10 lost
  b1: go -> b2
  b2: go -> b3
  b3: go -> b4
  b4: go -> lost
  good: on -> good
  lost: on -> lost
  label goal: b1, b2, b3, b4, good
}
spec again in e = P[G F goal]
"""


@pytest.mark.parametrize("scheme", ["gadget", "two-discounts"])
def test_a_parameter_too_far_from_one_prefers_the_wrong_policy(scheme: str) -> None:
    again = load_text(BRIEF)["again"]
    far = attained(with_scheme(again, scheme, "1/2"))
    # Four visits are worth 1 - 1/16 (or nearly), more than the formula's 9/10.
    assert (far.optimum, far.attained) == (Fraction(9, 10), 0)
    near = attained(with_scheme(again, scheme, "99/100"))
    assert near.attained == Fraction(9, 10)


def test_two_discounts_are_those_of_the_source() -> None:
    """v = 1 - beta + beta v on accepting edges, v = gamma v on the others (Bozkurt et al. 2020)."""
    ring = load_text(
        "env e = mdp {\n initial s\n s: a -> t\n t: a -> u\n u: a -> s\n label goal: t }\n"
        "spec again in e = P[G F goal]"
    )["again"]
    found = attained(with_scheme(ring, "two-discounts", "3/5"))
    beta, gamma = Fraction(3, 5), 1 - Fraction(2, 5) ** 2
    assert found.reward == (1 - beta) / (1 - beta * gamma**2)


def test_near_the_greatest_average_nothing_is_promised() -> None:
    """99 of 100 steps are good, and yet the formula fails surely."""
    text = (
        "env e = mdp {\n initial s\n s: stay -> s\n    rare -> 99/100 s + 1/100 t\n t: back -> s\n"
        " label bad: t }\nspec calm in e = P[F G !bad]"
    )
    calm = load_text(text)["calm"]
    model = compiled_model(with_scheme(calm, "average"))
    average = load_text("spec r = E[average(native)]")["r"]
    values = {}
    for choices in itertools.product(*(model.choices(s) for s in range(model.state_count))):
        policy = _deterministic(model.choice_count, choices)
        values[choices] = (
            evaluate(replace(average, environment=model), policy).value,
            evaluate(replace(calm, environment=model), policy).value,
        )
    assert (1, 1) in values.values()
    assert all(probability in (0, 1) for _, probability in values.values())
    assert all(paid == 1 for paid, probability in values.values() if probability == 1)
    # Mixing the two actions makes the average as close to 1 as one likes, with probability 0.
    mixed = [Fraction(0)] * model.choice_count
    for s in range(model.state_count):
        own = model.choices(s)
        mixed[own.start] = Fraction(1)
        if len(own) == 2:
            mixed[own.start], mixed[own.start + 1] = Fraction(9999, 10000), Fraction(1, 10000)
    policy = Policy(tuple(mixed))
    assert 1 > evaluate(replace(average, environment=model), policy).value > Fraction(99, 100)
    assert evaluate(replace(calm, environment=model), policy).value == 0


def _deterministic(count: int, choices: tuple[int, ...]) -> Policy:
    row = [Fraction(0)] * count
    for choice in choices:
        row[choice] = Fraction(1)
    return Policy(tuple(row))


@pytest.mark.parametrize("seed", range(12))
def test_every_policy_of_greatest_average_is_optimal(seed: int) -> None:
    """By brute force over the policies of the product."""
    judged = random_spec(seed, 4)
    model = compiled_model(with_scheme(judged, "average"))
    average = replace(load_text("spec r = E[average(native)]")["r"], environment=model)
    formula = replace(judged, environment=model)
    ranges = [model.choices(s) for s in range(model.state_count)]
    if np.prod([float(len(r)) for r in ranges]) > 64:
        ranges = [r if i < 6 else range(r.start, r.start + 1) for i, r in enumerate(ranges)]
    found = []
    for choices in itertools.product(*ranges):
        policy = _deterministic(model.choice_count, choices)
        found.append((evaluate(average, policy).value, evaluate(formula, policy).value))
    best = attained(with_scheme(judged, "average")).optimum
    assert max(paid for paid, _ in found) <= best
    assert all(probability == best for paid, probability in found if paid == best)


def test_cards_name_scheme_reason_and_loss() -> None:
    for name in ("patrol", "settle"):
        for scheme in SCHEMES:
            if scheme == "exact":
                continue
            found = card(with_scheme(spec(name), scheme))
            assert found.name == ("gadget" if scheme == "auto" else scheme)
            assert found.reason and found.preserves and found.loses and found.source
    assert "no finite part of a run decides" in card(spec("patrol")).reason
    assert card(spec("reach")).name == card(spec("stay")).name == "exact"
    assert card(spec("prize")) is None


@pytest.mark.parametrize(
    ("name", "scheme", "zeta", "message"),
    [
        ("patrol", "nonsense", None, "no reward scheme"),
        ("patrol", "gadget", 1, "zeta is 1"),
        ("patrol", "gadget", "x", "zeta is x"),
        ("patrol", "two-discounts", float("nan"), "zeta is nan"),
        ("patrol", "average", "0.9", "no parameter"),
        ("patrol", "exact", "0.9", "no parameter"),
        ("patrol", "exact", None, "no finite part of a run decides"),
        ("prize", "gadget", None, "not the probability of one formula"),
        ("order", "average", None, "not the probability of one formula"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, scheme: str, zeta: object, message: str) -> None:
    with pytest.raises(SpecError, match=f"E816.*{message}"):
        wrap(environment(name), with_scheme(spec(name), scheme, zeta))


def test_average_needs_a_finite_environment() -> None:
    pole = load_text('env pole = gym "CartPole-v1"\nspec s in pole = P[G F info.far]')["s"]
    with pytest.raises(SpecError, match=r"E816.*finite environment"):
        card(with_scheme(pole, "average"))


@pytest.mark.parametrize("name", ["patrol", "settle", "reach"])
def test_the_wrapper_pays_the_tables(name: str) -> None:
    """Along random runs, each step's reward is the tables', and ends are drawn by their chance."""
    for scheme in ("two-discounts", "average"):
        chosen = with_scheme(spec(name), scheme, "4/5" if scheme == "two-discounts" else None)
        table = product_tables(chosen)
        assert (table.discount, table.average) == (
            (0.96, False) if scheme == "two-discounts" else (1.0, True)
        )
        env = wrap(environment(name), chosen, observe="index")
        env.action_space.seed(0)
        env.reset(seed=0)
        paid = set()
        for _ in range(300):
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            paid.add(round(reward, 12))
            if terminated or truncated:
                env.reset()
        allowed = {0.0, 0.04, 1.0} if scheme == "two-discounts" else {0.0, 1.0}
        assert paid <= allowed


def test_an_absorbing_end_that_only_passes_an_accepting_edge_is_not_accepted() -> None:
    text = (
        'env lake = gym "FrozenLake-v1" (is_slippery=false)\n'
        "spec s in lake = P[G F (frozen & X hole)]\n"
    )
    chosen = with_scheme(load_text(text)["s"], "two-discounts")
    env = wrap(environment("reach"), chosen)
    meter = env.get_wrapper_attr("_meter")
    assert isinstance(meter, FormulaMeter)
    for memory in range(len(meter.controller.states)):
        for letter in range(len(meter.controller.first)):
            assert meter._absorbed(memory, letter) in (0.0, 1.0)


def test_zeta_alone_keeps_the_choice_automatic() -> None:
    assert card(with_scheme(spec("reach"), "auto", "0.5")).name == "exact"
    assert "zeta = 1/2" in card(with_scheme(spec("patrol"), "auto", 0.5)).reward
    assert with_scheme(spec("prize"), "auto", 0.5).scheme.zeta == Fraction(1, 2)
    wrap(environment("prize"), with_scheme(spec("prize"), "auto", 0.5))


def test_small_environments_are_solved_to_judge_the_parameter() -> None:
    again = load_text(BRIEF)["again"]
    assert "probability 0 only, where 9/10 is possible" in judged(with_scheme(again, "gadget", 0.5))
    assert "9/10, the greatest possible" in judged(again)
    assert judged(spec("walk")) is None


@pytest.mark.parametrize("scheme", ["gadget", "two-discounts"])
@pytest.mark.parametrize("formula", ["G F a & G !b", "F G a", "a U b"])
def test_kernels_pay_what_the_tables_say(formula: str, scheme: str) -> None:
    """Draws below zeta pay the edge, others 1; an episode's end pays 1 or 0 for the run behind."""
    import specc
    from specc.emit.numba_kernels import Batch

    kernel = specc.compile(load_text(f"spec s = P[{formula}]")["s"], scheme=scheme, zeta="0.9")
    control, rng = kernel.controller, np.random.default_rng(2)
    letters = rng.random((300, len(kernel.propositions))) < 0.5
    state = kernel.jump(kernel.initial(300, letters), rng.integers(-1, 1, 300))
    draws, ended = rng.random(300), rng.random(300) < 0.3
    after, rewards, done = kernel.step(state, Batch(letters, draws=draws, terminated=ended))
    paid = set()
    for i, letter in enumerate(kernel.letters(letters).tolist()):
        held, place = int(state.memory[i]), int(after.memory[i])
        hit = control.accepting[held][letter] and draws[i] >= control.zeta
        expected = 1.0 if hit else float(control.values[control.reward[held][letter]])
        if ended[i] and not hit and not control.final[place]:
            expected += max(_accepts(control, m, letter) for m in (place, *control.jumps[place]))
        assert rewards[i] == expected
        assert done[i] == (hit or ended[i] or control.final[place])
        paid.add(float(rewards[i]))
    assert len(paid) >= (3 if scheme == "two-discounts" else 2)


def _accepts(control: Controller, memory: int, letter: int) -> float:
    hits = []
    for _ in range(3 * len(control.states)):
        hits.append(control.accepting[memory][letter])
        memory = control.next[memory][letter]
    return float(any(hits[2 * len(control.states) :]))


def test_two_discounts_train() -> None:
    """Q-learning on the tables, with the scheme's own discount, reaches the optimum."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
    from learn import greedy_value, learn

    chosen = with_scheme(spec("patrol"), "two-discounts", "0.95")
    assert greedy_value(chosen, learn(chosen, steps=400_000)) == 1


def test_vector_wrappers_take_a_scheme() -> None:
    import gymnasium

    import specc

    envs = gymnasium.vector.SyncVectorEnv([lambda: environment("patrol")] * 2)
    many = specc.wrap_vector(envs, spec("patrol"), scheme="two-discounts", zeta=0.5)
    many.reset(seed=0)
    many.action_space.seed(0)
    seen = set()
    for _ in range(200):
        seen |= set(many.step(many.action_space.sample())[1].tolist())
    assert {0.0} <= seen <= {0.0, 0.25, 1.0}
    with pytest.raises(SpecError, match="E816"):
        specc.wrap_vector(envs, spec("rate"), scheme="gadget")
