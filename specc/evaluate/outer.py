"""Arithmetic of values: the functions, conditions and choices shared by the upper layers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from specc.evaluate.value import Value, apply, compare, exact
from specc.objective import stack
from specc.objective.stack import Number

__all__ = ["evaluate_number"]


def no_atoms(guard: stack.Guard) -> bool:
    """The reader of guards for upper layers, where conditions only compare numbers."""
    raise AssertionError(f"an upper layer reads no {type(guard).__name__}")


def evaluate_number(
    number: Number,
    leaf: Callable[[Number], Value],
    truth: Callable[[stack.Guard], bool] = no_atoms,
) -> Value:
    """The number with every non-arithmetic part valued by ``leaf``, every part of a condition
    that does not compare numbers judged by ``truth``."""
    match number:
        case stack.Constant(value):
            return exact(value)
        case stack.Apply(function, operands):
            parts = [evaluate_number(operand, leaf, truth) for operand in operands]
            return apply(function, parts, number.span)
        case stack.Indicator(guard):
            held = _condition(guard, leaf, truth)
            return _chosen(held, exact(_ONE), exact(_ZERO))
        case stack.Choice(guard, then, otherwise):
            held = _condition(guard, leaf, truth)
            # Only the branch taken must have a value.
            if held is True:
                return evaluate_number(then, leaf, truth)
            if held is False:
                return evaluate_number(otherwise, leaf, truth)
            return _chosen(
                None, evaluate_number(then, leaf, truth), evaluate_number(otherwise, leaf, truth)
            )
        case _:
            return leaf(number)


def _chosen(held: bool | None, then: Value, otherwise: Value) -> Value:
    if held is not None:
        return then if held else otherwise
    return Value(None, lambda: then.ball().union(otherwise.ball()), loose=True)


def _condition(
    guard: stack.Guard, leaf: Callable[[Number], Value], truth: Callable[[stack.Guard], bool]
) -> bool | None:
    match guard:
        case stack.Truth(value):
            return value
        case stack.Comparison(operator, left, right):
            one = evaluate_number(left, leaf, truth)
            return compare(operator, one, evaluate_number(right, leaf, truth))
        case stack.Negation(part):
            inner = _condition(part, leaf, truth)
            return None if inner is None else not inner
        case stack.AllOf(parts):
            verdicts = [_condition(part, leaf, truth) for part in parts]
            return False if False in verdicts else (None if None in verdicts else True)
        case stack.AnyOf(parts):
            verdicts = [_condition(part, leaf, truth) for part in parts]
            return True if True in verdicts else (None if None in verdicts else False)
        case _:
            return truth(guard)


_ZERO = Fraction(0)
_ONE = Fraction(1)
