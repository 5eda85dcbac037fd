"""Arithmetic of values: the functions, conditions and choices shared by the upper layers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from specc.evaluate.value import Value, apply, compare, exact
from specc.objective import stack
from specc.objective.stack import Number

__all__ = ["evaluate_number"]


def evaluate_number(number: Number, leaf: Callable[[Number], Value]) -> Value:
    """The number with every non-arithmetic part valued by ``leaf``."""
    match number:
        case stack.Constant(value):
            return exact(value)
        case stack.Apply(function, operands):
            parts = [evaluate_number(operand, leaf) for operand in operands]
            return apply(function, parts, number.span)
        case stack.Indicator(guard):
            held = _condition(guard, leaf)
            return _chosen(held, exact(_ONE), exact(_ZERO))
        case stack.Choice(guard, then, otherwise):
            held = _condition(guard, leaf)
            # Only the branch taken must have a value.
            if held is True:
                return evaluate_number(then, leaf)
            if held is False:
                return evaluate_number(otherwise, leaf)
            return _chosen(None, evaluate_number(then, leaf), evaluate_number(otherwise, leaf))
        case _:
            return leaf(number)


def _chosen(held: bool | None, then: Value, otherwise: Value) -> Value:
    if held is not None:
        return then if held else otherwise
    return Value(None, lambda: then.ball().union(otherwise.ball()), loose=True)


def _condition(guard: stack.Guard, leaf: Callable[[Number], Value]) -> bool | None:
    match guard:
        case stack.Truth(value):
            return value
        case stack.Comparison(operator, left, right):
            return compare(operator, evaluate_number(left, leaf), evaluate_number(right, leaf))
        case stack.Negation(part):
            inner = _condition(part, leaf)
            return None if inner is None else not inner
        case stack.AllOf(parts):
            verdicts = [_condition(part, leaf) for part in parts]
            return False if False in verdicts else (None if None in verdicts else True)
        case stack.AnyOf(parts):
            verdicts = [_condition(part, leaf) for part in parts]
            return True if True in verdicts else (None if None in verdicts else False)
        case _:
            raise AssertionError("a condition of an upper layer compares numbers")


_ZERO = Fraction(0)
_ONE = Fraction(1)
