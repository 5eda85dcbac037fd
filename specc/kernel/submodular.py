"""Which forms are E[F(what was visited)], F a monotone submodular function of sets."""

from __future__ import annotations

from typing import cast

from .affine import affine, is_markov
from .terms import Term

__all__ = ["is_sub", "is_sub_h", "is_subt_h"]


def is_sub(number: Term) -> bool:
    """A sum of c * P(F guard), c >= 0: a weighted coverage of the transitions ever visited."""
    found = affine(number)
    return found is not None and all(
        c > 0 and leaf.kind == "probability" and _is_monotone(_reached(leaf.fields[0]))
        for leaf, c in found.items()
    )


def is_sub_h(number: Term) -> bool:
    """The same within the first letters; as many of them for all summands."""
    found = affine(number)
    return (
        found is not None
        and len({leaf.fields[1] for leaf in found if leaf.kind == "probability within"}) <= 1
        and all(
            c > 0 and leaf.kind == "probability within" and _is_monotone(_reached(leaf.fields[0]))
            for leaf, c in found.items()
        )
    )


def is_subt_h(number: Term) -> bool:
    """A sum of three kinds, all functions of the set of (t, s_t, a_t), t < H.

    c * P(F guard within first letters), c >= 0, where the guard reads only the state entered or
    only the choice (s, a); totals of Markov signals, which are modular: R(s, a, s') has its mean
    in place of it, and a constant makes it positive, because every run has as many elements;
    c * E[min(total, constant)], the signal a function of (s, a) and not negative.
    """
    found = affine(number)
    if found is None:
        return False
    for leaf, c in found.items():
        match leaf.kind, leaf.fields:
            case "total", (signal, _) if is_markov(signal):
                continue
            case "probability within", (formula, _) if c > 0:
                guard = _reached(formula)
                if guard is not None and (_reads_entered(guard) or _reads_choice(guard)):
                    continue
            case "mean", (inner,) if c > 0 and _is_capped_total(inner):
                continue
        return False
    return True


def _reached(formula: Term) -> Term | None:
    """The guard of ``F guard``."""
    return _as_guard(formula.fields[0]) if formula.kind == "F" else None


def _as_guard(formula: Term) -> Term | None:
    """A formula about one letter, as a guard; None where it is about more."""
    match formula.kind, formula.fields:
        case "atom", (guard,):
            return cast(Term, guard)
        case "not", (operand,):
            inner = _as_guard(operand)
            return None if inner is None else Term("not", (inner,))
        case ((("and" | "or") as kind), (operands,)):
            parts = [_as_guard(part) for part in operands]
            return None if None in parts else Term(kind, (tuple(parts),))
        case _:
            return None


def _is_monotone(guard: Term | None) -> bool:
    """Where it holds on the letter of a start state, it holds on all transitions into it.

    So that a letter satisfies it is that a transition of a certain set was visited, or one that
    leaves a state of a certain set.
    """
    if guard is None:
        return False
    if guard.kind in ("and", "or"):
        return all(map(_is_monotone, guard.fields[0]))
    return guard.kind in ("label", "action", "from") or _reads_entered(guard)


def _reads_entered(guard: Term) -> bool:
    return _is_made_of(guard, "at")


def _reads_choice(guard: Term) -> bool:
    match guard.kind, guard.fields:
        case "action", _:
            return True
        case "from", (inner,):
            return _is_made_of(inner, "at", "label")
        case (("and" | "or"), (operands,)):
            return all(map(_reads_choice, operands))
        case "not", (operand,):
            return _reads_choice(operand)
        case _:
            return False


def _is_made_of(guard: Term, *kinds: str) -> bool:
    match guard.kind, guard.fields:
        case (("and" | "or"), (operands,)):
            return all(_is_made_of(part, *kinds) for part in operands)
        case "not", (operand,):
            return _is_made_of(operand, *kinds)
        case kind, _:
            return kind in kinds


def _is_capped_total(number: Term) -> bool:
    match number.kind, number.fields:
        case "min", (operands,):
            capped = [part for part in operands if part.kind != "constant"]
            return len(capped) == 1 and _is_positive_total(capped[0])
        case _:
            return False


def _is_positive_total(number: Term) -> bool:
    return number.kind == "total" and _is_positive(number.fields[0])


def _is_positive(signal: Term) -> bool:
    """A function of (s, a), nowhere negative."""
    match signal.kind, signal.fields:
        case "constant", (value,):
            return bool(value >= 0)
        case "if", (guard, then, otherwise):
            return _reads_choice(guard) and _is_positive(then) and _is_positive(otherwise)
        case (("+" | "*"), (operands,)):
            return all(map(_is_positive, operands))
        case _:
            return False
