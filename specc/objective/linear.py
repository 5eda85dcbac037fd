"""Linear forms: a rational plus rational multiples of numbers that are not sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from specc.objective import stack
from specc.objective.stack import Number

__all__ = ["LinearForm", "linear_form"]


@dataclass(frozen=True, slots=True)
class LinearForm:
    """``constant + sum of coefficient * term``; no coefficient is zero."""

    constant: Fraction
    terms: Mapping[Number, Fraction]

    def scaled(self, factor: Fraction) -> LinearForm:
        """Every coefficient times the factor."""
        if not factor:
            return LinearForm(Fraction(0), {})
        terms = {term: value * factor for term, value in self.terms.items()}
        return LinearForm(self.constant * factor, terms)

    def plus(self, other: LinearForm) -> LinearForm:
        """The sum."""
        terms = dict(self.terms)
        for term, value in other.terms.items():
            total = terms.get(term, Fraction(0)) + value
            if total:
                terms[term] = total
            else:
                del terms[term]
        return LinearForm(self.constant + other.constant, terms)

    def number(self) -> Number:
        """The form as a number, terms in a fixed order."""
        parts: list[Number] = []
        for term in sorted(self.terms, key=repr):
            value = self.terms[term]
            parts.append(term if value == 1 else _scale(term, value))
        if self.constant or not parts:
            parts.append(stack.Constant(self.constant))
        return parts[0] if len(parts) == 1 else stack.Apply("+", tuple(parts), span=parts[0].span)


def _scale(term: Number, value: Fraction) -> Number:
    factor = stack.Constant(value, span=term.span)
    if isinstance(term, stack.Apply) and term.function == "*":
        return replace(term, operands=(factor, *term.operands))
    return stack.Apply("*", (factor, term), span=term.span)


def linear_form(number: Number) -> LinearForm:
    """The number as a linear form; a number that is neither sum nor multiple is one term."""
    match number:
        case stack.Constant(value):
            return LinearForm(value, {})
        case stack.Apply("+", operands):
            form = LinearForm(Fraction(0), {})
            for operand in operands:
                form = form.plus(linear_form(operand))
            return form
        case stack.Apply("*", (stack.Constant(factor), rest)):
            return linear_form(rest).scaled(factor)
        case stack.Apply("*", (stack.Constant(factor), *rest)):
            product = replace(number, operands=tuple(rest))
            return LinearForm(Fraction(0), {product: factor}).scaled(Fraction(1))
        case _:
            return LinearForm(Fraction(0), {number: Fraction(1)})
