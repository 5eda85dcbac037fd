"""Reading what a command was given: `.spec` files, one of their specs, durations."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli.outcome import UsageError, diagnosed
from specc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from specc.resolve.file import Spec, TaskFile

__all__ = ["budget_seconds", "chosen_specs", "positive_rational", "read_file"]

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|min|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def read_file(path: Path) -> tuple[TaskFile | None, tuple[Diagnostic, ...], int]:
    """The file, or None where it cannot be read at all; what is wrong; the exit status so far."""
    from specc.resolve.file import load

    try:
        file = load(path)
    except Exception as error:
        diagnostics, status = diagnosed(error)
        return None, diagnostics, status
    return file, file.diagnostics, int(file.has_errors)


def chosen_specs(file: TaskFile, names: list[str] | None) -> list[Spec]:
    """The specs of these names, or all. Raises SpecError E210 for a name that is not there."""
    if not names:
        return list(file.specs.values())
    return [file[name] for name in names]


def budget_seconds(text: str | None) -> float | None:
    """`10s`, `500ms`, `2m`, or a number of seconds.

    >>> budget_seconds("500ms"), budget_seconds("2m"), budget_seconds("3")
    (0.5, 120.0, 3.0)
    """
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise UsageError(f"--budget: expected a time such as `10s` or `2m`, found `{text}`")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def positive_rational(text: str, option: str) -> Fraction:
    """`1e-6`, `1/1000` or `0.01`, exactly.

    >>> positive_rational("1e-2", "--precision")
    Fraction(1, 100)
    """
    try:
        if len(text) > 40 or re.search(r"e[+-]?\d{4}", text, re.IGNORECASE):
            raise ValueError
        value = Fraction(text)
        if value <= 0:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{option}: expected a positive number, found `{text[:60]}`") from None
    return value
