"""Nested results as flat columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from specc.reports import rational_text

__all__ = ["flat", "readable"]

_DEEPEST = 20
# Python writes no longer integers.
_LARGEST = 10**4000


def flat(prefix: str, values: Mapping[Any, Any]) -> dict[str, Any]:
    """One entry for every value that is no dictionary, its name the path with dots.

    Rationals become texts, numbers that are not finite None, arrays and tuples lists.

    >>> flat("train", {"return": Fraction(1, 3), "loss": {"actor": float("nan"), "all": (1, 2)}})
    {'train.return': '1/3', 'train.loss.actor': None, 'train.loss.all': [1, 2]}

    :raises TypeError: a value that JSON has no word for.
    :raises ValueError: two values with one name.
    """
    found: dict[str, Any] = {}
    _put(found, prefix, values, 0)
    return found


def readable(text: str) -> str:
    """The text, with a code for each character that UTF-8 has no bytes for: names of files may
    have such.

    >>> readable("a \\udcff")
    'a \\\\udcff'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _put(found: dict[str, Any], name: str, value: object, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"`{name}` is nested too deeply")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _put(found, readable(f"{name}.{key}"), item, depth + 1)
        return
    if name in found:
        raise ValueError(f"two values are called `{name}`")
    found[name] = _value(value, name, depth)


def _value(value: Any, name: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"`{name}` is nested too deeply")
    match value:
        case None | bool():
            return value
        case str():
            return readable(value)
        case int():
            if abs(value) >= _LARGEST:
                raise ValueError(f"`{name}` has over 4000 digits")
            return value
        case float():
            return float(value) if math.isfinite(value) else None
        case Fraction():
            return rational_text(value)
        case PurePath():
            return str(value)
        case list() | tuple():
            return [_value(item, name, depth + 1) for item in value]
        case Mapping():
            return {
                readable(str(key)): _value(item, name, depth + 1) for key, item in value.items()
            }
    # Scalars and arrays of NumPy, Torch and their kin, none of which is imported for this.
    if callable(convert := getattr(value, "tolist", None)):
        return _value(convert(), name, depth + 1)
    raise TypeError(f"`{name}` is a {type(value).__name__}")
