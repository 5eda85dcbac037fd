"""Enclosures against mathematics that is exact: squares, logarithm laws, known digits."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from specc.chain.interval import (
    PrecisionExhausted,
    arb_of,
    bounds,
    dot,
    entropy,
    exact_root,
    exponential,
    kullback_leibler,
    logarithm,
    refine,
    square_root,
    tsallis,
)

_TINY = Fraction(1, 10**40)
_HALF = Fraction(1, 2)
_POSITIVE = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)


@given(_POSITIVE)
def test_roots_are_enclosed(value: Fraction) -> None:
    low, high = refine(lambda: square_root(value), _TINY)
    assert low * low <= value <= high * high
    assert high - low <= _TINY
    assert exact_root(value * value) == value


@given(_POSITIVE, _POSITIVE)
def test_logarithms_add_and_invert(a: Fraction, b: Fraction) -> None:
    assert (logarithm(a) + logarithm(b)).overlaps(logarithm(a * b))
    low, high = bounds(logarithm(a).exp())
    assert low <= a <= high


def test_exponential_has_its_series() -> None:
    low, high = refine(lambda: exponential(_HALF), _TINY)
    partial = sum((_HALF**k / math.factorial(k) for k in range(40)), Fraction(0))
    assert low <= partial + Fraction(1, 10**50)
    assert partial <= high


def test_entropy_of_known_distributions() -> None:
    assert bounds(entropy([Fraction(1), Fraction(0)])) == (0, 0)
    difference = entropy([Fraction(1, 4)] * 4) - 2 * logarithm(Fraction(2))
    low, high = bounds(difference)
    assert low <= 0 <= high
    assert high - low < Fraction(1, 10**12)


def test_divergences() -> None:
    uniform = [_HALF, _HALF]
    assert bounds(kullback_leibler(uniform, uniform)) == (0, 0)
    assert kullback_leibler([Fraction(1), Fraction(0)], uniform).overlaps(logarithm(Fraction(2)))
    assert not kullback_leibler(uniform, [Fraction(1), Fraction(0)]).is_finite()


def test_tsallis_is_exact_for_whole_indices_and_tends_to_entropy() -> None:
    chances = [Fraction(1, 4), Fraction(3, 4)]
    assert bounds(tsallis(chances, Fraction(2))) == (Fraction(3, 8), Fraction(3, 8))
    assert tsallis(chances, Fraction(1)).overlaps(entropy(chances))
    root = tsallis([Fraction(1, 4), Fraction(1, 4), _HALF], _HALF)
    assert root.overlaps(2 * (square_root(_HALF)))
    near = tsallis(chances, 1 + Fraction(1, 10**9)) - entropy(chances)
    assert abs(float(near.mid())) < 1e-5


@given(st.lists(st.tuples(_POSITIVE, _POSITIVE), max_size=6))
def test_dot_holds_the_exact_sum(terms: list[tuple[Fraction, Fraction]]) -> None:
    weights = [a for a, _ in terms]
    low, high = bounds(dot(weights, [arb_of(b) for _, b in terms]))
    assert low <= sum(a * b for a, b in terms) <= high


def test_what_never_happens_may_cost_infinitely_much() -> None:
    assert bounds(dot([Fraction(0), Fraction(1)], [logarithm(Fraction(0)), Fraction(3)])) == (3, 3)


def test_an_infinite_ball_has_no_bounds() -> None:
    with pytest.raises(ValueError, match="finite"):
        bounds(logarithm(Fraction(0)))
    with pytest.raises(PrecisionExhausted):
        refine(arb.pos_inf, _TINY)


@pytest.mark.parametrize("function", [logarithm, square_root, exact_root])
def test_negative_arguments_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="negative"):
        function(Fraction(-1))
