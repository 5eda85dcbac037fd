"""Certified ranges of numbers over all policies of the environment."""

from __future__ import annotations

from fractions import Fraction

from specc.chain.linear import SingularSystem, SystemTooLarge
from specc.deadline import OutOfTime, keep_to
from specc.diagnostics import SpecError
from specc.lower import lower
from specc.objective import stack
from specc.objective.ranges import Range, range_of
from specc.objective.stack import Number
from specc.objective.walk import is_constant, leaves, outermost
from specc.optimise.found import Unsolved, Wanted
from specc.optimise.optimum import optimum_of
from specc.solve.acceptance import accepting, complement
from specc.verdict.question import Question
from specc.verdict.realise.facts import facts, noted

__all__ = ["extremes", "within"]

_LARGEST = 20_000
"""Product transitions up to which an optimum is looked for at all."""
_TRACKED = 8_000
"""The same where the memory is a set or a running value."""
_EXACTLY = 1_500
"""Product transitions up to which it is found exactly."""
_SHARE = 5
"""One such share of the time that is left may go into one range."""
_WIDTH = Fraction(1, 10**6)


def extremes(question: Question, number: Number) -> Range | None:
    """A closed interval that holds the number under every policy, certified; both ends are
    attained (or approached) where the model is small. None where nothing is known."""
    return noted(question, ("extremes", number), lambda: _extremes(question, number))


def within(question: Question, number: Number) -> Range:
    """The range by the text alone, narrowed by what is known of the environment."""
    plain = range_of(number)
    known = extremes(question, number)
    if known is None:
        return plain
    return Range(max(plain.low, known.low), min(plain.high, known.high), plain.defined)


def _extremes(question: Question, number: Number) -> Range | None:
    if is_constant(number):
        return range_of(number)
    if question.deadline.passed or any(_reads_policy(node) for node in leaves(number)):
        return None
    if question.mdp.transition_count > _LARGEST:
        return _sure(question, number)
    try:
        with keep_to(question.deadline.within(question.deadline.left / _SHARE)):
            exact = _size(question, number) <= _EXACTLY
            low, high = (
                optimum_of(question.mdp, number, Wanted(most, _WIDTH, exact)).solution
                for most in (False, True)
            )
    except (OutOfTime, Unsolved, SpecError, SystemTooLarge, SingularSystem):
        return _sure(question, number)
    return Range(
        low.lower if low.exact is None else low.exact,
        high.upper if high.exact is None else high.exact,
    )


def _reads_policy(node: Number) -> bool:
    return isinstance(node, stack.PolicyProbability | stack.PolicyTerm)


def _size(question: Question, number: Number) -> int:
    """Transitions of the product; raises SpecError where it is too large."""
    trajectories = outermost(number, stack.TRAJECTORY_LAYER)
    tracked = any(isinstance(t, stack.SetFunction | stack.Extremum) for t in trajectories)
    most = _TRACKED if tracked else _LARGEST
    lowered = lower(question.mdp, trajectories, limit=most)
    size = lowered.product.model.transition_count
    if size > most:
        raise SpecError.of("E701", "the product is too large for a realiser")
    return size


def _sure(question: Question, number: Number) -> Range | None:
    """A probability that is 1, or 0, under every policy: no end component says otherwise."""
    match number:
        case stack.Expectation(stack.Satisfaction() | stack.AutomatonSatisfaction() as event) if (
            facts(question).model.transition_count <= 40 * _LARGEST
        ):
            pass
        case _:
            return None
    try:
        lowered = lower(question.mdp, [event], limit=20 * _LARGEST)
    except SpecError:
        return None
    marks = lowered.product.output[:, lowered.events[event]].copy()
    condition = lowered.automata[event].acceptance
    for value, wrong in ((1, complement(condition)), (0, condition)):
        if not accepting(lowered.product.model, marks, wrong).states.any():
            return Range(Fraction(value), Fraction(value))
    return None
