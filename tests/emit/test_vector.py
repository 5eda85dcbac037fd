"""`wrap_vector` beside single wrappers that are reset by hand, step by step."""

from __future__ import annotations

import copy
import pickle
from functools import partial

import gymnasium
import numpy as np
import pytest
from emit_specs import environment, spec
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import specc
from specc.diagnostics import SpecError
from specc.emit.wrapped import wrap
from specc.resolve.file import load_text

COUNT = 5
MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]


class Seen(gymnasium.Wrapper):
    """Remembers whether the environment itself ended."""

    ended = False

    def step(self, action: int) -> tuple:
        answer = self.env.step(action)
        self.ended = bool(answer[2] or answer[3])
        return answer


class Rows:
    """Single wrappers, each reset as the mode says. Behind an end that the reward put, NEXT_STEP
    lets the environment make a step that nobody sees."""

    def __init__(self, make: partial, task: object, mode: AutoresetMode, count: int = COUNT,
                 labels: dict | None = None) -> None:  # fmt: skip
        self.envs = [wrap(Seen(make()), task, labels, "index") for _ in range(count)]
        self.same = mode == AutoresetMode.SAME_STEP
        self.over = [False] * count

    def reset(self, seed: int) -> list:
        return [env.reset(seed=seed + i) for i, env in enumerate(self.envs)]

    def step(self, actions: np.ndarray) -> list:
        """(observation, reward, terminated, truncated, info, last observation and info)."""
        rows = []
        for i, env in enumerate(self.envs):
            if not self.same and self.over[i]:
                if not env.env.ended:
                    env.env.step(actions[i])
                observation, info = env.reset()
                rows.append((observation, 0.0, False, False, info, None))
                self.over[i] = False
                continue
            observation, reward, ended, cut, info = env.step(actions[i])
            last = None
            if ended or cut:
                self.over[i], last = True, (observation, info)
                if self.same:
                    observation, info = env.reset()
            rows.append((observation, reward, ended, cut, info, last))
        return rows


def compare(envs: gymnasium.vector.VectorEnv, rows: Rows, steps: int, actions: int) -> int:
    """Run both; how many episodes ended."""
    observations, infos = envs.reset(seed=3)
    ends = 0
    for i, (observation, info) in enumerate(rows.reset(3)):
        same(observations, i, observation, infos, info)
    rng = np.random.default_rng(0)
    for _ in range(steps):
        chosen = rng.integers(actions, size=len(rows.envs))
        observations, reward, ended, cut, infos = envs.step(chosen)
        for i, row in enumerate(rows.step(chosen)):
            assert reward[i].hex() == float(row[1]).hex()
            assert (ended[i], cut[i]) == (row[2], row[3])
            same(observations, i, row[0], infos, row[4])
            if row[5] is not None:
                ends += 1
                if rows.same:
                    assert infos["_final_obs"][i] and infos["_final_info"][i]
                    assert np.array_equal(infos["final_obs"][i][0], row[5][0][0])
                    assert infos["final_obs"][i][1] == row[5][0][1]
                    told = infos["final_info"]["specc"]
                    assert told["machine"][i] == row[5][1]["specc"]["machine"]
                    assert told["satisfied"][i] is row[5][1]["specc"]["satisfied"]
    return ends


def same(observations: tuple, i: int, observation: tuple, infos: dict, info: dict) -> None:
    assert np.array_equal(observations[0][i], observation[0])
    assert observations[1][i] == observation[1] == infos["specc"]["machine"][i]
    assert infos["specc"]["machine"][i] == info["specc"]["machine"]
    assert infos["specc"]["satisfied"][i] is info["specc"]["satisfied"]
    assert infos["specc"]["formalism"] == info["specc"]["formalism"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "name", ["reach", "stay", "often", "prize", "walk", "fare", "near", "next"]
)
def test_finite_models(name: str, mode: AutoresetMode) -> None:
    make = partial(environment, name, 12)
    envs = specc.wrap_vector(
        SyncVectorEnv([make] * COUNT, autoreset_mode=mode), spec(name), observe="index"
    )
    assert compare(envs, Rows(make, spec(name), mode), 40, envs.single_action_space.n)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["deliver", "soon", "cover", "rate", "power", "twice"])
def test_episodes_that_the_reward_ends(name: str, mode: AutoresetMode) -> None:
    make = partial(environment, name, 12)
    envs = specc.wrap_vector(
        SyncVectorEnv([make] * COUNT, autoreset_mode=mode), spec(name), observe="index"
    )
    assert compare(envs, Rows(make, spec(name), mode), 40, 4)


POLE = load_text("""
env pole = gym "CartPole-v1"
spec upright in pole = P[ G (!tilted & abs(obs[0]) < 1/20) ]
spec sway in pole = E[ discounted([from(tilted)] - obs[2]*obs[2] + native/10 + [action = 1], 0.9) ]
spec lean in pole = E[ total([tilted] - exp(obs[1]), horizon=6) ]
spec hold in pole = P[ F G tilted ]
""")


def one(obs: np.ndarray, action: int, next_obs: np.ndarray, info: dict) -> bool:
    return bool(abs(next_obs[2]) > 0.03)


def many(obs: np.ndarray, action: np.ndarray, next_obs: np.ndarray, infos: dict) -> np.ndarray:
    found: np.ndarray = np.abs(next_obs[:, 2]) > 0.03
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["upright", "sway", "lean"])
def test_labels_and_observations(name: str, mode: AutoresetMode) -> None:
    make = partial(gymnasium.make, "CartPole-v1", max_episode_steps=15)
    task = POLE[name]
    envs = specc.wrap_vector(
        SyncVectorEnv([make] * COUNT, autoreset_mode=mode), task, {"tilted": many}, "index"
    )
    assert compare(envs, Rows(make, task, mode, labels={"tilted": one}), 40, 2)


@pytest.mark.parametrize("mode", MODES)
def test_processes(mode: AutoresetMode) -> None:
    make = partial(gymnasium.make, "CartPole-v1", max_episode_steps=9)
    envs = specc.wrap_vector(
        AsyncVectorEnv([make] * 2, autoreset_mode=mode, context="fork"), POLE["upright"],
        {"tilted": many}, "index",
    )  # fmt: skip
    rows = Rows(make, POLE["upright"], mode, 2, {"tilted": one})
    assert compare(envs, rows, 25, 2)
    envs.close()


def test_reset_by_hand() -> None:
    make = partial(environment, "reach", 12)
    inner = SyncVectorEnv([make] * COUNT, autoreset_mode=AutoresetMode.DISABLED)
    envs = specc.wrap_vector(inner, spec("reach"), observe="dict")
    observations, _ = envs.reset(seed=0)
    rng = np.random.default_rng(0)
    ends = 0
    for _ in range(60):
        before = observations["machine"]
        observations, _, ended, cut, infos = envs.step(rng.integers(4, size=COUNT))
        over = ended | cut
        assert observations in envs.observation_space
        if over.any():
            ends += 1
            kept = observations["machine"][~over].tolist()
            observations, infos = envs.reset(options={"reset_mask": over})
            assert observations["machine"][~over].tolist() == kept
            assert (observations["observation"][over] == 0).all()
            assert all(infos["specc"]["satisfied"][i] is None for i in np.flatnonzero(over))
        assert len(before) == COUNT
    assert ends


def test_spaces_pickle_and_copy() -> None:
    make = partial(environment, "deliver", 12)
    envs = specc.wrap_vector(SyncVectorEnv([make] * 2), spec("deliver"), observe="onehot")
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space
    assert observations[1].shape == (2, envs.kernel.memories)
    envs.step(np.zeros(2, dtype=int))
    for other in (copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))):
        moved, reward, *_ = other.step(np.ones(2, dtype=int))
        assert moved in other.observation_space and reward.shape == (2,)


@pytest.mark.parametrize(
    ("name", "labels", "code"),
    [
        ("upright", {}, "E805"),
        ("hold", {"tilted": many}, "E811"),
        ("upright", {"tilted": one}, None),
        ("upright", {"tilted": lambda *_: np.zeros(3, dtype=bool)}, "E814"),
        ("upright", {"tilted": lambda *_: np.zeros(COUNT)}, "E814"),
    ],
)
def test_labels_that_do_not_fit(name: str, labels: dict, code: str | None) -> None:
    make = partial(gymnasium.make, "CartPole-v1")
    with pytest.raises((SpecError, ValueError, IndexError), match=code):
        specc.wrap_vector(SyncVectorEnv([make] * COUNT), POLE[name], labels).reset(seed=0)


class Broken(gymnasium.Wrapper):
    """Observations are NaN from the second step on."""

    def step(self, action: int) -> tuple:
        observation, *rest = self.env.step(action)
        return observation * np.nan, *rest


def test_nan_observations_are_named() -> None:
    envs = SyncVectorEnv([lambda: Broken(gymnasium.make("CartPole-v1"))] * 2)
    for name in ("upright", "sway"):
        wrapped = specc.wrap_vector(envs, POLE[name], {"tilted": many})
        wrapped.reset(seed=0)
        before = wrapped._state
        with pytest.raises(SpecError, match="E809"):
            wrapped.step(np.zeros(2, dtype=int))
        assert wrapped._state is before


def test_no_reward_per_step_and_no_model() -> None:
    make = partial(gymnasium.make, "CartPole-v1")
    with pytest.raises(SpecError, match="E801"):
        specc.wrap_vector(SyncVectorEnv([make]), spec("order"))
    with pytest.raises(SpecError, match="E815"):
        specc.wrap_vector(SyncVectorEnv([make]), spec("cover"))


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_vectors_that_reset_all_or_none(mode: AutoresetMode) -> None:
    """Gymnasium's own vector of CartPoles ignores the mask: episodes would be cut unseen."""
    text = 'env pole = gym "CartPole-v1"\nspec s in pole = P[G abs(obs[2]) < 1/10]'
    steady = load_text(text)["s"]
    poles = gymnasium.make_vec("CartPole-v1", 16, vectorization_mode="vector_entry_point")
    if mode == AutoresetMode.SAME_STEP:
        poles.metadata = {**poles.metadata, "autoreset_mode": mode}
    envs = specc.wrap_vector(poles, steady)
    envs.reset(seed=0)
    with pytest.raises(SpecError, match="E823"):
        for _ in range(40):
            envs.step(np.zeros(16, dtype=np.int64))
