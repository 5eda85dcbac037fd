"""Which formalisms have the property that a theorem of `docs/kernel.md` rests on."""

from __future__ import annotations

__all__ = [
    "ALL",
    "CONTINUOUS",
    "LINEAR",
    "LOTTERY",
    "LOWER",
    "MIXING",
    "OCCUPANCY",
    "REAL",
    "UPPER",
    "ZERO_ONE",
]

OCCUPANCY = frozenset({"MR", "LMORL", "RRL", "LAR", "KLRRL", "LEX"}) | frozenset(
    {"CMDP", "CVAR", "QUANT", "LMORLG"}
)
"""The order is that of a linear function of occupancies; of the last four for some policies only,
or some multipliers (:mod:`.farkas`)."""

ZERO_ONE = frozenset({"LTL", "LTLF", "COSAFE", "OMEGA"})
"""The value is the probability of a measurable set of trajectories."""

CONTINUOUS = frozenset(
    {"MR", "RM", "KLRRL", "TDR", "LMORL", "LMORLG", "SUB_H", "SUBT_H", "LTLF", "CVAR"}
)
"""The value is a continuous function of the policy."""

LOWER = frozenset({"SUB", "COSAFE", "MAXR", "QUANT"})
"""The value is lower semicontinuous in the policy: in a limit it may only jump down."""

UPPER = frozenset({"MINR", "CMDP"})
"""What is at least as good as some policy is a closed set: in a limit, orders jump up only."""

MIXING = frozenset({"CVAR", "QUANT"})
"""A mixture of lotteries is worth at most the best of them."""

LINEAR = frozenset({"MR", "LAR", "LTL", "RM", "INMR", "IMORL", "FTR"}) | frozenset(
    {"SUB_H", "SUB", "SUBT_H", "LTLF", "COSAFE", "OMEGA", "MAXR", "MINR", "TDR", "LMORL", "LMORLG"}
)
"""The value is E[f(trajectory)], f bounded and measurable (FTR and below)."""

REAL = LINEAR | {"RRL", "ONMR", "OMORL", "FOMR", "FTLR", "FPR", "CMDP", "CVAR", "QUANT", "KLRRL"}
"""The order of policies is that of some real function of the policy (FPR and below)."""

LOTTERY = (REAL - {"FPR"}) | {"TLO", "GOMORL", "OMO", "LEX"}
"""Policies with equal lotteries over trajectories are tied (the TLO class and below)."""

ALL = LOTTERY | {"FPR", "PO"}
