"""What the readers of model files share: their result, their errors, their numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from specc.diagnostics import Diagnostic, SpecError
from specc.model.mdp import Mdp
from specc.model.nearest import some_of

__all__ = ["ModelFile", "deadlock_remark", "malformed", "number", "rounding_remark"]

_NUMBER = re.compile(r"[+-]?(\d{1,4000}(/\d{1,4000})?|\d{0,400}\.?\d{1,400}([eE][+-]?\d{1,3})?)")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """An MDP that was read, and what the reader had to say (warnings and notes)."""

    mdp: Mdp
    remarks: tuple[Diagnostic, ...] = ()


def malformed(path: Path, what: str, *, line: int | None = None, code: str = "E433") -> SpecError:
    """An error about a model file; ``line`` counts from 1."""
    place = f"{path.name}, line {line}" if line is not None else path.name
    return SpecError.of(code, f"{place}: {what}")


def number(text: str) -> Fraction | None:
    """A rational `p/q` or a decimal, exact; None for anything else (also `inf` and `nan`).

    >>> number("1/3"), number("2.5e-1"), number("inf")
    (Fraction(1, 3), Fraction(1, 4), None)
    """
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def rounding_remark(path: Path, written: str, read: Fraction) -> Diagnostic:
    """The note that floats were read as rationals, with one of them."""
    return Diagnostic(
        "N421",
        f"{path.name}: floats were read as the simplest rationals within 1e-9, with "
        f"probabilities that sum to 1, as in {written} as {read}",
    )


def deadlock_remark(path: Path, states: list[str], action: str) -> Diagnostic:
    """The warning about states without an action."""
    count = f"{len(states):,} states have" if len(states) > 1 else f"state `{states[0]}` has"
    shown = f" ({some_of(states)})" if len(states) > 1 else ""
    return Diagnostic(
        "W401", f"{path.name}: {count} no action{shown}; a self-loop `{action}` was added"
    )
