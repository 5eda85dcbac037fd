"""The infos of vector environments: arrays with a mask ``_key`` beside each ``key``; rows of
observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FINAL", "merged", "only", "same_rows"]

BoolArray = NDArray[np.bool_]

FINAL = frozenset({"final_obs", "_final_obs", "final_info", "_final_info"})
"""What SAME_STEP says of transitions that ended an episode."""


def only(infos: dict[str, Any], where: BoolArray) -> dict[str, Any]:
    """The entries of some environments, by their masks, without those of last transitions."""
    return {
        key: value & where if key.startswith("_") and isinstance(value, np.ndarray) else value
        for key, value in infos.items()
        if key not in FINAL
    }


def merged(infos: dict[str, Any], more: dict[str, Any], where: BoolArray) -> dict[str, Any]:
    """The infos, with those of some environments taken from ``more``."""
    found = {key: value for key, value in infos.items() if key not in FINAL}
    for key, value in found.items():
        if key.startswith("_") and isinstance(value, np.ndarray):
            found[key] = value & ~where
    for key, value in more.items():
        old = found.get(key)
        if isinstance(value, dict):
            found[key] = merged(old if isinstance(old, dict) else {}, value, where)
        elif (
            not isinstance(value, np.ndarray)
            or not isinstance(old, np.ndarray)
            or old.shape != value.shape
        ):
            found[key] = value
        else:
            joined = old.astype(np.result_type(old, value))
            joined[where] = value[where]
            found[key] = joined
    return found


def same_rows(one: Any, two: Any, where: BoolArray) -> bool:
    """Whether two batches of observations agree in the rows of some environments, as far as they
    are arrays.

    >>> same_rows({"x": np.array([1, 2])}, {"x": np.array([1, 3])}, np.array([True, False]))
    True
    """
    match one:
        case dict():
            return all(same_rows(value, two[key], where) for key, value in one.items())
        case np.ndarray() if one.dtype != np.object_:
            kept, before = one[where], two[where]
            return bool(np.all((kept == before) | ((kept != kept) & (before != before))))
        case tuple():
            return all(same_rows(a, b, where) for a, b in zip(one, two, strict=True))
        case _:
            return True  # texts and graphs: not compared
