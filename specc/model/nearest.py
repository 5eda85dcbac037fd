"""The nearest known name, offered where an unknown one was written."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean", "some_of"]

_SHOWN = 8
_SEARCHED = 20_000


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """``did you mean `x`?`` for the nearest name, or None where none is near.

    >>> did_you_mean("nort", ["north", "south"])
    'did you mean `north`?'
    """
    candidates = [name for name, _ in zip(known, range(_SEARCHED), strict=False)]
    found = get_close_matches(word, candidates, n=1)
    return f"did you mean `{found[0]}`?" if found else None


def some_of(names: Iterable[str]) -> str:
    """The first few names as a list for people.

    >>> some_of(["a", "b"])
    'a, b'
    """
    shown: list[str] = []
    for name in names:
        if len(shown) == _SHOWN:
            return ", ".join(shown) + ", ..."
        shown.append(name)
    return ", ".join(shown)
