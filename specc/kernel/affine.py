"""Numbers as linear combinations, found by their form alone."""

from __future__ import annotations

from collections.abc import Callable, Set
from fractions import Fraction

from .terms import FORMS, Term, walk

__all__ = ["ARITHMETIC", "POLICY_TERMS", "affine", "is_markov", "leaves", "reads"]

Affine = dict[Term, Fraction]
"""sum of factor * leaf, plus some constant."""

ARITHMETIC = FORMS["reward"].keys() - {"reward"}
POLICY_TERMS = frozenset({"entropy", "kl", "tsallis"})


def _never(term: Term) -> bool:
    return False


def affine(term: Term, whole: Callable[[Term], bool] = _never) -> Affine | None:
    """The number as a constant plus a linear combination of leaves; None if it is no such form.

    Leaves are the forms that are no arithmetic, and whatever is ``whole``.
    """
    if whole(term):
        return {term: Fraction(1)}
    match term.kind, term.fields:
        case "constant", _:
            return {}
        case "+", (operands,):
            return _combined([(Fraction(1), part) for part in operands], whole)
        case "-", (left, right):
            return _combined([(Fraction(1), left), (Fraction(-1), right)], whole)
        case "*", (operands,):
            factor, rest = Fraction(1), []
            for part in operands:
                if part.kind == "constant":
                    factor *= part.fields[0]
                else:
                    rest.append(part)
            return _combined([(factor, part) for part in rest], whole) if len(rest) < 2 else None
        case "/", (above, below):
            return _combined([(1 / below.fields[0], above)], whole)
        case kind, _ if kind in ARITHMETIC:
            return None
        case _:
            return {term: Fraction(1)}


def _combined(parts: list[tuple[Fraction, Term]], whole: Callable[[Term], bool]) -> Affine | None:
    found: Affine = {}
    for factor, part in parts:
        inner = affine(part, whole)
        if inner is None:
            return None
        for leaf, weight in inner.items():
            found[leaf] = found.get(leaf, Fraction(0)) + factor * weight
    return {leaf: weight for leaf, weight in found.items() if weight}


def leaves(number: Term, allowed: Callable[[Term], bool]) -> bool:
    """Whether the number is affine in leaves that are all allowed."""
    found = affine(number)
    return found is not None and all(map(allowed, found))


def reads(term: Term, kinds: Set[str]) -> bool:
    """Whether some part of the term is of these kinds."""
    return any(part.kind in kinds for part in walk(term))


def is_markov(term: Term) -> bool:
    """Whether a signal is a number of the transition alone."""
    return not reads(term, POLICY_TERMS | {"machine"})
