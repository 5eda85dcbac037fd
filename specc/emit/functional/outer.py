"""The value and the gradient of a function of numbers of the policy, at estimates of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.objective import stack
from specc.objective.stack import Guard, Number
from specc.objective.walk import is_constant

__all__ = ["Slope", "holds_at", "slope"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """A number's ``value`` and its ``gradient``, float (parts,), in the parts it is made of."""

    value: float
    gradient: FloatArray


def slope(
    number: Number, parts: Mapping[Number, int], estimates: FloatArray, temperature: float = 0.0
) -> Slope:
    """The number's value and gradient where part ``p`` is worth ``estimates[parts[p]]``.

    The gradient is the derivative of the text, rule by rule: at a tie of ``min`` or ``max`` the
    mean over the operands that tie, at 0 the slope 0 for ``abs``; conditions are constant. At such
    a point it is a supergradient of a function that is concave by its rules, a subgradient of a
    convex one, and of others no more than a guess. A ``temperature`` above 0 weights the operands
    of ``min`` (``max``) by exp(-(+) value / temperature): the gradient of a smooth function that is
    at most ``temperature * log(operands)`` away (Nesterov, Math. Program. 2005); the value stays
    as it is.

    :raises SpecError: E704 the number, or its gradient, is undefined or infinite there.

    >>> from specc.resolve.file import load_text
    >>> text = "spec s = E[discounted([a], 0.9)] * E[discounted([b], 0.9)]"
    >>> number = load_text(text)["s"].objective.number
    >>> parts = {part: index for index, part in enumerate(number.operands)}
    >>> slope(number, parts, np.array([2.0, 5.0])).gradient.tolist()
    [5.0, 2.0]
    """
    place = parts.get(number)
    if place is not None:
        gradient = np.zeros(len(estimates))
        gradient[place] = 1.0
        return Slope(float(estimates[place]), gradient)
    match number:
        case stack.Constant(constant):
            return Slope(float(constant), np.zeros(len(estimates)))
        case stack.Apply(_, operands):
            found = [slope(operand, parts, estimates, temperature) for operand in operands]
            value, factors = _applied(number, [f.value for f in found], temperature)
            pairs = zip(factors, found, strict=True)
            # What does not count is left out: 0 times an infinite slope is no number.
            gradient = sum((k * f.gradient for k, f in pairs if k), np.zeros(len(estimates)))
            return Slope(value, gradient)
        case stack.Indicator(guard):
            held = holds_at(guard, parts, estimates)
            return Slope(float(held), np.zeros(len(estimates)))
        case stack.Choice(guard, then, otherwise):
            taken = then if holds_at(guard, parts, estimates) else otherwise
            return slope(taken, parts, estimates, temperature)
        case _:
            raise AssertionError(f"{type(number).__name__} is no function of numbers of the policy")


def holds_at(guard: Guard, parts: Mapping[Number, int], estimates: FloatArray) -> bool:
    """Whether a condition over numbers of the policy holds at the estimates."""
    match guard:
        case stack.Truth(value):
            return value
        case stack.Comparison(operator, left, right):
            one, other = (slope(side, parts, estimates).value for side in (left, right))
            return _COMPARED[operator](one, other)
        case stack.Negation(part):
            return not holds_at(part, parts, estimates)
        case stack.AllOf(guards):
            return all(holds_at(part, parts, estimates) for part in guards)
        case stack.AnyOf(guards):
            return any(holds_at(part, parts, estimates) for part in guards)
        case _:
            raise AssertionError(f"{type(guard).__name__} is no condition of the policy")


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "=": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
}


def _applied(
    number: stack.Apply, values: Sequence[float], temperature: float
) -> tuple[float, list[float]]:
    """A function's value and its partial derivatives, 0 in operands that are constant."""
    function = number.function
    try:
        value, every = _rule(function, values, temperature)
        pairs = zip(every, number.operands, strict=True)
        factors = [0.0 if is_constant(operand) else factor for factor, operand in pairs]
    except (ZeroDivisionError, OverflowError, ValueError):
        value, factors = math.nan, []
    if math.isfinite(value) and all(math.isfinite(factor) for factor in factors):
        return value, factors
    shown = ", ".join(f"{v:.6g}" for v in values)
    what = "value" if not math.isfinite(value) else "gradient"
    raise SpecError.of(
        "E704",
        f"`{function}` has no finite {what} at the estimates {shown}",
        span=number.span,
        help="start from a policy whose estimates are inside the domain, or add a small constant",
    )


def _rule(function: str, values: Sequence[float], temperature: float) -> tuple[float, list[float]]:
    x = values[0]
    match function:
        case "+":
            return math.fsum(values), [1.0] * len(values)
        case "*":
            rest = [math.prod([*values[:i], *values[i + 1 :]]) for i in range(len(values))]
            return math.prod(values), rest
        case "/":
            return x / values[1], [1 / values[1], -x / values[1] ** 2]
        case "**":
            return _power(x, values[1])
        case "min":
            return min(values), _soft([-v for v in values], temperature)
        case "max":
            return max(values), _soft(values, temperature)
        case "abs":
            sign = float((x > 0) - (x < 0))
            return abs(x), [math.tanh(x / temperature) if temperature > 0 else sign]
        case "exp":
            return math.exp(x), [math.exp(x)]
        case "log":
            return math.log(x), [1 / x]
        case "sqrt":
            root = math.sqrt(x)
            return root, [1 / (2 * root) if root else math.inf]
        case _:
            raise AssertionError(function)


def _power(base: float, exponent: float) -> tuple[float, list[float]]:
    """Real powers and both derivatives; there is none by the exponent of a negative base."""
    value = base**exponent
    if isinstance(value, complex):
        raise ValueError("a root of a negative number")
    by_base = 0.0 if exponent == 0 else exponent * base ** (exponent - 1)
    by_exponent = value * math.log(base) if base > 0 else (math.nan if base < 0 else 0.0)
    return value, [by_base, by_exponent]


def _soft(values: Sequence[float], temperature: float) -> list[float]:
    """Weights of the greatest value: shared evenly at a tie, or softly."""
    top = max(values)
    if temperature > 0:
        raw = [math.exp((v - top) / temperature) for v in values]
    else:
        raw = [float(v == top) for v in values]
    return [r / math.fsum(raw) for r in raw]
