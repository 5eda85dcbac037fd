"""Whether a function of numbers of the policy is concave, by the rules of its text.

The values that the means can take together are a convex set: a policy that is drawn at the start
of the episode has the mean of the means. On it means are affine, a variance is concave (E[X^2] less
a square), and cvar is convex (a maximum of affine functions of the law of outcomes).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from specc.objective import stack
from specc.objective.ranges import range_of
from specc.objective.stack import Number
from specc.objective.walk import children, is_constant

__all__ = ["Curvature", "curvature", "has_kinks", "is_log_concave"]

Curvature = Literal["affine", "concave", "convex"]


def curvature(number: Number) -> Curvature | None:
    """What the rules of disciplined convex programming (Grant, Boyd, Ye 2006) say of it, with
    certified ranges for signs; None where they say nothing.

    >>> from specc.resolve.file import load_text
    >>> mean = "E[discounted([a], 0.9)]"
    >>> text = f"spec s = min({mean}, 1 - {mean}**2)\\nspec t = {mean} * P[F b]"
    >>> file = load_text(text)
    >>> curvature(file["s"].objective.number), curvature(file["t"].objective.number)
    ('concave', None)
    """
    if is_constant(number):
        return "affine"
    match number:
        case stack.Expectation():
            return "affine"
        case stack.Variance():
            return "concave"
        case stack.ConditionalValueAtRisk():
            return "convex"
        case stack.Apply(function, operands):
            return _applied(function, operands)
        case _:
            return None


def _applied(function: str, operands: tuple[Number, ...]) -> Curvature | None:
    found = [curvature(operand) for operand in operands]
    inner, first = found[0], operands[0]
    rising = inner in {"affine", "concave"}
    match function:
        case "+":
            return _joined(found)
        case "*":
            return _scaled(operands, found)
        case "min":
            return "concave" if set(found) <= {"affine", "concave"} else None
        case "max":
            return "convex" if set(found) <= {"affine", "convex"} else None
        case "abs":
            return "convex" if inner == "affine" else None
        case "exp":
            return "convex" if inner in {"affine", "convex"} else None
        case "log" | "sqrt":
            return "concave" if rising else None
        case "/":
            return _divided(operands, found)
        case "**":
            return _power(first, inner, operands[1])
        case _:
            return None


def _joined(found: Iterable[Curvature | None]) -> Curvature | None:
    kinds = set(found) - {"affine"}
    if not kinds:
        return "affine"
    return kinds.pop() if len(kinds) == 1 else None


def _turned(kind: Curvature | None) -> Curvature | None:
    return {"concave": "convex", "convex": "concave", "affine": "affine", None: None}[kind]


def _scaled(operands: tuple[Number, ...], found: list[Curvature | None]) -> Curvature | None:
    moving = [i for i, operand in enumerate(operands) if not is_constant(operand)]
    if len(moving) != 1:
        return None
    kind, sign = found[moving[0]], 1
    for operand in operands:
        if is_constant(operand):
            of = range_of(operand)
            if of.low < 0 < of.high or not of.defined:
                return None
            sign = -sign if of.low < 0 else sign
    return kind if sign > 0 else _turned(kind)


def _divided(operands: tuple[Number, ...], found: list[Curvature | None]) -> Curvature | None:
    top, bottom = operands
    if is_constant(bottom):
        of = range_of(bottom)
        if of.low > 0:
            return found[0]
        return _turned(found[0]) if of.high < 0 else None
    if is_constant(top) and found[1] in {"affine", "concave"} and range_of(bottom).low >= 0:
        of = range_of(top)
        return "convex" if of.low >= 0 else ("concave" if of.high <= 0 else None)
    return None


def _power(base: Number, inner: Curvature | None, exponent: Number) -> Curvature | None:
    if not isinstance(exponent, stack.Constant):
        return None
    power, positive = exponent.value, range_of(base).low >= 0
    if power == 1:
        return inner
    if 0 < power < 1:
        return "concave" if inner in {"affine", "concave"} else None
    if power > 1:
        if positive:
            return "convex" if inner in {"affine", "convex"} else None
        return "convex" if inner == "affine" and _even(power) else None
    return "convex" if positive and inner in {"affine", "concave"} else None


def _even(power: Fraction) -> bool:
    return power.denominator == 1 and power.numerator % 2 == 0


def is_log_concave(number: Number) -> bool:
    """Whether it is a product of nonnegative concave factors (Nash welfare): its logarithm, which
    has the same order and a parallel gradient, is concave."""
    match number:
        case stack.Apply("*", operands):
            return all(is_log_concave(operand) for operand in operands)
        case stack.Apply("**", (base, stack.Constant(power))) if power > 0:
            return is_log_concave(base)
        case _:
            of = range_of(number)
            return of.low >= 0 and of.defined and curvature(number) in {"affine", "concave"}


def has_kinks(numbers: Iterable[Number]) -> bool:
    """Whether a function in it has no derivative somewhere."""
    bent = {"min", "max", "abs"}
    return any(
        isinstance(node, stack.Choice | stack.Indicator)
        or (isinstance(node, stack.Apply) and node.function in bent)
        for number in numbers
        for node in _outer(number)
    )


def _outer(number: Number) -> Iterable[Number]:
    """What stands outside the numbers of the policy."""
    pending = [number]
    while pending:
        node = pending.pop()
        if not isinstance(node, stack.LOTTERY_LAYER):
            yield node
            pending.extend(children(node))
