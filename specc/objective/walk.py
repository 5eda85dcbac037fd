"""Walking numbers: children, rebuilding, leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import UnionType

from specc.objective import stack
from specc.objective.stack import Guard, Number

__all__ = ["children", "guard_numbers", "is_constant", "leaves", "outermost", "rebuild"]


def children(number: Number) -> tuple[Number, ...]:
    """The numbers directly inside, guards' comparisons and lower layers included."""
    match number:
        case stack.Apply(_, operands):
            return operands
        case stack.Indicator(guard):
            return guard_numbers(guard)
        case stack.Choice(guard, then, otherwise):
            return (*guard_numbers(guard), then, otherwise)
        case stack.Discounted(inner) | stack.Average(inner) | stack.Total(inner):
            return (inner,)
        case stack.Extremum(_, inner):
            return (inner,)
        case stack.SetFunction(weight=weight) if weight is not None:
            return (weight,)
        case stack.Expectation(inner) | stack.Variance(inner):
            return (inner,)
        case stack.Quantile(_, inner) | stack.ConditionalValueAtRisk(_, inner):
            return (inner,)
        case _:
            return ()


def guard_numbers(guard: Guard) -> tuple[Number, ...]:
    """The numbers that the guard's comparisons compare."""
    match guard:
        case stack.Comparison(_, left, right):
            return (left, right)
        case stack.Negation(part) | stack.Before(part):
            return guard_numbers(part)
        case stack.AllOf(parts) | stack.AnyOf(parts):
            return tuple(number for part in parts for number in guard_numbers(part))
        case _:
            return ()


def leaves(number: Number) -> Iterator[Number]:
    """Everything inside, the number itself included, in no promised order."""
    pending = [number]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(children(node))


def outermost(number: Number, kinds: type | UnionType) -> list[Number]:
    """The outermost parts of these kinds, each once, in the order they are met."""
    found: dict[Number, None] = {}
    pending = [number]
    while pending:
        node = pending.pop()
        if isinstance(node, kinds):
            found[node] = None
        else:
            pending.extend(reversed(children(node)))
    return list(found)


def is_constant(number: Number) -> bool:
    """Whether it is arithmetic of rationals alone (its value may be irrational)."""
    return all(
        isinstance(node, stack.Constant | stack.Apply | stack.Choice | stack.Indicator)
        and not (isinstance(node, stack.Indicator | stack.Choice) and not children(node))
        for node in leaves(number)
    ) and not any(_reads_labels(node) for node in leaves(number))


def _reads_labels(number: Number) -> bool:
    if not isinstance(number, stack.Indicator | stack.Choice):
        return False
    pending = [number.guard]
    while pending:
        match pending.pop():
            case stack.Comparison() | stack.Truth():
                pass
            case stack.Negation(part):
                pending.append(part)
            case stack.AllOf(parts) | stack.AnyOf(parts):
                pending.extend(parts)
            case _:
                return True
    return False


def rebuild(number: Number, change: Callable[[Number], Number]) -> Number:
    """The number with ``change`` applied to everything directly inside."""
    match number:
        case stack.Apply(_, operands):
            return replace(number, operands=tuple(change(operand) for operand in operands))
        case stack.Indicator(guard):
            return replace(number, guard=_rebuild_guard(guard, change))
        case stack.Choice(guard, then, otherwise):
            return replace(
                number,
                guard=_rebuild_guard(guard, change),
                then=change(then),
                otherwise=change(otherwise),
            )
        case stack.Discounted() | stack.Average() | stack.Total() | stack.Extremum():
            return replace(number, signal=change(number.signal))
        case stack.SetFunction(weight=weight) if weight is not None:
            return replace(number, weight=change(weight))
        case stack.Expectation() | stack.Variance():
            return replace(number, trajectory=change(number.trajectory))
        case stack.Quantile() | stack.ConditionalValueAtRisk():
            return replace(number, trajectory=change(number.trajectory))
        case _:
            return number


def _rebuild_guard(guard: Guard, change: Callable[[Number], Number]) -> Guard:
    match guard:
        case stack.Comparison(_, left, right):
            return replace(guard, left=change(left), right=change(right))
        case stack.Negation(part) | stack.Before(part):
            return replace(guard, guard=_rebuild_guard(part, change))
        case stack.AllOf(parts) | stack.AnyOf(parts):
            return replace(guard, guards=tuple(_rebuild_guard(part, change) for part in parts))
        case _:
            return guard
