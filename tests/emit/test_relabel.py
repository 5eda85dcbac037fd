"""Stored transitions are paid as the wrapped environment paid them."""

from __future__ import annotations

from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
import torch
from emit_specs import environment, spec

import specc
from specc.diagnostics import SpecError
from specc.emit.model_env import ModelEnv
from specc.emit.relabel import counterfactual, relabel
from specc.emit.wrapped import wrap
from specc.resolve.file import load_text

POLE = load_text("""
env pole = gym "CartPole-v1"
machine lean { states l m r
  l -> m when obs[2] > 0
  m -> r when left & obs[2] < 0 emit 1/3
  r -> m when obs[2] > 0 emit 1 }
spec balance in pole = E[ discounted(lean + [from(left)]*native/4 - obs[3]*obs[3]/100, 0.9) ]
spec upright in pole = P[ G (!left | abs(obs[0]) < 1/20) ]
spec soon in pole = E[ total([left] + lean, horizon=6) ]
spec pushed in pole = E[ discounted([action = 1] + lean, 0.9) ]
""")
LABELS = {"left": lambda obs, action, next_obs, info: next_obs[0] < 0.02}
MANY = {"left": lambda obs, action, next_obs, info: next_obs[:, 0] < 0.02}


def record(env: gymnasium.Env, wrapped: gymnasium.Env, episodes: int, draw: object) -> tuple:
    """Columns of the environment's own steps, and what the wrapper paid."""
    names = "observation action next_observation reward terminated truncated"
    columns: dict[str, list] = {name: [] for name in names.split()}
    paid, ends = [], []
    steps: list[tuple] = []
    inner = env.step

    def step(action: int) -> tuple:
        answer = inner(action)
        steps.append(answer)
        return answer

    env.step = step  # type: ignore[method-assign]
    for seed in range(episodes):
        before, _ = wrapped.reset(seed=seed)
        over = False
        while not over:
            action = draw(wrapped)
            after, reward, ended, cut, _ = wrapped.step(action)
            over = ended or cut
            _, native, own, limit, _ = steps[-1]
            # Where the reward ended the episode, the stored row is cut by hand.
            row = (before, action, after, native, own, (limit or ended) and not own)
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
            paid.append(reward)
            ends.append(ended)
            before = after
    arrays = {name: np.array(values) for name, values in columns.items()}
    return arrays, np.array(paid), np.array(ends)


def pole(name: str, episodes: int = 6) -> tuple:
    env = gymnasium.make("CartPole-v1", max_episode_steps=12)
    rng = np.random.default_rng(0)
    return record(env, wrap(env, POLE[name], LABELS), episodes, lambda _: int(rng.integers(2)))


@pytest.mark.parametrize("name", ["balance", "upright", "soon", "pushed"])
def test_arrays(name: str) -> None:
    arrays, paid, ends = pole(name)
    found = relabel(arrays, POLE[name], MANY)
    assert found.reward.shape == (1, len(paid)) and found.known.all() and found.live.all()
    assert found.reward[0].tolist() == paid.tolist()
    assert found.terminated[0].tolist() == ends.tolist()


@pytest.mark.parametrize(
    "name", ["reach", "stay", "prize", "walk", "fare", "near", "cover", "paid"]
)
def test_finite_models(name: str) -> None:
    env = environment(name, 12)
    rng = np.random.default_rng(1)
    count = int(env.action_space.n)
    arrays, paid, ends = record(env, wrap(env, spec(name)), 6, lambda _: int(rng.integers(count)))
    found = relabel(arrays, spec(name))
    assert found.reward[0].tolist() == pytest.approx(paid.tolist(), abs=1e-9)
    assert found.terminated[0].tolist() == ends.tolist()


def ring(arrays: dict, size: int, count: int, pos: int, full: bool) -> SimpleNamespace:
    """A replay buffer as Stable-Baselines3 lays it out, ``count`` equal environments."""

    def wide(array: np.ndarray, kind: type | None = None) -> np.ndarray:
        rows = np.zeros((size, count, *array.shape[1:]), dtype=kind or array.dtype)
        for t in range(len(array)):
            rows[t % size] = array[t]
        return rows

    done = arrays["terminated"] | arrays["truncated"]
    return SimpleNamespace(
        observations=wide(arrays["observation"]),
        next_observations=wide(arrays["next_observation"]),
        actions=wide(arrays["action"][:, None]), rewards=wide(arrays["reward"], np.float32),
        dones=wide(done, np.float32), timeouts=wide(arrays["truncated"], np.float32),
        pos=pos, full=full,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["balance", "upright"])
def test_replay_buffer(name: str) -> None:
    arrays, paid, ends = pole(name)
    total = len(paid)
    buffer = ring(arrays, total + 7, 2, total, False)
    found = relabel(buffer, POLE[name], MANY)
    assert found.reward[1].tolist() == pytest.approx(paid.tolist(), abs=1e-6)
    assert buffer.rewards[:total, 0].tolist() == found.reward[0].astype(np.float32).tolist()
    assert not buffer.rewards[total:].any()
    assert buffer.timeouts[:total, 0].tolist() == (arrays["truncated"] & ~ends).tolist()


def test_a_full_replay_buffer() -> None:
    arrays, paid, _ = pole("balance")
    total, size = len(paid), len(paid) - 5
    buffer = ring(arrays, size, 1, total % size, True)
    with pytest.raises(SpecError, match=r"E814.*begun to overwrite"):
        relabel(buffer, POLE["balance"], MANY)
    kept = buffer.rewards.copy()
    found = relabel(buffer, POLE["balance"], MANY, lost="keep")
    first = int(np.argmax(found.known[0]))
    assert first and found.known[0, first:].all()
    assert found.reward[0, first:].tolist() == pytest.approx(paid[5 + first :].tolist(), abs=1e-6)
    lost = (np.arange(first) + total) % size
    assert buffer.rewards[lost].tolist() == kept[lost].tolist()


def test_rollout_buffer() -> None:
    arrays, paid, _ = pole("balance")
    done = arrays["terminated"] | arrays["truncated"]
    starts = np.concatenate([[True], done[:-1]])
    # A rollout shows the next start where an episode ended, so the last step is another's.
    buffer = SimpleNamespace(
        observations=arrays["observation"][:, None], actions=arrays["action"][:, None, None],
        rewards=np.zeros((len(paid), 1), dtype=np.float32),
        episode_starts=starts[:, None].astype(np.float32),
    )  # fmt: skip
    with pytest.raises(SpecError, match=r"E814.*last="):
        relabel(buffer, POLE["balance"], MANY)
    last = arrays["next_observation"][-1:], np.array([True])
    with pytest.raises(SpecError, match=r"E814.*finals"):
        relabel(buffer, POLE["balance"], MANY, last=last)
    found = relabel(buffer, POLE["balance"], MANY, last=last, lost="keep")
    assert (found.known[0] == ~done).all() and not buffer.rewards[done].any()
    finals = np.where(done[:, None, None], arrays["next_observation"][:, None], np.float32(0))
    found = relabel(buffer, POLE["balance"], MANY, last=(*last, finals))
    assert found.known.all()
    assert buffer.rewards[:, 0].tolist() == found.reward[0].astype(np.float32).tolist()


class Tensors(dict):
    """A nested dictionary with a batch size, as TensorDict."""

    batch_size: tuple[int, ...] = ()


@pytest.mark.parametrize("rows", [1, 2])
def test_tensordict(rows: int) -> None:
    arrays, paid, ends = pole("upright")
    shape = (len(paid),) if rows == 1 else (2, len(paid))

    def wide(name: str) -> torch.Tensor:
        array = torch.from_numpy(arrays[name])
        if name in ("reward", "terminated", "truncated"):
            array = array.unsqueeze(-1)
        return array.clone() if rows == 1 else torch.stack([array, array])

    buffer = Tensors(observation=wide("observation"), action=wide("action"))
    buffer["next"] = Tensors(
        observation=wide("next_observation"), reward=wide("reward").float(),
        terminated=wide("terminated"), truncated=wide("truncated"),
        done=wide("terminated") | wide("truncated"),
    )  # fmt: skip
    buffer.batch_size = shape
    found = relabel(buffer, POLE["upright"], MANY)
    assert found.reward[-1].tolist() == paid.tolist()
    assert buffer["next"]["reward"].shape == (*shape, 1)
    assert buffer["next"]["reward"].reshape(rows, -1)[-1].tolist() == paid.tolist()
    assert buffer["next"]["terminated"].reshape(rows, -1)[0].tolist() == ends.tolist()


def test_tensordict_with_one_hot_rows() -> None:
    env = environment("walk", 12)
    rng = np.random.default_rng(3)
    count, places = int(env.action_space.n), int(env.observation_space.n)
    arrays, paid, _ = record(env, wrap(env, spec("walk")), 4, lambda _: int(rng.integers(count)))

    def hot(name: str, width: int) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.from_numpy(arrays[name]).long(), width)

    buffer = Tensors(observation=hot("observation", places), action=hot("action", count))
    buffer["next"] = Tensors(
        observation=hot("next_observation", places),
        reward=torch.from_numpy(arrays["reward"])[:, None],
        terminated=torch.from_numpy(arrays["terminated"])[:, None],
        truncated=torch.from_numpy(arrays["truncated"])[:, None],
    )
    buffer.batch_size = (len(paid),)
    assert relabel(buffer, spec("walk")).reward[0].tolist() == pytest.approx(paid.tolist())
    assert buffer["observation"].shape == (len(paid), places)  # only rewards and ends are written
    buffer["observation"] = buffer["observation"] + 1
    with pytest.raises(SpecError, match=r"E814.*`observation`.*one-hot"):
        relabel(buffer, spec("walk"))


TWO = '''
env hall = grid {
  map """
    @.m.k
  """
  legend { m: mail  k: coffee }
  actions west east
}
spec mail in hall = P[F mail]
spec coffee in hall = P[F coffee]
'''


def test_the_end_of_another_reward_is_no_end() -> None:
    file = load_text(TWO)
    env = ModelEnv(file["mail"].environment)
    wrapped = specc.wrap(env, file["mail"])
    before, _ = wrapped.reset(seed=0)
    rows = []
    for _ in range(2):
        after, _, ended, cut, _ = wrapped.step(1)
        rows.append((before, 1, after, ended, cut))
        before = after
    assert rows[-1][3]  # the mail is there, the episode over
    names = ("observation", "action", "next_observation", "terminated", "truncated")
    arrays = {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    found = relabel(arrays, file["coffee"])
    assert found.terminated.tolist() == [[False, False]]
    assert found.truncated.tolist() == [[False, True]]
    _, every = counterfactual(arrays, file["coffee"])
    start = found.before[0, 0]
    assert not every.done[:, start].any()
    assert relabel(arrays, file["mail"]).terminated.tolist() == [[False, True]]


def test_counterfactuals() -> None:
    arrays, paid, _ = pole("balance")
    arrays = {name: array for name, array in arrays.items() if name != "truncated"}
    stored, every = counterfactual(arrays, POLE["balance"], MANY)
    kernel = specc.compile(POLE["balance"])
    assert every.reward.shape == (len(paid), kernel.memories)
    found = relabel(arrays, POLE["balance"], MANY)
    rows = np.arange(len(paid)), found.before[0]
    assert every.reward[rows].tolist() == found.reward[0].tolist()
    assert every.after[rows].tolist() == found.after[0].tolist()
    assert (every.done == stored.terminated[0][:, None]).all()
    with pytest.raises(SpecError, match=r"E812.*horizon"):
        counterfactual(arrays, POLE["soon"], MANY)


@pytest.mark.parametrize("missing", ["next_observation", "terminated", "reward", "observation"])
def test_missing_arrays(missing: str) -> None:
    arrays, *_ = pole("balance", 1)
    del arrays[missing]
    with pytest.raises(SpecError, match=rf"E814.*no `{missing}`"):
        relabel(arrays, POLE["balance"], MANY)


def test_arrays_that_do_not_fit() -> None:
    arrays, *_ = pole("pushed", 1)
    short = {**arrays, "observation": arrays["observation"][1:]}
    with pytest.raises(SpecError, match=r"E814.*`observation` has the shape"):
        relabel(short, POLE["pushed"], MANY)
    with pytest.raises(SpecError, match=r"E814.*`terminated` has the type"):
        relabel({**arrays, "terminated": arrays["reward"]}, POLE["pushed"], MANY)
    with pytest.raises(SpecError, match=r"E805.*left"):
        relabel(arrays, POLE["pushed"])
    with pytest.raises(SpecError, match=r"E814.*label `left`"):
        relabel(arrays, POLE["pushed"], {"left": lambda *_: True})
    with pytest.raises(SpecError, match=r"E814.*no `action`"):
        relabel({k: v for k, v in arrays.items() if k != "action"}, POLE["pushed"], MANY)
    with pytest.raises(SpecError, match=r"E814.*a list"):
        relabel([1, 2], POLE["pushed"], MANY)
    broken = {**arrays, "next_observation": arrays["next_observation"] * np.nan}
    with pytest.raises(SpecError, match=r"E809|E814"):
        relabel(broken, POLE["balance"], MANY)
