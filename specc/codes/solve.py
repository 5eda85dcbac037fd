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
    Code(
        "E702",
        "No certified bounds in floating point",
        """\
The solver answers with bounds that it has checked against rounding errors. Here the check failed:
runs may go on for so long before they stop (probabilities of 1e-15, say) that floating point can
not tell their values apart, and the model is too large for exact arithmetic to be tried unasked.

Ask for exact arithmetic, or make the smallest probabilities larger.
""",
    ),
)
