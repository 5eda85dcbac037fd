"""Numbers that take two values: such a signal is a guard, such a trajectory number a formula."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

from specc.automata.formula import Connective, Formula, Truth
from specc.objective import guards, stack
from specc.objective.linear import LinearForm, linear_form
from specc.objective.stack import Number
from specc.objective.walk import leaves, rebuild

__all__ = ["as_event", "guard_text", "joined_meaning", "two_valued"]

_MOST_ATOMS = 8


def as_event(signal: Number) -> tuple[Fraction, Fraction, stack.Guard, str] | None:
    """(low, high, guard, name) where the signal is ``high`` on the guard and ``low`` elsewhere;
    None unless the text alone shows exactly two rational values."""
    if isinstance(signal, stack.Indicator):
        return Fraction(0), Fraction(1), signal.guard, guard_text(signal.guard)
    readable = stack.Constant | stack.Apply | stack.Indicator | stack.Choice
    if not all(isinstance(node, readable) for node in leaves(signal)):
        return None
    atoms = dict.fromkeys(atom for guard in _guards(signal) for atom in guards.atoms(guard))
    if len(atoms) > _MOST_ATOMS or any(isinstance(atom, stack.Comparison) for atom in atoms):
        return None
    values: dict[Fraction, list[stack.Guard]] = {}
    for chosen in product([False, True], repeat=len(atoms)):
        assignment = dict(zip(atoms, chosen, strict=True))
        value = _value(signal, assignment)
        if value is None:
            return None
        literals = tuple(a if held else stack.Negation(a) for a, held in assignment.items())
        values.setdefault(value, []).append(stack.AllOf(literals))
    if len(values) != 2:
        return None
    low, high = sorted(values)
    guard = guards.assign(stack.AnyOf(tuple(values[high])), {})
    return low, high, guard, guard_text(guard)


def _guards(signal: Number) -> list[stack.Guard]:
    return [n.guard for n in leaves(signal) if isinstance(n, stack.Indicator | stack.Choice)]


def _value(signal: Number, assignment: dict[stack.Guard, bool]) -> Fraction | None:
    match signal:
        case stack.Constant(value):
            return value
        case stack.Indicator(guard):
            folded = guards.assign(guard, assignment)
            return Fraction(int(folded.value)) if isinstance(folded, stack.Truth) else None
        case stack.Choice(guard, then, otherwise):
            folded = guards.assign(guard, assignment)
            if not isinstance(folded, stack.Truth):
                return None
            return _value(then if folded.value else otherwise, assignment)
        case stack.Apply(function, operands):
            values = [_value(operand, assignment) for operand in operands]
            known = [value for value in values if value is not None]
            return _apply(function, known) if len(known) == len(values) else None
        case _:
            return None


def _apply(function: str, values: list[Fraction]) -> Fraction | None:
    match function:
        case "+":
            return sum(values, Fraction(0))
        case "*":
            result = Fraction(1)
            for value in values:
                result *= value
            return result
        case "/":
            return values[0] / values[1] if values[1] else None
        case "**":
            whole = values[1].denominator == 1 and 0 <= values[1] <= 64
            return values[0] ** int(values[1]) if whole else None
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "abs":
            return abs(values[0])
        case _:
            return None


def two_valued(trajectory: Number, simplify: Callable[[Number], Number]) -> Number | None:
    """``low + (high - low) * sat(formula)`` where the number is a function of the verdicts of
    formulas that takes exactly two values, the value itself where it takes one; None where the
    text does not show that.

    Linear functions of one verdict are left alone: they have this form already.
    """
    events = list(
        dict.fromkeys(
            node
            for node in leaves(trajectory)
            if isinstance(node, stack.Satisfaction) and node.horizon is None
        )
    )
    allowed = stack.Constant | stack.Apply | stack.Choice | stack.Indicator | stack.Satisfaction
    nodes = list(leaves(trajectory))
    # LTLf verdicts stay: the conjunction of two finite-word formulas is another matter.
    finite = any(isinstance(n, stack.Satisfaction) and n.horizon is not None for n in nodes)
    if not events or len(events) > 6 or finite or not all(isinstance(n, allowed) for n in nodes):
        return None
    meaning = joined_meaning(events)
    if meaning is None:
        return None
    if len(events) == 1 and set(linear_form(trajectory).terms) <= set(events):
        return None
    values: dict[Number, list[Formula]] = {}
    for chosen in product([False, True], repeat=len(events)):
        verdicts = dict(zip(events, chosen, strict=True))
        value = simplify(_substitute(trajectory, verdicts))
        values.setdefault(value, []).append(_conjunction(verdicts))
    if len(values) == 1:
        return next(iter(values))
    if len(values) != 2 or not _distinct(*values):
        return None
    low, high = _ordered(*values)
    formulas = values[high]
    formula = formulas[0] if len(formulas) == 1 else Connective("or", tuple(formulas))
    satisfied = simplify(stack.Satisfaction(formula, tuple(meaning.items()), span=trajectory.span))
    difference = linear_form(high).plus(linear_form(low).scaled(Fraction(-1)))
    if not difference.terms:
        form = linear_form(satisfied).scaled(difference.constant)
        return linear_form(low).plus(form).number()
    step = difference.number()
    scaled = stack.Apply("*", (step, satisfied), span=trajectory.span)
    return linear_form(low).plus(LinearForm(Fraction(0), {scaled: Fraction(1)})).number()


def joined_meaning(events: list[stack.Satisfaction]) -> dict[str, stack.Guard] | None:
    """What the atoms of several formulas stand for; None where one name means two things."""
    meaning: dict[str, stack.Guard] = {}
    for event in events:
        for name, guard in event.meaning:
            if meaning.setdefault(name, guard) != guard:
                return None
    return meaning


def _substitute(number: Number, verdicts: dict[stack.Satisfaction, bool]) -> Number:
    if isinstance(number, stack.Satisfaction):
        return stack.Constant(Fraction(int(verdicts[number])), span=number.span)
    return rebuild(number, lambda inner: _substitute(inner, verdicts))


def _conjunction(verdicts: dict[stack.Satisfaction, bool]) -> Formula:
    literals: list[Formula] = [
        event.formula if held else Connective("not", (event.formula,))
        for event, held in verdicts.items()
    ]
    if not literals:
        return Truth(True)
    return literals[0] if len(literals) == 1 else Connective("and", tuple(literals))


def _distinct(left: Number, right: Number) -> bool:
    """Certified by disjoint ranges: equal irrational constants may look different."""
    from specc.objective.ranges import range_of

    a, b = range_of(left), range_of(right)
    return a.defined and b.defined and (a.high < b.low or b.high < a.low)


def _ordered(left: Number, right: Number) -> tuple[Number, Number]:
    from specc.objective.ranges import range_of

    return (left, right) if range_of(left).low < range_of(right).low else (right, left)


def guard_text(guard: stack.Guard) -> str:
    """A guard as text: the name of an atom that stands for it."""
    match guard:
        case stack.Truth(value):
            return "true" if value else "false"
        case stack.LabelIs(name):
            return name
        case stack.Here(state):
            return f"at({state})"
        case stack.Action(name):
            return f"action = {name}"
        case stack.Info(key):
            return f"info.{key}"
        case stack.Before(part):
            return f"from({guard_text(part)})"
        case stack.Negation(part):
            return f"!{guard_text(part)}"
        case stack.AllOf(parts):
            return "(" + " & ".join(guard_text(part) for part in parts) + ")"
        case stack.AnyOf(parts):
            return "(" + " | ".join(guard_text(part) for part in parts) + ")"
        case stack.Comparison(operator, left, right):
            return f"{_number_text(left)} {operator} {_number_text(right)}"


def _number_text(number: Number) -> str:
    match number:
        case stack.Constant(value):
            return str(value)
        case stack.Observation(index):
            return f"obs[{index}]"
        case stack.Native(name):
            return f'native("{name}")' if name else "native"
        case stack.Indicator(guard):
            return f"[{guard_text(guard)}]"
        case _:
            return repr(number)
