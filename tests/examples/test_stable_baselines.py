"""`wrap` in the hands of Stable-Baselines3."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.wrappers import FlattenObservation
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize

import specc
from specc.resolve.file import Spec, load_text

torch.set_num_threads(1)

LAKE = """
env lake = gym "FrozenLake-v1" (is_slippery=false)
machine visit {
  states far near
  far  -> near when at(s14) emit 1/4
  near -> done when goal    emit 1
  final done
}
spec cross in lake = P[ !hole U goal ]
spec visit in lake = E[ discounted(visit, 0.9) ]
spec look in lake = E[ distinct(frozen, horizon=8) ]
"""
POLE = 'env pole = gym "CartPole-v1"\nspec steady in pole = P[ G abs(obs[2]) < 1/10 ]'
OBSERVED = ("none", "onehot", "dict")


def spec(name: str) -> Spec:
    return load_text(POLE if name == "steady" else LAKE)[name]


def make(name: str, observe: str, flat: bool = True) -> gymnasium.Env[Any, Any]:
    """As a user makes it; SB3 has no Tuple spaces, so pairs are flattened."""
    inner = (
        gymnasium.make("CartPole-v1", max_episode_steps=50)
        if name == "steady"
        else gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=50)
    )
    env = specc.wrap(inner, spec(name), observe=observe)
    return FlattenObservation(env) if flat and observe == "onehot" else env


def policy_of(env: gymnasium.Env[Any, Any]) -> str:
    inside = isinstance(env.observation_space, gymnasium.spaces.Dict)
    return "MultiInputPolicy" if inside else "MlpPolicy"


@pytest.mark.parametrize("observe", OBSERVED)
@pytest.mark.parametrize("name", ["cross", "visit", "look", "steady"])
@pytest.mark.filterwarnings("error::UserWarning")
def test_check_env(name: str, observe: str) -> None:
    check_env(make(name, observe), warn=True, skip_render_check=True)


@pytest.mark.parametrize("vectors", [DummyVecEnv, partial(SubprocVecEnv, start_method="fork")])
def test_vectors_pay_as_single_wrappers(vectors: Any) -> None:
    """The same actions in both: the same rewards, ends and memories, over many episodes."""
    makers = [partial(make, "visit", "dict") for _ in range(2)]
    envs = vectors(makers)
    alone = [maker() for maker in makers]
    envs.seed(3)
    seen = envs.reset()
    for i, env in enumerate(alone):
        own, _ = env.reset(seed=3 + i)
        assert seen["machine"][i] == own["machine"]
    rng, ends, paid = np.random.default_rng(0), 0, 0.0
    for _ in range(300):
        # Mostly down and right, so that the goal is reached.
        actions = rng.choice(4, size=2, p=[0.1, 0.4, 0.4, 0.1])
        seen, rewards, dones, infos = envs.step(actions)
        for i, env in enumerate(alone):
            own, reward, over, cut, info = env.step(actions[i])
            assert (rewards[i], dones[i]) == (np.float32(reward), over or cut)
            assert infos[i]["specc"] == info["specc"]
            if over or cut:
                assert infos[i]["TimeLimit.truncated"] == (cut and not over)
                assert infos[i]["terminal_observation"] == own
                own, _ = env.reset()
                ends += 1
            assert (seen["machine"][i], seen["observation"][i]) == tuple(
                own[k] for k in sorted(own)
            )
            paid += reward
    envs.close()
    assert ends > 10 and paid > 0


def test_monitor_counts_the_spec_reward(tmp_path: Path) -> None:
    env = Monitor(make("cross", "dict"), str(tmp_path / "run"), info_keywords=("specc",))
    env.reset(seed=0)
    for action in (1, 1, 2, 2, 1, 2):
        _, _, over, _, info = env.step(action)
    assert over and info["episode"]["r"] == 1.0 and info["specc"]["satisfied"] is True
    assert env.get_episode_rewards() == [1.0]


@pytest.mark.parametrize("observe", OBSERVED)
@pytest.mark.parametrize("algorithm", [PPO, DQN])
def test_learn_save_load(algorithm: type[BaseAlgorithm], observe: str, tmp_path: Path) -> None:
    """A loaded model is the same exact policy, and goes on learning."""
    env = make("visit", observe)
    sizes = {"n_steps": 64, "batch_size": 32} if algorithm is PPO else {"learning_starts": 32}
    model = algorithm(policy_of(env), env, seed=1, device="cpu", gamma=0.9, **sizes)
    model.learn(128)
    model.save(tmp_path / "model")
    again = algorithm.load(tmp_path / "model", env=make("visit", observe), device="cpu")

    def learned(one: BaseAlgorithm) -> Any:
        choose = lambda seen: one.predict(seen, deterministic=True)[0]  # noqa: E731
        return specc.learned_policy(env, choose)

    assert learned(model).probabilities == learned(again).probabilities
    again.learn(64, reset_num_timesteps=False)
    assert again.num_timesteps == model.num_timesteps + 64


def test_normalised_observations_and_rewards(tmp_path: Path) -> None:
    """VecNormalize around it: what it is paid is still to be had, and its statistics are kept."""
    envs = VecNormalize(DummyVecEnv([partial(make, "steady", "onehot")]), gamma=0.98)
    model = PPO("MlpPolicy", envs, n_steps=64, batch_size=32, seed=0, device="cpu")
    model.learn(128)
    envs.save(str(tmp_path / "statistics"))
    envs.reset()
    while True:
        _, _, dones, infos = envs.step(np.array([1]))
        if dones[0]:
            break
    assert envs.get_original_reward().tolist() == [-1.0]
    assert infos[0]["specc"]["satisfied"] is False
    inner = DummyVecEnv([partial(make, "steady", "onehot")])
    again = VecNormalize.load(str(tmp_path / "statistics"), inner)
    assert np.array_equal(again.obs_rms.mean, envs.obs_rms.mean) or again.obs_rms.count > 1


def test_a_short_run_learns_the_task() -> None:
    """The optimum after 4,000 steps; SB3's `evaluate_policy` agrees with `specc.evaluate`."""
    env = make("cross", "dict")
    model = DQN(
        "MultiInputPolicy",
        env,
        seed=0,
        learning_rate=1e-2,
        learning_starts=200,
        target_update_interval=50,
        exploration_fraction=1.0,
        gamma=0.97,
        policy_kwargs={"net_arch": []},
        device="cpu",
    )
    model.learn(4_000)
    policy = specc.learned_policy(env, lambda seen: model.predict(seen, deterministic=True)[0])
    exact = specc.evaluate(spec("cross"), policy).value
    mean, spread = evaluate_policy(model, Monitor(make("cross", "dict")), n_eval_episodes=3)
    assert (exact, mean, spread) == (1, 1.0, 0.0)


def test_pairs_are_refused_by_the_library_not_by_chance() -> None:
    """SB3 knows no Tuple; docs/training.md says to flatten or to take "dict"."""
    with pytest.raises((NotImplementedError, AssertionError)):
        PPO("MlpPolicy", make("visit", "index"), device="cpu")
