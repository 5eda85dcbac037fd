"""Counting and finding bits: one machine instruction each."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

__all__ = ["count_bits", "lowest_bit"]


@intrinsic
def _count_bits(typing_context: Any, word: Any) -> Any:
    """How many bits of a uint64 are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def _lowest_bit(typing_context: Any, word: Any) -> Any:
    """The number of the lowest bit that is set in a uint64; 64 where none is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        flag = context.get_constant(types.boolean, False)
        return builder.cttz(arguments[0], flag)

    return types.uint64(types.uint64), generate


# Called in compiled code only, where the first argument is Numba's own.
count_bits: Any = _count_bits
lowest_bit: Any = _lowest_bit
