"""Fairness: the worse-off of two roads at a traffic light is served as well as can be.

The objective is a minimum of two expectations (`examples/fair_lights.spec`), so no reward stands
for it. `specc.wrap` pays a pseudo-reward: both roads' rewards, weighted by the gradient of the
minimum at estimates, which `env.update()` renews between batches. Two learners train on it:

- Q-learning finds a best policy for every pseudo-reward. Each serves one road only; what is judged
  is the mixture of them all, one drawn per episode (Frank-Wolfe).
- A softmax policy gradient follows the gradient at its own recent episodes. Its policy draws the
  action itself, and is as fair as its noisy estimates let it be; judged is the mixture, too.

Both are valued exactly (`specc.learned_policy`, `specc.evaluate`) beside the exact optimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.wrappers import TimeLimit
from report import Study, main

import specc
from specc.emit.model_env import ModelEnv

FILE = specc.load(Path(__file__).parent.parent / "fair_lights.spec")
FAIR, LEFT, RIGHT, SUM = (FILE[name] for name in ("fair", "left", "right", "sum"))
STATES, ACTIONS, DISCOUNT, STEPS = 3, 2, 0.9, 60


def make() -> Any:
    """The crossing with the pseudo-reward; 60 steps leave 0.2 % of the discounted sums."""
    return specc.wrap(TimeLimit(ModelEnv(FAIR.environment), STEPS), FAIR)


def mixed_q_learning(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """Q-learning between updates; yields the exact value of the mixture so far."""
    rng = np.random.default_rng(seed)
    explored, shown = make(), make()
    shown.pseudo = explored.pseudo  # both pay by the same weights
    table, steps, means = np.zeros((STATES, ACTIONS)), 0, np.zeros(2)
    for k in range(1, (60 if quick else 300) + 1):
        for _ in range(10):
            steps += _explore(explored, table, rng)
        greedy = table.argmax(axis=1)
        for _ in range(5):
            steps += _follow(shown, greedy, rng)
        share = 2 / (k + 1)
        shown.update(step_size=share, smoothing=0.5)
        means += share * (np.array(_greedily(tuple(greedy.tolist()))) - means)
        if k % 5 == 0:
            yield steps, float(means.min())


def _explore(env: Any, table: Any, rng: Any) -> int:
    """One episode of Q-learning; a third of the actions are drawn at random."""
    state, _ = env.reset(seed=int(rng.integers(1 << 30)))
    for _ in range(STEPS):
        action = int(table[state].argmax())
        if rng.random() < 1 / 3:
            action = int(rng.integers(ACTIONS))
        after, reward, _, _, _ = env.step(action)
        aim = reward + DISCOUNT * table[after].max()
        table[state, action] += 0.1 * (aim - table[state, action])
        state = after
    return STEPS


def _follow(env: Any, greedy: Any, rng: Any) -> int:
    """One episode of the policy that counts."""
    state, _ = env.reset(seed=int(rng.integers(1 << 30)))
    for _ in range(STEPS):
        state, _, _, _, _ = env.step(int(greedy[state]))
    return STEPS


@cache
def _greedily(greedy: tuple[int, ...]) -> tuple[float, float]:
    return _served(np.eye(ACTIONS)[list(greedy)])


def _served(chances: Any) -> tuple[float, float]:
    """What a policy serves of either road, exactly; ``chances`` (states, actions)."""
    policy = specc.learned_policy(make(), lambda seen: chances[seen])
    left, right = (specc.evaluate(side, policy).value for side in (LEFT, RIGHT))
    assert left is not None and right is not None
    return float(left), float(right)


def mixed_policy_gradient(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """REINFORCE with a baseline per state; yields the exact value of the mixture so far.

    The minimum is softened widely: the weights of noisy estimates would jump from road to road.
    """
    rng, env = np.random.default_rng(seed), make()
    scores, baseline, steps = np.zeros((STATES, ACTIONS)), np.zeros(STATES), 0
    means = np.zeros(2)
    for k in range(1, (40 if quick else 200) + 1):
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = np.zeros_like(scores)
        for _ in range(20):
            slope += _gradient(env, chances, baseline, rng) / 20
            steps += STEPS
        scores += 1.0 / (1 + k / 20) * slope
        env.update(step_size=max(0.3, 1 / k), smoothing=8.0)
        means += 2 / (k + 1) * (np.array(_served(chances)) - means)
        if k % 5 == 0:
            yield steps, float(means.min())


def _gradient(env: Any, chances: Any, baseline: Any, rng: Any) -> Any:
    """One episode's gradient; the baseline follows the returns."""
    state, _ = env.reset(seed=int(rng.integers(1 << 30)))
    seen, taken, paid = [], [], []
    for _ in range(STEPS):
        action = int(rng.random() < chances[state, 1])
        seen.append(state)
        taken.append(action)
        state, reward, _, _, _ = env.step(action)
        paid.append(reward)
    slope, rest = np.zeros_like(chances), 0.0
    for t in reversed(range(STEPS)):
        rest = paid[t] + DISCOUNT * rest
        gain = DISCOUNT**t * (rest - baseline[seen[t]])
        slope[seen[t]] -= gain * chances[seen[t]]
        slope[seen[t], taken[t]] += gain
        baseline[seen[t]] += 0.05 * (rest - baseline[seen[t]])
    return slope


def _selfish() -> float:
    """How fair the best policy for the sum is."""
    strategy = specc.solve(SUM).strategy
    assert strategy is not None
    return float(specc.evaluate(FAIR, strategy).value or Fraction(0))


OPTIMUM = specc.solve(FAIR)
assert OPTIMUM.lower is not None

STUDY = Study(
    name="fairness",
    title="Two roads at a light: the worse-off one",
    value="served of the worse-off road",
    learners={
        "Q-learning, mixed": mixed_q_learning,
        "policy gradient, mixed": mixed_policy_gradient,
    },
    best=float(OPTIMUM.lower),
    lines={"best policy for the sum": _selfish()},
)

if __name__ == "__main__":
    main(STUDY)
