"""A sequence in MiniGrid: open the red door, shut it again, then open the blue one.

With both doors shut the room looks as it did at the start, so a policy of what is seen cannot do
it; the reward machine's state is part of the observation. Stable-Baselines3's DQN sees the agent,
the doors and that state. The best score is found by a search over the running environment: the
room is always the same and nothing in it is random.

    python examples/training/doors_dqn.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import minigrid  # noqa: F401  (registers its environments)
import numpy as np
import torch
from report import Point, Study, Train, main
from sb3 import learn
from stable_baselines3 import DQN

import specc
from specc.resolve.file import load_text

ROOM = 3  # the seed of the room: where its doors are, and where the agent begins
ACTIONS = (0, 1, 2, 5)  # MiniGrid's left, right, forward and toggle
LIMIT = 100  # steps of an episode
DISCOUNT = 0.9
STEPS, EVERY, QUICK = 12_000, 500, 1_000

SPEC = load_text("""
env room = gym "MiniGrid-RedBlueDoors-6x6-v0"
machine errand {
  states begin opened shut
  begin  -> opened when red_door_open                   emit 1/10
  opened -> shut   when !red_door_open & !blue_door_open emit 1/10
  shut   -> done   when blue_door_open                  emit 1
  final done
}
spec errand in room = E[ discounted(errand, 0.9) ]
""")["errand"]


class SameRoom(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Always the same room."""

    def reset(self, **asked: Any) -> tuple[Any, dict[str, Any]]:
        return self.env.reset(seed=ROOM, options=asked.get("options"))


class Sight(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Where the agent stands and looks, and which doors are open, as 0/1 numbers."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        room: Any = env.unwrapped
        self.shape = (room.width, room.height, 4)
        size = sum(self.shape) + 2
        self.observation_space = gymnasium.spaces.Box(0, 1, (size,), np.float32)

    def observation(self, observation: Any) -> Any:
        room: Any = self.env.unwrapped
        place = (*room.agent_pos, room.agent_dir)
        parts = [np.eye(n)[int(i)] for n, i in zip(self.shape, place, strict=True)]
        doors = [room.red_door.is_open, room.blue_door.is_open]
        return np.concatenate([*parts, doors]).astype(np.float32)


def make(observe: str = "onehot") -> gymnasium.Env[Any, Any]:
    """The room with the machine's reward, whose state is seen behind agent and doors."""
    room = gymnasium.make("MiniGrid-RedBlueDoors-6x6-v0", max_steps=LIMIT)
    four = gymnasium.wrappers.TransformAction(
        SameRoom(room), lambda number: ACTIONS[number], gymnasium.spaces.Discrete(len(ACTIONS))
    )
    env = specc.wrap(Sight(four), SPEC, observe=observe)
    return gymnasium.wrappers.FlattenObservation(env)


State = tuple[tuple[int, int], int, bool, bool]
"""Where the agent is, where it looks, whether the red and the blue door are open."""


def best() -> float:
    """The greatest discounted reward: value iteration over all that a search of the room finds, the
    errand's three stages counted here, without specc."""
    room: Any = gymnasium.make("MiniGrid-RedBlueDoors-6x6-v0").unwrapped
    room.reset(seed=ROOM)

    def state() -> State:
        column, row = map(int, room.agent_pos)
        return (column, row), int(room.agent_dir), room.red_door.is_open, room.blue_door.is_open

    first = (state(), 0)
    moves: dict[tuple[State, int], list[tuple[float, Any]]] = {}
    pending = [first]
    while pending:
        here = pending.pop()
        if here in moves:
            continue
        moves[here] = []
        for action in ACTIONS:
            (room.agent_pos, room.agent_dir, red, blue), stage = here
            room.red_door.is_open, room.blue_door.is_open, room.step_count = red, blue, 0
            over = room.step(action)[2]
            _, _, red, blue = after = state()
            done = (red, not red and not blue, blue)[stage]
            reward = (0.1, 0.1, 1.0)[stage] if done else 0.0
            ended = over or (done and stage == 2)
            then = None if ended else (after, stage + done)
            moves[here].append((reward, then))
            if then is not None:
                pending.append(then)
    values = dict.fromkeys(moves, 0.0)
    for _ in range(LIMIT):
        values = {
            here: max(r + DISCOUNT * (values[to] if to else 0.0) for r, to in outcomes)
            for here, outcomes in moves.items()
        }
    return values[first]


def score(model: DQN, env: gymnasium.Env[Any, Any]) -> float:
    """The discounted reward of the greedy policy: one episode says it, as nothing is random."""
    seen, _ = env.reset()
    total, weight, over = 0.0, 1.0, False
    while not over:
        seen, reward, ended, cut, _ = env.step(int(model.predict(seen, deterministic=True)[0]))
        total, weight, over = total + weight * reward, weight * DISCOUNT, ended or cut
    return total


def learner(observe: str) -> Train:
    """DQN that sees the machine's state as ``observe`` says."""

    def train(seed: int, quick: bool) -> Iterator[Point]:
        torch.set_num_threads(1)
        env = make(observe)
        model = DQN(
            "MlpPolicy",
            make(observe),
            gamma=DISCOUNT,
            learning_rate=2e-3,
            learning_starts=500,
            buffer_size=STEPS,
            batch_size=64,
            train_freq=2,
            target_update_interval=250,
            exploration_fraction=0.6,
            exploration_final_eps=0.1,
            policy_kwargs={"net_arch": [64]},
            seed=seed,
            device="cpu",
        )
        return learn(model, QUICK if quick else STEPS, EVERY, lambda: score(model, env))

    return train


def study(greatest: float) -> Study:
    """Both learners, beside the best that a search found."""
    return Study(
        "doors",
        "MiniGrid: open the red door, shut it, open the blue door",
        "discounted reward of the greedy policy",
        {"DQN": learner("onehot"), "DQN, memory hidden": learner("none")},
        greatest,
        "best, by search",
        seeds=3,
    )


if __name__ == "__main__":
    main(study(best()))
