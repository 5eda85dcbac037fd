"""How several memories at once are shown beside an observation."""

from __future__ import annotations

from typing import Any, assert_never

import gymnasium
import numpy as np

from specc.emit.wrapper import Observe

__all__ = ["memories_shown", "memories_space"]


def memories_space(
    inner: gymnasium.Space[Any], observe: Observe, counts: tuple[int, ...]
) -> gymnasium.Space[Any]:
    """The space of observations with these memories, as :func:`memories_shown` shows them."""
    spaces = gymnasium.spaces
    match observe:
        case "none":
            return inner
        case "index":
            return spaces.Tuple((inner, spaces.MultiDiscrete(list(counts))))
        case "onehot":
            return spaces.Tuple((inner, spaces.MultiBinary(sum(counts))))
        case "dict":
            machine = spaces.MultiDiscrete(list(counts))
            return spaces.Dict({"observation": inner, "machine": machine})
        case _:
            raise ValueError(f"observe={observe!r}: none, index, onehot or dict")


def memories_shown(
    observation: Any, observe: Observe, memories: tuple[int, ...], counts: tuple[int, ...]
) -> Any:
    """``index``: ``(observation, states)``; ``onehot``: 0/1 vectors, one behind the other;
    ``dict``: both by name."""
    match observe:
        case "none":
            return observation
        case "index":
            return observation, np.array(memories, dtype=np.int64)
        case "onehot":
            rows = [np.eye(n, dtype=np.int8)[m] for m, n in zip(memories, counts, strict=True)]
            return observation, np.concatenate(rows)
        case "dict":
            return {"observation": observation, "machine": np.array(memories, dtype=np.int64)}
        case _:
            assert_never(observe)
