"""What a learner answers to a batch of observations, checked and exact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError

__all__ = ["Chosen", "chosen"]

Chosen = dict[int, Fraction]
"""The chance of every action that is taken; the chances sum to 1."""

_MOST_MISSING = 1e-3
"""How far a row of probabilities may be from 1: single precision over many actions."""


def chosen(answer: Any, count: int, actions: Sequence[int]) -> list[Chosen]:
    """The distributions over actions that ``answer`` gives for ``count`` observations.

    Number ``i`` in the answer is action ``actions[i]``. Integers of shape (count,) are actions,
    floats of shape (count, len(actions)) probabilities. Raises SpecError E821.

    >>> chosen(np.array([[0.5, 0.5], [0.0, 1.0]]), 2, [0, 1])
    [{0: Fraction(1, 2), 1: Fraction(1, 2)}, {1: Fraction(1, 1)}]
    """
    found = _array(answer)
    if found.shape == (count,) and found.dtype.kind in "iu":
        outside = np.flatnonzero((found < 0) | (found >= len(actions)))
        if len(outside):
            raise _wrong(
                f"answers action {found[outside[0]]} for observation {outside[0]}",
                f"actions from 0 to {len(actions) - 1}",
            )
        return [{actions[a]: Fraction(1)} for a in found.tolist()]
    if found.shape == (count, len(actions)) and found.dtype.kind == "f":
        return [_distribution(row, place, actions) for place, row in enumerate(found)]
    raise _wrong(
        f"answers {found.dtype} of shape {found.shape}",
        f"integers of shape ({count},), or probabilities of shape ({count}, {len(actions)})",
    )


def _array(answer: Any) -> NDArray[Any]:
    if isinstance(answer, tuple):
        raise _wrong(
            f"answers a tuple of {len(answer)}",
            "one array",
            "with Stable-Baselines3: `lambda seen: model.predict(seen, deterministic=True)[0]`",
        )
    try:
        return np.asarray(answer)
    # Tensors on a device or with gradients raise errors of their own types.
    except (TypeError, ValueError, RuntimeError) as error:
        raise _wrong(
            f"answers a {type(answer).__name__} that is no array ({str(error)[:80]})",
            "one array",
            "with torch: `.detach().cpu().numpy()`",
        ) from error


def _distribution(row: NDArray[Any], place: int, actions: Sequence[int]) -> Chosen:
    total = float(row.sum())
    if not np.all(np.isfinite(row)) or row.min() < 0 or abs(total - 1) > _MOST_MISSING:
        raise _wrong(
            f"answers {row.tolist()} for observation {place}",
            "probabilities that are not negative and sum to 1",
            "logits become probabilities by a softmax",
        )
    exact = [Fraction(float(value)) for value in row]
    whole = sum(exact)
    found: Chosen = {}
    for action, value in zip(actions, exact, strict=True):
        if value:
            found[action] = found.get(action, Fraction(0)) + value / whole
    return found


def _wrong(what: str, expected: str, fix: str | None = None) -> SpecError:
    return SpecError.of(
        "E821",
        f"`choose` {what}; expected {expected}",
        help=fix or "answer for the whole batch at once: the pairs are along the first axis",
    )
