"""Numbers that are known exactly, or enclosed by balls of any precision asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx

from specc.chain import interval
from specc.diagnostics import SpecError
from specc.source import Span

__all__ = ["Value", "apply", "compare", "exact", "hull", "weighted_sum"]

_WIDTH = Fraction(1, 10**15)
_MOST_BITS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """``exact`` where the number is a known rational; else ``ball()`` encloses it.

    ``ball`` computes at the working precision of the moment. ``loose`` says that more precision
    does not help: part of the number is only known to lie in an interval.
    """

    exact: Fraction | None
    ball: Callable[[], arb]
    loose: bool = False

    def bounds(self, width: Fraction = _WIDTH) -> tuple[Fraction | None, Fraction | None]:
        """Rationals that enclose the number, at most ``width`` apart unless it is loose; None
        where an end is infinite."""
        if self.exact is not None:
            return self.exact, self.exact
        if not self.loose:
            try:
                return interval.refine(self.ball, width, limit=_MOST_BITS)
            except interval.PrecisionExhausted:
                pass
        with ctx.workprec(256):
            value = self.ball()
        if value.is_finite():
            return interval.bounds(value)
        return None, None


def exact(value: Fraction) -> Value:
    """A known rational."""
    return Value(value, lambda: interval.arb_of(value))


def hull(low: Fraction, high: Fraction) -> Value:
    """A number of which only the interval is known."""
    if low == high:
        return exact(low)
    return Value(None, lambda: interval.arb_of(low).union(interval.arb_of(high)), loose=True)


def apply(function: str, parts: Sequence[Value], span: Span) -> Value:
    """The shared functions of numbers, exact where they can be.

    Raises SpecError E704 for a value outside a function's domain.
    """
    known = [part.exact for part in parts]
    if all(value is not None for value in known):
        result = _exact(function, [value for value in known if value is not None], span)
        if result is not None:
            return exact(result)
    _check_domain(function, parts, span)
    loose = any(part.loose for part in parts)
    return Value(None, lambda: _ball(function, [part.ball() for part in parts]), loose)


def weighted_sum(law: Iterable[tuple[Fraction, Value]]) -> Value:
    """The mean of values with exact weights."""
    span = Span(0, 0)
    return apply("+", [apply("*", [exact(mass), value], span) for mass, value in law], span)


def _exact(function: str, values: list[Fraction], span: Span) -> Fraction | None:
    match function:
        case "+":
            return sum(values, Fraction(0))
        case "*":
            product = Fraction(1)
            for value in values:
                product *= value
            return product
        case "/":
            if not values[1]:
                raise _outside("division by zero", span)
            return values[0] / values[1]
        case "**":
            return _power(values[0], values[1], span)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "abs":
            return abs(values[0])
        case "exp":
            return Fraction(1) if values[0] == 0 else None
        case "log":
            return Fraction(0) if values[0] == 1 else None
        case "sqrt":
            return interval.exact_root(values[0]) if values[0] >= 0 else None
        case _:
            raise AssertionError(function)


def _power(base: Fraction, exponent: Fraction, span: Span) -> Fraction | None:
    if base == 0 and exponent < 0:
        raise _outside("zero to a negative power", span)
    if exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        return base ** int(exponent) if bits * abs(exponent) < 1 << 20 else None
    if base < 0:
        raise _outside("a negative number to a fractional power", span)
    if exponent.denominator == 2:
        root = interval.exact_root(base)
        if root is not None:
            return _power(root, 2 * exponent, span)
    return None


def _check_domain(function: str, parts: Sequence[Value], span: Span) -> None:
    if function not in {"sqrt", "log"}:
        return
    low, high = parts[0].bounds()
    if high is not None and high < 0:
        raise _outside(f"`{function}` of a negative number", span)
    if low is not None and low < 0 and parts[0].exact is not None:
        raise _outside(f"`{function}` of a negative number", span)


def _outside(what: str, span: Span) -> SpecError:
    return SpecError.of("E704", f"{what}: the objective has no value at this policy", span=span)


def _ball(function: str, parts: list[arb]) -> arb:
    first = parts[0]
    match function:
        case "+":
            return sum(parts[1:], first)
        case "*":
            for part in parts[1:]:
                first = first * part
            return first
        case "/":
            return first / parts[1]
        case "**":
            return _ball_power(first, parts[1])
        case "min" | "max":
            for part in parts[1:]:
                first = first.min(part) if function == "min" else first.max(part)
            return first
        case "abs":
            return abs(first)
        case "exp":
            return first.exp()
        case "log":
            return arb.neg_inf() if first == 0 else first.log()
        case "sqrt":
            return first.sqrt()
        case _:
            raise AssertionError(function)


def _ball_power(base: arb, exponent: arb) -> arb:
    """An even power of a ball around 0 is not negative, which plain multiplication forgets."""
    if base.contains(0) and exponent.is_integer() and exponent > 0 and (exponent / 2).is_integer():
        return (base.abs_lower() ** exponent).union(base.abs_upper() ** exponent)
    return base**exponent


def compare(operator: str, left: Value, right: Value) -> bool | None:
    """Whether the comparison holds; None where the enclosures do not decide it."""
    if left.exact is not None and right.exact is not None:
        gap = left.exact - right.exact
        signs = {"<": gap < 0, "<=": gap <= 0, ">": gap > 0, ">=": gap >= 0, "=": gap == 0}
        return signs[operator] if operator != "!=" else gap != 0
    with ctx.workprec(_MOST_BITS):
        difference = left.ball() - right.ball()
    if difference > 0:
        return operator in {">", ">=", "!="}
    if difference < 0:
        return operator in {"<", "<=", "!="}
    return None
