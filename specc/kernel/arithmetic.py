"""The functions that all number sorts share, and what guards say of a transition."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce

from .germ import Number
from .limits import at_most
from .logs import Value, inverse, plus, times, value_sign
from .statement import Environment, Letter
from .terms import Term

__all__ = ["arithmetic", "holds", "minus", "reward"]

_ONE: Value = Fraction(1)


def minus(left: Value, right: Value) -> Value:
    """The difference."""
    return plus(left, times(Fraction(-1), right))


def _sum(left: Value, right: Value) -> Value:
    return _bounded(plus(left, right))


def _product(left: Value, right: Value) -> Value:
    return _bounded(times(left, right))


def _bounded(value: Value) -> Value:
    """The value; LimitExceeded for a huge one, as nested powers have."""
    if isinstance(value, Fraction):
        size = max(value.numerator.bit_length(), value.denominator.bit_length())
        at_most("bits of a rational", size)
    return value


def arithmetic(term: Term, leaf: Callable[[Term], Value], test: Callable[[Term], bool]) -> Value:
    """The number, its leaves valued by ``leaf``, its conditions by ``test``.

    Only the branch taken of an ``if`` needs a value. Rejected (`inverse`) for a division by zero.
    """

    def inner(part: Term) -> Value:
        return arithmetic(part, leaf, test)

    match term.kind, term.fields:
        case "constant", (Fraction() as value,):
            return value
        case "+", (operands,):
            return reduce(_sum, map(inner, operands))
        case "*", (operands,):
            return reduce(_product, map(inner, operands))
        case "-", (left, right):
            return minus(inner(left), inner(right))
        case "/", (above, below):
            return times(inner(above), inverse(inner(below)))
        case "power", (base, exponent):
            return reduce(_product, [inner(base)] * exponent, _ONE)
        case "min", (operands,):
            return reduce(
                lambda x, y: y if value_sign(minus(y, x)) < 0 else x, map(inner, operands)
            )
        case "max", (operands,):
            return reduce(
                lambda x, y: y if value_sign(minus(y, x)) > 0 else x, map(inner, operands)
            )
        case "abs", (operand,):
            worth = inner(operand)
            return worth if value_sign(worth) >= 0 else times(Fraction(-1), worth)
        case "if", (condition, then, otherwise):
            return inner(then) if test(condition) else inner(otherwise)
        case _:
            return leaf(term)


def logic(term: Term, leaf: Callable[[Term], bool], number: Callable[[Term], Value]) -> bool:
    """The truth value, its leaves decided by ``leaf``, its numbers valued by ``number``."""
    match term.kind, term.fields:
        case "true", ():
            return True
        case "false", ():
            return False
        case "not", (operand,):
            return not logic(operand, leaf, number)
        case "and", (operands,):
            return all(logic(part, leaf, number) for part in operands)
        case "or", (operands,):
            return any(logic(part, leaf, number) for part in operands)
        case "compare", (operator, left, right):
            found = value_sign(minus(number(left), number(right)))
            return {
                "<": found < 0,
                "<=": found <= 0,
                "=": found == 0,
                "!=": found != 0,
                ">=": found >= 0,
                ">": found > 0,
            }[operator]
        case _:
            return leaf(term)


def holds(environment: Environment, guard: Term, letter: Letter) -> bool:
    """Whether a guard holds on a letter.

    State labels read the state entered. Without a transition, actions, transition labels and
    ``from`` are false, and rewards 0.
    """

    def leaf(term: Term) -> bool:
        left, action, entered = letter
        match term.kind, term.fields:
            case "label", (name,):
                return (
                    entered in environment.state_labels[name]
                    or letter in environment.step_labels[name]
                )
            case "at", (state,):
                return bool(entered == state)
            case "action", (name,):
                return bool(action == name)
            case "from", (operand,):
                return left is not None and holds(environment, operand, (None, None, left))
            case _:
                raise AssertionError(f"no guard: {term.kind}")

    return logic(term=guard, leaf=leaf, number=lambda number: reward(environment, number, letter))


def reward(environment: Environment, term: Term, letter: Letter) -> Number:
    """A number of a transition alone."""

    def leaf(part: Term) -> Value:
        assert part.kind == "reward"
        return environment.rewards[part.fields[0]].get(letter, Fraction(0))

    value = arithmetic(term, leaf, lambda guard: holds(environment, guard, letter))
    assert isinstance(value, Number)
    return value
