"""Codes about pictures."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E903",
        "Too large to draw",
        """A picture with more than 600 states and edges together cannot be read, and placing it
would take long. Write the graph as a `.dot` or `.mmd` file instead, which has no limit, or draw a
smaller automaton or environment.
""",
    ),
)
