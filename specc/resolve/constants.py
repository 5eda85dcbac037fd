"""Arguments that must be known numbers: discounts, horizons, levels."""

from __future__ import annotations

from fractions import Fraction

from specc.resolve.scope import Scope
from specc.syntax import tree

__all__ = ["constant", "integer"]

_MAXIMUM_EXPONENT = 4096
_MAXIMUM_BITS = 1 << 16


def constant(scope: Scope, expression: tree.Expression, what: str) -> Fraction:
    """The rational that a constant expression stands for."""
    try:
        value = _value(expression)
    except ZeroDivisionError:
        scope.fail("E303", f"{what} divides by zero", expression.span)
    if value is None:
        scope.fail("E302", f"{what} must be a number, such as `0.9` or `9/10`", expression.span)
    return value


def integer(scope: Scope, expression: tree.Expression, what: str, most: int = 10**6) -> int:
    """The same for a whole number between 0 and ``most``."""
    value = constant(scope, expression, what)
    if value.denominator != 1 or not 0 <= value <= most:
        scope.fail("E302", f"{what} must be a whole number from 0 to {most}", expression.span)
    return int(value)


def _value(expression: tree.Expression) -> Fraction | None:
    match expression:
        case tree.Number(value):
            return value
        case tree.Operation(operator, operands):
            values = [_value(operand) for operand in operands]
            known = [value for value in values if value is not None]
            return _apply(operator, known) if len(known) == len(values) else None
        case _:
            return None


def _apply(operator: str, values: list[Fraction]) -> Fraction | None:
    match operator:
        case "+":
            return sum(values, Fraction(0))
        case "neg":
            return -values[0]
        case "*":
            product = Fraction(1)
            for value in values:
                product *= value
            return product
        case "/":
            return values[0] / values[1]
        case "**":
            return power(values[0], values[1])
        case _:
            return None


def power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """``base ** exponent`` where that is a rational of bounded size, else None."""
    if exponent.denominator != 1 or abs(exponent) > _MAXIMUM_EXPONENT:
        return None
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(int(exponent)) > _MAXIMUM_BITS:
        return None
    return base ** int(exponent)
