"""Putting a vector wrapper back where it was, after a step that failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["VectorUndo"]

_CHANGING = ("_state", "_place", "_finished", "_stopped", "_satisfied", "_before")
"""What a step replaces and never writes into."""


class VectorUndo:
    """``with`` it a step of a vector wrapper changes all or nothing (but the environments).

    ``remembering``: what remembers the step before, in ``last``.
    """

    def __init__(self, wrapper: Any, remembering: Sequence[Any]) -> None:
        self.wrapper, self.remembering = wrapper, remembering
        self.saved: list[Any] = []
        self.lasts: list[Any] = []

    def __enter__(self) -> None:
        """Remember the present state."""
        self.saved = [getattr(self.wrapper, name) for name in _CHANGING]
        self.lasts = [read.last for read in self.remembering]
        self.wrapper._drawn_from = []

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Go back to it, where the step failed."""
        if kind is not None:
            for name, value in zip(_CHANGING, self.saved, strict=True):
                setattr(self.wrapper, name, value)
            for read, last in zip(self.remembering, self.lasts, strict=True):
                read.last = last
            for i, state in reversed(self.wrapper._drawn_from):
                self.wrapper._draws[i].bit_generator.state = state
        self.saved, self.lasts = [], []
