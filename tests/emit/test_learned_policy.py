"""Policies that learners learned, as exact policies: their values against sampled episodes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from emit_specs import environment, spec

import specc
from specc.diagnostics import SpecError
from specc.emit.model_env import ModelEnv
from specc.model.policy_file import policy_text
from specc.resolve.file import load_text


class OneHot(gymnasium.ObservationWrapper):
    """State and memory as one 0/1 vector, as a learner's network wants them."""

    def __init__(self, env: gymnasium.Env) -> None:
        super().__init__(env)
        self.sizes = [int(part.n) for part in env.observation_space]
        self.observation_space = gymnasium.spaces.Box(0, 1, (sum(self.sizes),), np.float32)

    def observation(self, observation: Any) -> Any:
        parts = [np.eye(n, dtype=np.float32)[i] for n, i in zip(self.sizes, observation)]  # noqa: B905
        return np.concatenate(parts)


def chances_of(rows: np.ndarray, actions: int, seed: int) -> np.ndarray:
    """A policy of 0/1 rows that nobody would write: far from uniform, different in every row."""
    logits = rows @ np.random.default_rng(seed).normal(0, 0.7, (rows.shape[1], actions))
    weights = np.exp(logits)
    return weights / weights.sum(axis=1, keepdims=True)


def sampled(env: gymnasium.Env, choose: Callable[[Any], Any], discount: float) -> np.ndarray:
    """The returns of episodes in which the learner acts."""
    rng, returns = np.random.default_rng(3), []
    for seed in range(400):
        seen, _ = env.reset(seed=seed)
        total, weight, over = 0.0, 1.0, False
        while not over:
            chances = choose(np.asarray(seen)[None])[0]
            seen, reward, ended, cut, _ = env.step(int(rng.choice(len(chances), p=chances)))
            total, weight, over = total + weight * reward, weight * discount, ended or cut
        returns.append(total)
    return np.array(returns)


@pytest.mark.parametrize(
    ("name", "discount", "before"),
    [
        ("reach", 1.0, 0),
        ("stay", 1.0, 1),
        ("deliver", 0.99, 0),
        ("soon", 1.0, 0),
        ("cover", 1.0, 1),
    ],
)
def test_value_is_that_of_episodes(name: str, discount: float, before: int) -> None:
    """``before``: what the reward leaves out (docs/training.md: the value less 1, and so on)."""
    env = OneHot(specc.wrap(environment(name, 1000), spec(name), observe="index"))
    actions = int(env.action_space.n)
    choose = lambda rows: chances_of(rows, actions, seed=5)  # noqa: E731
    exact = specc.evaluate(spec(name), specc.learned_policy(env, choose)).value
    returns = sampled(env, choose, discount)
    error = returns.std() / math.sqrt(len(returns))
    assert error > 0
    assert abs(float(exact) - before - returns.mean()) < 4 * error


def test_greedy_by_hand_and_its_file(tmp_path: Path) -> None:
    """Coffee, then the office: the memory decides which way to go."""
    where = spec("deliver").environment
    env = specc.wrap(ModelEnv(where), spec("deliver"), observe="dict")
    step = {name: number for number, name in enumerate(where.action_names())}

    def choose(seen: dict[str, np.ndarray]) -> np.ndarray:
        rows = where.coordinates[seen["observation"]]
        to_coffee = np.where(rows[:, 0] > 0, step["north"], step["west"])
        to_office = np.where(rows[:, 0] > 0, step["north"], step["east"])
        return np.where(seen["machine"] == 0, to_coffee, to_office)

    policy = specc.learned_policy(env, choose)
    value = specc.evaluate(spec("deliver"), policy).value
    assert 0.6 < value < specc.solve(spec("deliver"), exact=True).exact
    path = tmp_path / "policy.json"
    path.write_text(policy_text(policy, where), encoding="utf-8")
    assert json.loads(path.read_text())["memory"]["update"]
    assert specc.evaluate(spec("deliver"), path).value == value


def test_epsilon_actions_move_the_memory() -> None:
    """F G coffee: go there, then commit; committing at once loses nothing less than everything."""
    where = spec("settle").environment
    env = specc.wrap(ModelEnv(where), spec("settle"), observe="index")
    own = len(where.action_names())
    step = {name: number for number, name in enumerate(where.action_names())}
    assert env.action_space.n > own

    def choose(seen: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        rows = where.coordinates[seen[0]]
        arrived = (rows == 0).all(axis=1)
        walk = np.where(rows[:, 0] > 0, step["north"], step["west"])
        return np.where(arrived & (seen[1] == seen[1].min()), own, walk)

    assert specc.evaluate(spec("settle"), specc.learned_policy(env, choose)).value == 1
    with pytest.raises(SpecError, match="for ever"):
        specc.learned_policy(env, lambda seen: np.full(len(seen[0]), own))
    halves = np.eye(env.action_space.n)[[0, own]].mean(axis=0)
    with pytest.raises(SpecError, match="by chance"):
        specc.learned_policy(env, lambda seen: np.tile(halves, (len(seen[0]), 1)))


def test_probabilities_are_the_floats_that_they_are() -> None:
    toss = load_text("""
env toss = mdp { initial s
  s: left -> l
     right -> r
  l: stay -> l
  r: stay -> r
  label goal: l }
spec win in toss = P[F goal]
""")["win"]
    env = specc.wrap(ModelEnv(toss.environment), toss)
    chance = np.float32(0.1)
    rows = lambda seen: np.tile(np.array([chance, 1 - chance, 0], np.float32), (len(seen), 1))  # noqa: E731
    with pytest.raises(SpecError, match="takes action 0, and the state has 2"):
        # The states behind have no such actions, and a run comes there.
        specc.learned_policy(env, rows)

    def choose(seen: np.ndarray) -> np.ndarray:
        return np.where(seen[:, None] == 0, rows(seen), np.float32([[0, 0, 1]]))

    whole = Fraction(float(chance)) + Fraction(float(1 - chance))
    value = specc.evaluate(toss, specc.learned_policy(env, choose)).value
    assert value == Fraction(float(chance)) / whole


WRONG = {
    "range": (lambda n: np.full(n, 4), "answers action 4 for observation 0; expected actions from"),
    "negative": (lambda n: np.full(n, -1), "answers action -1"),
    "one for all": (lambda n: 0, r"shape \(\); expected integers of shape \(11,\)"),
    "floats": (lambda n: np.zeros(n), r"answers float64 of shape \(11,\)"),
    "width": (lambda n: np.full((n, 3), 1 / 3), r"probabilities of shape \(11, 4\)"),
    "logits": (lambda n: np.ones((n, 4)), "sum to 1"),
    "nan": (lambda n: np.full((n, 4), np.nan), "sum to 1"),
    "below": (lambda n: np.tile([1.5, -0.5, 0, 0], (n, 1)), "not negative"),
    "predict": (lambda n: (np.zeros(n, int), None), "answers a tuple of 2"),
    "nothing": (lambda n: None, "answers object"),
    "ragged": (lambda n: [[1], [1, 2]], "that is no array"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_wrong_answers(name: str) -> None:
    answer, message = WRONG[name]
    env = specc.wrap(environment("reach"), spec("reach"))
    with pytest.raises(SpecError, match=message) as caught:
        specc.learned_policy(env, lambda seen: answer(len(seen)))
    assert caught.value.diagnostics[0].code == "E821"


def test_environments_without_a_policy() -> None:
    def code(env: Any) -> str:
        with pytest.raises(SpecError) as caught:
            specc.learned_policy(env, lambda seen: np.zeros(len(seen), int))
        return caught.value.diagnostics[0].code

    pole = load_text('env pole = gym "CartPole-v1"\nspec s in pole = P[G obs[0] < 2]')["s"]
    assert code(specc.wrap(gymnasium.make("CartPole-v1"), pole)) == "E810"
    assert code(environment("reach")) == "E822"
    lake = specc.wrap(environment("reach"), spec("reach"))
    assert code(gymnasium.wrappers.FrameStackObservation(lake, 2)) == "E822"
    python = {"goal": lambda obs, action, after, info: after == 15}
    labelled = specc.wrap(environment("reach"), spec("reach"), labels=python, observe="index")
    assert code(labelled) == "E810"


def test_wrappers_around() -> None:
    """Statistics and limits are read through; actions go through their wrappers."""
    lake = specc.wrap(environment("reach"), spec("reach"))
    around = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.wrappers.TimeLimit(lake, 50))
    mirrored = gymnasium.wrappers.TransformAction(around, lambda a: 3 - a, lake.action_space)
    best = np.array([0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0])
    straight = specc.learned_policy(around, lambda seen: best[seen])
    mirror = specc.learned_policy(mirrored, lambda seen: 3 - best[seen])
    assert mirror.probabilities == straight.probabilities
    # The known optimal policy of the slippery 4x4 lake.
    assert specc.evaluate(spec("reach"), straight).value == Fraction(14, 17)


def test_running_means_stand_still() -> None:
    env = OneHot(specc.wrap(environment("reach"), spec("reach"), observe="index"))
    env = gymnasium.wrappers.NormalizeObservation(env)
    env.reset(seed=0)
    before = env.obs_rms.mean.copy(), env.obs_rms.count
    specc.learned_policy(env, lambda seen: np.zeros(len(seen), int))
    assert np.array_equal(env.obs_rms.mean, before[0]) and env.obs_rms.count == before[1]
    assert env.update_running_mean
