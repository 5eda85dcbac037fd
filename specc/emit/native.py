"""Loops as machine code that later processes load without Numba.

``@native("i4[:], f8, out f8[:]")`` makes a loop of a Python function. The first process that calls
it compiles it with Numba and keeps the object code (:mod:`specc.emit.native_store`); later ones
load that with llvmlite alone, in a millisecond, where importing Numba takes most of a second. A
loop is called with NumPy arrays and plain numbers, releases the interpreter's lock, and returns
an integer.

Its text may use: its arguments; numbers that are constants of its module; Python functions that
its module's names give (found by itself, compiled along, from other modules too); `math`, `len`,
``range``, ``min``, ``max`` and NumPy's scalar types. It may not allocate (pass scratch arrays) nor
raise: nothing checks indices, whoever calls has. Division by zero is as in NumPy.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

__all__ = [
    "FAILED",
    "LOADED",
    "MISCOUNTED",
    "REFUSED",
    "Argument",
    "Native",
    "Record",
    "native",
    "signature",
]

LOADED: dict[str, str] = {}
"""How each loop came to this process: "stored", "compiled", or "numba" (its own path)."""

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


def _arguments(text: str, records: Mapping[str, Record]) -> tuple[Argument | Record, ...]:
    return tuple(records.get(part) or _argument(part, text) for part in _split(text))


class Native:
    """A loop; calling it gives its integer.

    :raises TypeError: an argument is no array, or number, of the type that the signature names.

    >>> @native("f8[:], f8, out f8[:]")
    ... def scale(given, factor, into):
    ...     for i in range(len(given)):
    ...         into[i] = factor * given[i]
    ...     return len(given)
    >>> answer = np.empty(2)
    >>> scale(np.array([1.0, 2.0]), 3.0, answer), answer.tolist()
    (2, [3.0, 6.0])
    """

    def __init__(self, function: Callable[..., Any], text: str, **records: Record) -> None:
        self.function = function
        self.name = function.__name__
        self.arguments = _arguments(text, records)
        self.__doc__ = function.__doc__
        self._entry: Any = self._first

    def __call__(self, *arguments: Any) -> int:
        found: int = self._entry(*arguments)
        if found < _LEAST:
            self._refuse(found, arguments)
        return found

    def _first(self, *arguments: Any) -> int:
        """The first call finds the machine code."""
        self._entry = self._found()
        return int(self._entry(*arguments))

    def _found(self) -> Any:
        if array_layout_fits():
            from specc.emit import native_store

            loaded = native_store.load(self)
            if loaded is not None:
                address, LOADED[self.name] = loaded
                return self._function_at(address)
        from specc.emit.native_build import by_numba

        LOADED[self.name] = "numba"
        return by_numba(self.function)

    def _function_at(self, address: int) -> Any:
        """Machine code as a built-in function of Python, whose calls cost a twentieth of what
        those through ctypes do."""
        method = _Method(self.name.encode(), address, _METH_FASTCALL, None)
        _METHODS.append(method)
        make = ctypes.PYFUNCTYPE(
            ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p
        )(("PyCFunction_NewEx", ctypes.pythonapi))
        return make(ctypes.addressof(method), np.ndarray, None)

    def _refuse(self, answer: int, arguments: tuple[Any, ...]) -> NoReturn:
        if answer == FAILED:
            raise RuntimeError(f"the loop `{self.name}` raised an error")
        if answer == MISCOUNTED:
            raise TypeError(f"`{self.name}` takes {len(self.arguments)} arguments")
        place = answer - REFUSED
        seen = arguments[place]
        if isinstance(seen, np.ndarray):
            flags = "" if seen.flags.carray else ", not a writable C array"
            seen = f"a {type(seen).__name__} of {seen.dtype}, shape {seen.shape}{flags}"
        raise TypeError(
            f"argument {place + 1} of `{self.name}`: {seen}; expected: {self.arguments[place]}"
        )


_LEAST = REFUSED + 255
_METH_FASTCALL = 0x80
_METHODS: list[Any] = []
"""What built-in functions point to."""


class _Method(ctypes.Structure):
    """``PyMethodDef`` of Python's C interface."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("text", ctypes.c_char_p),
    )


def native(text: str, **records: Record) -> Callable[[Callable[..., Any]], Native]:
    """A decorator that makes a loop of a function; ``text`` is its :func:`signature`, which may
    name ``records``, too."""
    return lambda function: Native(function, text, **records)


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
