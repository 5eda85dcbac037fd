"""A formula given on the command line."""

from __future__ import annotations

from specc.automata.formula import Formula
from specc.diagnostics import SpecError
from specc.resolve.formulas import plain_formula
from specc.source import Source
from specc.syntax.parse import parse_formula

__all__ = ["read_formula"]


def read_formula(text: str) -> Formula:
    """The formula; every word in it is a proposition. Raises SpecError with its mistakes."""
    expression, diagnostics = parse_formula(Source("formula", text))
    if expression is None or any(d.severity == "error" for d in diagnostics):
        raise SpecError(diagnostics)
    return plain_formula(expression)
