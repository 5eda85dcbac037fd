"""Reward expressions as bytecode: one interpreter for all of them, no generated source.

A program is a range of rows ``(operation, argument)`` over a stack of doubles. The same function
runs as Python and, compiled once by Numba, as machine code; it tests every domain itself, so
that both give the same bits and neither raises. A value outside a domain is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specc.diagnostics import SpecError
from specc.objective import stack
from specc.objective.stack import Guard, Number

__all__ = [
    "BINARY",
    "DEPTH",
    "Program",
    "UNARY",
    "binary",
    "compile_guard",
    "compile_number",
    "rounded",
    "run",
    "run_rows",
    "unary",
]

DEPTH = 64
"""Stack slots of the interpreter."""

_CONSTANT, _INPUT, _TRUTH = 0, 1, 2
_ADD, _MULTIPLY, _DIVIDE, _POWER, _MINIMUM, _MAXIMUM = 3, 4, 5, 6, 7, 8
_ABSOLUTE, _EXP, _LOG, _SQRT = 9, 10, 11, 12
_LESS, _LESS_EQUAL, _EQUAL, _NOT, _SELECT = 13, 14, 15, 16, 17
BINARY = {
    "+": _ADD, "*": _MULTIPLY, "/": _DIVIDE, "**": _POWER, "min": _MINIMUM, "max": _MAXIMUM,
}  # fmt: skip
UNARY = {"abs": _ABSOLUTE, "exp": _EXP, "log": _LOG, "sqrt": _SQRT}


@dataclass(frozen=True, slots=True)
class Program:
    """Rows ``(operation, argument)``; ``text`` names the expression in errors."""

    rows: tuple[tuple[int, int], ...]
    constants: tuple[float, ...]
    text: str

    def value(self, inputs: Sequence[float], truths: Sequence[bool] = ()) -> float:
        """The value for these inputs (natives and observations) and truth values."""
        return float(run(self.rows, self.constants, inputs, truths))


class _Writer:
    def __init__(self, inputs: Mapping[Number, int], truths: Mapping[Guard, int]) -> None:
        self.inputs = inputs
        self.truths = truths
        self.rows: list[tuple[int, int]] = []
        self.constants: list[float] = []
        self.depth = 0

    def _push(self, operation: int, argument: int) -> None:
        self.rows.append((operation, argument))
        self.depth += 1
        if self.depth > DEPTH:
            raise SpecError.of(
                "E803",
                f"a reward expression is nested deeper than {DEPTH} levels",
                help="name its parts with `reward`, and keep sums flat",
            )

    def _do(self, operation: int, taken: int) -> None:
        self.rows.append((operation, 0))
        self.depth -= taken - 1

    def constant(self, value: float) -> None:
        self._push(_CONSTANT, len(self.constants))
        self.constants.append(value)

    def number(self, number: Number) -> None:
        if number in self.inputs:
            self._push(_INPUT, self.inputs[number])
            return
        match number:
            case stack.Constant(value):
                self.constant(rounded(value))
            case stack.Indicator(guard):
                self.guard(guard)
            case stack.Choice(guard, then, otherwise):
                self.guard(guard)
                self.number(then)
                self.number(otherwise)
                self._do(_SELECT, 3)
            case stack.Apply(name, operands):
                self.number(operands[0])
                for operand in operands[1:]:
                    self.number(operand)
                    self._do(BINARY[name], 2)
                if name in UNARY:
                    self._do(UNARY[name], 1)
            case _:
                raise ValueError(f"{type(number).__name__} is no input of this program")

    def guard(self, guard: Guard) -> None:
        if guard in self.truths:
            self._push(_TRUTH, self.truths[guard])
            return
        match guard:
            case stack.Truth(value):
                self.constant(float(value))
            case stack.Negation(part):
                self.guard(part)
                self._do(_NOT, 1)
            case stack.AllOf(parts) | stack.AnyOf(parts):
                every = isinstance(guard, stack.AllOf)
                self.constant(float(every))
                for part in parts:
                    self.guard(part)
                    self._do(_MINIMUM if every else _MAXIMUM, 2)
            case stack.Comparison(operator, left, right):
                if operator in (">", ">="):
                    left, right = right, left
                self.number(left)
                self.number(right)
                strict = {"<": _LESS, ">": _LESS, "<=": _LESS_EQUAL, ">=": _LESS_EQUAL}
                self._do(strict.get(operator, _EQUAL), 2)
                if operator == "!=":
                    self._do(_NOT, 1)
            case _:
                raise ValueError(f"{type(guard).__name__} is no input of this program")

    def program(self, text: str) -> Program:
        return Program(tuple(self.rows), tuple(self.constants), text)


def rounded(value: Any) -> float:
    """The nearest double, or an infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def compile_number(
    number: Number, inputs: Mapping[Number, int], truths: Mapping[Guard, int], text: str
) -> Program:
    """The program of an expression over numbered inputs and truth values.

    :raises SpecError: E803 the expression is nested too deeply.

    >>> from fractions import Fraction
    >>> x = stack.Observation(0)
    >>> double = stack.Apply("*", (stack.Constant(Fraction(2)), x))
    >>> compile_number(double, {x: 0}, {}, "2*obs[0]").value([1.5])
    3.0
    """
    writer = _Writer(inputs, truths)
    writer.number(number)
    return writer.program(text)


def compile_guard(
    guard: Guard, inputs: Mapping[Number, int], truths: Mapping[Guard, int], text: str
) -> Program:
    """The program of a condition: 1 where it holds, else 0, NaN where a domain is left."""
    writer = _Writer(inputs, truths)
    writer.guard(guard)
    return writer.program(text)


def run(rows: Any, constants: Any, inputs: Any, truths: Any) -> Any:
    """Interpret one program in Python."""
    return run_rows(rows, constants, inputs, truths, [0.0] * DEPTH)


def run_rows(rows: Any, constants: Any, inputs: Any, truths: Any, stack_: Any) -> Any:
    """Interpret one program over a stack of DEPTH slots. Numba compiles this, too."""
    top = -1
    for position in range(len(rows)):
        operation = rows[position][0]
        if operation == 0:
            top += 1
            stack_[top] = constants[rows[position][1]]
        elif operation == 1:
            top += 1
            stack_[top] = inputs[rows[position][1]]
        elif operation == 2:
            top += 1
            stack_[top] = 1.0 if truths[rows[position][1]] else 0.0
        elif operation <= 8:
            top -= 1
            stack_[top] = binary(operation, stack_[top], stack_[top + 1])
        elif operation <= 12:
            stack_[top] = unary(operation, stack_[top])
        elif operation <= 15:
            top -= 1
            stack_[top] = _compare(operation, stack_[top], stack_[top + 1])
        elif operation == 16:
            stack_[top] = 1.0 - stack_[top]
        else:
            top -= 2
            condition = stack_[top]
            if condition == 1.0:
                stack_[top] = stack_[top + 1]
            elif condition == 0.0:
                stack_[top] = stack_[top + 2]
            else:
                stack_[top] = math.nan
    return stack_[0]


def binary(operation: int, left: float, right: float) -> float:
    """One operation of ``BINARY``; NaN outside its domain."""
    if left != left or right != right:
        return math.nan
    if operation == 3:
        return left + right
    if operation == 4:
        return left * right
    if operation == 5:
        return math.nan if right == 0.0 else left / right
    if operation == 6:
        return _power(left, right)
    if operation == 7:
        return left if left <= right else right
    return left if left >= right else right


def _power(left: float, right: float) -> float:
    if right == 0.0:
        return 1.0
    if left == 0.0:
        return math.nan if right < 0.0 else 0.0
    if math.isinf(left) or math.isinf(right):
        return math.nan
    if left < 0.0 and right != math.floor(right):
        return math.nan
    # Beyond the range of doubles Python raises where machine code overflows.
    if right * math.log(abs(left)) > 709.0:
        return math.inf
    return math.pow(left, right)


def unary(operation: int, value: float) -> float:
    """One operation of ``UNARY``; NaN outside its domain."""
    if operation == 9:
        return abs(value)
    if operation == 10:
        return math.inf if value > 709.0 else math.exp(value)
    if operation == 11:
        if value > 0.0:
            return math.log(value)
        return -math.inf if value == 0.0 else math.nan
    return math.sqrt(value) if value >= 0.0 else math.nan


def _compare(operation: int, left: float, right: float) -> float:
    if left != left or right != right:
        return math.nan
    if operation == 13:
        return 1.0 if left < right else 0.0
    if operation == 14:
        return 1.0 if left <= right else 0.0
    return 1.0 if left == right else 0.0
