"""Stable-Baselines3 on FrozenLake 8x8: reach the goal and do not fall in, on dry and slippery ice.

The spec is a formula, so its reward is a single 1, on the step that decides it. DQN, PPO and plain
Q-learning see the cell and the memory of the formula, and what they learned is valued exactly,
beside the exact optimum.

On dry ice nobody finds the goal by chance. There the reward is shaped by a potential, which leaves
the optimal policies as they are (Ng, Harada, Russell, ICML 1999); the exact value is the formula's
alone. On slippery ice a discount costs: what is optimal for 0.995 reaches the goal with chance 0.96
only, for 0.998 with 0.994, without one with 1.

    python examples/training/lake_ppo.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import torch
from report import Point, Study, Train, main
from sb3 import learn
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv

import specc
from specc.resolve.file import load_text

sys.path.insert(0, str(Path(__file__).parents[1]))
from learn import greedy_value
from learn import learn as learn_table

DRY, SLIPPERY = 0.95, 0.999  # discounts
QUICK = 2_000

FILE = load_text("""
env dry = gym "FrozenLake-v1" (map_name="8x8", is_slippery=false)
env slippery = gym "FrozenLake-v1" (map_name="8x8", is_slippery=true)
spec on_dry in dry = P[ !hole U goal ]
spec on_slippery in slippery = P[ !hole U goal ]
""")


class Shaped(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Adds discount * potential(after) - potential(before), the potential being the way done; it
    is 0 where an episode has ended."""

    potential = 0.0

    def reset(self, **asked: Any) -> tuple[Any, dict[str, Any]]:
        seen, info = self.env.reset(**asked)
        self.potential = self.way(seen)
        return seen, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        seen, reward, over, cut, info = self.env.step(action)
        after = 0.0 if over else self.way(seen)
        shaped = float(reward) + DRY * after - self.potential
        self.potential = after
        return seen, shaped, over, cut, info

    def way(self, seen: tuple[Any, Any]) -> float:
        """The share of the 14 steps to the far corner, walls and holes aside."""
        row, column = divmod(int(seen[0]), 8)
        return (row + column) / 14


def make(ice: str) -> gymnasium.Env[Any, Any]:
    """The lake with the formula's reward, cell and memory as one 0/1 vector; dry, it is shaped."""
    slippery = ice == "slippery"
    lake = gymnasium.make(
        "FrozenLake-v1",
        map_name="8x8",
        is_slippery=slippery,
        max_episode_steps=400 if slippery else 200,
    )
    env = specc.wrap(lake, FILE[f"on_{ice}"], observe="onehot")
    return gymnasium.wrappers.FlattenObservation(env if slippery else Shaped(env))


def dqn(seed: int) -> BaseAlgorithm:
    """DQN without hidden layers, a table that SB3 learns, on dry ice. There every discount has the
    same optimal policies, and a small one tells actions well apart."""
    return DQN(
        "MlpPolicy",
        DummyVecEnv([partial(make, "dry")] * 4),
        gamma=DRY,
        learning_rate=lambda left: 0.01 * left,
        buffer_size=50_000,
        learning_starts=300,
        batch_size=64,
        train_freq=2,
        gradient_steps=2,
        target_update_interval=100,
        exploration_fraction=0.5,
        exploration_final_eps=0.1,
        policy_kwargs={"net_arch": []},
        seed=seed,
        device="cpu",
    )


def ppo(seed: int) -> BaseAlgorithm:
    """PPO without hidden layers, in 16 slippery lakes at once."""
    return PPO(
        "MlpPolicy",
        DummyVecEnv([partial(make, "slippery")] * 16),
        gamma=SLIPPERY,
        n_steps=256,
        batch_size=1024,
        learning_rate=0.001,
        ent_coef=0.01,
        policy_kwargs={"net_arch": []},
        seed=seed,
        device="cpu",
    )


def actions(model: BaseAlgorithm, seen: Any) -> Any:
    """The best actions, as DQN takes them in the end."""
    return model.predict(seen, deterministic=True)[0]


def chances(model: Any, seen: Any) -> Any:
    """PPO's policy itself: the probabilities of all actions."""
    with torch.no_grad():
        tensor, _ = model.policy.obs_to_tensor(seen)
        return model.policy.get_distribution(tensor).distribution.probs.numpy()


def learner(ice: str, make_model: Callable[[int], Any], choose: Any, steps: int) -> Train:
    """Such a model, its policy valued exactly ten times on the way."""
    spec = FILE[f"on_{ice}"]

    def train(seed: int, quick: bool) -> Iterator[Point]:
        torch.set_num_threads(1)
        env, model = make(ice), make_model(seed)

        def value() -> float:
            policy = specc.learned_policy(env, partial(choose, model))
            return float(specc.evaluate(spec, policy).value)

        return learn(model, QUICK if quick else steps, steps // 10, value)

    return train


def table(seed: int, quick: bool) -> Iterator[Point]:
    """Plain Q-learning on the compiled kernel (examples/learn.py); each point is a run of its own,
    as its step sizes know how long it is."""
    spec = FILE["on_slippery"]
    for steps in range(QUICK, 5 * QUICK, QUICK) if quick else range(400_000, 4_000_001, 400_000):
        yield steps, float(greedy_value(spec, learn_table(spec, steps, seed)))


def study(name: str, ice: str, learners: dict[str, Train]) -> Study:
    """These learners on that ice, beside the exact optimum."""
    optimum = specc.solve(FILE[f"on_{ice}"], exact=True).exact
    title = f"FrozenLake 8x8, {ice}: P[ !hole U goal ]"
    return Study(f"lake_{name}", title, "exact value", learners, float(optimum), seeds=3)


STUDIES = [
    study("dry", "dry", {"DQN": learner("dry", dqn, actions, 6_000)}),
    study("ppo", "slippery", {"PPO": learner("slippery", ppo, chances, 65_536)}),
    study("slippery", "slippery", {"Q-learning, a table": table}),
]

if __name__ == "__main__":
    for each in STUDIES:
        main(each)
