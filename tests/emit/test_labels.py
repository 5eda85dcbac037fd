"""Propositions and numbers from running environments: MiniGrid's, Python's, and what is wrong."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import gymnasium
import minigrid
import numpy as np
import pytest

import specc
from specc.diagnostics import SpecError
from specc.emit.minigrid import MiniGridLabel, minigrid_label
from specc.resolve.file import Spec, load_text

assert minigrid  # it registers its environments

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE = range(6)


def spec(text: str) -> Spec:
    file = load_text(f"spec s = {text}")
    assert not file.has_errors, file.diagnostics
    return file["s"]


def plan_to(env: Any, column: int, row: int, last: bool) -> list[int]:
    """Actions to a cell, or (``last`` False) to face it; breadth-first over poses."""
    grid, start = env.grid, (*map(int, env.agent_pos), int(env.agent_dir))
    ways: dict[tuple[int, int, int], list[int]] = {start: []}
    pending = [start]
    for x, y, d in pending:
        ahead = x + (1, 0, -1, 0)[d], y + (0, 1, 0, -1)[d]
        if (x, y) == (column, row) if last else ahead == (column, row):
            return ways[x, y, d]
        cell = grid.get(*ahead)
        free = cell is None or cell.can_overlap()
        for action, pose in (
            (LEFT, (x, y, (d - 1) % 4)),
            (RIGHT, (x, y, (d + 1) % 4)),
            (FORWARD, (*ahead, d) if free else (x, y, d)),
        ):
            if pose not in ways:
                ways[pose] = [*ways[x, y, d], action]
                pending.append(pose)
    raise AssertionError("no way")


def find(env: Any, kind: str) -> tuple[int, int]:
    cells = [(x, y) for x in range(env.width) for y in range(env.height)]
    return next(c for c in cells if (t := env.grid.get(*c)) is not None and t.type == kind)


SEQUENCE = (
    "P[F (carrying_yellow_key & !door_open & F (yellow_door_open & F (on_door & F on_goal)))]"
)


@pytest.mark.parametrize("seed", range(3))
def test_a_sequence_in_a_minigrid(seed: int) -> None:
    """The key, the door, through the door, the goal: paid once, when all is done."""
    inner = gymnasium.make("MiniGrid-DoorKey-6x6-v0")
    env = specc.wrap(inner, spec(SEQUENCE), observe="index")
    env.reset(seed=seed)
    grid = env.unwrapped
    paid: list[float] = []

    def act(actions: list[int]) -> bool:
        over = False
        for action in actions:
            _, reward, over, truncated, _ = env.step(action)
            assert not truncated
            paid.append(float(reward))
        return over

    act([*plan_to(grid, *find(grid, "key"), last=False), PICKUP])
    door = find(grid, "door")
    act([*plan_to(grid, *door, last=False), TOGGLE])
    over = act(plan_to(grid, *find(grid, "goal"), last=True))
    assert over and sum(paid) == paid[-1] == 1.0
    memories = env.get_wrapper_attr("_meter").controller.states
    assert len(memories) == 5


def test_names_of_minigrid() -> None:
    env = gymnasium.make("MiniGrid-DoorKey-6x6-v0")
    env.reset(seed=0)
    grid = env.unwrapped
    moves = plan_to(grid, *find(grid, "door"), last=False)
    for action in moves:
        env.step(action)

    def now(name: str) -> bool:
        label = minigrid_label(env, name)
        assert label is not None
        return label(None, None, None, {})

    facing = ["facing_door", "facing_yellow", "facing_locked_door", "facing_locked_yellow_door"]
    assert all(map(now, facing))
    wrong = ["facing_red_door", "facing_open_door", "facing_closed_door", "facing_key", "on_door",
             "carrying", "door_open", "red_door_open", "on_goal"]  # fmt: skip
    assert not any(map(now, wrong))
    grid.carrying = type(grid.grid.get(*find(grid, "key")))("yellow")
    assert now("carrying") and now("carrying_key") and now("carrying_yellow")
    assert not now("carrying_ball") and not now("carrying_red_key")
    env.step(TOGGLE)
    assert now("door_open") and now("yellow_door_open") and now("facing_open_door")
    for other in ("on", "facing", "facing_open", "standing_goal", "on_goal_green", "goal"):
        assert minigrid_label(env, other) is None
    assert minigrid_label(gymnasium.make("FrozenLake-v1"), "on_goal") is None


def test_python_labels_win_over_minigrid() -> None:
    env = specc.wrap(
        gymnasium.make("MiniGrid-Empty-5x5-v0"),
        spec("P[F on_goal]"),
        labels={"on_goal": lambda obs, action, next_obs, info: action == LEFT},
    )
    env.reset(seed=0)
    assert env.step(RIGHT)[1] == 0.0 and env.step(LEFT)[1] == 1.0


def test_copies_read_their_own_grid() -> None:
    env = specc.wrap(gymnasium.make("MiniGrid-Empty-5x5-v0"), spec("P[F on_goal]"))
    env.reset(seed=0)
    other = copy.deepcopy(env)
    for action in plan_to(other.unwrapped, *find(other.unwrapped, "goal"), last=True):
        _, reward, over, _, _ = other.step(action)
    assert reward == 1.0 and over
    assert env.step(LEFT)[1] == 0.0
    label = pickle.loads(pickle.dumps(MiniGridLabel(None, "carrying", None, "red", "key")))
    assert (label.color, label.kind) == ("red", "key")


def test_an_unknown_name_is_refused_before_the_first_step() -> None:
    with pytest.raises(
        SpecError, match=r"E805.*nobody defines the proposition `at_goal`"
    ) as caught:
        specc.wrap(gymnasium.make("MiniGrid-Empty-5x5-v0"), spec("P[F at_goal]"))
    assert "`on_goal`" in str(caught.value.diagnostics[0].label)


@pytest.mark.parametrize(
    "answer", [None, 0.5, math.nan, "yes", np.array([True]), np.zeros(3, bool)]
)
def test_a_label_that_answers_no_truth_value(answer: object) -> None:
    env = specc.wrap(
        gymnasium.make("CartPole-v1"), spec("P[G !far]"), labels={"far": lambda *_: answer}
    )
    with pytest.raises(SpecError, match=r"E817.*the label `far` answers"):
        env.reset(seed=0)


@pytest.mark.parametrize("answer", [True, np.bool_(True), np.array(True), 1, np.int64(1)])
def test_a_label_that_answers_one(answer: object) -> None:
    env = specc.wrap(
        gymnasium.make("CartPole-v1"), spec("P[X far]"), labels={"far": lambda *_: answer}
    )
    env.reset(seed=0)
    assert env.step(0)[1] == 1.0


class Broken(gymnasium.Env[Any, Any]):
    """Shows and pays what it is told."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, shown: float, paid: float) -> None:
        self.shown, self.paid = shown, paid

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return np.zeros(2, dtype=np.float32), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return np.array([0.0, self.shown], dtype=np.float32), self.paid, False, False, {}


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("P[G obs[1] < 2]", r"the observation `obs\[1\]`"),
        ("E[discounted(obs[1], 0.9)]", r"the observation `obs\[1\]`"),
        ("P[F native > 2]", "the environment's own reward"),
        ("E[discounted(native + 1, 0.9)]", "the environment's own reward"),
    ],
)
def test_numbers_that_are_not_finite(wrong: float, text: str, what: str) -> None:
    shown, paid = (wrong, 0.0) if "obs" in text else (0.0, wrong)
    env = specc.wrap(Broken(shown, paid), spec(text))
    env.reset()
    with pytest.raises(SpecError, match=f"E809.*{what} is "):
        env.step(0)
    many = specc.wrap_vector(
        gymnasium.vector.SyncVectorEnv([lambda: Broken(0.0, 0.0), lambda: Broken(shown, paid)]),
        spec(text),
    )
    many.reset()
    with pytest.raises(SpecError, match=f"E809.*{what} is .* in environment 1"):
        many.step(np.array([0, 0]))


def test_what_the_spec_does_not_read_may_be_anything() -> None:
    env = specc.wrap(Broken(math.nan, math.inf), spec("P[G obs[0] < 2]"))
    env.reset()
    assert env.step(0)[1] == 0.0
