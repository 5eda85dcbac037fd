"""The syntactic classifier: is a spec written in a formalism?

``True`` is sure; ``False`` only means that it is not seen from the form. It never looks at the
environment, and has no rule of algebra beyond linear combinations: it is there to accept
the witnesses of lemmas, so in doubt it says no.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .statement import Spec
from .terms import Term, walk

__all__ = ["is_in"]

Affine = dict[Term, Fraction]
"""sum of factor * leaf, plus some constant."""

_ARITHMETIC = frozenset({"+", "*", "-", "/", "power", "min", "max", "abs", "if", "constant"})
_POLICY_TERMS = frozenset({"entropy", "kl", "tsallis"})


def is_in(spec: Spec, formalism: str) -> bool:
    """Whether the spec is, by its form, a spec of the formalism.

    INMR, IMORL, OMORL, FOMR, GOMORL and OMO are never recognised: they equal FTR, FTLR or TLO
    as classes by lemmas, not by their form.
    """
    emitted = [edge[2] for m in spec.machines.values() for edges in m.edges for edge in edges]
    guards = [edge[0] for m in spec.machines.values() for edges in m.edges for edge in edges]
    if not all(map(_total, (*spec.numbers, *spec.constraints, *emitted, *guards))):
        return False
    if formalism in _SCALAR:
        return spec.order == "scalar" and _SCALAR[formalism](spec.numbers[0])
    if formalism == "LEX":
        return spec.order == "lexicographic" and _one_discount(spec.numbers)
    return formalism == "PO" or (formalism == "TLO" and _lottery_only(spec))


def _total(number: Term) -> bool:
    """Defined at every policy: no division but by a constant, no total without horizon."""
    for term in walk(number):
        if term.kind == "total forever":
            return False
        if term.kind == "/" and (term.fields[1].kind != "constant" or not term.fields[1].fields[0]):
            return False
    return True


def _never(term: Term) -> bool:
    return False


def _affine(term: Term, whole: Callable[[Term], bool] = _never) -> Affine | None:
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
        case kind, _ if kind in _ARITHMETIC:
            return None
        case _:
            return {term: Fraction(1)}


def _combined(parts: list[tuple[Fraction, Term]], whole: Callable[[Term], bool]) -> Affine | None:
    found: Affine = {}
    for factor, part in parts:
        inner = _affine(part, whole)
        if inner is None:
            return None
        for leaf, weight in inner.items():
            found[leaf] = found.get(leaf, Fraction(0)) + factor * weight
    return {leaf: weight for leaf, weight in found.items() if weight}


def _leaves(number: Term, allowed: Callable[[Term], bool]) -> bool:
    """Whether the number is affine in leaves that are all allowed."""
    affine = _affine(number)
    return affine is not None and all(map(allowed, affine))


def _reads(term: Term, kinds: frozenset[str]) -> bool:
    return any(part.kind in kinds for part in walk(term))


def _markov(term: Term) -> bool:
    return not _reads(term, _POLICY_TERMS | {"machine"})


def _is_discounted(leaf: Term, signal: Callable[[Term], bool]) -> bool:
    return leaf.kind == "discounted" and signal(leaf.fields[0])


def _common_discount(*numbers: Term) -> bool:
    discounts = {
        term.fields[1] for number in numbers for term in walk(number) if term.kind == "discounted"
    }
    return len(discounts) <= 1


def _is_mr(number: Term) -> bool:
    return _common_discount(number) and _is_lmorlg(number)


def _is_lmorlg(number: Term) -> bool:
    return _leaves(number, lambda leaf: _is_discounted(leaf, _markov))


def _one_discount(numbers: tuple[Term, ...]) -> bool:
    return _common_discount(*numbers) and all(map(_is_lmorlg, numbers))


def _is_rm(number: Term) -> bool:
    def machine_signal(signal: Term) -> bool:
        return not _reads(signal, _POLICY_TERMS)

    return _common_discount(number) and _leaves(
        number, lambda leaf: _is_discounted(leaf, machine_signal)
    )


def _is_lar(number: Term) -> bool:
    return _leaves(number, lambda leaf: leaf.kind == "average" and _markov(leaf.fields[0]))


def _is_ltl(number: Term) -> bool:
    """c * P(phi) + d; the sign of c is no matter, because P(not phi) = 1 - P(phi)."""
    affine = _affine(number)
    return affine is not None and len(affine) <= 1 and all(t.kind == "probability" for t in affine)


def _is_ftr(number: Term) -> bool:
    return _leaves(number, lambda leaf: leaf.kind != "policy" and not _reads(leaf, _POLICY_TERMS))


def _is_rrl(number: Term) -> bool:
    return _common_discount(number) and _leaves(
        number, lambda leaf: _is_discounted(leaf, _regularised)
    )


def _regularised(signal: Term) -> bool:
    """R(s, a, s') + F(pi(s)): each summand reads the transition or the policy, never both.

    kl(ref) = -entropy - sum_a pi(a|s) log ref(a|s) is of that form where it stands linearly: its
    second part is a reward.
    """
    affine = _affine(signal, _markov)
    return affine is not None and all(
        leaf.kind in _POLICY_TERMS or _markov(leaf) for leaf in affine
    )


def _is_klrrl(number: Term) -> bool:
    def signal_with_kl(signal: Term) -> bool:
        affine = _affine(signal, _markov) or {}
        return _regularised(signal) and all(leaf.kind == "kl" or _markov(leaf) for leaf in affine)

    references = {t.fields[0] for t in walk(number) if t.kind == "kl"}
    return (
        len(references) <= 1
        and _common_discount(number)
        and _leaves(number, lambda leaf: _is_discounted(leaf, signal_with_kl))
    )


def _is_onmr(number: Term) -> bool:
    """Any function of one discounted number."""
    leaves = set(_value_leaves(number))
    return len(leaves) <= 1 and all(_is_discounted(leaf, _markov) for leaf in leaves)


def _value_leaves(term: Term) -> list[Term]:
    found = []
    for part in walk(term):
        if part.kind in _VALUE_LEAVES:
            found.append(part)
    return found


def _is_fpr(number: Term) -> bool:
    return True


def _is_ftlr(number: Term) -> bool:
    return not _reads(number, frozenset({"policy"}))


def _lottery_only(spec: Spec) -> bool:
    return all(map(_is_ftlr, (*spec.numbers, *spec.constraints)))


_VALUE_LEAVES = frozenset({"discounted", "average", "total", "probability", "policy"})

_SCALAR: dict[str, Callable[[Term], bool]] = {
    "MR": _is_mr,
    "LMORL": _is_mr,
    "LMORLG": _is_lmorlg,
    "RM": _is_rm,
    "LAR": _is_lar,
    "LTL": _is_ltl,
    "OMEGA": _is_ltl,
    "FTR": _is_ftr,
    "RRL": _is_rrl,
    "KLRRL": _is_klrrl,
    "ONMR": _is_onmr,
    "FTLR": _is_ftlr,
    "FPR": _is_fpr,
}
