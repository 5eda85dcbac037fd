"""A moment after which a search stops and says "unknown"."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Deadline", "OutOfTime", "keep_to", "poll"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """``at`` is a reading of the monotonic clock, in seconds; infinite for no bound."""

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """This many seconds from now (None: never).

        >>> Deadline.after(None).passed, Deadline.after(-1).passed
        (False, True)
        """
        return cls() if seconds is None else cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds from now, not negative."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self.at

    def within(self, seconds: float) -> Deadline:
        """The earlier of this one and this many seconds from now."""
        return Deadline(min(self.at, time.monotonic() + seconds))


class OutOfTime(Exception):
    """A computation that was to keep to a deadline did not end before it."""


_KEPT_TO: ContextVar[Deadline | None] = ContextVar("kept_to", default=None)


@contextmanager
def keep_to(deadline: Deadline) -> Iterator[None]:
    """Inside, :func:`poll` raises once this deadline, or one further out, has passed.

    Long loops far below poll, so that deadlines need not be handed down through all callers.

    >>> with keep_to(Deadline.after(60)):
    ...     poll()
    """
    outer = _KEPT_TO.get()
    token = _KEPT_TO.set(deadline if outer is None else Deadline(min(outer.at, deadline.at)))
    try:
        yield
    finally:
        _KEPT_TO.reset(token)


def poll() -> None:
    """Nothing, or :class:`OutOfTime` where a deadline that is to be kept has passed."""
    deadline = _KEPT_TO.get()
    if deadline is not None and deadline.passed:
        raise OutOfTime
