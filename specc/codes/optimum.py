"""Pages of what stands in the way of a value: no finite model, or too large a one."""

from __future__ import annotations

from specc.codes.code import Code

__all__ = ["CODES"]

CODES = (
    Code(
        "E710",
        "no finite environment",
        "`specc solve` and `specc eval` need an environment with a finite model: a `grid`, an "
        "`mdp`, a toy-text Gymnasium environment or a model file. A spec without an environment, "
        'or in one such as `gym "LunarLander-v3"`, can be checked and compiled, not solved.',
    ),
    Code(
        "E711",
        "too large for exact evaluation",
        "Exact values come from linear systems over the rationals. What is left of such a system "
        "after elimination was too large for memory. `specc solve` works in floating point with "
        "certified bounds and reaches further.",
    ),
    Code(
        "E712",
        "specs of different environments",
        "`specc compare` asks whether two specs rank the same policies alike, so both must be "
        "about one environment of one file: give them the same `in ENVIRONMENT`.",
    ),
)
