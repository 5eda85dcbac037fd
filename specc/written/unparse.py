"""From a resolved objective to the syntax tree that says it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import assert_never

from specc.automata import formula as ltl
from specc.objective import stack
from specc.syntax import tree
from specc.syntax.show import show

__all__ = ["expression", "guard_tree", "number_tree", "objective_tree"]


def expression(objective: stack.Objective) -> str:
    """The objective as the right-hand side of a spec; reading it gives an equal objective.

    Machines and reference policies are named, not written out: their declarations must stand in
    the same file (see :mod:`specc.written.file`). Propositions and rewards of the file it came
    from are written out.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("reward r = 2 * [goal] - 1  spec x = E[discounted(r, 0.9)] ** 2")
    >>> expression(file["x"].objective)
    'E[discounted(2 * [goal] - 1, 0.9)]**2'
    """
    return show(objective_tree(objective))


def objective_tree(objective: stack.Objective) -> tree.Expression:
    """The same as a syntax tree."""
    match objective:
        case stack.Scalar(number):
            return number_tree(number)
        case stack.Lexicographic(numbers):
            return tree.Call("lexicographic", tuple(map(number_tree, numbers)))
        case stack.Constrained(number, constraints):
            sides = [
                tree.Operation(c.operator, (number_tree(c.left), number_tree(c.right)))
                for c in constraints
            ]
            return tree.Constrained(number_tree(number), tuple(sides))
        case _:
            assert_never(objective)


def number_tree(number: stack.Number) -> tree.Expression:
    """A number of any layer."""
    match number:
        case stack.Constant(value):
            return constant_tree(value)
        case stack.Apply(function, operands):
            return _application(function, [number_tree(part) for part in operands])
        case stack.Indicator(guard):
            return tree.Indicator(guard_tree(guard))
        case stack.Choice(guard, then, otherwise):
            return tree.Conditional(guard_tree(guard), number_tree(then), number_tree(otherwise))
        case stack.Native(name):
            return tree.Call("native", (tree.Name(name, quoted=True),)) if name else (
                tree.Name("native"))  # fmt: skip
        case stack.Observation(index):
            return tree.Observation(index)
        case stack.MachineOutput(machine):
            return tree.Name(machine.name)
        case stack.PolicyTerm(kind, order, reference):
            return _policy_term(kind, order, reference)
        case stack.PolicyProbability(action, state):
            return tree.PolicyProbability(action, state)
        case stack.Expectation() | stack.Quantile() | stack.ConditionalValueAtRisk():
            return _lottery(number)
        case stack.Variance(trajectory):
            return tree.Call("variance", (number_tree(trajectory),))
        case _:
            return _trajectory(number)


def guard_tree(guard: stack.Guard) -> tree.Expression:
    """A truth value of a transition, or of comparisons in an upper layer."""
    match guard:
        case stack.Truth(value):
            return tree.Boolean(value)
        case stack.LabelIs(name):
            return tree.Name(name)
        case stack.Here(state):
            return tree.At(state)
        case stack.Action(name):
            return tree.ActionIs(name)
        case stack.Info(key):
            return tree.InfoKey(key)
        case stack.Before(inner):
            return tree.From(guard_tree(inner))
        case stack.Comparison(operator, left, right):
            return tree.Operation(operator, (number_tree(left), number_tree(right)))
        case stack.Negation(inner):
            return tree.Operation("not", (guard_tree(inner),))
        case stack.AllOf(guards):
            return _joined("and", [guard_tree(part) for part in guards], empty=True)
        case stack.AnyOf(guards):
            return _joined("or", [guard_tree(part) for part in guards], empty=False)
        case _:
            assert_never(guard)


def constant_tree(value: Fraction) -> tree.Expression:
    """A rational; a negative one as a sign before a number."""
    if value < 0:
        return tree.Operation("neg", (tree.Number(-value),))
    return tree.Number(value)


def _application(function: str, operands: list[tree.Expression]) -> tree.Expression:
    if function not in {"+", "*", "/", "**"}:
        return tree.Call(function, tuple(operands))
    if function in {"+", "*"} and len(operands) == 1:
        return operands[0]
    return tree.Operation(function, tuple(operands))


def _joined(operator: str, parts: list[tree.Expression], *, empty: bool) -> tree.Expression:
    if not parts:
        return tree.Boolean(empty)
    return parts[0] if len(parts) == 1 else tree.Operation(operator, tuple(parts))


def _policy_term(kind: str, order: Fraction | None, reference: str | None) -> tree.Expression:
    match kind:
        case "entropy":
            return tree.Name("entropy")
        case "tsallis":
            assert order is not None
            return tree.Call("tsallis", (constant_tree(order),))
        case _:
            return tree.Call("kl", (tree.Name(reference or "uniform"),))


def _lottery(
    number: stack.Expectation | stack.Quantile | stack.ConditionalValueAtRisk,
) -> tree.Expression:
    match number:
        case stack.Expectation(stack.Satisfaction(formula, meaning, None)):
            return tree.Call("P", (_formula(formula, dict(meaning)),))
        case stack.Expectation(stack.AutomatonSatisfaction(name)):
            return tree.Call("P", (tree.Name(name),))
        case stack.Expectation(trajectory):
            return tree.Call("E", (number_tree(trajectory),))
        case stack.Quantile(level, trajectory):
            return tree.Call("quantile", (constant_tree(level), number_tree(trajectory)))
        case stack.ConditionalValueAtRisk(level, trajectory):
            return tree.Call("cvar", (constant_tree(level), number_tree(trajectory)))


def _trajectory(
    number: stack.Discounted
    | stack.Average
    | stack.Total
    | stack.Extremum
    | stack.Satisfaction
    | stack.AutomatonSatisfaction
    | stack.SetFunction,
) -> tree.Expression:
    match number:
        case stack.Discounted(signal, discount):
            return tree.Call("discounted", (number_tree(signal), constant_tree(discount)))
        case stack.Average(signal):
            return tree.Call("average", (number_tree(signal),))
        case stack.Total(signal, horizon):
            return tree.Call("total", (number_tree(signal),), _horizon(horizon))
        case stack.Extremum(kind, signal):
            return tree.Call(kind, (number_tree(signal),))
        case stack.Satisfaction(formula, meaning, letters):
            body = _formula(formula, dict(meaning))
            if letters is None:
                return tree.Call("sat", (body,))
            return tree.Call("LTLf", (tree.Number(Fraction(letters)), body))
        case stack.AutomatonSatisfaction(name):
            return tree.Call("sat", (tree.Name(name),))
        case stack.SetFunction():
            return _set_function(number)
        case _:
            assert_never(number)


def _set_function(number: stack.SetFunction) -> tree.Expression:
    positional: tuple[tree.Expression, ...] = ()
    keyword = _horizon(number.horizon)
    if number.guard is not None:
        positional = (guard_tree(number.guard),)
    if number.weight is not None:
        positional = (number_tree(number.weight),)
    if number.radius:
        keyword += (("radius", tree.Number(Fraction(number.radius))),)
    if number.log_det is not None:
        length = tree.Call("rbf", (constant_tree(number.log_det.length),))
        noise = constant_tree(number.log_det.noise)
        keyword = (("kernel", length), ("noise", noise), *keyword)
    return tree.Call(number.kind, positional, keyword)


def _horizon(horizon: int | None) -> tuple[tuple[str, tree.Expression], ...]:
    return () if horizon is None else (("horizon", tree.Number(Fraction(horizon))),)


def _formula(formula: ltl.Formula, meaning: dict[str, stack.Guard]) -> tree.Expression:
    return _formula_with(formula, lambda name: guard_tree(meaning[name]))


def _formula_with(formula: ltl.Formula, atom: Callable[[str], tree.Expression]) -> tree.Expression:
    match formula:
        case ltl.Truth(value):
            return tree.Boolean(value)
        case ltl.Atom(name):
            return atom(name)
        case ltl.Connective(operator, operands):
            return tree.Operation(operator, tuple(_formula_with(o, atom) for o in operands))
        case _:
            assert_never(formula)
