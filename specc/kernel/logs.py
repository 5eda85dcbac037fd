"""Exact numbers r + c_1 log n_1 + ... + c_k log n_k, with r, c_i rational and n_i integers > 1.

*Theorem.* For pairwise coprime integers b_i > 1, the numbers 1, log b_1, ..., log b_k are
linearly independent over Q: r + sum c_i log b_i = 0 makes e^r algebraic, so r = 0 (Lindemann
1882), and then prod b_i^(c_i) = 1 makes every c_i = 0 by unique factorisation. So a number is
zero iff its form over a coprime base is; any other has a sign that a narrow enough enclosure shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from .errors import LimitExceeded, Rejected
from .germ import Number, sign
from .limits import LIMITS

__all__ = ["Logs", "Value", "log", "plus", "times", "value_sign"]


@dataclass(frozen=True, slots=True)
class Logs:
    """The number; integers need not be coprime, so equality is by :func:`value_sign`."""

    rational: Fraction
    terms: tuple[tuple[int, Fraction], ...]


Value = Number | Logs


def log(argument: Fraction) -> Logs:
    """The natural logarithm of a positive rational."""
    terms = ((argument.numerator, Fraction(1)), (argument.denominator, Fraction(-1)))
    return Logs(Fraction(0), tuple(term for term in terms if term[0] > 1))


def plus(left: Value, right: Value) -> Value:
    """The sum; Rejected for a logarithm and an infinitesimal."""
    if not isinstance(left, Logs) and not isinstance(right, Logs):
        return left + right
    a, b = _as_logs(left), _as_logs(right)
    merged = dict(a.terms)
    for number, factor in b.terms:
        merged[number] = merged.get(number, Fraction(0)) + factor
    return _made(a.rational + b.rational, merged.items())


def times(left: Value, right: Value) -> Value:
    """The product; Rejected where a logarithm meets anything but a rational."""
    if isinstance(left, Logs):
        left, right = right, left
    if not isinstance(right, Logs):
        assert not isinstance(left, Logs)
        return left * right
    if not isinstance(left, Fraction):
        raise Rejected("value", "a logarithm times an irrational number is not decided here")
    return _made(left * right.rational, [(n, left * c) for n, c in right.terms])


def value_sign(value: Value) -> int:
    """-1, 0 or 1, exactly."""
    if not isinstance(value, Logs):
        return sign(value)
    base = _coprime_base(number for number, _ in value.terms)
    terms = {b: sum((_exponent(n, b) * c for n, c in value.terms), Fraction(0)) for b in base}
    if not any(terms.values()):
        return sign(value.rational)
    count = 8
    while count <= LIMITS["terms of a logarithm"]:
        low = high = value.rational
        for number, factor in terms.items():
            ends = [factor * end for end in _enclosure(number, count)]
            low, high = low + min(ends), high + max(ends)
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        count *= 2
    raise LimitExceeded("the sign of a logarithmic value needs more terms than are allowed")


def _made(rational: Fraction, terms: Iterable[tuple[int, Fraction]]) -> Value:
    kept = tuple(sorted(term for term in terms if term[1]))
    return Logs(rational, kept) if kept else rational


def _as_logs(value: Value) -> Logs:
    if isinstance(value, Logs):
        return value
    if not isinstance(value, Fraction):
        raise Rejected("value", "a logarithm plus an infinitesimal is not decided here")
    return Logs(value, ())


def _coprime_base(numbers: Iterable[int]) -> list[int]:
    """Pairwise coprime integers > 1 of which every number is a product."""
    base: list[int] = []
    pending = list(numbers)
    while pending:
        number = pending.pop()
        if number == 1:
            continue
        for other in base:
            common = math.gcd(number, other)
            if common > 1:
                base.remove(other)
                pending += [common, number // common, other // common]
                break
        else:
            base.append(number)
    return base


def _exponent(number: int, base: int) -> int:
    found = 0
    while number % base == 0:
        number, found = number // base, found + 1
    return found


def _enclosure(number: int, count: int) -> tuple[Fraction, Fraction]:
    """Rationals around log(number): number = 2^k m, m in [1, 2), log x = 2 atanh((x-1)/(x+1))."""
    k = number.bit_length() - 1
    m = Fraction(number, 2**k)
    twos, rest = _atanh(Fraction(1, 3), count), _atanh((m - 1) / (m + 1), count)
    return 2 * (k * twos[0] + rest[0]), 2 * (k * twos[1] + rest[1])


def _atanh(z: Fraction, count: int) -> tuple[Fraction, Fraction]:
    """For 0 <= z <= 1/3: the first terms of sum z^(2i+1)/(2i+1), and these plus the bound
    z^(2n+1) / ((2n+1)(1 - z^2)) on all the others."""
    low, power = Fraction(0), z
    for i in range(count):
        low += power / (2 * i + 1)
        power *= z * z
    return low, low + power / ((2 * count + 1) * (1 - z * z))
