"""The extensions beyond the seventeen formalisms that contain an objective's form."""

from __future__ import annotations

from fractions import Fraction

from specc.automata.formula import Atom, Connective, Formula, Truth
from specc.objective import stack
from specc.objective.guards import atoms
from specc.objective.linear import linear_form
from specc.objective.ranges import range_of
from specc.objective.signals import SignalKind, may_be_infinite, signal_kind
from specc.objective.stack import Number
from specc.objective.walk import is_constant, leaves

__all__ = ["extensions", "is_cosafe", "temporal_depth"]


def temporal_depth(formula: Formula) -> int | None:
    """How many letters after the first decide the formula, by its text; None: no bound shown."""
    match formula:
        case Truth() | Atom():
            return 0
        case Connective("X", (inner,)):
            depth = temporal_depth(inner)
            return None if depth is None else depth + 1
        case Connective(operator, operands) if operator not in "FGUWRM":
            depths = [temporal_depth(operand) for operand in operands]
            known = [depth for depth in depths if depth is not None]
            return max(known) if len(known) == len(depths) else None
        case _:
            return None


def is_cosafe(formula: Formula, positive: bool = True) -> bool:
    """Whether the negation normal form uses only X, F, U and M (sufficient for co-safety)."""
    match formula:
        case Truth() | Atom():
            return True
        case Connective("not", (inner,)):
            return is_cosafe(inner, not positive)
        case Connective("->", (left, right)):
            return is_cosafe(left, not positive) and is_cosafe(right, positive)
        case Connective(("xor" | "<->"), operands):
            return all(is_cosafe(o, True) and is_cosafe(o, False) for o in operands)
        case Connective(operator, operands):
            allowed = {"and", "or", "X"} | (set("FUM") if positive else set("GWR"))
            return operator in allowed and all(is_cosafe(o, positive) for o in operands)


def extensions(objective: stack.Objective, formalism: str) -> tuple[str, ...]:
    """Their symbols, in the order of page "formalisms" of the documentation."""
    match objective:
        case stack.Lexicographic(numbers):
            found = {"LEX"} if _one_discount(numbers) else set()
        case stack.Constrained(number, constraints):
            sides = [side for c in constraints for side in (c.left, c.right)]
            closed = all(c.operator in {">=", "<="} for c in constraints)
            found = {"CMDP"} if closed and _one_discount([number, *sides]) else set()
        case stack.Scalar(number):
            found = _of_number(number, formalism)
    order: tuple[str, ...] = (
        "SUB_H",
        "SUB",
        "SUBT_H",
        "CMDP",
        "LEX",
        "CVAR",
        "QUANT",
        "LTLF",
        "COSAFE",
        "OMEGA",
    )
    order += ("MAXR", "MINR", "TDR", "KLRRL", "LMORL", "LMORLG")
    return tuple(symbol for symbol in order if symbol in found)


def _one_discount(numbers: list[Number] | tuple[Number, ...]) -> bool:
    """Each number a multiple of a Markov value, all of one discount (constants are fine)."""
    discounts: set[Fraction] = set()
    for number in numbers:
        for term in linear_form(number).terms:
            value = _markov_value(term)
            if value is None:
                return False
            discounts.add(value.discount)
    return len(discounts) <= 1


def _markov_value(term: Number) -> stack.Discounted | None:
    if isinstance(term, stack.Expectation) and isinstance(term.trajectory, stack.Discounted):
        value = term.trajectory
        return value if signal_kind(value.signal) is SignalKind.MARKOV else None
    return None


def _of_number(number: Number, formalism: str) -> set[str]:
    found: set[str] = set()
    terms = list(linear_form(number).terms)
    if formalism == "MR":
        found |= {"TDR", "LMORL", "LMORLG"}
    elif terms and all(_markov_value(term) for term in terms):
        found.add("LMORLG")
    if len(terms) != 1:
        return found
    positive = linear_form(number).terms[terms[0]] > 0
    match terms[0]:
        case stack.ConditionalValueAtRisk(_, trajectory) if positive and _is_markov(trajectory):
            found.add("CVAR")
        case stack.Quantile(_, trajectory) if positive and _is_markov(trajectory):
            found.add("QUANT")
        case stack.Expectation(trajectory):
            found |= _of_mean(trajectory, positive)
    return found


def _is_markov(trajectory: Number) -> bool:
    """One discounted sum, times a number and up to a constant."""
    terms = list(linear_form(trajectory).terms)
    return (
        len(terms) == 1
        and isinstance(terms[0], stack.Discounted)
        and signal_kind(terms[0].signal) is SignalKind.MARKOV
    )


def _of_mean(trajectory: Number, positive: bool) -> set[str]:
    match trajectory:
        case stack.Satisfaction(formula, _, letters):
            found = {"OMEGA"}
            if letters is not None or temporal_depth(formula) is not None:
                found.add("LTLF")
            if letters is not None or is_cosafe(formula, positive):
                found.add("COSAFE")
            return found
        case stack.AutomatonSatisfaction():
            return {"OMEGA"}
        case stack.Extremum(kind, signal) if signal_kind(signal) is SignalKind.MARKOV:
            return {"MAXR" if (kind == "sup") == positive else "MINR"}
        case stack.SetFunction(_, horizon, weight=weight):
            if not positive or (weight is not None and not _is_weight(weight)):
                return set()
            return {"SUB"} if horizon is None else {"SUB_H", "SUBT_H"}
        case stack.Total() | stack.Apply("min"):
            return {"SUBT_H"} if positive and _is_timed_submodular(trajectory) else set()
        case stack.Discounted(signal):
            return {"KLRRL"} if _is_kl_regularised(signal, positive) else set()
        case _:
            return set()


def _is_weight(weight: Number) -> bool:
    return range_of(weight).low >= 0 and not may_be_infinite(weight)


def _is_timed_submodular(trajectory: Number) -> bool:
    """A sum over H steps of weights of (s, a) that are not negative, or its minimum with
    constants: a concave function of a modular one, which is monotone and submodular."""
    operands: tuple[Number, ...] = (trajectory,)
    if isinstance(trajectory, stack.Apply) and trajectory.function == "min":
        operands = trajectory.operands
    moving = [operand for operand in operands if not is_constant(operand)]
    if len(moving) != 1 or any(may_be_infinite(operand) for operand in operands):
        return False
    form = linear_form(moving[0])
    ((term, coefficient),) = form.terms.items() if len(form.terms) == 1 else ((None, None),)
    if not isinstance(term, stack.Total) or term.horizon is None or coefficient is None:
        return False
    weight = term.signal
    whole = range_of(weight)
    signed = whole.low >= 0 if coefficient > 0 else whole.high <= 0
    return signed and not may_be_infinite(weight) and _reads_state_and_action(weight)


def _reads_state_and_action(signal: Number) -> bool:
    """Whether a signal reads nothing of the state entered."""
    for node in leaves(signal):
        match node:
            case stack.Constant() | stack.Apply():
                pass
            case stack.Indicator(guard) | stack.Choice(guard):
                if not all(isinstance(a, stack.Before | stack.Action) for a in atoms(guard)):
                    return False
            case _:
                return False
    return True


def _is_kl_regularised(signal: Number, positive: bool) -> bool:
    """R - alpha KL(pi || ref) with alpha > 0; entropy is KL to uniform up to a constant, but the
    constant depends on the number of actions, so only `kl` counts."""
    policy_terms = 0
    for term, weight in linear_form(signal).terms.items():
        if isinstance(term, stack.PolicyTerm):
            if term.kind != "kl" or (weight > 0) == positive:
                return False
            policy_terms += 1
        elif any(isinstance(node, stack.PolicyTerm) for node in leaves(term)):
            return False
    return policy_terms == 1 and not may_be_infinite(signal)
