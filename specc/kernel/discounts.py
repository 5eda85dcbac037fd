"""Polynomial multipliers in the discount gamma, and identities that hold for every gamma.

[0, 1) is covered by *tiles* [low, high]. On a tile, a multiplier that must not be negative is
given as sum c (gamma - low)^i (high - gamma)^j with c >= 0, which is not negative there by its
form; any other is given by its coefficients. No root is ever counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .decode import Json, array, integer, rational, record
from .errors import Rejected
from .features import Features
from .germ import Number
from .limits import LIMITS, at_most

__all__ = ["Multiplier", "Tile", "check_identity", "check_positive", "read_tiles"]

Multiplier = tuple[tuple[Fraction, int, int], ...]
"""Terms (c, i, j) for c (gamma - low)^i (high - gamma)^j."""


@dataclass(frozen=True, slots=True)
class Tile:
    """``signed[k]`` says whether multiplier k may take any sign."""

    low: Fraction
    high: Fraction
    multipliers: tuple[Multiplier, ...]
    signed: tuple[bool, ...]

    def at(self, k: int, discount: Fraction) -> Fraction:
        """Multiplier k at a discount."""
        rise, fall = discount, Fraction(1)
        if not self.signed[k]:
            rise, fall = discount - self.low, self.high - discount
        return sum((c * rise**i * fall**j for c, i, j in self.multipliers[k]), Fraction(0))


def read_tiles(value: Json, signed: Sequence[bool]) -> list[Tile]:
    """The tiles, with one multiplier per entry of ``signed``; Rejected if they leave a gap."""
    at_most("tiles", len(array(value, "certificate.tiles")))
    tiles, reached = [], Fraction(0)
    for n, tile in enumerate(value):
        place = f"certificate.tiles[{n}]"
        record(tile, place, ("from", "to", "multipliers"))
        low, high = (rational(tile[end], f"{place}.{end}") for end in ("from", "to"))
        if low != reached or not low < high <= 1:
            raise Rejected("tiles", "they are not consecutive intervals that cover [0, 1)")
        reached = high
        listed = array(tile["multipliers"], f"{place}.multipliers", len(signed))
        multipliers = tuple(
            _polynomial(m, place) if free else _positive_form(m, place)
            for m, free in zip(listed, signed, strict=True)
        )
        tiles.append(Tile(low, high, multipliers, tuple(signed)))
    if reached != 1:
        raise Rejected("tiles", "they do not cover [0, 1)")
    return tiles


def check_positive(tile: Tile, chosen: Sequence[int]) -> None:
    """The chosen multipliers, none of them signed, have a positive sum at every gamma of the
    tile in [0, 1).

    At its ends factors vanish, so the sum is computed there. That it is positive at ``low`` < 1
    shows that some coefficient is positive, which is enough inside the tile.
    """
    if any(c < 0 for k in chosen for c, _, _ in tile.multipliers[k]):
        raise Rejected("positive", "a coefficient of a strict multiplier is negative")
    for end in (tile.low, tile.high):
        if end < 1 and sum(tile.at(k, end) for k in chosen) <= 0:
            raise Rejected("positive", f"the strict multipliers all vanish at discount {end}")


def check_identity(
    tiles: Sequence[Tile], vectors: Callable[[Fraction], Sequence[Features]], degree: int
) -> None:
    """On every tile, sum_k multiplier_k(gamma) vector_k(gamma) = 0 for every gamma in [0, 1).

    ``degree`` bounds the degree of a common denominator of all vectors, without zeros in
    [0, 1), over which their numerators have no larger degree. So with multipliers of degree d
    the sum is a quotient whose numerator has degree at most ``degree`` + d, and it vanishes
    because it does at that many and one different discounts.
    """
    most = max(i + j for tile in tiles for m in tile.multipliers for _, i, j in [*m, (0, 0, 0)])
    count = degree + most + 1
    at_most("nodes times discounts", count * degree)
    for point in range(count):
        discount = Fraction(point, count)
        found = vectors(discount)
        for tile in tiles:
            total: Features = {}
            for k, vector in enumerate(found):
                factor = tile.at(k, discount)
                for key, entry in vector.items():
                    so_far: Number = total.get(key, Fraction(0))
                    total[key] = so_far + factor * entry
            if any(entry != 0 for entry in total.values()):
                raise Rejected("identity", f"the combination is not zero at discount {discount}")


def _positive_form(value: Json, where: str) -> Multiplier:
    found = []
    for term in array(value, where):
        c, i, j = array(term, where, 3)
        most = LIMITS["degree of a multiplier"]
        found.append((rational(c, where), integer(i, where, 0, most), integer(j, where, 0, most)))
    return tuple(found)


def _polynomial(value: Json, where: str) -> Multiplier:
    at_most("degree of a multiplier", len(array(value, where)) - 1)
    return tuple((rational(c, where), i, 0) for i, c in enumerate(value))
