"""Stored transitions of several libraries as arrays, and rewards back into them.

Nothing is imported: a buffer is known by what it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.emit.batches import refuse_array

__all__ = ["Stored", "numbers_of", "read_buffer", "write_buffer"]

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """n rows of T transitions in the order of time, arrays (n, T, ...).

    ``opened``: bool (n,), whether the row's first step begins an episode. ``order`` are the places
    (T,) of the steps in the buffer's own time. ``unseen``: where the observation behind a step was
    not stored.
    """

    before: Any
    action: Any
    after: Any
    reward: NDArray[np.float64]
    terminated: BoolArray
    truncated: BoolArray
    opened: BoolArray
    order: NDArray[np.int64]
    infos: dict[str, Any]
    unseen: BoolArray | None = None


def read_buffer(buffer: Any, last: Any = None) -> Stored:
    """The transitions of a buffer; see :func:`specc.emit.relabel.relabel`.

    :raises SpecError: E814 it is none that is known, or lacks what is needed.
    """
    if hasattr(buffer, "episode_starts") and hasattr(buffer, "observations"):
        return _rollout(buffer, last)
    if hasattr(buffer, "dones") and hasattr(buffer, "observations"):
        return _replay(buffer)
    if _is_tensordict(buffer):
        return _tensordict(buffer)
    if isinstance(buffer, Mapping):
        return _mapping(buffer)
    refuse_array(
        f"a {type(buffer).__name__}",
        "a mapping of arrays, a replay or rollout buffer of Stable-Baselines3, or a TensorDict",
    )


def _rows(array: Any) -> Any:
    """(T, n, ...) to (n, T, ...)."""
    return np.ascontiguousarray(np.swapaxes(np.asarray(array), 0, 1))


def _by_name(array: Any, change: Any) -> Any:
    if isinstance(array, Mapping):
        return {key: _by_name(value, change) for key, value in array.items()}
    return change(array)


def _replay(buffer: Any) -> Stored:
    """Stable-Baselines3's ReplayBuffer: a ring of steps of several environments."""
    size = len(buffer.dones)
    order = np.arange(int(buffer.pos))
    if buffer.full:
        order = (np.arange(size) + int(buffer.pos)) % size

    def taken(array: Any) -> Any:
        return _by_name(array, lambda x: _rows(np.asarray(x)[order]))

    if getattr(buffer, "next_observations", None) is None:
        refuse_array("the buffer keeps no next observations", "optimize_memory_usage=False")
    done = taken(buffer.dones) > 0
    timeouts = getattr(buffer, "timeouts", None)
    cut = np.zeros_like(done) if timeouts is None else done & (taken(timeouts) > 0)
    count = done.shape[0]
    return Stored(
        taken(buffer.observations),
        _single(taken(buffer.actions)),
        taken(buffer.next_observations),
        taken(buffer.rewards).astype(np.float64),
        done & ~cut,
        cut,
        np.full(count, not buffer.full),
        order,
        {},
    )


def _single(actions: Any) -> Any:
    """Discrete actions are stored with an axis of one."""
    whole = actions.ndim == 3 and actions.shape[2] == 1 and actions.dtype.kind in "iu"
    return actions[..., 0] if whole else actions


def _rollout(buffer: Any, last: Any) -> Stored:
    """Stable-Baselines3's RolloutBuffer: steps in time, episode starts in place of ends."""
    if last is None:
        refuse_array(
            "a rollout buffer keeps no next observations", "last=(observations, dones) behind it"
        )
    observations, dones, *finals = last
    if getattr(buffer, "generator_ready", False):
        refuse_array("the rollout buffer is flattened", "a buffer that no learner has read yet")

    def shifted(array: Any, end: Any) -> Any:
        return _rows(np.concatenate([np.asarray(array)[1:], np.asarray(end)[None]]))

    starts = np.asarray(buffer.episode_starts) > 0
    ends = shifted(starts, np.asarray(dones) > 0)
    after = (
        {key: shifted(value, observations[key]) for key, value in buffer.observations.items()}
        if isinstance(buffer.observations, Mapping)
        else shifted(buffer.observations, observations)
    )
    if finals:
        after = _where(ends, _by_name(finals[0], _rows), after)
    return Stored(
        _by_name(buffer.observations, _rows),
        _single(_rows(_integers(buffer))),
        after,
        _rows(buffer.rewards).astype(np.float64),
        ends,
        np.zeros_like(ends),
        starts[0].copy(),
        np.arange(len(starts)),
        {},
        None if finals else ends,
    )


def _where(ends: BoolArray, finals: Any, after: Any) -> Any:
    """The next observations, those of ends from ``finals``."""
    if isinstance(after, Mapping):
        return {key: _where(ends, finals[key], value) for key, value in after.items()}
    found = after.copy()
    found[ends] = finals[ends]
    return found


def _integers(buffer: Any) -> Any:
    """Rollout buffers keep discrete actions as floats."""
    actions = np.asarray(buffer.actions)
    discrete = hasattr(getattr(buffer, "action_space", None), "n")
    return actions.astype(np.int64) if discrete else actions


_NAMES = {
    "before": ("observation", "observations", "obs"),
    "action": ("action", "actions"),
    "after": ("next_observation", "next_observations", "next_obs"),
    "reward": ("reward", "rewards"),
    "terminated": ("terminated", "terminations"),
    "truncated": ("truncated", "truncations"),
}


def _mapping(buffer: Mapping[str, Any]) -> Stored:
    """A mapping of arrays (n, T, ...) or (T, ...), by Gymnasium's names."""

    def found(role: str) -> Any:
        for name in _NAMES[role]:
            if name in buffer:
                return buffer[name]
        return None

    after, terminated = found("after"), found("terminated")
    for role, array in (("next_observation", after), ("terminated", terminated)):
        if array is None:
            refuse_array(f"no `{role}` was passed", f"one of {sorted(buffer)} to be it")
    ends = np.asarray(terminated)
    if ends.dtype != np.bool_ or ends.ndim not in (1, 2):
        refuse_array(f"`terminated` has the type {ends.dtype}, shape {ends.shape}", "bool (n, T)")
    row, shape = ends.ndim == 1, ends.shape

    def shaped(name: str, array: Any) -> Any:
        given = np.asarray(array)
        if given.shape[: len(shape)] != shape:
            refuse_array(f"`{name}` has the shape {given.shape}", f"{shape} in front")
        return given[None] if row else given

    def rows(name: str) -> Any:
        array = found(name)
        return None if array is None else _by_name(array, lambda x: shaped(_NAMES[name][0], x))

    ends = ends[None] if row else ends
    reward, cut = rows("reward"), rows("truncated")
    known = {name for names in _NAMES.values() for name in names}
    return Stored(
        rows("before"),
        rows("action"),
        rows("after"),
        np.full(ends.shape, np.nan) if reward is None else reward.astype(np.float64),
        ends,
        np.zeros_like(ends) if cut is None else cut.astype(np.bool_),
        np.ones(len(ends), dtype=np.bool_),
        np.arange(ends.shape[1]),
        {key: shaped(key, value) for key, value in buffer.items() if key not in known},
    )


def _is_tensordict(buffer: Any) -> bool:
    """A TensorDict is no Mapping; its keys are asked for, not iterated over."""
    return hasattr(buffer, "keys") and "next" in {str(key) for key in buffer.keys()}  # noqa: SIM118


def _tensordict(buffer: Any) -> Stored:
    """TorchRL's layout: (batch, time), what follows a step under "next"."""

    def array(*path: str) -> Any:
        value = buffer
        for key in path:
            value = value[key]
        return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)

    behind = set(buffer["next"].keys())
    ends = array("next", "terminated" if "terminated" in behind else "done")
    shape = tuple(buffer.batch_size) if hasattr(buffer, "batch_size") else ends.shape
    if len(shape) not in (1, 2):
        refuse_array(f"the TensorDict has the batch {shape}", "(time,) or (batch, time)")
    rows = (1, *shape) if len(shape) == 1 else shape

    def shaped(value: Any) -> Any:
        rest = value.shape[len(shape) :]
        return value.reshape(*rows, *rest)

    def flag(value: Any) -> BoolArray:
        found: BoolArray = value.reshape(rows).astype(np.bool_)
        return found

    cut = array("next", "truncated") if "truncated" in behind else np.zeros(shape)
    reward = array("next", "reward") if "reward" in behind else np.zeros(shape)
    action = shaped(array("action"))
    if action.ndim == 3 and (numbers := numbers_of(action, ends.size)) is not None:
        action = numbers.reshape(rows)
    return Stored(
        shaped(array("observation")),
        action,
        shaped(array("next", "observation")),
        reward.reshape(rows).astype(np.float64),
        flag(ends),
        flag(cut) & ~flag(ends),
        np.ones(rows[0], dtype=np.bool_),
        np.arange(rows[1]),
        {},
    )


def numbers_of(array: Any, count: int) -> NDArray[np.int64] | None:
    """Whole numbers, or rows that have a single 1 (TorchRL's default for what is discrete), as
    numbers (count,); None for anything else.

    >>> numbers_of(np.array([[0, 0, 1], [1, 0, 0]]), 2).tolist()
    [2, 0]
    """
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iub":
        return None
    if array.size == count and array.dtype.kind != "b":
        return array.reshape(count).astype(np.int64)
    rows = array.reshape(count, -1)
    if count and ((rows == 0) | (rows == 1)).all() and (rows.sum(axis=1) == 1).all():
        return np.asarray(rows.argmax(axis=1), dtype=np.int64)
    return None


def write_buffer(
    buffer: Any, stored: Stored, reward: Any, terminated: BoolArray, known: BoolArray
) -> None:
    """Put rewards and ends into the buffer, where they are known."""
    if hasattr(buffer, "episode_starts") and hasattr(buffer, "observations"):
        _put(buffer.rewards, stored.order, reward, known)
        return
    if hasattr(buffer, "dones") and hasattr(buffer, "observations"):
        _put(buffer.rewards, stored.order, reward, known)
        _put(buffer.dones, stored.order, terminated | stored.truncated, known)
        if getattr(buffer, "timeouts", None) is not None:
            _put(buffer.timeouts, stored.order, stored.truncated & ~terminated, known)
        return
    if _is_tensordict(buffer):
        behind = buffer["next"]
        for key, value in (
            ("reward", reward), ("terminated", terminated), ("done", terminated | stored.truncated),
            ("truncated", stored.truncated & ~terminated),
        ):  # fmt: skip
            if key in set(behind.keys()):
                old = behind[key]
                new = old.new_tensor(np.asarray(value)) if hasattr(old, "new_tensor") else value
                behind[key] = new.reshape(old.shape)


def _put(array: Any, order: NDArray[np.int64], value: Any, known: BoolArray) -> None:
    """Rows (n, T) into a buffer (T, n)."""
    there = np.swapaxes(known, 0, 1)
    old = array[order]
    old[there] = np.swapaxes(value, 0, 1)[there]
    array[order] = old
