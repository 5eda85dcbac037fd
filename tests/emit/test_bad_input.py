"""Bad input is an error with a code at the call that causes it, and that call alone is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.buffers import ReplayBuffer
from tensordict import TensorDict

import specc
from specc.diagnostics import SpecError
from specc.emit.batches import Batch, State, Trajectories
from specc.emit.relabel import counterfactual
from specc.emit.targets import TARGETS, write_target
from specc.resolve.file import load_text

FILE = load_text("""
machine m {
  states u v
  u -> v when near & obs[0] > 0 emit 1
  v -> u when from(near) emit native + obs[1]
}
spec paid = E[discounted(m + native + obs[0] + [from(near | obs[1] > 0)], 0.9)]
spec seldom = E[discounted(if near then obs[0] else native, 0.9)]
spec soon = E[total(native + [from(near)] + obs[1], horizon=30)]
spec best = E[max(sup(native + [from(near)]), total(obs[0], horizon=40))]
spec again = P[G F (near & obs[0] > 0)]
spec until = P[(near | obs[0] < 90) U (obs[1] > 90)]
spec label = P[G F (near & X near)]
spec bare = E[discounted([near] - [from(near)], 0.9)]
spec middle = quantile(1/2, discounted(native, 0.9))
spec both = min(E[discounted(native, 0.9)], E[discounted(m, 0.9)])
spec wild = E[discounted([near] / obs[0], 0.9)]
""")
READS = {
    "reward": ("paid", "seldom", "soon", "best", "both"),
    "first": ("paid", "seldom", "again", "until", "best"),
    "label": ("paid", "again", "until", "label", "bare", "both"),
}
BAD = [np.nan, np.inf, -np.inf]


def near(obs: Any, action: Any, after: Any, info: dict) -> Any:
    """True at every second place; an array of the wrong shape where the info says so."""
    found = after[..., 1] > 0
    return np.stack([found, found], -1) if info.get("wrong") else found


class Glitch(gymnasium.Env):
    """A fixed stream; what stands at one place is wrong when it is first asked for."""

    observation_space, action_space = spaces.Box(-np.inf, np.inf, (2,)), spaces.Discrete(2)

    def __init__(self, what: str = "", value: Any = None, at: int = 4) -> None:
        self.what, self.value, self.at = what, value, at
        self.rows = np.random.default_rng(0).normal(size=(60, 3))
        self.time = 0

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        super().reset(seed=seed)
        self.time = 0
        return self._row()[:2] if self.at == 0 and self._spoiled() else (self.rows[0, :2], {})

    def _spoiled(self) -> bool:
        return bool(self.what) and self.time == self.at

    def _row(self) -> tuple:
        observation, info = self.rows[self.time, :2].copy(), {}
        reward = float(self.rows[self.time, 2])
        match self.what:
            case "reward":
                reward = self.value
            case "first":
                observation[0] = self.value
            case "label":
                info = {"wrong": True}
        self.what = ""
        return observation, info, reward

    def step(self, action: int) -> tuple:
        self.time += 1
        if self._spoiled():
            observation, info, reward = self._row()
            self.time -= 1
        else:
            observation, info = self.rows[self.time, :2], {}
            reward = float(self.rows[self.time, 2])
        return observation, reward, False, False, info


def run(env: Any, code: str | None, at: int = 4) -> list[str]:
    """What 20 steps answer; a step that fails is made again."""
    rows, failed = [str(env.reset(seed=1))], 0
    for _ in range(20):
        try:
            found = env.step(0)
        except SpecError as error:
            assert code is not None and error.diagnostics[0].code == code
            failed += 1
            found = env.step(0)
        rows.append(str(found))
    assert failed == (code is not None)
    return rows


CASES = [
    *((name, "reward", value) for name in READS["reward"] for value in BAD),
    *((name, "first", value) for name in READS["first"] for value in BAD),
    *((name, "label", None) for name in READS["label"]),
]


@pytest.mark.parametrize("at", [1, 4, 5])
@pytest.mark.parametrize(("name", "what", "value"), CASES)
def test_a_step_that_fails_is_as_if_it_had_not_been(
    name: str, what: str, value: Any, at: int
) -> None:
    observe = "none" if name == "best" else "index"
    labels = {"near": near}
    code = {"label": "E817"}.get(what, "E809")
    good = run(specc.wrap(Glitch(), FILE[name], labels, observe), None)
    found = run(specc.wrap(Glitch(what, value, at), FILE[name], labels, observe), code)
    assert found == good


@pytest.mark.parametrize(("name", "what", "value"), CASES)
def test_a_reset_that_fails_is_as_if_it_had_not_been(name: str, what: str, value: Any) -> None:
    observe = "none" if name == "best" else "index"
    env = specc.wrap(Glitch(what, value, 0), FILE[name], {"near": near}, observe)
    formula = name in {"again", "until", "label"}
    try:
        env.reset(seed=1)
    except SpecError as error:
        assert error.diagnostics[0].code in {"E809", "E817"}
    else:
        assert what == "reward" or not formula
    good = run(specc.wrap(Glitch(), FILE[name], {"near": near}, observe), None)
    env.unwrapped.what = ""
    assert run(env, None) == good


class GlitchVector(gymnasium.vector.VectorEnv):
    """The same stream in three environments, shifted; one of them is wrong, once."""

    def __init__(self, what: str = "", value: Any = None, at: int = 4) -> None:
        self.num_envs = 3
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space, self.single_action_space = (
            Glitch.observation_space, Glitch.action_space,
        )  # fmt: skip
        self.observation_space = spaces.Box(-np.inf, np.inf, (3, 2))
        self.action_space = spaces.MultiDiscrete([2] * 3)
        self.what, self.value, self.at, self.time = what, value, at, 0
        self.rows = np.random.default_rng(0).normal(size=(60, 3))

    def _now(self) -> Any:
        return np.stack([self.rows[self.time + i] for i in range(3)])

    def reset(self, *, seed: Any = None, options: dict | None = None) -> tuple:
        if options is None or "reset_mask" not in options:
            self.time = 0
        return self._now()[:, :2], {}

    def step(self, actions: Any) -> tuple:
        self.time += 1
        rows, infos = self._now(), {}
        if self.what and self.time == self.at:
            self.time -= 1
            if self.what == "label":
                infos = {"wrong": True}
            else:
                rows[1, 2 if self.what == "reward" else 0] = self.value
            self.what = ""
        no = np.zeros(3, dtype=np.bool_)
        return rows[:, :2], rows[:, 2].copy(), no, no, infos


@pytest.mark.parametrize("at", [1, 4, 5])
@pytest.mark.parametrize(
    ("name", "what", "value"), [case for case in CASES if case[0] not in {"best", "seldom", "both"}]
)
def test_a_vector_step_that_fails_is_as_if_it_had_not_been(
    name: str, what: str, value: Any, at: int
) -> None:
    code = {"label": "E814"}.get(what, "E809")
    rows = []
    for env, expected in ((GlitchVector(), None), (GlitchVector(what, value, at), code)):
        envs, failed = specc.wrap_vector(env, FILE[name], {"near": near}, "index"), 0
        found = [str(envs.reset(seed=1))]
        for _ in range(20):
            try:
                answer = envs.step(np.zeros(3, dtype=int))
            except SpecError as error:
                assert error.diagnostics[0].code == expected
                if what != "label":
                    assert "environment 1" in str(error)
                failed += 1
                answer = envs.step(np.zeros(3, dtype=int))
            found.append(str(answer))
        assert failed == (expected is not None)
        rows.append(found)
    assert rows[0] == rows[1]


@pytest.mark.parametrize("branching", [False, True])
@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_kernels_leave_the_state_where_it_was(
    backend: str, branching: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if branching:
        monkeypatch.setattr("specc.emit.controller._MOST_CLASSES", 0)
    kernel = specc.compile(FILE["paid"], backend)
    rng = np.random.default_rng(0)
    letters = rng.random((4, len(kernel.propositions))) < 0.5
    numbers = rng.normal(size=(4, len(kernel.inputs)))
    state = kernel.initial(4)
    state, *_ = kernel.step(state, Batch(letters, numbers))
    before = [np.array(x) for x in (state.memory, state.clock)]
    good = kernel.step(state, Batch(letters, numbers))
    spoiled = [numbers.copy() for _ in BAD]
    for one, value in zip(spoiled, BAD, strict=True):
        one[2, 1] = value
    ended = np.zeros(4, dtype=bool)
    for batch in (
        *(Batch(letters, one) for one in spoiled),
        Batch(letters[:3], numbers), Batch(letters, numbers[:3]), Batch(letters, numbers[:, :1]),
        Batch(letters[:, :1], numbers), Batch(letters.astype(float), numbers), Batch(letters),
        Batch(np.full(4, 10**6), numbers), Batch(np.full(4, -1), numbers),
        Batch(letters, numbers, None, ended[:2]), Batch(letters, numbers, None, ended.astype(int)),
        Batch(letters, numbers, None, ended, letters[:1]), Batch(letters, numbers.astype(str))
        if backend == "numba" else Batch(letters, numbers.astype(complex)),
    ):  # fmt: skip
        with pytest.raises(SpecError, match="E814"):
            kernel.step(state, batch)
        again = kernel.step(state, Batch(letters, numbers))
        for one, other in zip(again[1:], good[1:], strict=True):
            assert np.array_equal(np.asarray(one), np.asarray(other))
        for one, held in zip((state.memory, state.clock), before, strict=True):
            assert np.array_equal(np.asarray(one), held)
    for memory in (np.array([0, 1, 9, 0]), np.array([0, 1, -1, 0]), np.zeros(3, dtype=int)):
        with pytest.raises(SpecError, match="E814"):
            kernel.step(State(memory, np.zeros(4, dtype=int)), Batch(letters, numbers))
    with pytest.raises(SpecError, match="E814"):
        kernel.counterfactual(Batch(letters[:3], numbers))
    with pytest.raises(SpecError, match="E814"):
        kernel.relabel(Trajectories(letters[None, :3], None, None, None, numbers[None]))
    wild = specc.compile(FILE["wild"], backend)
    with pytest.raises(SpecError, match="E809"):
        wild.step(wild.initial(1), Batch(np.array([[True]]), np.array([[0.0]])))
    chance = specc.compile(FILE["label"], backend)
    with pytest.raises(SpecError, match="E814"):
        chance.step(chance.initial(1, np.array([[True]])), Batch(np.array([[True]])))
    for draw in (1.0, -0.1, np.nan):
        with pytest.raises(SpecError, match="E814"):
            chance.step(chance.initial(1, np.array([[True]])),
                        Batch(np.array([[True]]), None, np.array([draw])))  # fmt: skip


@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_kernels_of_visited_sets(backend: str) -> None:
    text = """
env e = mdp { initial s
  s: go -> t
     stay -> s
  t: on -> u
  u: end -> u }
spec seen in e = E[coverage(horizon=5, radius=0)]
"""
    kernel = specc.compile(load_text(text)["seen"], backend)
    state = kernel.initial(2, np.array([0, 0]))
    good = np.asarray(kernel.step(state, np.array([0, 1]))[1])
    for wrong in (
        np.array([0]), np.array([0, 9]), np.array([0, -1]), np.array([0.0, 1.0]),
        np.array([[0, 1]]), np.array([True, False]),
    ):  # fmt: skip
        with pytest.raises(SpecError, match="E814"):
            kernel.step(state, wrong)
        assert np.array_equal(np.asarray(kernel.step(state, np.array([0, 1]))[1]), good)
    with pytest.raises(SpecError, match="E814"):
        kernel.initial(3, np.array([0, 0]))
    with pytest.raises(SpecError, match="E814"):
        kernel.initial(1, np.array([2]))
    assert good.tolist() == [1.0, 0.0]


def stored(n: int = 3, length: int = 8) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    seen = rng.normal(size=(n, length + 1, 2))
    return {
        "observation": seen[:, :-1], "next_observation": seen[:, 1:],
        "action": rng.integers(2, size=(n, length)), "reward": rng.normal(size=(n, length)),
        "terminated": np.zeros((n, length), dtype=bool),
        "truncated": np.zeros((n, length), dtype=bool),
    }  # fmt: skip


def broken(rows: dict, key: str, change: Any) -> dict:
    return {**rows, key: change(rows[key].copy())}


def spoil(value: float) -> Any:
    def change(array: np.ndarray) -> np.ndarray:
        array[1, 3] = value
        return array

    return change


@pytest.mark.parametrize(
    ("rows", "labels", "code"),
    [
        *((broken(stored(), "reward", spoil(v)), near, "E809") for v in BAD),
        *((broken(stored(), "next_observation", spoil(v)), near, "E809") for v in BAD),
        (broken(stored(), "reward", lambda a: a[:, :-1]), near, "E814"),
        (broken(stored(), "action", lambda a: a[:2]), near, "E814"),
        (broken(stored(), "terminated", lambda a: a.astype(int)), near, "E814"),
        (broken(stored(), "next_observation", lambda a: a[:, :5]), near, "E814"),
        ({k: v for k, v in stored().items() if k != "reward"}, near, "E814"),
        (stored(), lambda o, a, n, i: np.zeros(3, dtype=bool), "E814"),
        (stored(), lambda o, a, n, i: np.zeros(24), "E814"),
        (stored(), None, "E805"),
    ],
)
def test_stored_data_that_do_not_fit(rows: dict, labels: Any, code: str) -> None:
    given = {} if labels is None else {"near": labels}
    before = {key: value.copy() for key, value in rows.items()}
    for method in (specc.relabel, counterfactual):
        with pytest.raises(SpecError, match=code):
            method(rows, FILE["paid"], given)
    assert all(np.array_equal(rows[k], before[k], equal_nan=rows[k].dtype == float) for k in rows)


@pytest.mark.parametrize("value", BAD)
def test_buffers_keep_their_rewards(value: float) -> None:
    rows = stored(1, 8)
    buffer = ReplayBuffer(9, Glitch.observation_space, Glitch.action_space, "cpu", 1,
                          handle_timeout_termination=False)  # fmt: skip
    for t in range(8):
        buffer.add(rows["observation"][:, t], rows["next_observation"][:, t], rows["action"][:, t],
                   rows["reward"][:, t], rows["terminated"][:, t], [{}])  # fmt: skip
    buffer.rewards[3] = value
    held = buffer.rewards.copy()
    with pytest.raises(SpecError, match="E809"):
        specc.relabel(buffer, FILE["paid"], {"near": near})
    assert np.array_equal(buffer.rewards, held, equal_nan=True)
    buffer.rewards[3] = 0.5
    specc.relabel(buffer, FILE["paid"], {"near": near})
    assert not np.array_equal(buffer.rewards, held)
    data = TensorDict(
        {
            "observation": torch.tensor(rows["observation"][0]),
            "action": torch.tensor(rows["action"][0]),
            "next": TensorDict(
                {
                    "observation": torch.tensor(rows["next_observation"][0]),
                    "reward": torch.tensor([[0.5]] * 7 + [[value]], dtype=torch.float64),
                    "terminated": torch.zeros(8, 1, dtype=torch.bool),
                    "truncated": torch.zeros(8, 1, dtype=torch.bool),
                    "done": torch.zeros(8, 1, dtype=torch.bool),
                },
                [8],
            ),
        },
        [8],
    )
    with pytest.raises(SpecError, match="E809"):
        specc.relabel(data, FILE["paid"], {"near": near})
    assert data["next", "reward"][:7].tolist() == [[0.5]] * 7
    assert not torch.isfinite(data["next", "reward"][7])


def test_a_spec_without_a_reward_per_step(tmp_path: Path) -> None:
    task, labels = FILE["middle"], {"near": near}
    for call in (
        lambda: specc.wrap(Glitch(), task, labels),
        lambda: specc.wrap_vector(GlitchVector(), task, labels),
        lambda: specc.wrap_mo(Glitch(), task, labels),
        lambda: specc.compile(task),
        lambda: specc.compile(task, "torch"),
        lambda: specc.relabel(stored(), task, labels),
        lambda: counterfactual(stored(), task, labels),
    ):
        with pytest.raises(SpecError, match="E801"):
            call()
    for target in TARGETS:
        with pytest.raises(SpecError, match=r"E8(01|10|12)"):
            write_target(task, target, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_labels_that_are_missing() -> None:
    for call in (specc.wrap, specc.wrap_mo):
        with pytest.raises(SpecError, match=r"E805.*near"):
            call(Glitch(), FILE["paid"])
    with pytest.raises(SpecError, match=r"E805.*near"):
        specc.wrap_vector(GlitchVector(), FILE["paid"])
    with pytest.raises(SpecError, match=r"E805.*near"):
        specc.relabel(stored(), FILE["paid"])


@pytest.mark.parametrize("answer", ["yes", 0.5, None, np.array([True]), np.array([True, False])])
def test_labels_that_answer_no_truth_value(answer: Any) -> None:
    """Also where labels are all that is read."""
    for name in ("bare", "label", "paid"):
        for call in (specc.wrap, specc.wrap_mo):
            env = call(Glitch(), FILE[name], {"near": lambda *_: answer})
            with pytest.raises(SpecError, match=r"E817.*near"):
                env.reset(seed=0)
                env.step(0)
