"""Certified ranges of numbers, and where functions of one number are strictly monotone.

Only the text of the objective is read, never an environment: a native reward or an observation
has no known range, and an episode may stop at any time, so sums may stop early.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from specc.objective import stack
from specc.objective.stack import Number

__all__ = ["Range", "direction", "range_of"]

Bound = Fraction | float
"""A rational, or an infinity as a float."""

_ALL = (-math.inf, math.inf)
_MOST_BITS = 4096
"""Rationals of more bits are rounded outward, so that nested powers stay small."""


@dataclass(frozen=True, slots=True)
class Range:
    """A closed interval that holds every possible value; ``defined``: no domain violation."""

    low: Bound
    high: Bound
    defined: bool = True

    def __contains__(self, value: Bound) -> bool:
        return self.low <= value <= self.high


UNKNOWN = Range(*_ALL)


def _hull(*ranges: Range) -> Range:
    return Range(
        min(r.low for r in ranges), max(r.high for r in ranges), all(r.defined for r in ranges)
    )


def _times(left: Bound, right: Bound) -> Bound:
    if left == 0 or right == 0:
        return Fraction(0)
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left * right
    return math.inf if (left > 0) == (right > 0) else -math.inf


def _plus(left: Bound, right: Bound) -> Bound:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left + right
    return left if isinstance(left, float) else right


def _rounded_outward(found: Range) -> Range:
    low, high = found.low, found.high
    if isinstance(low, Fraction) and _bits(low) > _MOST_BITS:
        whole = math.floor(low)
        low = Fraction(whole) if whole.bit_length() <= _MOST_BITS else -math.inf
        low = Fraction(0) if low == -math.inf and whole > 0 else low
    if isinstance(high, Fraction) and _bits(high) > _MOST_BITS:
        whole = math.ceil(high)
        high = Fraction(whole) if whole.bit_length() <= _MOST_BITS else math.inf
        high = Fraction(0) if high == math.inf and whole < 0 else high
    return Range(low, high, found.defined)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _scaled(inner: Range, factor: Fraction) -> Range:
    low, high = sorted((_times(inner.low, factor), _times(inner.high, factor)))
    return Range(low, high, inner.defined)


def range_of(number: Number, stops: bool = True) -> Range:
    """The range of a number of any layer.

    ``stops``: whether a sum may end early (an episode that terminates).
    """
    match number:
        case stack.Constant(value):
            return Range(value, value)
        case stack.Apply(function, operands):
            return _apply(function, tuple(range_of(operand, stops) for operand in operands))
        case stack.Indicator() | stack.Satisfaction() | stack.AutomatonSatisfaction():
            return Range(Fraction(0), Fraction(1))
        case stack.PolicyProbability():
            return Range(Fraction(0), Fraction(1))
        case stack.Choice(_, then, otherwise):
            return _hull(range_of(then, stops), range_of(otherwise, stops))
        case stack.MachineOutput(machine):
            return _hull(
                Range(Fraction(0), Fraction(0)), *(range_of(s.emit) for s in machine.steps)
            )
        case stack.PolicyTerm() | stack.SetFunction():
            return Range(Fraction(0), math.inf)
        case stack.Discounted(signal, discount):
            inner = _scaled(range_of(signal, stops), 1 / (1 - discount))
            return _hull(inner, Range(Fraction(0), Fraction(0))) if stops else inner
        case stack.Total(signal, horizon):
            return _total(range_of(signal, stops), horizon, stops)
        case stack.Average(signal) | stack.Extremum(_, signal):
            return range_of(signal, stops)
        case stack.Expectation(trajectory) | stack.Quantile(_, trajectory):
            return range_of(trajectory, stops)
        case stack.ConditionalValueAtRisk(_, trajectory):
            return range_of(trajectory, stops)
        case stack.Variance(trajectory):
            inner = range_of(trajectory, stops)
            width = _plus(inner.high, _times(inner.low, Fraction(-1)))
            return Range(Fraction(0), _times(width, width), inner.defined)
        case _:
            return UNKNOWN


def _total(inner: Range, horizon: int | None, stops: bool) -> Range:
    if horizon is not None:
        total = _scaled(inner, Fraction(horizon))
        return _hull(total, Range(Fraction(0), Fraction(0))) if stops else total
    low = Fraction(0) if inner.low >= 0 else -math.inf
    high = Fraction(0) if inner.high <= 0 else math.inf
    return Range(low, high, inner.defined)


def _apply(function: str, parts: tuple[Range, ...]) -> Range:
    return _rounded_outward(_applied(function, parts))


def _applied(function: str, parts: tuple[Range, ...]) -> Range:
    defined = all(part.defined for part in parts)
    match function:
        case "+":
            low: Bound = Fraction(0)
            high: Bound = Fraction(0)
            for part in parts:
                low, high = _plus(low, part.low), _plus(high, part.high)
            return Range(low, high, defined)
        case "*":
            result = parts[0]
            for part in parts[1:]:
                result = _product(result, part)
            return result
        case "/":
            if Fraction(0) in parts[1]:
                return Range(*_ALL, False)
            inverse = Range(_inverse(parts[1].high), _inverse(parts[1].low), defined)
            return _product(parts[0], inverse)
        case "**":
            return _power(parts[0], parts[1])
        case "min":
            return Range(min(p.low for p in parts), min(p.high for p in parts), defined)
        case "max":
            return Range(max(p.low for p in parts), max(p.high for p in parts), defined)
        case "abs":
            ends = sorted((_magnitude(parts[0].low), _magnitude(parts[0].high)))
            least = Fraction(0) if Fraction(0) in parts[0] else ends[0]
            return Range(least, ends[1], defined)
        case "exp" | "log" | "sqrt":
            return _transcendental(function, parts[0])
        case _:
            return Range(*_ALL, False)


def _product(left: Range, right: Range) -> Range:
    ends = [_times(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    return Range(min(ends), max(ends), left.defined and right.defined)


def _magnitude(value: Bound) -> Bound:
    return abs(value) if isinstance(value, Fraction) else math.inf


def _inverse(value: Bound) -> Bound:
    return Fraction(0) if math.isinf(value) else 1 / Fraction(value)


def _power(base: Range, exponent: Range) -> Range:
    defined = base.defined and exponent.defined
    if exponent.low != exponent.high or not isinstance(exponent.low, Fraction):
        return Range(*_ALL, False) if base.low <= 0 else Range(Fraction(0), math.inf, defined)
    power = exponent.low
    if power.denominator != 1:
        fine = base.low > 0 or (base.low >= 0 and power > 0)
        return Range(Fraction(0), math.inf, defined and fine)
    whole = int(power)
    if whole < 0 and Fraction(0) in base:
        return Range(*_ALL, False)
    if abs(whole) > 64:
        return Range(-math.inf if whole % 2 else Fraction(0), math.inf, defined)
    ends = [_raise(base.low, whole), _raise(base.high, whole)]
    if whole % 2 == 0 and base.low < 0 < base.high:
        ends.append(Fraction(0))
    return Range(min(ends), max(ends), defined)


def _raise(value: Bound, exponent: int) -> Bound:
    if isinstance(value, Fraction):
        return value**exponent
    if exponent == 0:
        return Fraction(1)
    if exponent < 0:
        return Fraction(0)
    return math.inf if value > 0 or exponent % 2 == 0 else -math.inf


def _transcendental(function: str, inner: Range) -> Range:
    slack = Fraction(1, 10**9)
    if function == "exp":
        low = _rounded(math.exp, inner.low, -slack, Fraction(0))
        return Range(max(Fraction(0), low), _rounded(math.exp, inner.high, slack, math.inf),
                     inner.defined)  # fmt: skip
    defined = inner.defined and inner.low >= 0
    if inner.low < 0 or (function == "log" and inner.high <= 0):
        return Range(*_ALL, False)
    if function == "sqrt":
        low = max(Fraction(0), _rounded(math.sqrt, inner.low, -slack, Fraction(0)))
        return Range(low, _rounded(math.sqrt, inner.high, slack, math.inf), defined)
    return Range(_log(inner.low, -slack), _log(inner.high, slack), defined)


def _log(value: Bound, slack: Fraction) -> Bound:
    """The logarithm of a number that is not negative, moved outward; doubles would lose the very
    small and the very large."""
    if not isinstance(value, Fraction):
        return math.inf
    if value == 0:
        return -math.inf
    exact = Fraction(math.log(value.numerator)) - Fraction(math.log(value.denominator))
    return exact + slack * (1 + abs(exact))


def _rounded(function: object, value: Bound, slack: Fraction, overflow: Bound) -> Bound:
    """``function(value)`` moved outward by far more than a double's error."""
    assert callable(function)
    try:
        result = function(float(value))
    except OverflowError:
        return overflow
    if math.isinf(result):
        return float(result)
    exact = Fraction(result)
    return exact + slack * (1 + abs(exact))


def direction(number: Number, variable: Number, domain: Range) -> int | None:
    """+1 or -1 where the number is strictly increasing or decreasing in ``variable`` on the
    whole domain, 0 where it does not depend on it, None where neither is certified."""
    found = _direction(number, variable, domain)
    if found is None:
        coefficients = _polynomial(number, variable)
        if coefficients is not None:
            return _polynomial_direction(coefficients, domain)
    return found


def _inside(number: Number, variable: Number, domain: Range) -> Range:
    """The range of a function of ``variable`` while that ranges over the domain."""
    if number == variable:
        return domain
    match number:
        case stack.Constant(value):
            return Range(value, value)
        case stack.Apply(function, operands):
            return _apply(function, tuple(_inside(o, variable, domain) for o in operands))
        case _:
            return Range(*_ALL, False)


def _direction(number: Number, variable: Number, domain: Range) -> int | None:
    if number == variable:
        return 1
    match number:
        case stack.Constant():
            return 0
        case stack.Apply(function, operands):
            signs = [direction(operand, variable, domain) for operand in operands]
            if None in signs:
                return None
            ranges = [_inside(operand, variable, domain) for operand in operands]
            return _compose(function, [sign for sign in signs if sign is not None], ranges)
        case _:
            return None


def _compose(function: str, signs: list[int], ranges: list[Range]) -> int | None:
    if not all(r.defined for r in ranges):
        return None
    if all(sign == 0 for sign in signs):
        return 0 if _apply(function, tuple(ranges)).defined else None
    match function:
        case "+":
            return _common(signs)
        case "min" | "max":
            return _common(signs) if 0 not in signs else None
        case "*":
            return _product_direction(signs, ranges)
        case "/":
            flipped = [signs[0], -signs[1]]
            if Fraction(0) in ranges[1]:
                return None
            inverse = Range(_inverse(ranges[1].high), _inverse(ranges[1].low))
            return _product_direction(flipped, [ranges[0], inverse])
        case "**":
            return _power_direction(signs, ranges)
        case "abs":
            if ranges[0].low >= 0:
                return signs[0]
            return -signs[0] if ranges[0].high <= 0 else None
        case "exp":
            return signs[0]
        case "log" | "sqrt":
            return signs[0] if ranges[0].low >= 0 else None
        case _:
            return None


def _common(signs: list[int]) -> int | None:
    moving = {sign for sign in signs if sign}
    return moving.pop() if len(moving) == 1 else None


def _product_direction(signs: list[int], ranges: list[Range]) -> int | None:
    """A product is monotone where each moving factor is and the others keep their sign."""
    effects = set()
    moving = sum(1 for sign in signs if sign)
    for position, sign in enumerate(signs):
        if not sign:
            continue
        effect = sign
        for other, inner in enumerate(ranges):
            if other == position:
                continue
            # With two moving factors one may touch zero where the other moves; the product is
            # still strictly monotone as long as no factor changes sign.
            if inner.low > 0 or (moving > 1 and inner.low >= 0 and signs[other]):
                continue
            if inner.high < 0 or (moving > 1 and inner.high <= 0 and signs[other]):
                effect = -effect
            else:
                return None
        effects.add(effect)
    return effects.pop() if len(effects) == 1 else None


def _power_direction(signs: list[int], ranges: list[Range]) -> int | None:
    exponent = ranges[1]
    if signs[1] or exponent.low != exponent.high or not isinstance(exponent.low, Fraction):
        return None
    power, base = exponent.low, ranges[0]
    if power == 0:
        return 0
    rising = signs[0] if power > 0 else -signs[0]
    if power < 0 and Fraction(0) in base:
        return None
    if power.denominator != 1:
        return rising if base.low >= 0 else None
    if power % 2:
        return rising
    if base.low >= 0:
        return rising
    return -rising if base.high <= 0 else None


def _polynomial(number: Number, variable: Number) -> dict[int, Fraction] | None:
    if number == variable:
        return {1: Fraction(1)}
    match number:
        case stack.Constant(value):
            return {0: value}
        case stack.Apply("+", operands):
            return _sum([_polynomial(operand, variable) for operand in operands])
        case stack.Apply("*", operands):
            result: dict[int, Fraction] | None = {0: Fraction(1)}
            for operand in operands:
                result = _multiply(result, _polynomial(operand, variable))
            return result
        case stack.Apply("**", (base, stack.Constant(exponent))):
            if exponent.denominator != 1 or not 0 <= exponent <= 16:
                return None
            inner = _polynomial(base, variable)
            if inner is None:
                return None
            result = {0: Fraction(1)}
            for _ in range(int(exponent)):
                result = _multiply(result, inner)
            return result
        case _:
            return None


def _sum(parts: list[Mapping[int, Fraction] | None] | list[dict[int, Fraction] | None]) -> dict[int, Fraction] | None:  # fmt: skip  # noqa: E501
    total: dict[int, Fraction] = {}
    for part in parts:
        if part is None:
            return None
        for degree, value in part.items():
            total[degree] = total.get(degree, Fraction(0)) + value
    return total


def _multiply(
    left: dict[int, Fraction] | None, right: dict[int, Fraction] | None
) -> dict[int, Fraction] | None:
    if left is None or right is None or (len(left) * len(right) > 1024):
        return None
    product: dict[int, Fraction] = {}
    for i, a in left.items():
        for j, b in right.items():
            product[i + j] = product.get(i + j, Fraction(0)) + a * b
    return product


def _polynomial_direction(coefficients: dict[int, Fraction], domain: Range) -> int | None:
    """By the sign of the derivative on ever smaller parts of a bounded domain."""
    if not isinstance(domain.low, Fraction) or not isinstance(domain.high, Fraction):
        return None
    derivative = {d - 1: d * value for d, value in coefficients.items() if d and value}
    if not derivative:
        return 0
    signs: set[int] = set()
    pending = [(domain.low, domain.high, 0)]
    while pending:
        low, high, depth = pending.pop()
        total = Range(Fraction(0), Fraction(0))
        for degree, value in derivative.items():
            part = _scaled(
                _power(Range(low, high), Range(Fraction(degree), Fraction(degree))), value
            )
            total = Range(_plus(total.low, part.low), _plus(total.high, part.high))
        if total.low >= 0 or total.high <= 0:
            signs.add(1 if total.low >= 0 else -1)
        elif depth >= 10:
            return None
        else:
            middle = (low + high) / 2
            pending += [(low, middle, depth + 1), (middle, high, depth + 1)]
        if len(signs) > 1:
            return None
    return signs.pop()
