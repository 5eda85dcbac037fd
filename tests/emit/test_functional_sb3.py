"""A learner of Stable-Baselines3 on a constrained objective: the multiplier ascends."""

from __future__ import annotations

import gymnasium
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

import specc
from specc.resolve.file import load_text

POLE = load_text("""
spec upright = maximise E[ total([obs[0] > -1 & obs[0] < 1], horizon=100) ]
  subject to E[ total([obs[0] > 0], horizon=100) ] >= 60
""")


class Update(BaseCallback):
    """Updates the pseudo-reward after every rollout."""

    def __init__(self) -> None:
        super().__init__()
        self.standings: list = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self.standings += self.training_env.env_method("update")


def test_ppo_trains_on_the_lagrangian() -> None:
    torch.set_num_threads(1)
    env = specc.wrap(gymnasium.make("CartPole-v1"), POLE["upright"])
    updates = Update()
    model = PPO("MlpPolicy", env, n_steps=256, n_epochs=2, seed=0, device="cpu")
    model.learn(1024, callback=updates)
    assert len(updates.standings) == env.pseudo.updates == 4
    # A random pole stands for some twenty steps: the constraint is violated, its price rises.
    prices = [standing.multipliers[0] for standing in updates.standings]
    assert all(standing.slacks[0] < 0 for standing in updates.standings)
    assert 0 < prices[0] < prices[1] < prices[2] < prices[3]
    env.reset(seed=1)
    paid = [env.step(action)[1] for action in (0, 1)]
    rewards = [1.0, prices[-1]]
    assert all(any(abs(p - sum(rewards[:k])) < 1e-9 for k in (1, 2)) for p in paid)
