"""What an order depends on: two objectives with the same essence rank all policies alike."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from specc.objective import stack
from specc.objective.linear import LinearForm, linear_form
from specc.objective.ranges import direction, range_of
from specc.objective.simplify import simplify_objective
from specc.objective.stack import Number
from specc.objective.walk import children, is_constant

__all__ = ["Essence", "essence"]


@dataclass(frozen=True, slots=True)
class Essence:
    """The components of an order, each up to strictly increasing functions; constraints too."""

    components: tuple[Number, ...]
    constraints: frozenset[tuple[str, Number]] = frozenset()


def essence(objective: stack.Objective) -> Essence:
    """A canonical form of the order: equal essences mean equal orders, in every environment.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec a = P[F g]  spec b = 2 * P[F g] - 1")
    >>> essence(file["a"].objective) == essence(file["b"].objective)
    True
    """
    match simplify_objective(objective):
        case stack.Scalar(number):
            component = _component(number)
            return Essence((component,) if component is not None else ())
        case stack.Lexicographic(numbers):
            parts: dict[Number, None] = {}
            for number in numbers:
                component = _component(number)
                if component is not None:
                    parts[component] = None
            return Essence(tuple(parts))
        case stack.Constrained(number, constraints):
            component = _component(number)
            gaps = frozenset(_gap(constraint) for constraint in constraints)
            return Essence((component,) if component is not None else (), gaps)


def _component(number: Number) -> Number | None:
    """The number up to a strictly increasing function; None for a constant."""
    sign = 1
    while not is_constant(number):
        inner = _monotone_in(number)
        if inner is None:
            break
        number, flipped = inner
        sign *= flipped
    if is_constant(number):
        return None
    form = linear_form(number)
    form = LinearForm(Fraction(0), form.terms)
    leading = form.terms[min(form.terms, key=repr)]
    return form.scaled(sign / abs(leading)).number()


def _monotone_in(number: Number) -> tuple[Number, int] | None:
    """The part that the number is a strictly monotone function of, and the direction."""
    if not isinstance(number, stack.Apply):
        return None
    moving = [operand for operand in number.operands if not is_constant(operand)]
    candidates = moving if len(moving) == 1 else _variables(number)
    if len(candidates) != 1 or candidates[0] == number:
        return None
    sign = direction(number, candidates[0], range_of(candidates[0]))
    return (candidates[0], sign) if sign else None


def _variables(number: Number) -> list[Number]:
    found: dict[Number, None] = {}
    pending = [number]
    while pending:
        node = pending.pop()
        if isinstance(node, stack.Apply | stack.Choice | stack.Indicator):
            pending.extend(children(node))
        elif not isinstance(node, stack.Constant):
            found[node] = None
    return list(found)


def _gap(constraint: stack.Comparison) -> tuple[str, Number]:
    """The constraint as ``gap >= 0`` or ``gap > 0``, scaled to a leading coefficient of +-1."""
    left, right = linear_form(constraint.left), linear_form(constraint.right)
    if constraint.operator in {"<", "<="}:
        left, right = right, left
    gap = left.plus(right.scaled(Fraction(-1)))
    if gap.terms:
        gap = gap.scaled(1 / abs(gap.terms[min(gap.terms, key=repr)]))
    return (">" if constraint.operator in {"<", ">"} else ">="), gap.number()
