"""Inference: the least listed formalism that contains the whole form of an objective.

The environment is never read: this is about what is written, as types are. Algebra comes first
(:mod:`specc.objective.simplify`); strictly monotone functions are stripped at the root or at a
component of an order, where that is certified (:mod:`specc.objective.ranges`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from specc.objective import stack
from specc.objective.extensions import extensions
from specc.objective.linear import LinearForm, linear_form
from specc.objective.ranges import direction, range_of
from specc.objective.signals import SignalKind, may_be_infinite, signal_kind
from specc.objective.simplify import simplify, simplify_objective
from specc.objective.stack import Number
from specc.objective.walk import children, is_constant, leaves, outermost
from specc.source import Source, Span

__all__ = ["Inference", "infer", "is_bounded"]


@dataclass(frozen=True, slots=True)
class Inference:
    """The formalism (one of the 17, classes written FTR, FTLR, TLO), and what forces it.

    ``also`` names extensions that contain the form. ``objective`` is the simplified objective.
    """

    formalism: str
    reason: str
    span: Span
    also: tuple[str, ...]
    objective: stack.Objective

    def because(self, source: Source) -> str:
        """The reason with its place: "because of `P[F g]` at 7:12: ..."."""
        if self.span.end <= self.span.start:
            return f"because {self.reason}"
        text = " ".join(source.slice(self.span).split())
        text = text if len(text) <= 60 else text[:57] + "..."
        place = source.position(self.span.start)
        return f"because of `{text}` at {place.line}:{place.column}: {self.reason}"


@dataclass(frozen=True, slots=True)
class _Found:
    formalism: str
    reason: str
    span: Span


def infer(objective: stack.Objective) -> Inference:
    """Name the least listed class that contains the objective's form.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec reach = 1 - P[F goal]")
    >>> infer(file["reach"].objective).formalism
    'LTL'
    """
    simplified = simplify_objective(objective)
    found = _objective(simplified)
    also = extensions(simplified, found.formalism)
    return Inference(found.formalism, found.reason, found.span, also, simplified)


def _objective(objective: stack.Objective) -> _Found:
    match objective:
        case stack.Scalar(number):
            return _scalar(number)
        case stack.Lexicographic(numbers):
            return _lexicographic(numbers, objective.span)
        case stack.Constrained(number, constraints):
            return _constrained(number, constraints, objective.span)
        case _:
            assert_never(objective)


def _scalar(number: Number) -> _Found:
    """A number at the root: strip monotone functions, then read the linear form."""
    policy = next((n for n in leaves(number) if isinstance(n, stack.PolicyProbability)), None)
    if policy is not None:
        return _Found("FPR", "it reads the policy itself, not what the policy brings about",
                      policy.span)  # fmt: skip
    number = _strip(number)
    form = linear_form(number)
    if all(_linear_term(term) is not None for term in form.terms):
        return _linear(form, number.span)
    if isinstance(number, stack.Quantile | stack.ConditionalValueAtRisk | stack.Variance):
        return _Found("FTLR", "it reads the distribution of outcomes beyond its mean", number.span)
    variables = _variables(number)
    if len(variables) == 1:
        inner = _scalar(variables[0])
        if direction(number, variables[0], range_of(variables[0])) in {1, -1}:
            return inner
        if inner.formalism == "MR":
            return _Found("ONMR", "it is a function of one Markov value that is not certified "
                          "strictly monotone", number.span)  # fmt: skip
        return _Found("FTLR", "it is a nonlinear function of a number that is not a Markov value",
                      number.span)  # fmt: skip
    return _Found("FTLR", "it is a nonlinear function of several numbers of the policy",
                  number.span)  # fmt: skip


def _strip(number: Number) -> Number:
    """The operand, where the number is a strictly monotone function of one operand."""
    while isinstance(number, stack.Apply) and number.function not in {"min", "max"}:
        moving = [operand for operand in number.operands if not is_constant(operand)]
        if len(moving) != 1 or moving[0] == number:
            break
        if direction(number, moving[0], range_of(moving[0])) not in {1, -1}:
            break
        number = moving[0]
    return number


def _variables(number: Number) -> list[Number]:
    """The different numbers of the policy inside."""
    return outermost(number, stack.LOTTERY_LAYER | stack.PolicyProbability)


def _linear_term(term: Number) -> Number | None:
    """The mean inside a term of a linear form: the term itself, or it times constants; a
    constant term is its own. None where the term is not linear in one mean."""
    if isinstance(term, stack.Expectation) or is_constant(term):
        return term
    if isinstance(term, stack.Apply) and term.function == "*":
        moving = [operand for operand in term.operands if not is_constant(operand)]
        factors = [range_of(operand) for operand in term.operands if is_constant(operand)]
        finite = all(f.defined and f.low > -math.inf and f.high < math.inf for f in factors)
        if finite and len(moving) == 1 and isinstance(moving[0], stack.Expectation):
            return moving[0]
    return None


def _linear(form: LinearForm, span: Span) -> _Found:
    """A weighted sum of means."""
    means = [m for term in form.terms if (m := _linear_term(term)) and not is_constant(m)]
    parts = [m.trajectory for m in means if isinstance(m, stack.Expectation)]
    if not parts:
        return _Found("MR", "it is constant", span)
    found = [_mean(part) for part in parts]
    if len(found) == 1:
        return found[0]
    same = _one_discounted_sum(parts)
    if same is not None:
        return same
    for one in found:
        if one.formalism in {"FTLR", "RRL"}:
            return _Found("FTLR", "it adds a number that reads the policy to numbers of another "
                          "kind", one.span)  # fmt: skip
    unbounded = [(part, one) for part, one in zip(parts, found, strict=True)
                 if not is_bounded(part)]  # fmt: skip
    if not unbounded:
        return _Found("RM", "it is a sum of numbers that are decided after boundedly many steps",
                      span)  # fmt: skip
    if len(unbounded) == 1 and isinstance(unbounded[0][0], stack.Discounted):
        bounded = next(part for part in parts if is_bounded(part))
        return _Found("RM", "it adds a number that is decided after boundedly many steps",
                      bounded.span)  # fmt: skip
    return _Found("FTR", "it adds numbers of a trajectory that no single smaller formalism holds "
                  "together", unbounded[-1][0].span)  # fmt: skip


def _one_discounted_sum(parts: Sequence[Number]) -> _Found | None:
    """Irrational multiples keep sums of one discount apart; they are still one reward."""
    if not all(isinstance(part, stack.Discounted) for part in parts):
        return None
    sums = [part for part in parts if isinstance(part, stack.Discounted)]
    if len({part.discount for part in sums}) != 1:
        return None
    total = stack.Apply("+", tuple(part.signal for part in sums), span=sums[0].span)
    return _mean(stack.Discounted(total, sums[0].discount, span=sums[0].span))


_DISCOUNTED = {
    SignalKind.MARKOV: ("MR", "it is a discounted sum of a reward"),
    SignalKind.MACHINE: ("RM", "the reward comes from a machine with memory"),
    SignalKind.REGULARISED: ("RRL", "the reward has a term in the policy's own randomness"),
    SignalKind.OTHER: ("FTLR", "the policy term is weighted by the state or by a machine"),
}


def _mean(part: Number) -> _Found:
    """The class of the mean of one trajectory number."""
    span = part.span
    if may_be_infinite(part):
        return _Found("FTLR", "a logarithm in it is not certified to be finite", span)
    kind = _worst_signal(part)
    match part:
        case stack.Discounted(signal):
            formalism, reason = _DISCOUNTED[signal_kind(signal)]
            return _Found(formalism, reason, _culprit(signal, formalism, span))
        case stack.Satisfaction():
            return _Found("LTL", "it is the probability of a formula", span)
        case stack.AutomatonSatisfaction():
            return _Found("FTR", "automata accept languages that no LTL formula defines", span)
        case stack.Average() if kind is SignalKind.MARKOV:
            return _Found("LAR", "it is a limit average of a reward", span)
        case stack.Total(_, None):
            return _Found("FTLR", "it is an undiscounted sum without a horizon", span)
    if kind in {SignalKind.REGULARISED, SignalKind.OTHER}:
        return _Found("FTLR", "it reads the policy along the trajectory", span)
    if any(isinstance(node, stack.Total) and node.horizon is None for node in leaves(part)):
        return _Found("FTLR", "it has an undiscounted sum without a horizon", span)
    if is_bounded(part):
        return _Found("RM", "it is decided after boundedly many steps", span)
    return _Found("FTR", _trajectory_reason(part), span)


def _trajectory_reason(part: Number) -> str:
    match part:
        case stack.Average():
            return "it is a limit average of a machine's reward"
        case stack.Extremum():
            return "it is an extremum of many values"
        case stack.SetFunction():
            return "it is a function of everything ever visited"
        case _:
            return "it is a nonlinear function of numbers of a trajectory"


def _worst_signal(part: Number) -> SignalKind:
    sums = stack.Discounted | stack.Average | stack.Total | stack.Extremum
    kinds = [signal_kind(n.signal) for n in leaves(part) if isinstance(n, sums)]
    kinds += [signal_kind(n.weight) for n in leaves(part)
              if isinstance(n, stack.SetFunction) and n.weight is not None]  # fmt: skip
    return max(kinds, default=SignalKind.MARKOV)


def _culprit(signal: Number, formalism: str, span: Span) -> Span:
    """The part of the signal that forces the class."""
    if formalism == "MR":
        return span
    wanted: Callable[[Number], bool]
    if formalism == "RM":
        wanted = lambda n: isinstance(n, stack.MachineOutput)  # noqa: E731
    else:
        wanted = lambda n: isinstance(n, stack.PolicyTerm)  # noqa: E731
    return next((node.span for node in leaves(signal) if wanted(node)), span)


def is_bounded(part: Number) -> bool:
    """Whether the text alone shows that boundedly many transitions decide the number."""
    match part:
        case stack.Constant():
            return True
        case stack.Apply() | stack.Choice() | stack.Indicator():
            return all(is_bounded(child) for child in children(part))
        case stack.Discounted(signal, discount):
            return discount == 0 and signal_kind(signal) <= SignalKind.MACHINE
        case stack.Total(signal, horizon):
            return horizon is not None and signal_kind(signal) <= SignalKind.MACHINE
        case stack.SetFunction(_, horizon):
            return horizon is not None
        case stack.Satisfaction(formula, _, letters):
            from specc.objective.extensions import temporal_depth

            return letters is not None or temporal_depth(formula) is not None
        case _:
            return False


def _lexicographic(numbers: Sequence[Number], span: Span) -> _Found:
    """Components that the ones before decide are dropped."""
    kept: list[Number] = []
    known: set[Number] = set()
    forms: list[LinearForm] = []
    for number in numbers:
        stripped = _essence(number)
        if is_constant(stripped) or set(_variables(stripped)) <= known:
            continue
        form = linear_form(stripped)
        if any(_proportional(form, other) for other in forms):
            continue
        kept.append(number)
        forms.append(form)
        variables = _variables(stripped)
        if stripped in variables:
            known.add(stripped)
    if not kept:
        return _Found("MR", "it is constant", span)
    if len(kept) == 1:
        return _scalar(kept[0])
    policy = next(
        (n for k in kept for n in leaves(k) if isinstance(n, stack.PolicyProbability)), None
    )
    if policy is not None:
        return _Found("PO", "it orders by the policy itself, in more than one component",
                      policy.span)  # fmt: skip
    return _Found("TLO", "it compares by a second number where the first is tied", kept[1].span)


def _essence(number: Number) -> Number:
    """What a component's ties depend on: monotone functions of one number stripped."""
    stripped = _strip(number)
    variables = _variables(stripped)
    if len(variables) == 1 and direction(stripped, variables[0], range_of(variables[0])):
        return variables[0]
    return stripped


def _proportional(left: LinearForm, right: LinearForm) -> bool:
    if set(left.terms) != set(right.terms) or not left.terms:
        return False
    ratios = {left.terms[term] / right.terms[term] for term in left.terms}
    return len(ratios) == 1


def _certain(constraint: stack.Comparison) -> bool | None:
    """Whether the ranges alone decide the constraint."""
    minus = stack.Apply("*", (stack.Constant(Fraction(-1)), constraint.right))
    gap = range_of(simplify(stack.Apply("+", (constraint.left, minus))))
    if not gap.defined:
        return None
    match constraint.operator:
        case ">=":
            return True if gap.low >= 0 else (False if gap.high < 0 else None)
        case ">":
            return True if gap.low > 0 else (False if gap.high <= 0 else None)
        case "<=":
            return True if gap.high <= 0 else (False if gap.low > 0 else None)
        case _:
            return True if gap.high < 0 else (False if gap.low >= 0 else None)


def _constrained(number: Number, constraints: Sequence[stack.Comparison], span: Span) -> _Found:
    parts = [number, *(side for c in constraints for side in (c.left, c.right))]
    policy = next(
        (n for part in parts for n in leaves(part) if isinstance(n, stack.PolicyProbability)), None
    )
    if policy is not None:
        return _Found("FPR", "it reads the policy itself, not what the policy brings about",
                      policy.span)  # fmt: skip
    verdicts = [_certain(constraint) for constraint in constraints]
    if False in verdicts:
        return _Found("MR", "no policy is feasible, so all are tied", span)
    if all(verdicts):
        return _scalar(number)
    variables = list(dict.fromkeys(v for part in parts for v in _variables(part)))
    if not variables:
        return _Found("MR", "it is constant", span)
    if len(variables) == 1 and _scalar(variables[0]).formalism == "MR":
        return _Found("ONMR", "it is a function of one Markov value, with a step", span)
    shown = constraints[0].span if constraints else span
    return _Found("FTLR", "it compares by one number within bounds on others", shown)
