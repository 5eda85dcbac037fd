"""Counting and finding bits, in text that compilers know as one machine instruction."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["count_bits", "lowest_bit"]


def count_bits(word: Any) -> Any:
    """How many bits of a uint64 are set, as int64 (Warren, Hacker's Delight, 5-1).

    >>> int(count_bits(np.uint64(0b1011)))
    3
    """
    one, two, four = np.uint64(1), np.uint64(2), np.uint64(4)
    pairs, nibbles = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
    octets, ones = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
    found = word - ((word >> one) & pairs)
    found = (found & nibbles) + ((found >> two) & nibbles)
    found = (found + (found >> four)) & octets
    return np.int64((found * ones) >> np.uint64(56))


def lowest_bit(word: Any) -> Any:
    """The number of the lowest bit that is set in a uint64, as int64; 64 where none is.

    >>> int(lowest_bit(np.uint64(0b1000)))
    3
    """
    return count_bits(~word & (word - np.uint64(1)))
