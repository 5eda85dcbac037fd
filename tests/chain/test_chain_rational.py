"""Conversions keep the number, its lowest terms and its hash."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from specc.chain.rational import dot, from_flint, to_flint, total_of


@given(st.integers(), st.integers(min_value=1))
def test_there_and_back(numerator: int, denominator: int) -> None:
    plain = Fraction(numerator, denominator)
    there = to_flint(plain)
    assert there == fmpq(numerator, denominator)
    back = from_flint(there)
    assert (back.numerator, back.denominator) == (plain.numerator, plain.denominator)
    assert type(back.numerator) is int
    assert hash(back) == hash(plain)
    assert back + plain == 2 * plain


@given(st.lists(st.tuples(st.fractions(), st.fractions())))
def test_sums_are_python_sums(terms: list[tuple[Fraction, Fraction]]) -> None:
    left, right = [a for a, _ in terms], [b for _, b in terms]
    assert total_of(left) == sum(left)
    assert dot(left, right) == sum(a * b for a, b in terms)
