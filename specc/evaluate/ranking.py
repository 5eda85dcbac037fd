"""How two policies compare in a spec's order, from their evaluations."""

from __future__ import annotations

from fractions import Fraction

from specc.evaluate.evaluation import Evaluation
from specc.objective import stack

__all__ = ["ranking"]

Enclosed = tuple[Fraction | None, Fraction | None, Fraction | None]


def ranking(objective: stack.Objective, one: Evaluation, other: Evaluation) -> int | None:
    """1, 0 or -1: the first policy is above, tied with, or below the second; None: not decided.

    Exact: values that are only enclosed are told apart by disjoint enclosures, and never tied.

    >>> a, b = (Evaluation("x", value, value, value) for value in (Fraction(1), Fraction(2)))
    >>> order = stack.Scalar(stack.Constant(Fraction(0)))
    >>> ranking(order, a, b), ranking(order, a, a)
    (-1, 0)
    """
    if isinstance(objective, stack.Constrained):
        if one.feasible is None or other.feasible is None:
            return None
        if not (one.feasible and other.feasible):
            return one.feasible - other.feasible
    return _lexicographic(_components(one), _components(other))


def _components(evaluation: Evaluation) -> tuple[Enclosed, ...]:
    return evaluation.values or ((evaluation.value, evaluation.lower, evaluation.upper),)


def _lexicographic(one: tuple[Enclosed, ...], other: tuple[Enclosed, ...]) -> int | None:
    for left, right in zip(one, other, strict=True):
        found = _sign(left, right)
        if found != 0:
            return found
    return 0


def _sign(left: Enclosed, right: Enclosed) -> int | None:
    exact, low, high = left
    exact_too, low_too, high_too = right
    if exact is not None and exact_too is not None:
        return (exact > exact_too) - (exact < exact_too)
    if low is not None and high_too is not None and low > high_too:
        return 1
    if high is not None and low_too is not None and high < low_too:
        return -1
    return None
