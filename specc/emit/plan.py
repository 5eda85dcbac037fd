"""What to train on: the reward scheme that an objective calls for, or why it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

from specc.automata.formula import negation
from specc.emit.schemes.kinds import (
    Criterion,
    FormulaScheme,
    FunctionalNumber,
    FunctionalPart,
    FunctionalScheme,
    Interface,
    NoScheme,
    ReturnScheme,
    Scheme,
    SignalScheme,
)
from specc.objective import stack
from specc.objective.infer import Inference, infer
from specc.objective.linear import LinearForm, linear_form
from specc.objective.ranges import direction, range_of
from specc.objective.signals import SignalKind, signal_kind
from specc.objective.stack import Number
from specc.objective.walk import is_constant, leaves, outermost

__all__ = [
    "FormulaScheme",
    "FunctionalPart",
    "FunctionalScheme",
    "Interface",
    "NoScheme",
    "Plan",
    "ReturnScheme",
    "Scheme",
    "SignalScheme",
    "functional_parts",
    "plan_objective",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """The training interface of an objective (page "Reward kernels") and its scheme."""

    interface: Interface
    scheme: Scheme
    inference: Inference

    @property
    def formalism(self) -> str:
        """The inferred formalism."""
        return self.inference.formalism


def plan_objective(objective: stack.Objective) -> Plan:
    """The plan of an objective.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec s = E[discounted([goal], 0.9)]")
    >>> plan_objective(file["s"].objective).interface
    'per-step reward'
    """
    inference = infer(objective)
    match inference.objective:
        case stack.Scalar(number):
            interface, scheme = _scalar(number)
        case stack.Lexicographic(numbers):
            moving = [n for n in numbers if not is_constant(n)]
            if len(moving) == 1:
                interface, scheme = _scalar(moving[0])
            else:
                interface, scheme = "comparison", _COMPARED
        case stack.Constrained() as constrained:
            interface, scheme = "policy functional", _functional(constrained)
        case _:
            assert_never(inference.objective)
    return Plan(interface, scheme, inference)


_COMPARED = NoScheme(
    "it orders policies by more than one number, so no single reward stands for it",
    "`specc.wrap_mo` pays its means as a vector; or train on one at a time, each in its own spec",
)
_QUANTILE = NoScheme(
    "a quantile moves with the outcomes near it only, so its gradient is no reward of whole "
    "episodes",
    "`cvar` of the same number has one; or estimate the quantile and search without a gradient",
)
_TERMS = NoScheme(
    "its policy term stands inside a function of several numbers of the policy",
    "leave the term out of the spec and add it in the learner's loss",
)
_TAIL_OF_AVERAGE = NoScheme(
    "it reads how limit averages are spread, which no finite part of a run shows",
    "write a total with a horizon, or a discounted sum, in place of the average",
)
_AVERAGES = NoScheme(
    "it mixes limit averages with numbers of a run's beginning, which no one sum of rewards holds",
    "write all of them as averages, or none",
)
_POLICY = NoScheme(
    "it reads the policy's own probabilities, which no step of the environment shows",
    "use the probability itself as a term of the learner's loss",
)
_WEIGHTED = NoScheme(
    "its policy term is weighted by the state, the time or a memory",
    "give the rest its own spec and add the term in the learner's loss",
)
_LIMIT = NoScheme(
    "a nonlinear or mixed function of numbers that only the whole infinite run decides",
    "train on one of its numbers, or give the numbers a horizon",
)


def _scalar(number: Number) -> tuple[Interface, Scheme]:
    if any(isinstance(node, stack.PolicyProbability) for node in leaves(number)):
        return "policy functional", _POLICY
    sign, inner = _stripped(number)
    terms = _means(linear_form(inner).scaled(Fraction(sign)))
    if terms is None:
        return "policy functional", _functional(stack.Scalar(number, span=number.span))
    return _mean(terms)


def _functional(objective: stack.Scalar | stack.Constrained) -> FunctionalScheme | NoScheme:
    """The parts of a function of several numbers of the policy."""
    numbers = stack.numbers_of(objective)
    parts = functional_parts(numbers)
    return parts if isinstance(parts, NoScheme) else _together(objective, parts)


def functional_parts(numbers: Sequence[Number]) -> tuple[FunctionalPart, ...] | NoScheme:
    """The numbers of the policy inside these, or why episodes do not show one of them."""
    if any(isinstance(n, stack.PolicyProbability) for number in numbers for n in leaves(number)):
        return _POLICY
    found = [part for number in numbers for part in outermost(number, stack.LOTTERY_LAYER)]
    parts: list[FunctionalPart] = []
    for number in dict.fromkeys(found):
        if isinstance(number, stack.Quantile):
            return _QUANTILE
        assert isinstance(number, FunctionalNumber)
        _, scheme = _mean([(stack.Constant(Fraction(1)), number.trajectory)])
        if isinstance(scheme, NoScheme):
            return scheme
        assert not isinstance(scheme, FunctionalScheme)
        if isinstance(scheme, SignalScheme) and scheme.terms is not None:
            return _TERMS
        if isinstance(number, stack.Expectation):
            parts.append(FunctionalPart(number, scheme))
        elif isinstance(scheme, SignalScheme) and scheme.criterion == "average":
            return _TAIL_OF_AVERAGE
        else:
            parts.append(FunctionalPart(number, scheme))
    return tuple(parts)


def _together(
    objective: stack.Scalar | stack.Constrained, parts: tuple[FunctionalPart, ...]
) -> FunctionalScheme | NoScheme:
    """What the learner sums, so that every part is summed as it is."""
    kinds = {_summed(part) for part in parts}
    if len(kinds) == 1:
        ((criterion, discount),) = kinds
        return FunctionalScheme(objective, parts, criterion, discount)
    if any(criterion == "average" for criterion, _ in kinds):
        return _AVERAGES
    return FunctionalScheme(objective, parts, "total", Fraction(1))


def _summed(part: FunctionalPart) -> tuple[Criterion, Fraction]:
    """What adds a part up where it is paid alone."""
    scheme = part.scheme
    if isinstance(scheme, SignalScheme) and isinstance(part.number, stack.Expectation):
        return scheme.criterion, scheme.discount
    return "total", Fraction(1)


def _stripped(number: Number) -> tuple[int, Number]:
    """The number under certified strictly monotone functions, and their sign.

    Sums and multiples stay: a reward keeps the scale in which it was written.
    """
    sign = 1
    form = linear_form(number)
    if len(form.terms) == 1 and _means(form) is None:
        ((number, factor),) = form.terms.items()
        sign = 1 if factor > 0 else -1
    while isinstance(number, stack.Apply) and number.function not in {"+", "*", "min", "max"}:
        moving = [operand for operand in number.operands if not is_constant(operand)]
        if len(moving) != 1:
            break
        found = direction(number, moving[0], range_of(moving[0]))
        if found not in {1, -1}:
            break
        sign, number = sign * found, moving[0]
    return sign, number


def _means(form: LinearForm) -> list[tuple[Number, Number]] | None:
    """(weight, trajectory) pairs, or None where a term is not a mean. Constants are dropped."""
    pairs: list[tuple[Number, Number]] = []
    for term, coefficient in form.terms.items():
        weight: Number = stack.Constant(coefficient)
        if is_constant(term):
            continue
        if isinstance(term, stack.Apply) and term.function == "*":
            moving = [operand for operand in term.operands if not is_constant(operand)]
            if len(moving) != 1 or not isinstance(moving[0], stack.Expectation):
                return None
            rest = [operand for operand in term.operands if operand != moving[0]]
            weight, term = _product([weight, *rest]), moving[0]
        if not isinstance(term, stack.Expectation):
            return None
        pairs.append((weight, term.trajectory))
    return pairs


def _product(factors: Sequence[Number]) -> Number:
    kept = [f for f in factors if not (isinstance(f, stack.Constant) and f.value == 1)]
    if len(kept) == 1:
        return kept[0]
    return stack.Apply("*", tuple(kept)) if kept else stack.Constant(Fraction(1))


def _sum(terms: Sequence[Number]) -> Number:
    if not terms:
        return stack.Constant(Fraction(0))
    return terms[0] if len(terms) == 1 else stack.Apply("+", tuple(terms), span=terms[0].span)


def _weighted(weight: Number, number: Number) -> Number:
    if isinstance(weight, stack.Constant) and weight.value == 1:
        return number
    return stack.Apply("*", (weight, number), span=number.span)


def _mean(pairs: list[tuple[Number, Number]]) -> tuple[Interface, Scheme]:
    """A weighted sum of means of trajectory numbers."""
    if not pairs:
        zero = stack.Constant(Fraction(0))
        return "per-step reward", SignalScheme(zero, "discounted", Fraction(0))
    parts = [part for _, part in pairs]
    event = _event(pairs)
    if event is not None:
        return "per-step reward", FormulaScheme(event)
    first = parts[0]
    if isinstance(first, stack.Discounted) and all(
        isinstance(part, stack.Discounted) and part.discount == first.discount for part in parts
    ):
        return _of_signal(pairs, SignalScheme(first.signal, "discounted", first.discount))
    if all(isinstance(part, stack.Average) for part in parts):
        return _of_signal(pairs, SignalScheme(first, "average", Fraction(1)))
    if isinstance(first, stack.Total) and all(
        isinstance(part, stack.Total) and part.horizon == first.horizon for part in parts
    ):
        scheme = SignalScheme(first.signal, "total", Fraction(1), first.horizon)
        return _of_signal(pairs, scheme)
    return _of_return(_sum([_weighted(weight, part) for weight, part in pairs]))


def _event(
    pairs: list[tuple[Number, Number]],
) -> stack.Satisfaction | stack.AutomatonSatisfaction | None:
    if len(pairs) != 1 or not isinstance(pairs[0][0], stack.Constant):
        return None
    (weight, part), *_ = pairs
    positive = isinstance(weight, stack.Constant) and weight.value > 0
    match part:
        case stack.Satisfaction(formula) if positive or part.horizon is None:
            return part if positive else replace(part, formula=negation(formula))
        case stack.AutomatonSatisfaction() if positive:
            return part
        case _:
            return None


def _of_signal(
    pairs: list[tuple[Number, Number]], scheme: SignalScheme
) -> tuple[Interface, Scheme]:
    """One reward for a weighted sum of like sums; policy terms are left to the learner."""
    terms: list[Number] = []
    for weight, part in pairs:
        assert isinstance(part, stack.Discounted | stack.Average | stack.Total)
        form = linear_form(part.signal)
        for term, coefficient in form.terms.items():
            scaled = _weighted(stack.Constant(coefficient), term)
            terms.append(_weighted(weight, scaled))
        if form.constant:
            terms.append(_weighted(weight, stack.Constant(form.constant)))
    paid = [t for t in terms if not _reads_policy(t)]
    left = [t for t in terms if _reads_policy(t)]
    if any(signal_kind(term) is not SignalKind.REGULARISED for term in left):
        return "policy functional", _WEIGHTED
    text = " + ".join(show_number(term) for term in left)
    own = _sum(left) if left else None
    return "per-step reward", replace(scheme, signal=_sum(paid), regulariser=text, terms=own)


def _reads_policy(number: Number) -> bool:
    return any(isinstance(node, stack.PolicyTerm) for node in leaves(number))


def _of_return(number: Number) -> tuple[Interface, Scheme]:
    """A function of numbers that a growing prefix of the run approaches."""
    nodes = list(leaves(number))
    if any(isinstance(node, stack.PolicyTerm) for node in nodes):
        return "policy functional", _WEIGHTED
    if any(isinstance(node, stack.Average | stack.AutomatonSatisfaction) for node in nodes):
        return "trajectory return", _LIMIT
    return "trajectory return", ReturnScheme(number, _horizon(nodes))


def _horizon(nodes: list[Number]) -> int | None:
    """After how many transitions everything is decided, where horizons alone show it."""
    most = 0
    for node in nodes:
        match node:
            case stack.Total(_, horizon) | stack.SetFunction(_, horizon):
                if horizon is None:
                    return None
                most = max(most, horizon)
            case stack.Satisfaction(_, _, horizon):
                if horizon is None:
                    return None
                most = max(most, horizon - 1)
            case stack.Discounted(_, discount):
                if discount:
                    return None
                most = max(most, 1)
            case stack.Extremum():
                return None
            case _:
                pass
    return most


def show_number(number: Number) -> str:
    """A signal as short text for people; not meant to be read back."""
    match number:
        case stack.Constant(value):
            return str(value)
        case stack.PolicyTerm(kind, order, reference):
            argument = order if order is not None else reference
            return kind if argument is None else f"{kind}({argument})"
        case stack.Apply("+" | "*" | "/" | "**" as symbol, operands):
            return "(" + f" {symbol} ".join(show_number(part) for part in operands) + ")"
        case stack.Apply(name, operands):
            return f"{name}({', '.join(show_number(part) for part in operands)})"
        case stack.Native(name):
            return f'native("{name}")' if name else "native"
        case stack.Observation(index):
            return f"obs[{index}]"
        case stack.MachineOutput(machine):
            return machine.name
        case stack.Indicator():
            return "[..]"
        case _:
            return type(number).__name__.lower()
