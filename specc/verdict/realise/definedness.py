"""Whether an objective has a value under every policy of the environment."""

from __future__ import annotations

import math
from collections.abc import Sequence

from specc.objective import stack
from specc.objective.ranges import Range, range_of
from specc.objective.stack import Number
from specc.objective.walk import children, leaves
from specc.verdict.question import Question
from specc.verdict.realise.extremes import within

__all__ = ["has_values"]


def has_values(question: Question, objective: stack.Objective) -> bool:
    """Whether no function in the objective can be read outside its domain; certified."""
    return all(_defined(question, number) for number in stack.numbers_of(objective))


def _defined(question: Question, number: Number) -> bool:
    match number:
        case stack.Constant() | stack.PolicyProbability():
            return True
        case stack.Apply(function, operands):
            return all(_defined(question, o) for o in operands) and _inside(
                question, function, operands
            )
        case stack.Choice() | stack.Indicator():
            return all(_defined(question, child) for child in children(number))
        case _:
            return range_of(number).defined and _defined_on_runs(number)


def _defined_on_runs(number: Number) -> bool:
    """Whether no infinite values of a trajectory number meet, on one run or in the mean."""
    if not _may_be_infinite(number):
        return True
    one_sided = -math.inf < range_of(number).low or range_of(number).high < math.inf
    return (
        isinstance(number, stack.Expectation)
        and one_sided
        and all(
            _meet_no_infinity(node.function, node.operands, [range_of(o) for o in node.operands])
            for node in leaves(number)
            if isinstance(node, stack.Apply)
        )
    )


def _may_be_infinite(number: Number) -> bool:
    """Whether some logarithm in the number may be one of 0; all else is finite."""
    return any(
        isinstance(node, stack.Apply)
        and node.function == "log"
        and range_of(node.operands[0]).low <= 0
        for node in leaves(number)
    )


def _meet_no_infinity(function: str, operands: tuple[Number, ...], ranges: Sequence[Range]) -> bool:
    """Whether the function has a value also where logarithms in its operands are infinite."""
    infinite = [_may_be_infinite(operand) for operand in operands]
    if not any(infinite):
        return True
    there = [found for found, is_infinite in zip(ranges, infinite, strict=True) if is_infinite]
    match function:
        case "+":
            return all(r.high < math.inf for r in there) or all(r.low > -math.inf for r in there)
        case "*":
            vanishing = [r.low <= 0 <= r.high for r in ranges]
            return not any(
                zero and any(infinite[:k] + infinite[k + 1 :]) for k, zero in enumerate(vanishing)
            )
        case "/":
            return not infinite[1]
        case "**":
            return False
        case _:
            return True


def _inside(question: Question, function: str, operands: tuple[Number, ...]) -> bool:
    """Whether the function is defined on all values that its operands take together."""
    ranges = [within(question, operand) for operand in operands]
    if not _meet_no_infinity(function, operands, ranges):
        return False
    match function:
        case "/":
            return not ranges[1].low <= 0 <= ranges[1].high
        case "log" | "sqrt":
            return ranges[0].low >= 0
        case "**":
            base, exponent = ranges[0], operands[1]
            whole = isinstance(exponent, stack.Constant) and exponent.value.denominator == 1
            if not isinstance(exponent, stack.Constant):
                return base.low > 0
            if exponent.value > 0:
                return whole or base.low >= 0
            return base.low > 0 or (whole and base.high < 0)
        case _:
            return True
