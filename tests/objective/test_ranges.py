"""Certified ranges hold every sampled value; certified directions agree with every sample."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from specc.objective import stack
from specc.objective.ranges import Range, direction, range_of
from specc.objective.simplify import simplify

_J = stack.Expectation(stack.Discounted(stack.Native("x"), Fraction(1, 2)))
_SMALL = st.fractions(-4, 4, max_denominator=4)
_CONSTANTS = _SMALL.map(lambda value: stack.Constant(value))


def _powers(inner: st.SearchStrategy[stack.Number]) -> st.SearchStrategy[stack.Number]:
    exponent = st.integers(-3, 4).map(lambda e: stack.Constant(Fraction(e)))
    return st.tuples(inner, exponent).map(lambda pair: stack.Apply("**", pair))


_FUNCTIONS = st.recursive(
    st.just(_J) | _CONSTANTS,
    lambda inner: (
        st.builds(
            stack.Apply,
            st.sampled_from(["+", "*", "min", "max"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        )
        | st.builds(stack.Apply, st.just("/"), st.tuples(inner, inner))
        | st.builds(stack.Apply, st.just("abs"), st.tuples(inner))
        | _powers(inner)
    ),
    max_leaves=6,
)
_DOMAINS = st.tuples(_SMALL, _SMALL).map(lambda ends: Range(min(ends), max(ends)))


def _value(number: stack.Number, at: Fraction) -> Fraction:
    """By the definition of each function; raises ZeroDivisionError outside the domain."""
    if number == _J:
        return at
    if isinstance(number, stack.Constant):
        return number.value
    assert isinstance(number, stack.Apply)
    parts = [_value(operand, at) for operand in number.operands]
    match number.function:
        case "+":
            return sum(parts, Fraction(0))
        case "*":
            product = Fraction(1)
            for part in parts:
                product *= part
            return product
        case "/":
            return parts[0] / parts[1]
        case "**":
            return parts[0] ** int(parts[1])
        case "min":
            return min(parts)
        case "max":
            return max(parts)
        case _:
            return abs(parts[0])


def _samples(domain: Range) -> list[Fraction]:
    low, high = Fraction(domain.low), Fraction(domain.high)
    return [low + (high - low) * step / 12 for step in range(13)]


@settings(max_examples=200, deadline=None)
@given(_FUNCTIONS, _DOMAINS)
def test_direction(number: stack.Number, domain: Range) -> None:
    found = direction(number, _J, domain)
    assume(found is not None and domain.low < domain.high)
    values = [_value(number, at) for at in _samples(domain)]
    steps = {(right > left) - (right < left) for left, right in pairwise(values)}
    assert steps == {found}


@settings(max_examples=200, deadline=None)
@given(_FUNCTIONS, _SMALL)
def test_simplification_and_range_of_constants(number: stack.Number, at: Fraction) -> None:
    """With J a constant everything is arithmetic: one value, inside its range, kept by
    simplification."""
    placed = _with(number, at)
    try:
        value = _value(placed, at)
    except ZeroDivisionError:
        assert not range_of(placed).defined
        return
    assert value in range_of(placed)
    simplified = simplify(placed)
    assert _value(simplified, at) == value
    assert value in range_of(simplified)


@settings(max_examples=200, deadline=None)
@given(_FUNCTIONS, _SMALL)
def test_simplification_of_functions(number: stack.Number, at: Fraction) -> None:
    try:
        value = _value(number, at)
    except ZeroDivisionError:
        return
    assert _value(_read_back(simplify(number)), at) == value


def _with(number: stack.Number, at: Fraction) -> stack.Number:
    if number == _J:
        return stack.Constant(at)
    if isinstance(number, stack.Apply):
        return stack.Apply(number.function, tuple(_with(o, at) for o in number.operands))
    return number


def _read_back(number: stack.Number) -> stack.Number:
    """A merged mean ``E[discounted(c * x)]`` is c times J; here x alone is ever left inside."""
    assert isinstance(number, stack.Constant | stack.Apply | stack.Expectation)
    if isinstance(number, stack.Expectation):
        assert number == _J
    return number


def test_a_power_of_zero_keeps_its_domain() -> None:
    """Found by Hypothesis: (J / J)**0 is 1 but at J = 0, where it is not defined."""
    ratio = stack.Apply("/", (_J, _J))
    number = stack.Apply("**", (ratio, stack.Constant(Fraction(0))))
    assert direction(number, _J, Range(Fraction(0), Fraction(1))) is None
