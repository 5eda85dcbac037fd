"""Multipliers in the discount, and identities that hold at every discount."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest

from specc.kernel import Rejected
from specc.kernel.discounts import Tile, check_identity, check_positive


def test_multipliers_of_a_tile() -> None:
    terms = ((Fraction(2), 1, 2), (Fraction(1, 2), 0, 0))
    tile = Tile(Fraction(1, 4), Fraction(3, 4), (terms, ((Fraction(3), 2, 0),)), (False, True))
    gamma = Fraction(1, 2)
    assert tile.at(0, gamma) == 2 * Fraction(1, 4) * Fraction(1, 16) + Fraction(1, 2)
    assert tile.at(1, gamma) == Fraction(3, 4)
    assert tile.at(0, Fraction(0)) == 2 * Fraction(-1, 4) * Fraction(9, 16) + Fraction(1, 2)
    check_positive(tile, [0])


def test_identities_are_not_believed_at_a_few_points() -> None:
    # A numerator of degree 5 that is zero at k/n for every k < n, with n at most 5: degree 3 of it
    # belongs to the vector, 2 to the multiplier.
    for count in range(1, 6):
        roots = [Fraction(k, count) for k in range(count)]
        roots += [Fraction(9, 10)] * (5 - count)
        for inner in itertools.combinations(range(5), 2):
            a, b = (roots[k] for k in inner)
            rest = [roots[k] for k in range(5) if k not in inner]
            product = ((a * b, 0, 0), (-a - b, 1, 0), (Fraction(1), 2, 0))
            signed = Tile(Fraction(0), Fraction(1), (product,), (True,))
            tiles = [signed]
            if a < b:
                tiles.append(Tile(a, b, (((Fraction(1), 1, 1),),), (False,)))
            for tile in tiles:
                with pytest.raises(Rejected, match="identity"):
                    check_identity(
                        [tile], lambda g, r=rest: [{"x": math.prod(g - x for x in r)}], 3
                    )
    zero = Tile(Fraction(0), Fraction(1), ((),), (True,))
    check_identity([zero], lambda gamma: [{"x": Fraction(1)}], 3)
    one = Tile(Fraction(0), Fraction(1), (((Fraction(1), 0, 0),),), (False,))
    with pytest.raises(Rejected, match="identity"):
        check_identity([one], lambda gamma: [{"x": gamma}], 1)
    with pytest.raises(Rejected, match="identity"):
        check_identity([zero, one], lambda gamma: [{"x": Fraction(1)}], 0)


def test_identities_are_checked_at_enough_discounts() -> None:
    asked: list[Fraction] = []

    def vectors(discount: Fraction) -> list[dict]:
        asked.append(discount)
        return [{"x": Fraction(0)}] * 2

    signed = ((Fraction(1), 0, 0), (Fraction(1), 3, 0))
    tile = Tile(Fraction(0), Fraction(1), (((Fraction(1), 1, 1),), signed), (False, True))
    check_identity([tile], vectors, 5)
    assert len(set(asked)) == len(asked) == 5 + 3 + 1
    assert all(0 <= discount < 1 for discount in asked)
    asked.clear()
    check_identity([Tile(Fraction(0), Fraction(1), ((), ()), (False, True))], vectors, 2)
    assert len(asked) == 3
