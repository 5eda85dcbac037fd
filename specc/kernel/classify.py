"""The syntactic classifier: is a spec written in a formalism?

``True`` is sure; ``False`` only means that it is not seen from the form. It never looks at the
environment, and has no rule of algebra beyond linear combinations: it is there to accept
the witnesses of lemmas, so in doubt it says no.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .affine import ARITHMETIC, POLICY_TERMS, affine, is_markov, leaves, reads
from .statement import Spec
from .submodular import is_sub, is_sub_h, is_subt_h
from .terms import FORMS, Term, walk

__all__ = ["is_in"]


def is_in(spec: Spec, formalism: str) -> bool:
    """Whether the spec is, by its form, a spec of the formalism.

    INMR, IMORL, OMORL, FOMR, GOMORL and OMO are never recognised: they equal FTR, FTLR or TLO
    as classes by lemmas, not by their form.
    """
    emitted = [edge[2] for m in spec.machines.values() for edges in m.edges for edge in edges]
    guards = [edge[0] for m in spec.machines.values() for edges in m.edges for edge in edges]
    if not all(map(_total, (*spec.numbers, *spec.constraints, *emitted, *guards))):
        return False
    if formalism == "TDR" and spec.order == "scalar" and _is_dying(spec):
        return True
    if formalism in _SCALAR:
        return spec.order == "scalar" and _SCALAR[formalism](spec.numbers[0])
    if formalism == "LEX":
        return spec.order == "lexicographic" and _one_discount(spec.numbers)
    if formalism == "CMDP":
        return spec.order == "constrained" and _is_cmdp(spec)
    return formalism == "PO" or (formalism == "TLO" and _lottery_only(spec))


def _total(number: Term) -> bool:
    """Defined at every policy: no division but by a constant, no total without horizon."""
    for term in walk(number):
        if term.kind == "total forever":
            return False
        if term.kind == "/" and (term.fields[1].kind != "constant" or not term.fields[1].fields[0]):
            return False
    return True


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
    return leaves(number, lambda leaf: _is_discounted(leaf, is_markov))


def _one_discount(numbers: tuple[Term, ...]) -> bool:
    return _common_discount(*numbers) and all(map(_is_lmorlg, numbers))


def _is_rm(number: Term) -> bool:
    def machine_signal(signal: Term) -> bool:
        return not reads(signal, POLICY_TERMS)

    return _common_discount(number) and leaves(
        number, lambda leaf: _is_discounted(leaf, machine_signal)
    )


def _is_dying(spec: Spec) -> bool:
    """A machine that pays by transitions until it ends for good: discount 0 on the transitions
    that end it, the common one on all others."""

    def pays_until_it_ends(signal: Term) -> bool:
        found = affine(signal)
        machines = [spec.machines[leaf.fields[0]] for leaf in found or {} if leaf.kind == "machine"]
        return len(found or {}) == len(machines) == 1 and not any(machines[0].edges[1:])

    number = spec.numbers[0]
    return _one_leaf(number, lambda leaf, c: _is_discounted(leaf, pays_until_it_ends))


def _is_lar(number: Term) -> bool:
    return leaves(number, lambda leaf: leaf.kind == "average" and is_markov(leaf.fields[0]))


def _one_leaf(number: Term, allowed: Callable[[Term, Fraction], bool]) -> bool:
    """Whether the number is c * leaf + d, the leaf and c allowed, or a constant."""
    found = affine(number)
    return found is not None and len(found) <= 1 and all(allowed(*item) for item in found.items())


def _is_ltl(number: Term) -> bool:
    """The sign of c is no matter, because P(not phi) = 1 - P(phi). First letters are LTL too."""
    return _one_leaf(number, lambda leaf, c: leaf.kind in _EVENTS)


def _is_ltlf(number: Term) -> bool:
    return _one_leaf(number, lambda leaf, c: leaf.kind == "probability within")


def _is_cosafe(number: Term) -> bool:
    def good_prefix(leaf: Term, c: Fraction) -> bool:
        if leaf.kind == "probability within":
            return True
        return leaf.kind == "probability" and _has_good_prefixes(leaf.fields[0], c > 0)

    return _one_leaf(number, good_prefix)


def _has_good_prefixes(formula: Term, positive: bool) -> bool:
    """Whether the formula (its negation, if not ``positive``) is in negation normal form made of
    X, F, U and M: a word satisfies it iff one of its prefixes makes it do so."""
    match formula.kind, formula.fields:
        case (("true" | "false" | "atom"), _):
            return True
        case "not", (operand,):
            return _has_good_prefixes(operand, not positive)
        case "->", (left, right):
            return _has_good_prefixes(left, not positive) and _has_good_prefixes(right, positive)
        case (("<->" | "xor"), sides):
            return all(_has_good_prefixes(side, way) for side in sides for way in (True, False))
        case (("and" | "or"), (operands,)):
            return all(_has_good_prefixes(part, positive) for part in operands)
        case kind, operands:
            return kind in ({"X", "F", "U", "M"} if positive else {"X", "G", "R", "W"}) and all(
                _has_good_prefixes(part, positive) for part in operands
            )


def _is_maxr(number: Term) -> bool:
    """E[sup R]; that is -E[inf -R]."""
    return _one_leaf(number, lambda leaf, c: _is_extremum(leaf, "sup" if c > 0 else "inf"))


def _is_minr(number: Term) -> bool:
    return _one_leaf(number, lambda leaf, c: _is_extremum(leaf, "inf" if c > 0 else "sup"))


def _is_extremum(leaf: Term, kind: str) -> bool:
    return leaf.kind == kind and is_markov(leaf.fields[0])


def _is_cvar(number: Term) -> bool:
    return _one_leaf(number, lambda leaf, c: c > 0 and _is_of_return(leaf, "cvar"))


def _is_quant(number: Term) -> bool:
    return _one_leaf(number, lambda leaf, c: c > 0 and _is_of_return(leaf, "quantile"))


def _is_of_return(leaf: Term, kind: str) -> bool:
    return leaf.kind == kind and _is_mr(leaf.fields[1])


def _is_cmdp(spec: Spec) -> bool:
    closed = all(c.kind == "compare" and c.fields[0] in (">=", "<=") for c in spec.constraints)
    return closed and _one_discount(
        (*spec.numbers, *(side for c in spec.constraints for side in c.fields[1:]))
    )


def _is_ftr(number: Term) -> bool:
    return leaves(number, lambda leaf: leaf.kind in _MEANS and not reads(leaf, POLICY_TERMS))


def _is_rrl(number: Term) -> bool:
    return _common_discount(number) and leaves(
        number, lambda leaf: _is_discounted(leaf, _regularised)
    )


def _regularised(signal: Term) -> bool:
    """R(s, a, s') + F(pi(s)): each summand reads the transition or the policy, never both.

    kl(ref) = -entropy - sum_a pi(a|s) log ref(a|s) is of that form where it stands linearly: its
    second part is a reward.
    """
    found = affine(signal, is_markov)
    return found is not None and all(leaf.kind in POLICY_TERMS or is_markov(leaf) for leaf in found)


def _is_klrrl(number: Term) -> bool:
    def signal_with_kl(signal: Term) -> bool:
        found = affine(signal, is_markov)
        return found is not None and all(leaf.kind == "kl" or is_markov(leaf) for leaf in found)

    references = {t.fields[0] for t in walk(number) if t.kind == "kl"}
    return (
        len(references) <= 1
        and _common_discount(number)
        and leaves(number, lambda leaf: _is_discounted(leaf, signal_with_kl))
    )


def _is_onmr(number: Term) -> bool:
    """Any function of one discounted number."""
    found = {term for term in walk(number) if term.kind in _VALUE_LEAVES}
    return len(found) <= 1 and all(_is_discounted(leaf, is_markov) for leaf in found)


def _is_fpr(number: Term) -> bool:
    return True


def _is_ftlr(number: Term) -> bool:
    return not reads(number, frozenset({"policy"}))


def _lottery_only(spec: Spec) -> bool:
    return all(map(_is_ftlr, (*spec.numbers, *spec.constraints)))


_VALUE_LEAVES = FORMS["value"].keys() - ARITHMETIC
_EVENTS = frozenset({"probability", "probability within"})
_MEANS = _EVENTS | {"discounted", "average", "total", "sup", "inf", "mean"}

_SCALAR: dict[str, Callable[[Term], bool]] = {
    "MR": _is_mr,
    "LMORL": _is_mr,
    "TDR": _is_mr,
    "LMORLG": _is_lmorlg,
    "RM": _is_rm,
    "LAR": _is_lar,
    "LTL": _is_ltl,
    "OMEGA": _is_ltl,
    "LTLF": _is_ltlf,
    "COSAFE": _is_cosafe,
    "MAXR": _is_maxr,
    "MINR": _is_minr,
    "CVAR": _is_cvar,
    "QUANT": _is_quant,
    "SUB": is_sub,
    "SUB_H": is_sub_h,
    "SUBT_H": is_subt_h,
    "FTR": _is_ftr,
    "RRL": _is_rrl,
    "KLRRL": _is_klrrl,
    "ONMR": _is_onmr,
    "FTLR": _is_ftlr,
    "FPR": _is_fpr,
}
