"""Train on a spec: cross the slippery lake without falling in, by plain Q-learning.

python examples/train_frozen_lake.py [EPISODES]
"""

from __future__ import annotations

import sys
from pathlib import Path

import gymnasium
import numpy as np

import specc
from specc.model.policy import MemoryPolicy

spec = specc.load(Path(__file__).with_name("frozen_lake.spec"))["cross"]
lake = gymnasium.make("FrozenLake-v1", max_episode_steps=200)
env = specc.wrap(lake, spec, observe="index")


def train(episodes: int, seed: int = 0) -> dict[tuple[int, int], np.ndarray]:
    """Q-learning over (observation, memory of the reward); returns a row of values for each."""
    rng = np.random.default_rng(seed)
    values: dict[tuple[int, int], np.ndarray] = {}
    visits: dict[tuple[int, int], np.ndarray] = {}
    for episode in range(episodes):
        (place, memory), _ = env.reset(seed=seed if episode == 0 else None)
        here, over, cut = (int(place), int(memory)), False, False
        explore = max(0.1, 1 - 2 * episode / episodes)
        while not (over or cut):
            row = values.setdefault(here, np.zeros(4))
            best = np.argmax(row + 1e-9 * rng.random(4))
            action = int(rng.integers(4) if rng.random() < explore else best)
            (place, memory), reward, over, cut, _ = env.step(action)
            after = int(place), int(memory)
            # A time limit (cut) is not an end: the value of what comes after still counts.
            future = 0.0 if over else 0.999 * values.setdefault(after, np.zeros(4)).max()
            count = visits.setdefault(here, np.zeros(4))
            count[action] += 1
            row[action] += max(0.01, count[action] ** -0.6) * (reward + future - row[action])
            here = after
    return values


def greedy(values: dict[tuple[int, int], np.ndarray]) -> MemoryPolicy:
    """The policy of the best actions, exact, over every (observation, memory) that runs show."""

    def choose(seen: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        pairs = zip(*(part.tolist() for part in seen), strict=True)
        return np.array([values.get(pair, np.zeros(4)).argmax() for pair in pairs])

    return specc.learned_policy(env, choose)


if __name__ == "__main__":
    policy = greedy(train(int(sys.argv[1]) if len(sys.argv) > 1 else 12_000))
    learned = specc.evaluate(spec, policy).value
    optimum = specc.solve(spec, exact=True).exact
    print(f"learned {learned} = {float(learned):.6f}, optimum {optimum} = {float(optimum):.6f}")
