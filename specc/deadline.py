"""A moment after which a search stops and says "unknown"."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

__all__ = ["Deadline"]


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
