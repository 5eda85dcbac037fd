"""Putting a meter back where it was, after a step that failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.emit.readings import Composed, LeftState

__all__ = ["Undo"]


class Undo:
    """``with`` it a step of a meter changes all or nothing.

    Meters with finite control change last, once nothing can fail; so only what they remember of
    the step before (`from(..)`) and meters that are made of others are saved: mostly nothing.
    """

    def __init__(self, meter: Any) -> None:
        parts = getattr(meter, "parts", None)
        self.whole = [] if parts is None else [meter, *_inside(parts)]
        self.left = [read for one in (meter, *_inside(parts or ())) for read in _left(one)]
        self.saved: list[tuple[Any, dict[str, Any]]] = []
        self.lasts: list[bool] = []

    def __enter__(self) -> None:
        """Remember the present state."""
        self.saved = [(one, dict(vars(one))) for one in self.whole]
        self.lasts = [read.last for read in self.left]

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Go back to it, where the step failed."""
        if kind is not None:
            for one, state in self.saved:
                vars(one).update(state)
            for read, last in zip(self.left, self.lasts, strict=True):
                read.last = last
        self.saved, self.lasts = [], []


def _inside(parts: Any) -> Iterator[Any]:
    for part in parts:
        yield part
        if hasattr(part, "meter"):
            yield part.meter
            yield from _inside(getattr(part.meter, "parts", ()))


def _left(meter: Any) -> Iterator[LeftState]:
    classes = getattr(meter, "classes", None)
    for read in () if classes is None else classes.reader.read:
        yield from _remembering(read)


def _remembering(read: Any) -> Iterator[LeftState]:
    if isinstance(read, LeftState):
        yield read
        yield from _remembering(read.inner)
    elif isinstance(read, Composed):
        for truth in read.truths:
            yield from _remembering(truth)
