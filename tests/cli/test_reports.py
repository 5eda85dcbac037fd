"""Plain values: outward bounds, rationals, finite numbers."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from specc.cli.words import certain_digits
from specc.reports import document_text, lower_float, plain, rational_text, upper_float


@given(st.fractions())
def test_bounds_are_outward_and_tight(value: Fraction) -> None:
    lower, upper = lower_float(value), upper_float(value)
    assert lower is not None
    assert upper is not None
    assert Fraction(lower) <= value <= Fraction(upper)
    assert (lower == upper) == (Fraction(float(value)) == value)


def test_bounds_beyond_all_floats() -> None:
    huge = Fraction(10**400)
    assert upper_float(huge) is None
    assert lower_float(huge) == 1.7976931348623157e308
    assert lower_float(-huge) is None


def test_rationals() -> None:
    assert rational_text(Fraction(10**4000 - 1)) == "9" * 4000
    assert rational_text(Fraction(10**4000)) is None
    assert rational_text(Fraction(1, 10**4000)) is None
    assert rational_text(Fraction(-3, 6)) == "-1/2"


def test_documents_hold_finite_numbers_only() -> None:
    text = document_text({"a": [float("nan"), float("-inf"), 1.5], "value": Fraction(1, 3)})
    assert json.loads(text) == {"a": [None, None, 1.5], "value": "1/3"}
    assert plain(float("inf")) is None


@given(st.fractions(max_denominator=10**6), st.fractions(0, Fraction(1, 1000)))
def test_shown_digits_are_certain(value: Fraction, width: Fraction) -> None:
    if abs(value) > 10**9:
        return
    shown = certain_digits(value, value + width)
    if shown.startswith("["):
        return
    digits = len(shown.partition(".")[2])
    unit = Fraction(1, 10 ** max(digits, 1))
    for bound in (value, value + width):
        assert abs(Fraction(shown) - bound) <= unit
