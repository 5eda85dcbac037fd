"""What reads the policy itself, what stops, and what a run never reaches."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import gymnasium
import numpy as np
import pytest
from written_models import Written, random_reward, random_written, reward_text, worth

from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.policy import Policy, uniform
from specc.resolve.file import load_text


def tables(mdp: Mdp, policy: Policy) -> list[dict[str, Fraction]]:
    """Per written state, the probabilities of its actions."""
    rows: list[dict[str, Fraction]] = [{} for _ in mdp.states]
    for number, name in enumerate(mdp.states):
        for c in mdp.choices(number):
            rows[int(name[1:])][mdp.actions[c]] = policy.probabilities[c]
    return rows


def random_policy(rng: random.Random, mdp: Mdp) -> Policy:
    row: list[Fraction] = []
    for state in range(mdp.state_count):
        weights = [rng.choice([0, 0, 1, 2, 5]) for _ in mdp.choices(state)]
        weights[rng.randrange(len(weights))] += 1
        row += [Fraction(w, sum(weights)) for w in weights]
    return Policy(tuple(row))


def entropy(row: dict[str, Fraction]) -> float:
    return -sum(float(p) * math.log(p) for p in row.values() if p)


def tsallis(row: dict[str, Fraction], q: float) -> float:
    return (1 - sum(float(p) ** q for p in row.values() if p)) / (q - 1)


def divergence(row: dict[str, Fraction]) -> float:
    return sum(float(p) * math.log(p * len(row)) for p in row.values() if p)


@pytest.mark.parametrize("seed", range(12))
def test_recurrent_chains_by_dense_equations(seed: int) -> None:
    rng = random.Random(seed)
    model: Written = random_written(rng, 6)
    reward = random_reward(rng, model)
    file = load_text(
        f"""{model.text()}
reward r = {reward_text(reward)}
spec sums in e = E[discounted(r, 9/10)]
spec rate in e = E[average(r)]
spec soft in e = E[discounted(r + 1/10 * entropy, 9/10)]
spec bent in e = E[discounted(tsallis(2) - 3 * tsallis(1/2), 9/10)]
spec near in e = E[average(r - kl(uniform))]
spec both in e = lexicographic(E[average(r)], E[discounted(r, 9/10)])
spec bound in e = maximise E[average(r)] subject to E[discounted(r, 9/10)] >= 0
spec direct in e = policy(a | s1) * 2
"""
    )
    if any(d.severity == "error" for d in file.diagnostics if d.code != "E204"):
        raise AssertionError(file.diagnostics)
    mdp = file["sums"].environment
    assert isinstance(mdp, Mdp)
    policy = random_policy(rng, mdp)
    rows = tables(mdp, policy)
    count = len(model.rows)
    chain, gain = np.zeros((count, count)), np.zeros(count)
    for s, a, t, p in model.steps():
        weight = float(rows[s].get(a, 0) * p)
        chain[s, t] += weight
        gain[s] += weight * float(worth(model, reward, (s, a, t)))

    def summed(gains: np.ndarray) -> float:
        values = np.linalg.solve(np.eye(count) - 0.9 * chain, gains)
        return float(sum(float(p) * values[s] for s, p in model.initial))

    def rate(gains: np.ndarray) -> float:
        limit = (chain + np.eye(count)) / 2
        for _ in range(60):
            limit = limit @ limit
            limit /= limit.sum(axis=1, keepdims=True)
        return float(sum(float(p) * (limit @ gains)[s] for s, p in model.initial))

    entropies = np.array([entropy(row) for row in rows])
    bends = np.array([tsallis(row, 2.0) - 3 * tsallis(row, 0.5) for row in rows])
    far = np.array([divergence(row) for row in rows])
    truth = {
        "sums": summed(gain),
        "rate": rate(gain),
        "soft": summed(gain + entropies / 10),
        "bent": summed(bends),
        "near": rate(gain - far),
        "both": rate(gain),
        "bound": rate(gain),
    }
    for name, value in truth.items():
        found = evaluate(file[name], policy)
        assert found.lower is not None and found.upper is not None
        assert found.upper - found.lower <= Fraction(1, 10**12)
        assert float(found.lower) == pytest.approx(value, abs=1e-7), name
    assert evaluate(file["both"], policy).values[1][0] == evaluate(file["sums"], policy).value
    sums = evaluate(file["sums"], policy).value
    assert sums is not None
    assert evaluate(file["bound"], policy).feasible is (sums >= 0)
    if "direct" in file.specs:
        assert evaluate(file["direct"], policy).value == 2 * rows[1].get("a", Fraction(0))


def test_gymnasium_stops_sums_but_not_averages_and_formulas() -> None:
    file = load_text(
        """env lake = gym "FrozenLake-v1" (is_slippery=true)
spec sums in lake = E[discounted(native + [frozen] - 2*[hole], 9/10)]
spec goal in lake = P[F goal]
spec stay in lake = P[F G (goal | hole)]
spec rate in lake = E[average([goal])]
spec wins in lake = E[total(native)]
"""
    )
    assert not file.has_errors, file.diagnostics
    mdp = file["sums"].environment
    assert isinstance(mdp, Mdp)
    raw = gymnasium.make("FrozenLake-v1", is_slippery=True).unwrapped
    letters = raw.desc.ravel().astype(str)  # type: ignore[attr-defined]
    count = len(letters)
    chain, gain, reached = np.zeros((count, count)), np.zeros(count), np.zeros(count)
    for s in range(count):
        if letters[s] in "HG":
            continue
        for a in range(4):
            for p, t, native, ended in raw.P[s][a]:  # type: ignore[attr-defined]
                assert ended == (letters[t] in "HG")
                paid = native + (letters[t] == "F") - 2 * (letters[t] == "H")
                gain[s] += p * paid / 4
                reached[s] += p * (letters[t] == "G") / 4
                chain[s, t] += p / 4
    sums = np.linalg.solve(np.eye(count) - 0.9 * chain, gain)[0]
    goal = np.linalg.solve(np.eye(count) - chain, reached)[0]
    truth = {"sums": sums, "goal": goal, "stay": 1.0, "rate": goal, "wins": goal}
    for name, value in truth.items():
        found = evaluate(file[name], uniform(mdp)).value
        assert found is not None
        assert float(found) == pytest.approx(value, abs=1e-7), name


def test_a_total_that_never_settles_has_no_value() -> None:
    file = load_text(
        """env e = mdp { initial s
  s: a -> t
  t: a -> s
  label p: t }
spec sum in e = E[total([p])]
spec two in e = E[total([p], horizon=3)]
"""
    )
    mdp = file["sum"].environment
    assert isinstance(mdp, Mdp)
    with pytest.raises(SpecError) as caught:
        evaluate(file["sum"], uniform(mdp))
    assert caught.value.diagnostics[0].code == "E703"
    assert evaluate(file["two"], uniform(mdp)).value == 2
