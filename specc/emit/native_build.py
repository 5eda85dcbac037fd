"""Loops compiled to object code with Numba: what the first process does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core import cgutils
from numba.core import types as kinds
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import register_jitable
from numba.np.arrayobj import make_array, populate_array

from specc.emit import native_form as base
from specc.emit.native_form import Argument, Loop, Record, Word
from specc.emit.native_machine import machine, parts

__all__ = ["by_numba", "object_code"]

_WORD = ir.IntType(64)
_KNOWN: set[Callable[..., Any]] = set()


def _prepared(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, once Numba may compile the ones that it calls."""
    for part in parts(function):
        if part is not function and part not in _KNOWN:
            _KNOWN.add(part)
            register_jitable(part)
    return function


def by_numba(function: Callable[..., Any]) -> Callable[..., int]:
    """The loop as Numba itself runs and keeps it."""
    made: Callable[..., int] = numba.njit(cache=True, nogil=True, error_model="numpy")(
        _prepared(function)
    )
    return made


def object_code(loop: Loop) -> tuple[list[str], bytes]:
    """The C functions that the loop calls, and its object code: one symbol, the loop's name."""
    with global_compiler_lock, _compiling():
        return _object_code(loop)


@contextmanager
def _compiling() -> Iterator[None]:
    """Numba compiles, even where NUMBA_DISABLE_JIT tells it to leave functions as they are: a
    stored loop is machine code as well, and the same loop in Python rounds integers otherwise."""
    settings: Any = numba.config
    asked = settings.DISABLE_JIT
    settings.DISABLE_JIT = 0
    try:
        yield
    finally:
        settings.DISABLE_JIT = asked


def _object_code(loop: Loop) -> tuple[list[str], bytes]:
    form = kinds.int64(*(_numba_type(a) for a in loop.arguments))
    # Without Numba's memory, which the second process has not.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
    made = numba.njit(form, **options)(_prepared(loop.function))
    compiled: Any = made.overloads[form.args]
    context = compiled.target_context
    library = context.codegen().create_library(f"specc.{loop.name}")
    module = library.create_ir_module(f"specc.{loop.name}")
    _entry(module, loop, compiled, context)
    library.add_ir_module(module)
    library.add_linking_library(compiled.library)
    library.finalize()
    optimized = llvm.parse_assembly(library.get_llvm_str())
    calls = []
    for function in optimized.functions:
        if not function.is_declaration and function.name != loop.name:
            function.linkage = "internal"
        elif function.is_declaration and not function.name.startswith("llvm."):
            calls.append(function.name)
    return calls, machine().emit_object(optimized)


def _numba_type(argument: Argument | Record) -> kinds.Type:
    if isinstance(argument, Record):
        return kinds.NamedTuple([_numba_type(field) for field in argument.fields], argument.form)
    scalar: kinds.Type = numba.from_dtype(argument.dtype)
    if argument.dimensions < 0:
        return scalar
    return kinds.Array(scalar, argument.dimensions, "C", readonly=not argument.written)


def _entry(module: ir.Module, loop: Loop, compiled: Any, context: Any) -> None:
    """Write the C function that Python calls (``METH_FASTCALL``; its self is the type of arrays):
    it reads the arguments, and calls the loop without the interpreter's lock."""
    entry = ir.Function(module, ir.FunctionType(_WORD, [_WORD] * 3), loop.name)
    builder = ir.IRBuilder(entry.append_basic_block())
    array_type, given, count = entry.args
    right = builder.icmp_unsigned("==", count, _WORD(len(loop.arguments)))
    _or_answer(builder, right, base.MISCOUNTED)
    passed = []
    for place, argument in enumerate(loop.arguments):
        reader = _Reader(builder, context, array_type, base.REFUSED + place)
        passed.append(reader.read(_load(builder, given, place), argument))
    descriptor, convention = compiled.fndesc, context.call_conv
    form = convention.get_function_type(descriptor.restype, descriptor.argtypes)
    callee = ir.Function(module, form, descriptor.llvm_func_name)
    thread = _call(builder, "PyEval_SaveThread", _WORD)
    status, answer = convention.call_function(
        builder, callee, descriptor.restype, descriptor.argtypes, passed
    )
    _call(builder, "PyEval_RestoreThread", ir.VoidType(), thread)
    answer = builder.select(status.is_error, _WORD(base.FAILED), answer)
    builder.ret(_call(builder, "PyLong_FromLongLong", _WORD, answer))


def _call(builder: ir.IRBuilder, name: str, gives: ir.Type, *given: ir.Value) -> ir.Value:
    """Call a function of C."""
    form = ir.FunctionType(gives, [value.type for value in given])
    return builder.call(cgutils.get_or_insert_function(builder.module, form, name), given)


def _or_answer(builder: ir.IRBuilder, holds: ir.Value, answer: int) -> None:
    """Return the answer to Python unless the condition holds."""
    with builder.if_then(builder.not_(holds), likely=False):
        builder.ret(_call(builder, "PyLong_FromLongLong", _WORD, _WORD(answer)))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one argument; ``refusal`` is the answer where it is of another type."""

    builder: ir.IRBuilder
    context: Any
    array_type: ir.Value
    refusal: int

    def read(self, value: ir.Value, argument: Argument | Record) -> ir.Value:
        """Numba's form of a Python object."""
        if isinstance(argument, Record):
            return self._record(value, argument)
        if argument.dimensions < 0:
            return self._number(value, argument)
        fits = _fits(self.builder, self.array_type, value, argument)
        _or_answer(self.builder, fits, self.refusal)
        return _array(self.builder, value, argument, self.context)

    def _record(self, value: ir.Value, record: Record) -> ir.Value:
        size = _call(self.builder, "PyTuple_Size", _WORD, value)
        self._or_error(self.builder.icmp_signed("==", size, _WORD(-1)))
        right = self.builder.icmp_signed("==", size, _WORD(len(record.fields)))
        _or_answer(self.builder, right, self.refusal)
        found = [
            self.read(_call(self.builder, "PyTuple_GetItem", _WORD, value, _WORD(place)), field)
            for place, field in enumerate(record.fields)
        ]
        return self.context.make_tuple(self.builder, _numba_type(record), found)

    def _number(self, value: ir.Value, argument: Argument) -> ir.Value:
        if argument.kind == "f8":
            found = _call(self.builder, "PyFloat_AsDouble", ir.DoubleType(), value)
            self._or_error(self.builder.fcmp_ordered("==", found, ir.DoubleType()(-1.0)))
        else:
            found = _call(self.builder, "PyLong_AsLongLong", _WORD, value)
            self._or_error(self.builder.icmp_signed("==", found, _WORD(-1)))
        return found

    def _or_error(self, odd: ir.Value) -> None:
        """Give Python the error that it has, where an answer is odd."""
        with self.builder.if_then(odd, likely=False):
            error = _call(self.builder, "PyErr_Occurred", _WORD)
            with self.builder.if_then(self.builder.icmp_unsigned("!=", error, _WORD(0))):
                self.builder.ret(_WORD(0))


def _load(builder: ir.IRBuilder, address: ir.Value, word: int) -> ir.Value:
    return builder.load(builder.gep(builder.inttoptr(address, _WORD.as_pointer()), [_WORD(word)]))


def _fits(
    builder: ir.IRBuilder, array_type: ir.Value, value: ir.Value, argument: Argument
) -> ir.Value:
    """Whether the object is such an array; its type first, for others may be shorter."""
    is_array = builder.icmp_unsigned("==", _load(builder, value, Word.TYPE), array_type)
    start = builder.block
    with builder.if_then(is_array):
        kind = _load(builder, _load(builder, value, Word.DESCRIPTION), Word.ENTRY)
        dimensions = builder.and_(_load(builder, value, Word.DIMENSIONS), _WORD(0xFFFFFFFF))
        wanted = base.C_ORDER | base.ALIGNED | base.WRITABLE * argument.written
        flags = builder.and_(_load(builder, value, Word.FLAGS), _WORD(wanted))
        known = base.entry_word(argument.dtype)
        same = [
            builder.icmp_unsigned("==", builder.and_(kind, _WORD(base.ENTRY_MASK)), _WORD(known)),
            builder.icmp_unsigned("==", dimensions, _WORD(argument.dimensions)),
            builder.icmp_unsigned("==", flags, _WORD(wanted)),
        ]
        all_same = builder.and_(builder.and_(same[0], same[1]), same[2])
        inside = builder.block
    found = builder.phi(ir.IntType(1))
    found.add_incoming(ir.IntType(1)(0), start)
    found.add_incoming(all_same, inside)
    return found


def _array(builder: ir.IRBuilder, value: ir.Value, argument: Argument, context: Any) -> ir.Value:
    """Numba's view of an array, without an owner."""
    form = _numba_type(argument)
    made = make_array(form)(context, builder)
    size = argument.dtype.itemsize
    place = _load(builder, value, Word.SHAPE)
    shape = [_load(builder, place, d) for d in range(argument.dimensions)]
    strides = [_WORD(size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.inttoptr(_load(builder, value, Word.DATA), made.data.type)
    populate_array(
        made, data, cgutils.pack_array(builder, shape), cgutils.pack_array(builder, strides),
        _WORD(size), None,
    )  # fmt: skip
    return made._getvalue()
