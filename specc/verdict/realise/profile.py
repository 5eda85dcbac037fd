"""The value as a function of the one probability that a policy can choose."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from flint import fmpq, fmpq_mat, fmpq_poly

from specc.chain.rational import to_flint
from specc.evaluate.evaluation import evaluate_objective
from specc.lower import lower
from specc.model.policy import Policy
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.stack import Number
from specc.objective.walk import leaves, outermost
from specc.verdict.question import Question
from specc.verdict.realise.decided import LIMIT_PARTS

__all__ = ["direction_in_one_decision"]

_HIGHEST = 16


def direction_in_one_decision(question: Question, number: Number, state: int) -> int | None:
    """+1 or -1 where the number is strictly increasing or decreasing in the probability of the
    first action of ``state``, ends included; None where that is not certified.

    ``state`` is the only reachable one with a choice, and has two actions. On the open interval
    the number is a rational function whose degrees are at most the number of rows of the linear
    systems that the probability stands in, so finitely many exact values give it.
    """
    degree = _degree(question, number, state)
    if degree is None or degree > _HIGHEST:
        return None
    points = [Fraction(k, 2 * degree + 2) for k in range(1, 2 * degree + 2)]
    values = [_value(question, number, state, point) for point in points]
    ends = (
        _value(question, number, state, Fraction(0)),
        _value(question, number, state, Fraction(1)),
    )
    if None in values or None in ends:
        return None
    function = _interpolated(degree, points, [v for v in values if v is not None])
    if function is None:
        return None
    top, bottom = function
    slope = top.derivative() * bottom - top * bottom.derivative()
    if not slope or not bottom(fmpq(0)) or not bottom(fmpq(1)) or _vanishes_inside(slope):
        return None
    sign = 1 if slope(fmpq(1, 2)) > 0 else -1
    low, high = top(fmpq(0)) / bottom(fmpq(0)), top(fmpq(1)) / bottom(fmpq(1))
    at_zero, at_one = (to_flint(end) for end in ends if end is not None)
    rises = at_zero <= low and high <= at_one
    falls = at_zero >= low and high >= at_one
    return sign if (rises if sign > 0 else falls) else None


def _degree(question: Question, number: Number, state: int) -> int | None:
    """A bound on the degrees of numerator and denominator; None where none is known."""
    total = 0
    for term in linear_form(number).terms:
        match term:
            case stack.PolicyProbability():
                total += 1
                continue
            case stack.Expectation(trajectory):
                pass
            case _:
                return None
        if any(isinstance(node, stack.PolicyTerm) for node in leaves(trajectory)):
            return None
        match trajectory:
            case stack.Total(_, horizon):
                if horizon is None:
                    return None
                total += horizon
                continue
            case stack.Discounted() | stack.Average():
                pass
            case _:
                parts = outermost(trajectory, stack.TRAJECTORY_LAYER)
                if any(
                    isinstance(p, stack.Average) or not isinstance(p, LIMIT_PARTS) for p in parts
                ):
                    return None
        lowered = lower(question.mdp, [trajectory], limit=20_000)
        total += int((lowered.product.state == state).sum())
    return total


def _value(question: Question, number: Number, state: int, point: Fraction) -> Fraction | None:
    mdp = question.mdp
    chances: list[Fraction] = []
    for at in range(mdp.state_count):
        count = len(mdp.choices(at))
        chances.extend(
            [point, 1 - point] if at == state else [Fraction(1)] + [Fraction(0)] * (count - 1)
        )
    policy = Policy(tuple(chances))
    return evaluate_objective("", stack.Scalar(number), mdp, policy).value


def _interpolated(
    degree: int, points: list[Fraction], values: list[Fraction]
) -> tuple[fmpq_poly, fmpq_poly] | None:
    """The rational function with these values, in lowest terms.

    Any two polynomials of at most this degree with ``top = value * bottom`` at 2 * degree + 1
    points are proportional to the function's own: the difference of the cross products has more
    zeros than its degree.
    """
    width = degree + 1
    rows = []
    for point, value in zip(points, values, strict=True):
        powers = [to_flint(point) ** k for k in range(width)]
        rows.append([*powers, *(-to_flint(value) * power for power in powers)])
    reduced, rank = fmpq_mat(rows).rref()
    columns = 2 * width
    pivots: list[int] = []
    for row in range(rank):
        pivots.append(next(c for c in range(columns) if reduced[row, c]))
    free = [c for c in range(columns) if c not in pivots]
    if not free:
        return None
    solution = [fmpq(0)] * columns
    solution[free[0]] = fmpq(1)
    for row, pivot in enumerate(pivots):
        solution[pivot] = -reduced[row, free[0]]
    top, bottom = fmpq_poly(solution[:width]), fmpq_poly(solution[width:])
    if not bottom:
        return None
    common = top.gcd(bottom)
    return top // common, bottom // common


def _vanishes_inside(polynomial: fmpq_poly) -> bool:
    """Whether it has a zero in the open interval from 0 to 1, by Sturm's theorem."""
    for root in (fmpq_poly([0, 1]), fmpq_poly([-1, 1])):
        while polynomial.degree() > 0 and not polynomial % root:
            polynomial = polynomial // root
    sequence = [polynomial, polynomial.derivative()]
    while sequence[-1]:
        sequence.append(-(sequence[-2] % sequence[-1]))
    sequence.pop()
    return _changes(sequence, fmpq(0)) != _changes(sequence, fmpq(1))


def _changes(sequence: list[fmpq_poly], point: fmpq) -> int:
    signs = [1 if value > 0 else -1 for value in (p(point) for p in sequence) if value]
    return sum(one != other for one, other in pairwise(signs))
