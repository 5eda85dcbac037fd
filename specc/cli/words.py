"""Numbers in words: only digits that are certain."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["certain_digits", "exact_digits", "fraction_text", "seconds_text"]

_DIGITS = 10
_LONG = 40


def certain_digits(lower: Fraction | float | None, upper: Fraction | float | None) -> str:
    """The number that both bounds round to, with as many decimals as they agree on.

    >>> certain_digits(0.73456781, 0.73456792)
    '0.734568'
    >>> certain_digits(0.2, 0.7)
    '[0.2, 0.7]'
    >>> certain_digits(1.0, 1.0), certain_digits(None, 3.0)
    ('1', '[-, 3]')
    """
    if lower is None and upper is None:
        return "-"
    if lower is None or upper is None:
        shown = ["-" if end is None else exact_digits(Fraction(end)) for end in (lower, upper)]
        return f"[{shown[0]}, {shown[1]}]"
    low, high = Fraction(lower), Fraction(upper)
    for digits in range(_DIGITS, 0, -1):
        rounded = round(low, digits)
        if rounded == round(high, digits) and (rounded or low == high == 0):
            return _decimal(rounded, digits)
    return f"[{exact_digits(low)}, {exact_digits(high)}]"


def exact_digits(value: Fraction) -> str:
    """The number to ten significant decimals, without trailing zeros.

    >>> exact_digits(Fraction(1, 3)), exact_digits(Fraction(-2))
    ('0.3333333333', '-2')
    """
    if value == 0:
        return "0"
    if abs(value) < Fraction(1, 10**4) or abs(value) >= 10**12:
        return _scientific(value)
    return _decimal(round(value, _DIGITS), _DIGITS)


def fraction_text(value: Fraction) -> str:
    """``p/q`` where that is short enough to read, with its decimals behind; else decimals.

    >>> fraction_text(Fraction(3, 4)), fraction_text(Fraction(2))
    ('3/4 = 0.75', '2')
    """
    text = str(value) if value.denominator.bit_length() < 100 else ""
    if value.denominator == 1 and len(text) <= _LONG:
        return text
    if text and len(text) <= _LONG:
        digits = exact_digits(value)
        sign = "=" if "e" not in digits and Fraction(digits) == value else "~"
        return f"{text} {sign} {digits}"
    return f"~ {exact_digits(value)}"


def seconds_text(seconds: float) -> str:
    """`0.02 s`.

    >>> seconds_text(0.0213), seconds_text(75)
    ('0.02 s', '75.0 s')
    """
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def _decimal(value: Fraction, digits: int) -> str:
    scaled = abs(value) * 10**digits
    whole, rest = divmod(scaled.numerator // scaled.denominator, 10**digits)
    tail = str(rest).rjust(digits, "0").rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def _scientific(value: Fraction) -> str:
    try:
        return f"{float(value):.6g}"
    except OverflowError:
        return "beyond 1e308" if value > 0 else "below -1e308"
