"""How far a sweep is, on a terminal."""

from __future__ import annotations

import sys

__all__ = ["Progress"]


class Progress:
    """One line on standard error, where that is a terminal; nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._ended, self._failed = total, 0, 0
        self._shown = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self._show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def ended(self, status: str) -> None:
        """One task more has ended like this."""
        self._ended += 1
        self._failed += status != "ok"
        self._show()

    def _show(self) -> None:
        if self._shown:
            failed = f", {self._failed} failed" if self._failed else ""
            text = f"{self._ended} of {self._total} tasks{failed}"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
