"""Every scheme of a formula, in every wrapper, copied, stored and compiled: the same rewards."""

from __future__ import annotations

import copy
import pickle
from functools import partial
from pathlib import Path
from types import ModuleType

import gymnasium
import numpy as np
import pytest
from emit_specs import environment, spec, unlimited
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from stable_baselines3.common.vec_env import SubprocVecEnv
from test_vector import COUNT, MODES, Rows, compare

import specc
from specc.emit.batches import Batch, Trajectories
from specc.emit.relabel import counterfactual
from specc.emit.schemes.choice import with_scheme
from specc.emit.targets import write_target
from specc.resolve.file import Spec

CHOICES = [
    *((name, "exact", None) for name in ("reach", "stay", "next")),
    *((name, "gadget", "0.8") for name in ("reach", "stay", "often", "patrol")),
    *((name, "two-discounts", "0.8") for name in ("reach", "often", "patrol")),
    *((name, "average", None) for name in ("reach", "often", "patrol", "settle")),
]
EPSILON = [("settle", "gadget", "0.8"), ("settle", "two-discounts", "0.8")]


def named(choice: tuple) -> str:
    return "-".join(choice[:2])


def chosen(choice: tuple) -> Spec:
    name, scheme, zeta = choice
    return with_scheme(spec(name), scheme, zeta)


def stream(env: gymnasium.Env, seed: int, steps: int) -> list:
    rows = [env.reset(seed=seed)[0]]
    env.action_space.seed(seed)
    for _ in range(steps):
        seen, reward, ended, cut, info = env.step(env.action_space.sample())
        rows.append((str(seen), reward, ended, cut, info["specc"]["satisfied"]))
        if ended or cut:
            rows.append(env.reset()[0])
    return rows


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_vectors_pay_what_single_wrappers_pay(choice: tuple, mode: object) -> None:
    task, make = chosen(choice), partial(environment, choice[0], 12)
    inner = SyncVectorEnv([make] * COUNT, autoreset_mode=mode)
    envs = specc.wrap_vector(
        inner, spec(choice[0]), None, "index", scheme=choice[1], zeta=choice[2]
    )
    assert compare(envs, Rows(make, task, mode), 60, 4)


@pytest.mark.parametrize("choice", [CHOICES[4], CHOICES[9], CHOICES[13]], ids=named)
def test_vectors_of_processes(choice: tuple) -> None:
    task, make = chosen(choice), partial(environment, choice[0], 12)
    inner = AsyncVectorEnv([make] * 2, autoreset_mode=MODES[0], context="fork")
    envs = specc.wrap_vector(inner, task, None, "index")
    assert compare(envs, Rows(make, task, MODES[0], 2), 40, 4)
    envs.close()


@pytest.mark.parametrize("choice", [*CHOICES, *EPSILON], ids=named)
def test_copies_go_on_alike(choice: tuple) -> None:
    """Pickled and deep-copied in the middle of an episode, draws included."""
    name = choice[0]
    env = specc.wrap(environment(name, 20), chosen(choice), None, "index")
    env.reset(seed=4)
    env.action_space.seed(4)
    for _ in range(3):
        if any(env.step(env.action_space.sample())[2:4]):
            env.reset()
    first, second = copy.deepcopy(env), pickle.loads(pickle.dumps(env))
    whole = [answers(one, 40) for one in (env, first, second)]
    assert whole[0] == whole[1] == whole[2]


def answers(env: gymnasium.Env, steps: int) -> list:
    rng, rows = np.random.default_rng(9), []
    for _ in range(steps):
        seen, reward, ended, cut, info = env.step(int(rng.integers(env.action_space.n)))
        rows.append((str(seen), float(reward), bool(ended), bool(cut), info["specc"]["machine"]))
        if ended or cut:
            env.reset()
    return rows


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_copies_of_vectors_go_on_alike(choice: tuple) -> None:
    make = partial(environment, choice[0], 12)
    envs = specc.wrap_vector(SyncVectorEnv([make] * 3), chosen(choice), None, "index")
    envs.reset(seed=2)
    for _ in range(4):
        envs.step(np.array([1, 2, 3]))
    found = []
    for one in (envs, copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))):
        rng = np.random.default_rng(0)
        found.append([str(one.step(rng.integers(4, size=3))) for _ in range(30)])
    assert found[0] == found[1] == found[2]


def test_subprocesses_pay_what_single_wrappers_pay() -> None:
    """Stable-Baselines3's workers get the wrapper by pickle."""
    choice = ("stay", "two-discounts", "0.8")

    def make() -> gymnasium.Env:
        env = specc.wrap(environment("stay", 20), chosen(choice))
        return gymnasium.wrappers.TransformReward(env, float)

    envs = SubprocVecEnv([make] * 2, start_method="fork")
    envs.seed(5)
    envs.reset()
    ours = [make(), make()]
    for place, env in enumerate(ours):
        env.reset(seed=5 + place)
    rng, paid = np.random.default_rng(1), set()
    for _ in range(60):
        actions = rng.integers(4, size=2)
        _, rewards, dones, _ = envs.step(actions)
        for place, env in enumerate(ours):
            _, reward, ended, cut, _ = env.step(actions[place])
            assert rewards[place] == reward and dones[place] == (ended or cut)
            paid.add(reward)
            if ended or cut:
                env.reset()
    envs.close()
    assert len(paid) > 1


@pytest.mark.parametrize("choice", [*CHOICES, *EPSILON], ids=named)
def test_the_module_alone_pays_what_the_wrapper_pays(choice: tuple, tmp_path: Path) -> None:
    name = choice[0]
    (path,) = write_target(chosen(choice), "gym", tmp_path)
    module = ModuleType(name)
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    for seed in range(3):
        ours = stream(specc.wrap(unlimited(name), chosen(choice), None, "index"), seed, 120)
        env = gymnasium.wrappers.TimeLimit(module.make(), 60)
        assert [str(x) for x in stream(module.wrap(env, "index"), seed, 120)] == list(
            map(str, ours)
        )


def recorded(choice: tuple, rows: int, steps: int) -> dict[str, np.ndarray]:
    """Transitions of the environment alone, a row per seed; where it ends, it begins again."""
    keys = ("observation", "action", "next_observation", "reward", "terminated", "truncated")
    found: dict[str, list] = {key: [] for key in keys}
    for seed in range(rows):
        env = environment(choice[0], 15)
        env.action_space.seed(seed)
        before, _ = env.reset(seed=seed)
        lines = []
        for _ in range(steps):
            action = env.action_space.sample()
            after, reward, ended, cut, _ = env.step(action)
            lines.append((before, action, after, reward, ended, cut))
            before = env.reset()[0] if ended or cut else after
        for key, column in zip(keys, zip(*lines, strict=True), strict=True):
            found[key].append(column)
    kinds = {"reward": float, "terminated": bool, "truncated": bool}
    return {key: np.array(found[key], dtype=kinds.get(key, np.int64)) for key in keys}


class Replayed(gymnasium.Wrapper):
    """The stored transitions of one row, step by step; the draws are the stored ones."""

    def __init__(self, name: str, row: dict[str, np.ndarray]) -> None:
        super().__init__(environment(name))
        self.row, self.place = row, 0

    def reset(self, **_: object) -> tuple:
        return int(self.row["observation"][self.place]), {}

    def step(self, action: int) -> tuple:
        row, place = self.row, self.place
        assert action == row["action"][place]
        self.place += 1
        return (
            int(row["next_observation"][place]), float(row["reward"][place]),
            bool(row["terminated"][place]), bool(row["truncated"][place]), {},
        )  # fmt: skip


class Drawn:
    """A generator that gives the draw of the present step."""

    def __init__(self, draws: np.ndarray, env: Replayed) -> None:
        self.draws, self.env = draws, env

    def random(self) -> float:
        return float(self.draws[self.env.place - 1])


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_stored_data_are_paid_as_by_the_wrapper(choice: tuple) -> None:
    name, scheme, zeta = choice
    stored = recorded(choice, 6, 60)
    found = specc.relabel(stored, spec(name), scheme=scheme, zeta=zeta, seed=11)
    draws = np.random.default_rng(11).random(found.reward.shape)
    compared = 0
    for i in range(6):
        env = Replayed(name, {key: value[i] for key, value in stored.items()})
        wrapped = specc.wrap(env, chosen(choice), None, "index")
        wrapped.reset(seed=0)
        wrapped._draws = Drawn(draws[i], env)
        over = False
        for t in range(60):
            if t and (stored["terminated"][i, t - 1] or stored["truncated"][i, t - 1]):
                wrapped.reset()
                over = False
            assert found.live[i, t] == (not over)
            if over:  # the reward ended the episode, and the environment went on
                env.place += 1
                assert found.reward[i, t] == 0
                continue
            seen, reward, ended, cut, _ = wrapped.step(int(stored["action"][i, t]))
            assert (found.reward[i, t], found.terminated[i, t]) == (reward, ended)
            assert (found.truncated[i, t], found.after[i, t]) == (cut, seen[1])
            over, compared = ended, compared + 1
    assert compared > 60


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_counterfactuals_are_the_kernels(choice: tuple) -> None:
    """From the memory that was held, the counterfactual is what was paid."""
    stored = recorded(choice, 4, 40)
    task = chosen(choice)
    found = specc.relabel(stored, task, seed=3)
    _, every = counterfactual(stored, task, seed=3)
    flat = np.arange(found.reward.size)
    held, live = found.before.reshape(-1), found.live.reshape(-1)
    assert (every.reward[flat, held][live] == found.reward.reshape(-1)[live]).all()
    assert (every.after[flat, held][live] == found.after.reshape(-1)[live]).all()
    over = found.terminated.reshape(-1)
    assert (every.done[flat, held][live] == over[live]).all()


@pytest.mark.parametrize("choice", [*CHOICES, *EPSILON], ids=named)
def test_torch_kernels_pay_what_numba_kernels_pay(choice: tuple) -> None:
    name, scheme, zeta = choice
    kernels = [specc.compile(spec(name), b, scheme=scheme, zeta=zeta) for b in ("numba", "torch")]
    names, rng = len(kernels[0].propositions), np.random.default_rng(8)
    letters, first = (rng.random((300, names)) < 0.4 for _ in range(2))
    batch = Batch(letters, None, rng.random(300), rng.random(300) < 0.3)
    which, rewards = rng.integers(-1, 2, 300), []
    for kernel in kernels:
        state = kernel.jump(kernel.initial(300, first), which)
        state, reward, done = kernel.step(state, batch)
        again = pickle.loads(pickle.dumps(kernel)).step(state, batch)
        copied = copy.deepcopy(kernel).step(state, batch)
        assert np.array_equal(again[1], copied[1])
        rewards.append([np.asarray(x) for x in (reward, done, state.memory, again[1], again[2])])
    for one, other in zip(*rewards, strict=True):
        assert np.array_equal(one, other)
    assert len(set(rewards[0][0].tolist())) > 1
    shape = 20, 15
    ended, draws = batch.terminated.reshape(shape), batch.draws.reshape(shape)
    letters, first = letters.reshape(*shape, names), first.reshape(*shape, names)
    rows = Trajectories(letters, first, ended, None, None, draws)
    one, other = (kernel.relabel(rows) for kernel in kernels)
    assert np.array_equal(one.reward, np.asarray(other.reward))
    assert np.array_equal(one.done, np.asarray(other.done))
