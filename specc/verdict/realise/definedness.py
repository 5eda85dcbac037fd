"""Whether an objective has a value under every policy of the environment."""

from __future__ import annotations

from specc.objective import stack
from specc.objective.ranges import range_of
from specc.objective.stack import Number
from specc.objective.walk import children
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
            return range_of(number).defined


def _inside(question: Question, function: str, operands: tuple[Number, ...]) -> bool:
    """Whether the function is defined on all values that its operands take together."""
    ranges = [within(question, operand) for operand in operands]
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
