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
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from specc.emit.native_form import (
    FAILED,
    MISCOUNTED,
    REFUSED,
    Argument,
    Record,
    arguments,
    array_layout_fits,
    signature,
)

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
        self.arguments = arguments(text, records)
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
            from specc.emit.native_store import load

            loaded = load(self)
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
