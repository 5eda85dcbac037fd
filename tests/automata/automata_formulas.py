"""Formulas to translate: Spot's pattern families, its random formulas, and hand-picked ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import spot
import spot.gen

from specc.automata.formula import Atom, Connective, Formula, Truth, atoms

_KINDS = {
    spot.op_Not: "not",
    spot.op_X: "X",
    # On infinite words the strong next is the next.
    spot.formula("X[!]a").kind(): "X",
    spot.op_F: "F",
    spot.op_G: "G",
    spot.op_Xor: "xor",
    spot.op_Implies: "->",
    spot.op_Equiv: "<->",
    spot.op_U: "U",
    spot.op_R: "R",
    spot.op_W: "W",
    spot.op_M: "M",
    spot.op_Or: "or",
    spot.op_And: "and",
}

HAND_PICKED = (
    "XGq xor (q xor FGq)",
    "1",
    "0",
    "a",
    "!a",
    "a U b",
    "a W b",
    "a M b",
    "a R b",
    "XXa",
    "GFa",
    "FGa",
    "GFa -> GFb",
    "GFa <-> GFb",
    "GFa xor FGb",
    "(Fa) U (Gb)",
    "G(a -> X(b U a))",
    "F(a & X(!a & Xa))",
    "G(a <-> X!a)",
    "(GFa & FGb) | G(a -> b)",
)


def parsed(formula: Any) -> Formula:
    """A Spot formula, or its text, as ours."""
    if isinstance(formula, str):
        formula = spot.formula(formula)
    kind = formula.kind()
    if kind == spot.op_tt:
        return Truth(True)
    if kind == spot.op_ff:
        return Truth(False)
    if kind == spot.op_ap:
        return Atom(formula.ap_name())
    return Connective(_KINDS[kind], tuple(parsed(operand) for operand in formula))


def hand_picked() -> list[Formula]:
    return [parsed(text) for text in HAND_PICKED]


def pattern_formulas(largest: int, maximum_atoms: int) -> Iterator[Formula]:
    """Every pattern family of Spot at sizes up to ``largest``."""
    for family in range(spot.gen.LTL_BEGIN, spot.gen.LTL_END):
        top = spot.gen.ltl_pattern_max(family) or largest
        for size in range(1, min(top, largest) + 1):
            sizes = [size] * spot.gen.ltl_pattern_argc(family)
            pattern = spot.gen.ltl_pattern(family, *sizes)
            if not pattern.is_ltl_formula():
                continue
            formula = parsed(pattern)
            if len(atoms(formula)) <= maximum_atoms:
                yield formula


def random_formulas(atom_count: int, count: int, seed: int, size: int = 12) -> Iterator[Formula]:
    """Random formulas, many with xor and iff."""
    source = spot.randltl(
        atom_count,
        count,
        seed=seed,
        tree_size=(4, size),
        # Spot cuts this string up in place, so it must be a new one each time.
        ltl_priorities=",".join(["xor=3", "equiv=3", "implies=1"]),
        simplify=0,
    )
    return map(parsed, source)
