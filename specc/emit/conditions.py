"""Comparisons of observations as nested functions, for one environment at a time.

They answer what the bytecode of :mod:`specc.emit.bytecode` answers, many times faster than Python
interprets it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from specc.diagnostics import SpecError
from specc.emit import bytecode
from specc.emit.readings import finite
from specc.objective import stack
from specc.objective.stack import Number

__all__ = ["Condition", "condition"]

Condition = Callable[[Any, Any, Any, dict[str, Any]], Any]
"""As a label from Python: of (obs, action, next_obs, info)."""
_Value = Callable[[Any], float]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
    "!=": operator.ne,
}  # fmt: skip


def condition(guard: stack.Comparison, text: str) -> Condition | None:
    """The comparison as a function; None where it reads more than observations and constants.

    The function raises SpecError E809 where a component is not finite, or an operation leaves its
    domain; ``text`` names the comparison then.

    >>> from fractions import Fraction
    >>> low = stack.Comparison("<", stack.Observation(1), stack.Constant(Fraction(1, 2)))
    >>> condition(low, "a comparison")(None, 0, np.array([3.0, 0.25]), {})
    True
    """
    left, right = _value(guard.left), _value(guard.right)
    compare = _COMPARE.get(guard.operator)
    if left is None or right is None or compare is None:
        return None
    if isinstance(guard.left, stack.Observation) and isinstance(guard.right, stack.Constant):
        limit = right(None)
        if limit - limit == 0.0:
            return lambda before, action, after, info: compare(left(after), limit)

    def holds(before: Any, action: Any, after: Any, info: Any) -> bool:
        one, other = left(after), right(after)
        if one != one or other != other:
            raise SpecError.of("E809", f"{text} left the domain of its functions")
        return compare(one, other)

    return holds


def _value(number: Number) -> _Value | None:
    match number:
        case stack.Constant(value):
            constant = bytecode.rounded(value)
            return lambda after: constant
        case stack.Observation(index):
            return _component(index)
        case stack.Apply(name, operands):
            parts = [_value(operand) for operand in operands]
            known = [part for part in parts if part is not None]
            return _applied(name, known) if len(known) == len(parts) else None
        case _:
            return None


def _applied(name: str, parts: list[_Value]) -> _Value:
    if name in bytecode.UNARY:
        (inner,) = parts
        one = partial(bytecode.unary, bytecode.UNARY[name])
        return lambda after: one(inner(after))
    two = partial(bytecode.binary, bytecode.BINARY[name])
    found = parts[0]
    for part in parts[1:]:
        found = _joined(two, found, part)
    return found


def _joined(two: Callable[[float, float], float], left: _Value, right: _Value) -> _Value:
    return lambda after: two(left(after), right(after))


def _component(index: int) -> _Value:
    what = f"the observation `obs[{index}]`"

    def read(after: Any) -> float:
        if type(after) is np.ndarray:
            value = float(after.item(index))
        else:
            value = float(np.asarray(after).reshape(-1)[index])
        # What is not finite has no difference with itself.
        return value if value - value == 0.0 else finite(value, what)

    return read
