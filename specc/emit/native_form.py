"""What loops of machine code are given, and how NumPy's arrays lie in memory."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

__all__ = [
    "ALIGNED",
    "C_ORDER",
    "ENTRY_MASK",
    "FAILED",
    "MISCOUNTED",
    "REFUSED",
    "WRITABLE",
    "Argument",
    "Loop",
    "Record",
    "Word",
    "arguments",
    "array_layout_fits",
    "entry_word",
    "signature",
]

_TYPES = {
    "b1": np.bool_, "i4": np.int32, "i8": np.int64, "u1": np.uint8, "u4": np.uint32,
    "u8": np.uint64, "f8": np.float64,
}  # fmt: skip
REFUSED = -(2**62)
FAILED, MISCOUNTED = REFUSED - 1, REFUSED - 2
"""Answers from the first on say which argument a loop refused; the others, that it raised an error,
and that it was given more or fewer arguments."""


@dataclass(frozen=True, slots=True)
class Argument:
    """``dimensions`` is -1 for a number; ``written`` for arrays that the loop writes."""

    kind: str
    dimensions: int
    written: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of an entry."""
        return np.dtype(_TYPES[self.kind])

    def __str__(self) -> str:
        if self.dimensions < 0:
            return "int" if self.kind == "i8" else "float"
        way = "writable C" if self.written else "C"
        return f"{way} array of {self.dtype} with {self.dimensions} dimension(s)"


@dataclass(frozen=True, slots=True)
class Record:
    """A named tuple of arrays and numbers, passed as one argument."""

    form: type[tuple[Any, ...]]
    fields: tuple[Argument, ...]

    def __str__(self) -> str:
        return f"{self.form.__name__} of ({', '.join(map(str, self.fields))})"


_ARGUMENT = re.compile(rf"(i8|f8)|(out )?({'|'.join(_TYPES)})\[(:|:, ?:|:, ?:, ?:)\]")


def signature(text: str) -> tuple[Argument, ...]:
    """The arguments that a text names: ``i8``, ``f8``, or arrays such as ``u4[:]``, ``out
    b1[:, :]``.

    :raises ValueError: the text is none.

    >>> [str(a) for a in signature("f8, out i4[:,:]")]
    ['float', 'writable C array of int32 with 2 dimension(s)']
    """
    return tuple(_argument(part, text) for part in _split(text))


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.findall(r"(?:\[.*?\]|[^,])+", text) or [text]]


def _argument(part: str, text: str) -> Argument:
    match = _ARGUMENT.fullmatch(part)
    if match is None:
        raise ValueError(f"`{part}` in `{text}` is no argument of a loop")
    number, written, kind, shape = match.groups()
    return (
        Argument(number, -1, False) if number else Argument(kind, shape.count(":"), bool(written))
    )


def arguments(text: str, records: Mapping[str, Record]) -> tuple[Argument | Record, ...]:
    """As :func:`signature`, where names of records may stand for arguments."""
    return tuple(records.get(part) or _argument(part, text) for part in _split(text))


class Loop(Protocol):
    """What is known of a loop before it is machine code."""

    function: Callable[..., Any]
    name: str
    arguments: tuple[Argument | Record, ...]


class Word:
    """Where a NumPy array keeps what, in 8-byte words from the object's address on: NumPy's C
    interface (``PyArrayObject_fields``), the same in NumPy 1 and 2."""

    TYPE, DATA, DIMENSIONS, SHAPE, DESCRIPTION, FLAGS = 1, 2, 3, 4, 7, 8
    ENTRY = 3
    """Of a description: kind, character, byte order, a byte of flags, and the type's number."""


ENTRY_MASK = ~(0xFF << 24)
C_ORDER, ALIGNED, WRITABLE = 0x1, 0x100, 0x400


def entry_word(dtype: np.dtype[Any]) -> int:
    """The word that describes the type of an entry, less its flags."""
    kind = ord(dtype.kind) | ord(dtype.char) << 8 | ord(dtype.byteorder) << 16
    return kind | dtype.num << 32


def array_layout_fits() -> bool:
    """Whether arrays lie in memory as :class:`Word` says: CPython without free threading, 8-byte
    addresses, little-endian. Else loops are called through Numba."""
    if sys.implementation.name != "cpython" or sys.byteorder != "little":
        return False
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 16:
        return False
    probe = np.zeros((3, 5), dtype=np.int32)
    words = (ctypes.c_uint64 * 9).from_address(id(probe))
    if words[Word.TYPE] != id(np.ndarray) or words[Word.DATA] != probe.ctypes.data:
        return False
    if words[Word.DIMENSIONS] & 0xFFFFFFFF != 2 or words[Word.DESCRIPTION] != id(probe.dtype):
        return False
    shape = (ctypes.c_int64 * 2).from_address(words[Word.SHAPE])
    described = (ctypes.c_uint64 * 4).from_address(words[Word.DESCRIPTION])
    flags = words[Word.FLAGS] & 0xFFFFFFFF
    return (
        tuple(shape) == (3, 5)
        and described[Word.ENTRY] & ENTRY_MASK == entry_word(probe.dtype)
        and flags & (C_ORDER | ALIGNED | WRITABLE) == C_ORDER | ALIGNED | WRITABLE
    )
