"""Where a piece of text came from: a named source and spans of code points in it.

Nothing in specc stands before this file; every diagnostic points through it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

__all__ = ["Position", "Source", "Span"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points ``[start, end)`` in a source.

    >>> Span(3, 5).to(Span(8, 9))
    Span(start=3, end=9)
    """

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The least span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def shifted(self, offset: int) -> Span:
        """The same range, ``offset`` code points later."""
        return Span(self.start + offset, self.end + offset)


@dataclass(frozen=True, slots=True)
class Position:
    """A place as people count: line and column, both from 1, in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A named text.

    >>> Source("a.spec", "x\\nyz").position(3)
    Position(line=2, column=2)
    """

    name: str
    text: str
    line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(self.text) if char == "\n")
        object.__setattr__(self, "line_starts", tuple(starts))

    def position(self, offset: int) -> Position:
        """Line and column of a code point offset (the end of the text is allowed)."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1) without its line end."""
        start = self.line_starts[number - 1]
        last = number == len(self.line_starts)
        end = len(self.text) if last else self.line_starts[number] - 1
        return self.text[start:end].rstrip("\r")

    def slice(self, span: Span) -> str:
        """The text under a span."""
        return self.text[span.start : span.end]
