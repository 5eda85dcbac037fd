"""Wrapping an environment for a function of several numbers of the policy."""

from __future__ import annotations

import copy
import pickle
from itertools import pairwise
from typing import Any

import gymnasium
import numpy as np
import pytest
from functional_models import room
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import TimeLimit

import specc
from specc.diagnostics import SpecError
from specc.emit.functional.wrapper import FunctionalWrapper
from specc.emit.model_env import ModelEnv
from specc.resolve.file import Spec, load_text

SPECS = room("""
machine seen {
  states never once
  never -> once when y
  once -> once when x emit 1
}
spec fair in room = E[discounted([x], 0.9)] * E[discounted([y], 0.9)]
spec mixed in room = E[discounted([x], 0.9)] * E[discounted([y], 0.8)] * E[total([x], horizon=2)]
spec rates in room = min(E[average([x])], E[average([y])])
spec logic in room = P[F (y & X x)] * P[G F x] * P[ G !y ]
spec runs in room = E[discounted(seen, 0.9)] * E[distinct(x | y, horizon=4)]
machine late {
  states never once
  never -> once when x
  once -> once when y emit 1
}
spec one in room = E[discounted(seen, 0.9)]
spec two in room = E[discounted(late, 0.9)]
spec both in room = E[discounted(seen, 0.9)] * E[discounted(late, 0.9)]
spec tail in room = cvar(1/2, discounted([x], 0.9)) - variance(total([y], horizon=6))
""")


def wrapped(spec: Spec, steps: int = 8, observe: Any = "none") -> FunctionalWrapper:
    env = specc.wrap(TimeLimit(ModelEnv(spec.environment), steps), spec, observe=observe)
    assert isinstance(env, FunctionalWrapper)
    return env


def episode(env: Any, seed: int) -> tuple[list[float], list[str], tuple[float, ...]]:
    """The rewards, the states entered, and the numbers at the end."""
    _, info = env.reset(seed=seed)
    rng, rewards, states, over = np.random.default_rng(seed), [], [], False
    while not over:
        _, reward, ended, cut, info = env.step(int(rng.integers(2)))
        rewards.append(reward)
        states.append(env.unwrapped.mdp.states[env.unwrapped._state])
        over = ended or cut
    return rewards, states, info["specc"]["numbers"]


def counted(states: list[str], name: str, discount: float = 1.0) -> float:
    return sum(discount**t * (state == name) for t, state in enumerate(states))


def numbers_of(name: str, states: list[str]) -> list[float]:
    """By plain Python, in any order."""
    match name:
        case "fair":
            return [counted(states, "t", 0.9), counted(states, "u", 0.9)]
        case "mixed":
            return [counted(states, "t", 0.9), counted(states, "u", 0.8), counted(states[:2], "t")]
        case "rates":
            return [counted(states, "t"), counted(states, "u")]
        case "tail":
            return [counted(states, "t", 0.9), counted(states[:6], "u")]
        case _:
            raise ValueError(name)


@pytest.mark.parametrize("name", ["fair", "mixed", "rates", "tail"])
def test_numbers_and_updates(name: str) -> None:
    env = wrapped(SPECS[name])
    for seed in range(5):
        rewards, states, numbers = episode(env, seed)
        assert rewards == [0.0] * len(rewards)  # nothing is estimated yet
        assert sorted(numbers) == pytest.approx(sorted(numbers_of(name, states)))
    assert env.episodes == 5
    standing = env.update()
    assert env.episodes == 0 and any(standing.weights)
    if name == "tail":
        return
    for seed in range(5, 15):
        rewards, states, numbers = episode(env, seed)
        discount = 0.9 if name == "fair" else 1.0
        total = sum(discount**t * reward for t, reward in enumerate(rewards))
        assert total == pytest.approx(np.dot(standing.weights, numbers))


def test_tails_and_spreads_pay_their_worth() -> None:
    env = wrapped(SPECS["tail"])
    for seed in range(20):
        episode(env, seed)
    standing = env.update()
    place = {type(p.number).__name__: i for i, p in enumerate(env.pseudo.parts)}
    c = env.pseudo.estimates[place["ConditionalValueAtRisk"]].threshold
    mean = env.pseudo.estimates[place["Variance"]].mean
    assert sorted(standing.weights) == [-1.0, 1.0] and c > 0 and mean > 0
    for seed in range(20, 30):
        rewards, _, numbers = episode(env, seed)
        x, y = (numbers[place[key]] for key in ("ConditionalValueAtRisk", "Variance"))
        worth = -max(c - x, 0) * 2 + 2 * c  # less what nothing is worth: -(c - 0)+ / (1/2)
        assert sum(rewards) == pytest.approx(worth - (y * y - 2 * mean * y))


def test_formulas_among_the_parts() -> None:
    env = wrapped(SPECS["logic"], steps=12)
    kinds = {part.meter.kind: i for i, part in enumerate(env._meter.parts)}
    assert set(kinds) == {"safe", "co-safe", "buchi"}
    for seed in range(20):
        _, states, numbers = episode(env, seed)
        assert numbers[kinds["safe"]] == float("u" not in states)
        after = [t for s, t in pairwise(states) if s == "u"]
        assert numbers[kinds["co-safe"]] == float("t" in after)
        assert numbers[kinds["buchi"]] in (0.0, 1.0)


@pytest.mark.parametrize("name", ["fair", "runs", "logic"])
def test_the_joint_memory_is_observed(name: str) -> None:
    env = wrapped(SPECS[name], observe="index")
    memories = env.observation_space[1].n
    seen = set()
    for seed in range(30):
        (_, memory), _ = env.reset(seed=seed)
        over, rng = False, np.random.default_rng(seed)
        while not over:
            seen.add(int(memory))
            (_, memory), _, ended, cut, info = env.step(int(rng.integers(2)))
            assert env.observation_space[1].contains(memory)
            assert info["specc"]["machine"] == memory
            over = ended or cut
    assert memories == 1 if name == "fair" else 1 < len(seen) <= memories


def test_running_numbers_of_tails_are_told_not_observed() -> None:
    env = wrapped(SPECS["tail"], observe="index")
    assert env.observation_space[1].n == 1
    _, info = env.reset(seed=0)
    assert info["specc"]["numbers"] == (0.0, 0.0)


def test_update_needs_episodes_and_cuts_do_not_count_twice() -> None:
    env = wrapped(SPECS["fair"])
    with pytest.raises(SpecError, match="E814"):
        env.update()
    env.reset(seed=0)
    env.step(0)
    env.reset(seed=0)  # the first one is forgotten
    assert env.episodes == 0
    episode(env, 1)
    with pytest.raises(ValueError, match="step_size"):
        env.update(step_size=2.0)
    assert env.episodes == 1
    env.update()


def test_contract_pickles_and_copies() -> None:
    env = wrapped(SPECS["fair"])
    check_env(env, skip_render_check=True)
    for seed in range(4):
        episode(env, seed)
    env.update(smoothing=0.5)
    twins = [env, pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    assert len({str(episode(twin, 9)) for twin in twins}) == 1


def test_environments_share_a_pseudo_reward() -> None:
    one, two = wrapped(SPECS["fair"]), wrapped(SPECS["fair"])
    two.pseudo = one.pseudo
    numbers = [episode(env, seed)[2] for seed, env in enumerate((one, two))]
    standing = one.update([two])
    assert standing.estimates == pytest.approx(np.mean(numbers, axis=0).tolist())
    assert (one.episodes, two.episodes) == (0, 0)
    assert any(episode(two, 1)[0])
    with pytest.raises(ValueError, match="another spec"):
        two.pseudo = wrapped(SPECS["rates"]).pseudo


def test_labels_from_python_without_a_model() -> None:
    spec = load_text(
        "spec s = maximise E[discounted([up], 0.9)] subject to E[total([tilted], horizon=5)] <= 1"
    )["s"]
    labels = {
        "up": lambda obs, action, after, info: abs(after[2]) < 0.05,
        "tilted": lambda obs, action, after, info: abs(after[2]) > 0.02,
    }
    env = specc.wrap(gymnasium.make("CartPole-v1"), spec, labels, observe="dict")
    for seed in range(5):
        over = False
        env.reset(seed=seed)
        while not over:
            _, _, ended, cut, _ = env.step(0)
            over = ended or cut
    standing = env.update()
    assert len(standing.slacks) == len(standing.multipliers) == 1


def test_what_has_no_pseudo_reward() -> None:
    file = room("""
spec middle in room = quantile(1/2, discounted([x], 0.9))
spec both in room = E[average([x])] * E[discounted([y], 0.9)]
spec own in room = policy(left | s)
spec soft in room = maximise E[discounted([x] + entropy, 0.9)] subject to P[F y] >= 1/2
""")
    for name in ("middle", "both", "own", "soft"):
        with pytest.raises(SpecError) as caught:
            specc.wrap(ModelEnv(file[name].environment), file[name])
        assert caught.value.diagnostics[0].code == "E801" and caught.value.diagnostics[0].help


def test_what_was_learned_with_the_joint_memory() -> None:
    spec = SPECS["both"]
    env = wrapped(spec, observe="index")

    def act(seen: Any) -> Any:
        """Left, but right in t once the machine has seen y."""
        state, memory = seen
        return np.where((state == 0) | ((state == 1) & (memory < 3)), 1, 0)

    policy = specc.learned_policy(env, act)
    left, right = (specc.evaluate(SPECS[name], policy).value for name in ("one", "two"))
    assert left is not None and right is not None
    assert specc.evaluate(spec, policy).value == left * right
    counts = {tuple(row) for row in policy.probabilities}
    assert len(policy.memories) == env.observation_space[1].n == 4 and len(counts) > 1
    with pytest.raises(SpecError, match="E810"):
        specc.learned_policy(wrapped(SPECS["logic"], observe="index"), act)
