"""Diagnostics: what is wrong in a file, where, and how to mend it.

A stage that can go on after a mistake adds to a :class:`Reporter`; one that cannot raises
:class:`SpecError`. The catalogue of codes, with a wrong and a right example each, is in
:mod:`specc.codes`; the severity is the code's first letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from specc.source import Source, Span

__all__ = ["Diagnostic", "MissingExtra", "Reporter", "Severity", "SpecError"]

Severity = Literal["error", "warning", "note"]
_SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "N": "note"}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message with a code (``E201``), and the place it speaks of.

    ``source`` is None for messages that belong to no text (a budget, a policy file).
    ``secondary`` holds further places with a short remark each.
    """

    code: str
    message: str
    source: Source | None = None
    span: Span | None = None
    help: str | None = None
    label: str | None = None
    secondary: tuple[tuple[Span, str], ...] = ()

    @property
    def severity(self) -> Severity:
        """``error``, ``warning`` or ``note``, by the code's first letter."""
        return _SEVERITIES[self.code[0]]


class SpecError(Exception):
    """Something in the user's input is wrong; carries the diagnostics (exit status 1)."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))

    @classmethod
    def of(
        cls,
        code: str,
        message: str,
        *,
        source: Source | None = None,
        span: Span | None = None,
        help: str | None = None,
        label: str | None = None,
    ) -> SpecError:
        """An error that carries one diagnostic."""
        return cls([Diagnostic(code, message, source, span, help, label)])


class MissingExtra(Exception):
    """An optional dependency is not installed (exit status 2)."""


class Reporter:
    """Collects diagnostics while a stage goes on after mistakes."""

    def __init__(self, source: Source | None = None) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []

    def report(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        help: str | None = None,
        label: str | None = None,
        secondary: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Add one diagnostic about this reporter's source."""
        source = self.source if span is not None else None
        self.diagnostics.append(Diagnostic(code, message, source, span, help, label, secondary))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add diagnostics made elsewhere."""
        self.diagnostics.extend(diagnostics)

    @property
    def has_errors(self) -> bool:
        """Whether any of the diagnostics is an error."""
        return any(d.severity == "error" for d in self.diagnostics)
