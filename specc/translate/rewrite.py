"""Objectives with their signals exchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import rebuild

__all__ = ["mapped", "with_signals"]


def mapped(objective: stack.Objective, change: Callable[[Number], Number]) -> stack.Objective:
    """The objective with ``change`` applied to each number that it compares or constrains."""
    match objective:
        case stack.Scalar(number):
            return replace(objective, number=change(number))
        case stack.Lexicographic(numbers):
            return replace(objective, numbers=tuple(map(change, numbers)))
        case stack.Constrained(number, constraints):
            sides = tuple(
                replace(one, left=change(one.left), right=change(one.right)) for one in constraints
            )
            return replace(objective, number=change(number), constraints=sides)
        case _:
            assert_never(objective)


def with_signals(objective: stack.Objective, change: Callable[[Number], Number]) -> stack.Objective:
    """The objective with ``change`` applied to the signal of each of its discounted sums.

    >>> from specc.resolve.file import load_text
    >>> from specc.written.unparse import expression
    >>> spec = load_text("spec x = 2 * E[discounted([goal], 0.9)]")["x"]
    >>> expression(with_signals(spec.objective, lambda signal: stack.Native()))
    '2 * E[discounted(native, 0.9)]'
    """

    def visit(number: Number) -> Number:
        if isinstance(number, stack.Discounted):
            return replace(number, signal=change(number.signal))
        return rebuild(number, visit)

    return mapped(objective, visit)
