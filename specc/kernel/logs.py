"""Exact numbers r + c_1 log n_1 + ... + c_k log n_k, with r, c_i rational and n_i integers > 1.

*Theorem.* For pairwise coprime integers b_i > 1, the numbers 1, log b_1, ..., log b_k are
linearly independent over Q: r + sum c_i log b_i = 0 makes e^r algebraic, so r = 0 (Lindemann
1882), and then prod b_i^(c_i) = 1 makes every c_i = 0 by unique factorisation. So a number is
zero iff its form over a coprime base is; any other has a sign that a narrow enough enclosure shows.

Products and quotients of such numbers are only *enclosed*: their sign may be found, but that
they are equal never.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from .errors import Rejected
from .germ import Number, sign
from .limits import at_most

__all__ = [
    "Enclosed",
    "Logs",
    "Value",
    "coprime_base",
    "exponent",
    "inverse",
    "log",
    "plus",
    "times",
    "value_sign",
]


@dataclass(frozen=True, slots=True)
class Logs:
    """The number; integers need not be coprime, so equality is by :func:`value_sign`.

    Its coefficients may be germs; then it has a value at e = 0 and a derivative, but no sign.
    """

    rational: Number
    terms: tuple[tuple[int, Number], ...]

    def map(self, change: Callable[[Number], Fraction]) -> Value:
        """The number with its coefficients changed."""
        return _made(change(self.rational), [(n, change(c)) for n, c in self.terms])


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A number between the two rationals of ``bounds(bits)``, closer for more bits."""

    bounds: Callable[[int], tuple[Fraction, Fraction]]


Value = Number | Logs | Enclosed


def log(argument: Fraction) -> Logs:
    """The natural logarithm of a positive rational."""
    terms = ((argument.numerator, Fraction(1)), (argument.denominator, Fraction(-1)))
    return Logs(Fraction(0), tuple(term for term in terms if term[0] > 1))


def plus(left: Value, right: Value) -> Value:
    """The sum."""
    if isinstance(left, Number) and isinstance(right, Number):
        return left + right
    if isinstance(left, Enclosed) or isinstance(right, Enclosed):
        one, other = _bounds(left), _bounds(right)
        return Enclosed(lambda bits: (one(bits)[0] + other(bits)[0], one(bits)[1] + other(bits)[1]))
    a, b = _as_logs(left), _as_logs(right)
    merged: dict[int, Number] = dict(a.terms)
    for number, factor in b.terms:
        merged[number] = merged.get(number, Fraction(0)) + factor
    return _made(a.rational + b.rational, merged.items())


def times(left: Value, right: Value) -> Value:
    """The product; Rejected where an infinitesimal would have to be enclosed."""
    if isinstance(left, Number) and isinstance(right, Number):
        return left * right
    if isinstance(left, Logs):
        left, right = right, left
    if isinstance(left, Number) and isinstance(right, Logs):
        return _made(left * right.rational, [(n, left * c) for n, c in right.terms])
    one, other = _bounds(left), _bounds(right)

    def product(bits: int) -> tuple[Fraction, Fraction]:
        corners = [x * y for x in one(bits) for y in other(bits)]
        return min(corners), max(corners)

    return Enclosed(product)


def inverse(value: Value) -> Value:
    """1 / value; Rejected for zero."""
    positive = value_sign(value)
    if positive == 0:
        raise Rejected("value", "a division by zero")
    if isinstance(value, Number):
        return Fraction(1) / value
    bounds = _bounds(value)

    def quotient(bits: int) -> tuple[Fraction, Fraction]:
        # The sign was found with some precision, so there is one at which 0 is not enclosed.
        while min(end * positive for end in bounds(bits)) <= 0:
            bits = _doubled(bits)
        low, high = bounds(bits)
        return 1 / high, 1 / low

    return Enclosed(quotient)


def value_sign(value: Value) -> int:
    """-1, 0 or 1, exactly; LimitExceeded where that is not found."""
    if isinstance(value, Number):
        return sign(value)
    if isinstance(value, Logs):
        base = coprime_base(number for number, _ in value.terms)
        known = [(number, _plain(factor)) for number, factor in value.terms]
        factors = [sum(exponent(n, b) * c for n, c in known) for b in base]
        if not any(factors):
            return sign(_plain(value.rational))
    bits, bounds = 32, _bounds(value)
    while True:
        low, high = bounds(bits)
        if low > 0:
            return 1
        if high < 0:
            return -1
        bits = _doubled(bits)


def _doubled(bits: int) -> int:
    doubled = 2 * bits
    at_most("bits of an enclosure", doubled)
    return doubled


def _bounds(value: Value) -> Callable[[int], tuple[Fraction, Fraction]]:
    if isinstance(value, Enclosed):
        return value.bounds
    logs = _as_logs(value)
    rational = _plain(logs.rational)
    terms = [(number, _plain(factor)) for number, factor in logs.terms]

    def total(bits: int) -> tuple[Fraction, Fraction]:
        low = high = rational
        for number, factor in terms:
            ends = [factor * end for end in _enclosure(number, bits)]
            low, high = low + min(ends), high + max(ends)
        return low, high

    return total


def _made(rational: Number, terms: Iterable[tuple[int, Number]]) -> Value:
    kept = tuple(sorted((t for t in terms if t[1] != 0), key=lambda term: term[0]))
    return Logs(rational, kept) if kept else rational


def _as_logs(value: Number | Logs) -> Logs:
    return value if isinstance(value, Logs) else Logs(value, ())


def _plain(coefficient: Number) -> Fraction:
    if not isinstance(coefficient, Fraction):
        raise Rejected("value", "a logarithm and an infinitesimal together are not decided here")
    return coefficient


def coprime_base(numbers: Iterable[int]) -> list[int]:
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


def exponent(number: int, base: int) -> int:
    """How often the base divides the number."""
    found = 0
    while number % base == 0:
        number, found = number // base, found + 1
    return found


def _enclosure(number: int, bits: int) -> tuple[Fraction, Fraction]:
    """Rationals around log(number): number = 2^k m, m in [1, 2), log x = 2 atanh((x-1)/(x+1))."""
    k = number.bit_length() - 1
    m = Fraction(number, 2**k)
    twos, rest = _atanh(Fraction(1, 3), bits), _atanh((m - 1) / (m + 1), bits)
    return 2 * (k * twos[0] + rest[0]), 2 * (k * twos[1] + rest[1])


def _atanh(z: Fraction, bits: int) -> tuple[Fraction, Fraction]:
    """Around atanh(z) = sum z^(2i+1)/(2i+1), 0 <= z <= 1/3, in units of 2^-bits.

    ``low`` rounds n = bits // 3 terms down; ``high`` rounds them up, and adds two units for all
    later ones: they sum to at most z^(2n+1) / (1 - z^2) <= 3^-(2n+1) (9/8) = (3/8) 9^-n, which is
    at most (3/2) 2^-(3n+2), so below 2 units, as bits <= 3n + 2.
    """
    down, up = (z.numerator << bits) // z.denominator, -((-z.numerator << bits) // z.denominator)
    low = high = 0
    power_down, power_up = down, up
    for i in range(bits // 3):
        low += power_down // (2 * i + 1)
        high -= -power_up // (2 * i + 1)
        power_down = power_down * down * down >> 2 * bits
        power_up = -(-power_up * up * up >> 2 * bits)
    return Fraction(low, 1 << bits), Fraction(high + 2, 1 << bits)
