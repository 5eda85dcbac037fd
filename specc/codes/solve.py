"""Codes of the solvers and of evaluation."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E701",
        "The product of environment and memories is too large",
        """\
Solving an objective needs the environment's states together with the memory of the objective:
the automaton of its formula, its machine's state, its counters. Only pairs that can be reached
count, and there were more of them than the budget allows.

Seen where a 1,000,000-state environment meets an automaton of 40 states, say. Raise the budget,
or make the memory smaller: a shorter formula, a smaller step bound, fewer machine states.
""",
    ),
)
