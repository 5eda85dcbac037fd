"""Q-learning in the office world, with and without counterfactual experience (CRM).

The task is the hardest of four that Toro Icarte, Klassen, Valenzano and McIlraith set ("Reward
machines", JAIR 2022): bring coffee and mail to the office, step on no plant. CRM learns from every
step as if it had been made in every state of the reward machine. Settings are theirs: learning rate
1/2, exploration 1/10, discount 9/10, optimistic values 2.

python examples/training/office_crm.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import gymnasium
import numpy as np
from report import Study, main

import specc
from specc.emit.model_env import ModelEnv
from specc.emit.relabel import counterfactual

SPEC = specc.load(Path(__file__).parents[1] / "office_world.spec")["bring_both"]
RATE, EXPLORE, DISCOUNT, HOPE = 0.5, 0.1, 0.9, 2.0
STEPS, EVERY = 120_000, 5_000


def office() -> gymnasium.Env:
    """The office with the reward of the spec; observations are (cell, state of the machine)."""
    env = specc.wrap(ModelEnv(SPEC.environment), SPEC, observe="index")
    return gymnasium.wrappers.TimeLimit(env, 1000)


@cache
def from_every_memory(cell: int, action: int, after: int) -> tuple[np.ndarray, ...]:
    """What the step does in each state of the machine: next states, rewards, ends."""
    step = {
        "observation": np.array([cell]),
        "action": np.array([action]),
        "next_observation": np.array([after]),
        "terminated": np.array([False]),  # the office itself never ends
    }
    _, found = counterfactual(step, SPEC)
    return found.after[0], found.reward[0], found.done[0]


def q_learning(seed: int, quick: bool, *, crm: bool) -> Iterator[tuple[int, float]]:
    """Yields (steps, exact value of the greedy policy)."""
    env, rng = office(), np.random.default_rng(seed)
    cells, memories = (int(space.n) for space in env.observation_space.spaces)
    values = np.full((memories, cells, int(env.action_space.n)), HOPE)
    (cell, memory), _ = env.reset(seed=seed)
    for step in range(1, (2_000 if quick else STEPS) + 1):
        row = values[memory, cell]
        best = rng.choice(np.flatnonzero(row == row.max()))
        action = int(rng.integers(len(row)) if rng.random() < EXPLORE else best)
        (after, following), reward, over, cut, _ = env.step(action)
        if crm:
            state, paid, ends = from_every_memory(int(cell), action, int(after))
            future = np.where(ends, 0.0, values[state, after].max(axis=1))
            old = values[:, cell, action]
            values[:, cell, action] = old + RATE * (paid + DISCOUNT * future - old)
        else:
            future = 0.0 if over else values[following, after].max()
            row[action] += RATE * (reward + DISCOUNT * future - row[action])
        cell, memory = after, following
        if over or cut:
            (cell, memory), _ = env.reset()
        if step % (1_000 if quick else EVERY) == 0:
            yield step, exact_value(env, values)


def exact_value(env: gymnasium.Env, values: np.ndarray) -> float:
    """What the greedy policy is worth, by the spec's own model rather than by episodes."""
    policy = specc.learned_policy(env, lambda seen: values[seen[1], seen[0]].argmax(axis=1))
    return float(specc.evaluate(SPEC, policy).value)


STUDY = Study(
    name="office_crm",
    title="Coffee and mail to the office: Q-learning and CRM",
    value="expected discounted reward",
    learners={
        "Q-learning": partial(q_learning, crm=False),
        "Q-learning with CRM": partial(q_learning, crm=True),
    },
    best=float(specc.solve(SPEC, exact=True).exact),
)

if __name__ == "__main__":
    main(STUDY)
