"""Safety on CartPole: the pole stays within a tenth of a radian, the cart within half a unit.

The formula speaks of the observation, and pays -1 on the step that breaks it. CartPole has no
finite model, so what Stable-Baselines3's PPO learned is measured: how many of fresh episodes of 200
steps keep the formula, with Wilson's 95 % interval, beside the untrained policy and beside PPO on
CartPole's own reward, which asks for much less.

    python examples/training/pole_safety.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import torch
from report import Point, Study, Train, main
from sb3 import learn
from scipy import stats
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

import specc
from specc.resolve.file import load_text

HORIZON = 200
STEPS, EVERY, QUICK = 80_000, 10_000, 3_000
EPISODES, FRESH = 50, 300  # for each point of the curve; in the end

SPEC = load_text("""
env pole = gym "CartPole-v1"
spec steady in pole = P[ G (abs(obs[2]) < 1/10 & abs(obs[0]) < 1/2) ]
""")["steady"]


def own_reward() -> gymnasium.Env[Any, Any]:
    """CartPole as it is: 1 for every step until the pole falls."""
    return gymnasium.make("CartPole-v1", max_episode_steps=HORIZON)


def spec_reward() -> gymnasium.Env[Any, Any]:
    """CartPole with the formula's reward."""
    return specc.wrap(own_reward(), SPEC)


def kept(choose: Callable[[Any], Any], episodes: int, seed: int) -> float:
    """The share of fresh episodes that keep the formula for all steps.

    All run at once. An environment that broke it begins again, and stays counted as broken.
    """
    poles = gymnasium.make_vec("CartPole-v1", episodes, vectorization_mode="sync")
    envs = specc.wrap_vector(poles, SPEC)
    seen, _ = envs.reset(seed=seed)
    broken = np.zeros(episodes, dtype=bool)
    for _ in range(HORIZON):
        seen, reward, _, _, _ = envs.step(choose(seen))
        broken |= reward < 0
    envs.close()
    return float(1 - broken.mean())


def learner(make: Callable[[], gymnasium.Env[Any, Any]]) -> Train:
    """PPO in such environments."""

    def train(seed: int, quick: bool) -> Iterator[Point]:
        torch.set_num_threads(1)
        model = PPO(
            "MlpPolicy",
            DummyVecEnv([make] * 8),
            gamma=0.99,
            n_steps=128,
            batch_size=256,
            learning_rate=1e-3,
            seed=seed,
            device="cpu",
        )

        def choose(seen: Any) -> Any:
            return model.predict(seen, deterministic=True)[0]

        steps = QUICK if quick else STEPS
        *before, (last, _) = learn(model, steps, EVERY, lambda: kept(choose, EPISODES, seed))
        yield from before
        yield last, kept(choose, FRESH, 1_000 + seed)

    return train


STUDY = Study(
    "pole",
    "CartPole, P[ G (abs(angle) < 1/10 & abs(position) < 1/2) ]",
    "share of episodes that keep it",
    {"PPO": learner(spec_reward), "PPO, CartPole's own reward": learner(own_reward)},
    best=1.0,
    best_name="all episodes",
    seeds=3,
)

if __name__ == "__main__":
    for row in main(STUDY):
        episodes = row.seeds * FRESH
        found = stats.binomtest(round(row.mean * episodes), episodes)
        ends = found.proportion_ci(method="wilson")
        print(f"{row.learner}: {found.k} of {episodes}, Wilson {ends.low:.4f} .. {ends.high:.4f}")
