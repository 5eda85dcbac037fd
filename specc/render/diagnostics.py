"""Diagnostics as text: the message, the lines it speaks of with carets, and the fix."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from specc.diagnostics import Diagnostic
from specc.source import Source, Span

__all__ = ["render_diagnostic"]

_WIDTH = 100
"""Columns of source text that are shown of a long line."""
_TAB = 4
_MARKED_LINES = 4
"""A span over more lines than this is cut in the middle."""

_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "gutter": "\x1b[34m",
    "strong": "\x1b[1m",
}
_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class _Mark:
    """Columns ``[start, end)`` of one line, underlined, with a remark."""

    line: int
    start: int
    end: int
    sign: str
    remark: str


def render_diagnostic(diagnostic: Diagnostic, colour: bool = False) -> str:
    """The diagnostic as several lines of text, without a line end behind the last.

    ``colour`` adds terminal escapes; the text under them is the same.

    >>> from specc.source import Source, Span
    >>> source = Source("a.spec", "spec x = E[offce]")
    >>> print(render_diagnostic(Diagnostic("E201", "unknown name `offce`", source, Span(11, 16))))
    error[E201]: unknown name `offce`
      --> a.spec:1:12
       |
     1 | spec x = E[offce]
       |            ^^^^^
    """
    paint = _paint if colour else _plain
    severity = diagnostic.severity
    head = paint(f"{severity}[{diagnostic.code}]", severity)
    message = _printable(diagnostic.message)
    lines = [f"{head}{paint(': ' + message, 'strong')}"]
    gutter = 2
    if diagnostic.source is not None and diagnostic.span is not None:
        source, span = diagnostic.source, diagnostic.span
        marks = _marks(source, span, "^", diagnostic.label or "")
        for place, remark in diagnostic.secondary:
            marks.extend(_marks(source, place, "-", remark))
        gutter = max(2, *(len(str(mark.line)) for mark in marks))
        position = source.position(span.start)
        where = f"{_printable(source.name)}:{position.line}:{position.column}"
        lines.append(f"{' ' * gutter}{paint('-->', 'gutter')} {where}")
        lines.extend(_snippet(source, marks, gutter, severity, paint))
    if diagnostic.help:
        lines.append(f"{' ' * gutter} {paint('=', 'gutter')} help: {_printable(diagnostic.help)}")
    return "\n".join(lines)


def _plain(text: str, style: str) -> str:
    return text


def _paint(text: str, style: str) -> str:
    return f"{_STYLES[style]}{text}{_RESET}"


def _marks(source: Source, span: Span, sign: str, remark: str) -> list[_Mark]:
    """One mark per line under the span; the remark stands on the last."""
    end = max(span.start, span.end)
    first = source.position(span.start)
    last = source.position(max(span.start, end - 1))
    numbers = list(range(first.line, last.line + 1))
    if len(numbers) > _MARKED_LINES:
        numbers = [*numbers[:2], *numbers[-2:]]
    marks = []
    for number in numbers:
        text = source.line(number)
        indent = len(text) - len(text.lstrip())
        start = first.column - 1 if number == first.line else indent
        stop = source.position(end).column - 1 if number == last.line else len(text)
        if number == last.line and source.position(end).line > number:
            stop = len(text)
        shown = remark if number == last.line else ""
        if stop > start or number in (first.line, last.line):
            marks.append(_Mark(number, start, max(stop, start + 1), sign, shown))
    return marks


def _snippet(
    source: Source, marks: list[_Mark], gutter: int, severity: str, paint: object
) -> list[str]:
    assert callable(paint)
    bar = paint("|", "gutter")
    lines = [f"{' ' * gutter} {bar}"]
    shown_before: int | None = None
    for number in sorted({mark.line for mark in marks}):
        if shown_before is not None and number > shown_before + 1:
            lines.append(paint("." * max(3, gutter), "gutter"))
        shown_before = number
        here = [mark for mark in marks if mark.line == number]
        text, place = _window(source.line(number), here[0])
        lines.append(f"{paint(str(number).rjust(gutter), 'gutter')} {bar} {text}".rstrip())
        for mark in here:
            left, right = place(mark.start), place(mark.end)
            under = mark.sign * max(1, right - left)
            remark = f" {_printable(mark.remark)}" if mark.remark else ""
            style = severity if mark.sign == "^" else "gutter"
            lines.append(f"{' ' * gutter} {bar} {' ' * left}{paint(under + remark, style)}")
    return lines


class _Columns:
    """Where each code point of a shown line stands on the screen."""

    def __init__(self, columns: list[int]) -> None:
        self.columns = columns

    def __call__(self, index: int) -> int:
        """The screen column of a code point; those cut off stand at the nearer edge."""
        return self.columns[max(0, min(index, len(self.columns) - 1))]


def _window(line: str, mark: _Mark) -> tuple[str, _Columns]:
    """The line as shown, clipped around the mark, and the screen column of each code point."""
    low, high = 0, len(line)
    if len(line) > _WIDTH:
        low = max(0, min(mark.start - _WIDTH // 3, len(line) - _WIDTH))
        high = min(len(line), low + _WIDTH)
    before, after = ("..." if low else ""), ("..." if high < len(line) else "")
    pieces: list[str] = [before]
    at = len(before)
    columns = [at] * low
    for char in line[low:high]:
        columns.append(at)
        shown = " " * (_TAB - (at - len(before)) % _TAB) if char == "\t" else _printable(char)
        pieces.append(shown)
        at += sum(_width(c) for c in shown)
    columns.extend([at] * (len(line) - high))
    columns.append(at)
    return "".join(pieces) + after, _Columns(columns)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _printable(text: str) -> str:
    """The text without signs that a terminal would obey or could not encode."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else " " if char in "\t\r\n" else "\ufffd" for char in text
    )
