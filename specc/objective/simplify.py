"""Algebraic simplification: every number to a canonical form with the same value.

Sums of the same kind are merged (`E[discounted(r, g)] + E[discounted(q, g)]` is one discounted
sum), constants are pulled out of linear functionals, equal operands of min and max fall together,
formulas lose an outer negation. `x / x` does not cancel: it is undefined where x is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from specc.automata.formula import Atom, Connective, Truth, conjunction
from specc.objective import guards, stack
from specc.objective.linear import LinearForm, linear_form
from specc.objective.stack import Number
from specc.objective.two_valued import as_event, joined_meaning, two_valued
from specc.objective.walk import rebuild

__all__ = ["simplify", "simplify_objective"]

_ONE = Fraction(1)
_ZERO = Fraction(0)


def simplify_objective(objective: stack.Objective) -> stack.Objective:
    """The same order with every number in canonical form."""
    match objective:
        case stack.Scalar(number):
            return replace(objective, number=simplify(number))
        case stack.Lexicographic(numbers):
            return replace(objective, numbers=tuple(simplify(number) for number in numbers))
        case stack.Constrained(number, constraints):
            return replace(
                objective,
                number=simplify(number),
                constraints=tuple(
                    replace(c, left=simplify(c.left), right=simplify(c.right)) for c in constraints
                ),
            )


def simplify(number: Number) -> Number:
    """The canonical form of a number of any layer."""
    number = rebuild(number, simplify)
    match number:
        case stack.Apply():
            return _apply(number)
        case stack.Indicator(guard):
            folded = guards.assign(_fold_comparisons(guard), {})
            if isinstance(folded, stack.Truth):
                return stack.Constant(_ONE if folded.value else _ZERO, span=number.span)
            return replace(number, guard=folded)
        case stack.Choice(guard, then, otherwise):
            folded = guards.assign(_fold_comparisons(guard), {})
            if isinstance(folded, stack.Truth):
                return then if folded.value else otherwise
            return then if then == otherwise else replace(number, guard=folded)
        case stack.Discounted() | stack.Average() | stack.Total():
            return _linear_functional(number)
        case stack.Extremum():
            return _extremum(number)
        case stack.Satisfaction():
            return _satisfaction(number)
        case stack.Expectation():
            return _expectation(number)
        case _:
            return number


def _fold_comparisons(guard: stack.Guard) -> stack.Guard:
    """Comparisons of numbers whose difference is a known rational are decided."""
    match guard:
        case stack.Comparison(operator, left, right):
            difference = linear_form(left).plus(linear_form(right).scaled(-_ONE))
            if not difference.terms:
                return stack.Truth(compare(operator, difference.constant), span=guard.span)
            return guard
        case stack.Negation(part):
            return replace(guard, guard=_fold_comparisons(part))
        case stack.AllOf(parts) | stack.AnyOf(parts):
            return replace(guard, guards=tuple(_fold_comparisons(part) for part in parts))
        case _:
            return guard


def compare(operator: str, difference: Fraction) -> bool:
    """Whether ``difference operator 0`` holds."""
    match operator:
        case "<":
            return difference < 0
        case "<=":
            return difference <= 0
        case ">":
            return difference > 0
        case ">=":
            return difference >= 0
        case "=":
            return difference == 0
        case _:
            return difference != 0


def _apply(number: stack.Apply) -> Number:
    match number.function:
        case "+":
            return _merge(linear_form(number)).number()
        case "*":
            return _product(number)
        case "/":
            numerator, divisor = number.operands
            if isinstance(divisor, stack.Constant) and divisor.value:
                return _merge(linear_form(numerator).scaled(1 / divisor.value)).number()
            return number
        case "**":
            return _power(number)
        case "min" | "max":
            return _extreme(number)
        case _:
            return _function(number)


def _merge(form: LinearForm) -> LinearForm:
    """One term per (functional, parameters): discounted sums of one discount, averages, totals."""
    groups: dict[object, LinearForm] = {}
    makers: dict[object, Callable[[Number], Number]] = {}
    rest = LinearForm(form.constant, {})
    for term, coefficient in form.terms.items():
        outer = isinstance(term, stack.Expectation)
        inner = term.trajectory if isinstance(term, stack.Expectation) else term
        match inner:
            case stack.Discounted(signal, discount):
                key: object = ("discounted", discount, outer)
            case stack.Average(signal):
                key = ("average", None, outer)
            case stack.Total(signal, horizon):
                key = ("total", horizon, outer)
            case _:
                rest = rest.plus(LinearForm(_ZERO, {term: coefficient}))
                continue
        part = linear_form(signal).scaled(coefficient)
        if key in groups:
            groups[key] = groups[key].plus(part)
        else:
            groups[key] = part
            makers[key] = _maker(term)
    for key, signal_form in groups.items():
        merged = makers[key](_merge(signal_form).number())
        rest = rest.plus(linear_form(merged))
    return rest


def _maker(term: Number) -> Callable[[Number], Number]:
    def make(signal: Number) -> Number:
        if isinstance(term, stack.Expectation):
            inner = term.trajectory
            assert isinstance(inner, stack.Discounted | stack.Average | stack.Total)
            trajectory = linear_form(_linear_functional(replace(inner, signal=signal)))
            terms: dict[Number, Fraction] = {
                replace(term, trajectory=t): c for t, c in trajectory.terms.items()
            }
            return LinearForm(trajectory.constant, terms).number()
        assert isinstance(term, stack.Discounted | stack.Average | stack.Total)
        return _linear_functional(replace(term, signal=signal))

    return make


def _linear_functional(number: stack.Discounted | stack.Average | stack.Total) -> Number:
    """Pull the leading coefficient out, and from an average the constant.

    A constant stays inside a sum: an episode that stops early pays it less often.
    """
    form = linear_form(number.signal)
    constant = _ZERO
    if isinstance(number, stack.Average):
        constant = form.constant
        form = LinearForm(_ZERO, form.terms)
    if not form.terms and not form.constant:
        return stack.Constant(constant, span=number.span)
    leading = form.terms[min(form.terms, key=repr)] if form.terms else form.constant
    inner = replace(number, signal=form.scaled(1 / leading).number())
    return LinearForm(constant, {inner: leading}).number()


def _product(number: stack.Apply) -> Number:
    factor = _ONE
    others: list[Number] = []
    inner: tuple[Number, ...]
    for operand in number.operands:
        inner = (operand,)
        if isinstance(operand, stack.Apply) and operand.function == "*":
            inner = operand.operands
        for part in inner:
            if isinstance(part, stack.Constant):
                factor *= part.value
            else:
                others.append(part)
    if not factor or not others:
        return stack.Constant(factor, span=number.span)
    others = _join_indicators(others)
    others = _join_satisfactions(others)
    if len(others) == 1:
        return _merge(linear_form(others[0]).scaled(factor)).number()
    forms = [linear_form(other) for other in others]
    scaled: list[Number] = []
    for other, form in zip(others, forms, strict=True):
        if not form.constant and len(form.terms) == 1:
            ((term, coefficient),) = form.terms.items()
            factor *= coefficient
            scaled.append(term)
        else:
            scaled.append(other)
    product = replace(number, operands=_powers(scaled))
    if len(product.operands) == 1:
        return LinearForm(_ZERO, {product.operands[0]: factor}).number()
    return LinearForm(_ZERO, {product: factor}).number()


def _powers(factors: list[Number]) -> tuple[Number, ...]:
    """Equal factors become one power, in a fixed order."""
    counts: dict[Number, Fraction] = {}
    for part in factors:
        base, exponent = part, _ONE
        if (
            isinstance(part, stack.Apply)
            and part.function == "**"
            and isinstance(part.operands[1], stack.Constant)
            and part.operands[1].value.denominator == 1
            and part.operands[1].value > 0
        ):
            base, exponent = part.operands[0], part.operands[1].value
        counts[base] = counts.get(base, _ZERO) + exponent
    parts = [
        base if count == 1 else stack.Apply("**", (base, stack.Constant(count)), span=base.span)
        for base, count in counts.items()
    ]
    return tuple(sorted(parts, key=repr))


def _join_indicators(factors: list[Number]) -> list[Number]:
    """``[p] * [q]`` is ``[p & q]``."""
    conditions = [f.guard for f in factors if isinstance(f, stack.Indicator)]
    if len(conditions) < 2:
        return factors
    others = [f for f in factors if not isinstance(f, stack.Indicator)]
    span = conditions[0].span
    joined = simplify(stack.Indicator(stack.AllOf(tuple(conditions)), span=span))
    return [*others, joined]


def _join_satisfactions(factors: list[Number]) -> list[Number]:
    """``sat(f) * sat(h)`` is ``sat(f & h)``."""
    events = [f for f in factors if isinstance(f, stack.Satisfaction) and f.horizon is None]
    if len(events) < 2:
        return factors
    others = [f for f in factors if f not in events]
    unique = list(dict.fromkeys(events))
    meaning = joined_meaning(unique)
    if meaning is None:
        return factors
    formula = conjunction(tuple(event.formula for event in unique))
    return [*others, replace(events[0], formula=formula, meaning=tuple(meaning.items()))]


def _power(number: stack.Apply) -> Number:
    base, exponent = number.operands
    if not isinstance(exponent, stack.Constant):
        return number
    if exponent.value == 1:
        return base
    if exponent.value == 0:
        return stack.Constant(_ONE, span=number.span)
    if isinstance(base, stack.Constant) and (base.value or exponent.value > 0):
        value = _rational_power(base.value, exponent.value)
        return number if value is None else stack.Constant(value, span=number.span)
    if isinstance(base, stack.Indicator) and exponent.value > 0:
        return base
    if isinstance(base, stack.Satisfaction) and exponent.value > 0:
        return base
    return number


def _rational_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator == 1 and abs(exponent) <= 4096:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        return base ** int(exponent) if bits * abs(exponent) <= 1 << 16 else None
    if exponent == Fraction(1, 2):
        return _square_root(base)
    return None


def _square_root(value: Fraction) -> Fraction | None:
    from math import isqrt

    if value < 0:
        return None
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    root = Fraction(top, bottom)
    return root if root * root == value else None


def _extreme(number: stack.Apply) -> Number:
    sign = 1 if number.function == "max" else -1
    kept: list[LinearForm] = []
    for operand in number.operands:
        nested = (
            operand.operands
            if isinstance(operand, stack.Apply) and operand.function == number.function
            else (operand,)
        )
        for part in nested:
            form = linear_form(part)
            for position, other in enumerate(kept):
                difference = form.plus(other.scaled(-_ONE))
                if not difference.terms:
                    if sign * difference.constant > 0:
                        kept[position] = form
                    break
            else:
                kept.append(form)
    if len(kept) == 1:
        return kept[0].number()
    return replace(number, operands=tuple(sorted((f.number() for f in kept), key=repr)))


def _function(number: stack.Apply) -> Number:
    (operand,) = number.operands
    if not isinstance(operand, stack.Constant):
        return number
    value = operand.value
    match number.function:
        case "abs":
            return stack.Constant(abs(value), span=number.span)
        case "exp" if value == 0:
            return stack.Constant(_ONE, span=number.span)
        case "log" if value == 1:
            return stack.Constant(_ZERO, span=number.span)
        case "sqrt":
            root = _square_root(value)
            return number if root is None else stack.Constant(root, span=number.span)
        case _:
            return number


def _extremum(number: stack.Extremum) -> Number:
    """Affine parts are pulled out; two-valued signals become formulas."""
    form = linear_form(number.signal)
    if not form.terms:
        return stack.Constant(form.constant, span=number.span)
    if len(form.terms) == 1:
        ((term, factor),) = form.terms.items()
        if form.constant or factor != 1:
            kind = number.kind
            if factor < 0:
                kind = "inf" if kind == "sup" else "sup"
            inner = linear_form(_extremum(replace(number, kind=kind, signal=term)))
            return inner.scaled(factor).plus(LinearForm(form.constant, {})).number()
    event = as_event(number.signal)
    if event is None:
        return number
    low, high, guard, name = event
    operator = "F" if number.kind == "sup" else "G"
    formula = Connective("X", (Connective(operator, (Atom(name),)),))
    satisfied = stack.Satisfaction(formula, ((name, guard),), span=number.span)
    return LinearForm(low, {satisfied: high - low}).number()


def _satisfaction(number: stack.Satisfaction) -> Number:
    formula = number.formula
    if isinstance(formula, Truth):
        return stack.Constant(_ONE if formula.value else _ZERO, span=number.span)
    if isinstance(formula, Connective) and formula.operator == "not":
        inner = linear_form(_satisfaction(replace(number, formula=formula.operands[0])))
        return LinearForm(_ONE, {}).plus(inner.scaled(-_ONE)).number()
    return number


def _expectation(number: stack.Expectation) -> Number:
    """The mean is linear; a two-valued function of verdicts is the probability of one formula."""
    total = LinearForm(_ZERO, {})
    reduced = two_valued(number.trajectory, simplify)
    form = linear_form(number.trajectory if reduced is None else reduced)
    total = total.plus(LinearForm(form.constant, {}))
    for term, coefficient in form.terms.items():
        if isinstance(term, stack.Apply) and term.function == "*":
            constants = tuple(o for o in term.operands if _irrational(o))
            others = tuple(o for o in term.operands if not _irrational(o))
            if constants and len(others) == 1:
                mean = replace(number, trajectory=others[0])
                product = replace(term, operands=(*constants, mean))
                total = total.plus(LinearForm(_ZERO, {product: coefficient}))
                continue
        if _irrational(term):
            total = total.plus(LinearForm(_ZERO, {term: coefficient}))
            continue
        mean = replace(number, trajectory=term)
        total = total.plus(LinearForm(_ZERO, {mean: coefficient}))
    return _merge(total).number()


def _irrational(number: Number) -> bool:
    from specc.objective.walk import is_constant

    return is_constant(number)
