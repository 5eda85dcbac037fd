"""All combinations of a few settings."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

__all__ = ["grid"]


def grid(**values: Iterable[Any]) -> tuple[dict[str, Any], ...]:
    """Every combination of one value for each keyword, the last keyword fastest.

    >>> grid(map_name=["4x4", "8x8"], is_slippery=[True])
    ({'map_name': '4x4', 'is_slippery': True}, {'map_name': '8x8', 'is_slippery': True})

    :raises TypeError: a text in place of several values.
    """
    for name, several in values.items():
        if isinstance(several, str | bytes) or not isinstance(several, Iterable):
            raise TypeError(f"{name}={several!r} is one value; write {name}=[{several!r}]")
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in product(*values.values()))
