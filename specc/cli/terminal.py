"""What people see: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from specc.diagnostics import Diagnostic

__all__ = ["Progress", "bold", "columns", "dim", "note", "say", "show_diagnostics", "tint"]

_TINTS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at the stream; colour and progress are for people only."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(stream: TextIO) -> bool:
    """Whether the stream is a terminal that may be coloured (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def tint(text: str, name: str) -> str:
    """The text for standard output, coloured where that is a terminal."""
    return f"\x1b[{_TINTS[name]}m{text}\x1b[0m" if has_colour(sys.stdout) else text


def bold(text: str) -> str:
    """Strong text."""
    return tint(text, "bold")


def dim(text: str) -> str:
    """Text in the background."""
    return tint(text, "dim")


def say(text: str = "") -> None:
    """A line of the result."""
    print(text)


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Each diagnostic with its lines and carets, on standard error."""
    from specc.render.diagnostics import render_diagnostic

    sys.stdout.flush()
    for diagnostic in diagnostics:
        print(render_diagnostic(diagnostic, has_colour(sys.stderr)), file=sys.stderr)
        print(file=sys.stderr)


def note(text: str) -> None:
    """A remark on standard error."""
    print(f"note: {text}", file=sys.stderr)


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """The rows with their columns aligned, two blanks between; ``right`` columns end together.

    >>> columns([["a", "10"], ["bcd", "9"]], right=frozenset({1}))
    ['a    10', 'bcd   9']
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


class Progress:
    """One line on standard error that says what is being done, on a terminal only."""

    def __init__(self) -> None:
        self._shown = is_terminal(sys.stderr)

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
