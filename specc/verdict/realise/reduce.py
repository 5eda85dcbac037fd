"""What is left of an objective once facts of its environment are used.

Constant parts become constants, operands of ``min`` and ``max`` that never win fall away,
constraints that always hold are dropped, functions that are strictly monotone on the values that
occur are stripped. The order of the policies stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from specc.automata.formula import Atom, Connective, Formula
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.ranges import Range, direction
from specc.objective.simplify import simplify, simplify_objective
from specc.objective.stack import Number
from specc.objective.two_valued import guard_text
from specc.objective.walk import is_constant, outermost, rebuild
from specc.syntax.show import show
from specc.verdict.question import Question
from specc.verdict.realise.extremes import extremes, within
from specc.verdict.realise.facts import avoidable, facts, noted, read_states
from specc.written.unparse import guard_tree, number_tree

__all__ = ["Reduced", "all_tied", "is_mean", "reduced", "text_of"]

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Reduced:
    """``objective`` orders all policies as the question's spec does; where ``keeps_value`` it has
    the same value too. ``why`` lists the facts that were used."""

    objective: stack.Objective
    why: tuple[str, ...]
    keeps_value: bool

    @property
    def preserves(self) -> Literal["value", "order"]:
        """What a spec with the value of the reduced objective preserves."""
        return "value" if self.keeps_value else "order"


def all_tied(objective: stack.Objective) -> bool:
    """Whether a reduced objective is a constant."""
    return isinstance(objective, stack.Scalar) and is_constant(objective.number)


def is_mean(number: Number) -> bool:
    """Whether the number is a constant plus rational multiples of means of trajectories."""
    return all(isinstance(term, stack.Expectation) for term in linear_form(number).terms)


def text_of(number: Number) -> str:
    """The number as text, shortened."""
    text = show(number_tree(number))
    return text if len(text) <= 70 else text[:67] + "..."


def reduced(question: Question, *, spoken: bool = True) -> Reduced:
    """The objective of the question, reduced.

    ``spoken``: ``policy(a | s)`` at states that every policy may reach is said by formulas.
    """
    return noted(question, ("reduced", spoken), lambda: _Reducer(question, spoken).run())


class _Reducer:
    def __init__(self, question: Question, spoken: bool) -> None:
        self.question, self.spoken = question, spoken
        self.why: dict[str, None] = {}

    def run(self) -> Reduced:
        objective = simplify_objective(self.question.spec.objective)
        if self._no_choice(objective):
            return Reduced(stack.Scalar(stack.Constant(_ZERO)), tuple(self.why), False)
        match objective:
            case stack.Scalar(number):
                return self._scalar(number)
            case stack.Lexicographic(numbers):
                kept: dict[Number, None] = {}
                for number in numbers:
                    if not is_constant(settled := self._settled(number)):
                        kept[settled] = None
                if len(kept) < 2:
                    only = next(iter(kept), stack.Constant(_ZERO))
                    return replace(self._scalar(only), keeps_value=False)
                return Reduced(stack.Lexicographic(tuple(kept)), tuple(self.why), False)
            case stack.Constrained(number, constraints):
                return self._constrained(number, constraints)

    def _no_choice(self, objective: stack.Objective) -> bool:
        """Whether all policies agree at every state that can be reached or is spoken of."""
        mdp, known = self.question.mdp, facts(self.question)
        spoken_of = (mdp.states.index(name) for name in read_states(objective))
        if known.decisions or any(len(mdp.choices(state)) > 1 for state in spoken_of):
            return False
        self.why["no state that can be reached has two actions"] = None
        return True

    def _scalar(self, number: Number) -> Reduced:
        number = self._settled(number)
        keeps = True
        while not is_constant(number) and not is_mean(number):
            found = self._stripped(number)
            if found is None:
                break
            number, keeps = self._settled(found), False
        return Reduced(stack.Scalar(number), tuple(self.why), keeps)

    def _constrained(self, number: Number, constraints: tuple[stack.Comparison, ...]) -> Reduced:
        kept: list[stack.Comparison] = []
        for constraint in constraints:
            left, right = self._settled(constraint.left), self._settled(constraint.right)
            shown = f"{text_of(left)} {constraint.operator} {text_of(right)}"
            verdict = self._certain(constraint.operator, left, right)
            if verdict is False:
                self.why[f"`{shown}` never holds"] = None
                return Reduced(stack.Scalar(stack.Constant(_ZERO)), tuple(self.why), False)
            if verdict is None:
                kept.append(replace(constraint, left=left, right=right))
            else:
                self.why[f"`{shown}` always holds"] = None
        if not kept:
            return self._scalar(number)
        return Reduced(stack.Constrained(self._settled(number), tuple(kept)), tuple(self.why), True)

    # -- numbers

    def _settled(self, number: Number) -> Number:
        """The same value under every policy, simpler where the environment allows it."""
        if is_constant(number):
            return number
        match number:
            case stack.PolicyProbability():
                return self._policy_probability(number)
            case stack.Expectation():
                return self._constant(number)
            case stack.Apply(function, operands) if function in {"min", "max"}:
                kept = self._undominated(number, [self._settled(o) for o in operands])
                number = simplify(replace(number, operands=tuple(kept)))
            case stack.Apply(_, operands):
                settled = tuple(self._settled(operand) for operand in operands)
                number = simplify(replace(number, operands=settled))
            case stack.Choice(guard, then, otherwise):
                held = self._condition(guard)
                if held is not None:
                    return self._settled(then if held else otherwise)
                number = simplify(rebuild(number, self._settled))
            case stack.Indicator(guard):
                held = self._condition(guard)
                if held is not None:
                    return stack.Constant(Fraction(int(held)))
                number = simplify(rebuild(number, self._settled))
            case _:
                return number
        return number if is_constant(number) else self._constant(number)

    def _constant(self, number: Number) -> Number:
        found = extremes(self.question, number)
        if found is None or found.low != found.high or isinstance(found.low, float):
            return number
        self.why[f"`{text_of(number)}` is {found.low} under every policy"] = None
        return stack.Constant(found.low, span=number.span)

    def _undominated(self, number: stack.Apply, operands: list[Number]) -> list[Number]:
        sign = 1 if number.function == "max" else -1
        kept = list(dict.fromkeys(operands))
        for one in operands:
            for other in operands:
                if one != other and one in kept and other in kept:
                    gap = self._gap(one, other)
                    if gap is not None and (gap.low >= 0 if sign > 0 else gap.high <= 0):
                        kept.remove(other)
                        self.why[
                            f"`{text_of(one)}` is never {'below' if sign > 0 else 'above'} "
                            f"`{text_of(other)}`"
                        ] = None
        return kept

    def _gap(self, left: Number, right: Number) -> Range | None:
        minus = stack.Apply("*", (stack.Constant(-_ONE), right))
        gap = within(self.question, simplify(stack.Apply("+", (left, minus))))
        return gap if gap.defined else None

    def _certain(self, operator: str, left: Number, right: Number) -> bool | None:
        gap = self._gap(left, right)
        if gap is None:
            return None
        low, high = gap.low, gap.high
        match operator:
            case ">=":
                return True if low >= 0 else (False if high < 0 else None)
            case ">":
                return True if low > 0 else (False if high <= 0 else None)
            case "<=":
                return True if high <= 0 else (False if low > 0 else None)
            case "<":
                return True if high < 0 else (False if low >= 0 else None)
            case "=":
                return True if low == high == 0 else (False if low > 0 or high < 0 else None)
            case "!=":
                return False if low == high == 0 else (True if low > 0 or high < 0 else None)
            case _:
                return None

    def _condition(self, guard: stack.Guard) -> bool | None:
        """Whether a condition holds under every policy, or under none."""
        held = self._truth(guard)
        if held is not None:
            word = "always" if held else "never"
            self.why[f"`{show(guard_tree(guard))}` {word} holds"] = None
        return held

    def _truth(self, guard: stack.Guard) -> bool | None:
        match guard:
            case stack.Truth(value):
                return value
            case stack.Comparison(operator, left, right):
                return self._certain(operator, self._settled(left), self._settled(right))
            case stack.Negation(part):
                inner = self._truth(part)
                return None if inner is None else not inner
            case stack.AllOf(parts):
                verdicts = [self._truth(part) for part in parts]
                return False if False in verdicts else (None if None in verdicts else True)
            case stack.AnyOf(parts):
                verdicts = [self._truth(part) for part in parts]
                return True if True in verdicts else (None if None in verdicts else False)
            case _:
                return None

    def _stripped(self, number: Number) -> Number | None:
        """A part that this number is a strictly monotone function of, negated where it falls.

        A rational factor is set aside first, so that every step leaves something smaller.
        """
        terms = linear_form(number).terms
        factor = _ONE
        if len(terms) == 1:
            ((number, factor),) = terms.items()
        found = self._monotone_in(number)
        if found is None:
            return None
        inner, sign = found
        self.why[
            f"`{text_of(number)}` is a strictly {'increasing' if sign > 0 else 'decreasing'} "
            f"function of `{text_of(inner)}` on the values that occur here"
        ] = None
        if (sign > 0) == (factor > 0):
            return inner
        return simplify(stack.Apply("*", (stack.Constant(-_ONE), inner)))

    def _monotone_in(self, number: Number) -> tuple[Number, int] | None:
        if not isinstance(number, stack.Apply):
            return None
        moving = [operand for operand in number.operands if not is_constant(operand)]
        variables = outermost(number, stack.LOTTERY_LAYER | stack.PolicyProbability)
        for candidates in (moving, variables):
            if len(candidates) == 1 and candidates[0] != number:
                inner = candidates[0]
                sign = direction(number, inner, within(self.question, inner))
                if sign in {1, -1}:
                    return inner, sign
        return None

    # -- policy(a | s)

    def _policy_probability(self, number: stack.PolicyProbability) -> Number:
        mdp = self.question.mdp
        state = mdp.states.index(number.state)
        names = [mdp.actions[choice] for choice in mdp.choices(state)]
        if number.action not in names or len(names) == 1:
            value = _ONE if number.action in names else _ZERO
            self.why[f"`{text_of(number)}` is {value}"] = None
            return stack.Constant(value, span=number.span)
        if not self.spoken or avoidable(facts(self.question), state):
            return number
        self.why[
            f"every policy may reach {number.state}, and the first action there has the "
            f"probabilities of the policy"
        ] = None
        here = stack.Before(stack.Here(number.state))
        taken = stack.Action(number.action)
        reached = _probability(Connective("F", (_atom(here),)), here)
        left = Connective("not", (_atom(here),))
        first = Connective("and", (_atom(here), _atom(taken)))
        ratio = (_probability(Connective("U", (left, first)), here, taken), self._settled(reached))
        return simplify(stack.Apply("/", ratio))


def _atom(guard: stack.Guard) -> Atom:
    return Atom(guard_text(guard))


def _probability(formula: Formula, *guards: stack.Guard) -> Number:
    meaning = tuple((guard_text(guard), guard) for guard in guards)
    return stack.Expectation(stack.Satisfaction(formula, meaning))
