"""Formulas: temporal structure over named atoms, each atom with its guard."""

from __future__ import annotations

import re

from specc.automata.formula import Atom, Connective, Formula, Truth
from specc.objective import stack
from specc.resolve.constants import integer
from specc.resolve.scope import Scope
from specc.resolve.signals import COMPARISONS, TEMPORAL, label, refuse_memory, transition_guard
from specc.source import Span
from specc.syntax import tree
from specc.syntax.show import show

__all__ = ["plain_formula", "satisfaction"]

_SPLIT = re.compile(r"([FGX]+)(.+)")
_BOOLEAN = frozenset(["not", "and", "or", "xor", "->", "<->"])


def satisfaction(scope: Scope, expression: tree.Expression) -> stack.Number:
    """The trajectory number that is 1 where the formula (or the automaton) holds."""
    span = expression.span
    if isinstance(expression, tree.Name) and not expression.quoted:
        meaning = scope.declared(expression.name, span)
        if isinstance(meaning, stack.AutomatonSatisfaction):
            return meaning
    if isinstance(expression, tree.Call) and expression.function == "LTLf":
        return finite_satisfaction(scope, expression)
    atoms: dict[str, stack.Guard] = {}
    formula = _formula(scope, expression, atoms)
    return stack.Satisfaction(formula, tuple(atoms.items()), span=span)


def finite_satisfaction(scope: Scope, expression: tree.Call) -> stack.Number:
    """``LTLf[n](phi)``: the first n letters satisfy phi."""
    if len(expression.positional) != 2:
        scope.fail("E304", "`LTLf[n](formula)` takes a number of letters", expression.span)
    letters, body = expression.positional
    count = integer(scope, letters, "the number of letters of `LTLf`", most=10_000)
    if count < 1:
        scope.fail("E302", "`LTLf[n]` reads at least one letter", letters.span)
    atoms: dict[str, stack.Guard] = {}
    formula = _formula(scope, body, atoms)
    return stack.Satisfaction(formula, tuple(atoms.items()), count, span=expression.span)


def plain_formula(expression: tree.Expression) -> Formula:
    """A formula outside any file: every word is an atom, ``GFa`` splits as Spot prints it."""

    def atom(node: tree.Expression) -> Formula:
        if isinstance(node, tree.Name) and not node.quoted:
            return _split(node.name)
        return Atom(node.name if isinstance(node, tree.Name) else show(node))

    return _build(expression, atom)


def _split(name: str) -> Formula:
    match = _SPLIT.fullmatch(name)
    if match is None:
        return Atom(name)
    rest = match[2]
    inner: Formula = Truth(rest == "1") if rest in {"0", "1"} else Atom(rest)
    for operator in reversed(match[1]):
        inner = Connective(operator, (inner,))
    return inner


def _build(expression: tree.Expression, atom: object) -> Formula:
    match expression:
        case tree.Boolean(value):
            return Truth(value)
        case tree.Operation(operator, operands) if operator in TEMPORAL | _BOOLEAN:
            return Connective(operator, tuple(_build(operand, atom) for operand in operands))
        case _:
            assert callable(atom)
            result: Formula = atom(expression)
            return result


def _formula(scope: Scope, expression: tree.Expression, atoms: dict[str, stack.Guard]) -> Formula:
    def atom(node: tree.Expression) -> Formula:
        span = node.span
        match node:
            case tree.Name(name, quoted):
                return _named(scope, name, quoted, span, atoms)
            case tree.At() | tree.From() | tree.ActionIs() | tree.InfoKey():
                return _add(atoms, show(node), transition_guard(scope, node))
            case tree.Operation(operator, _) if operator in COMPARISONS:
                return _add(atoms, show(node), transition_guard(scope, node))
            case tree.Indicator(condition):
                scope.fail(
                    "E306",
                    "`[...]` is a number; a formula takes the condition itself",
                    span,
                    help=f"write `({show(condition)})`",
                )
            case _:
                scope.fail(
                    "E306",
                    "expected a formula, found a number",
                    span,
                    help="`P[...]` and `sat(...)` take a formula, such as `F goal`",
                )

    return _build(expression, atom)


def _named(
    scope: Scope, name: str, quoted: bool, span: Span, atoms: dict[str, stack.Guard]
) -> Formula:
    scope.grow(1, span)
    known = name in scope.declarations or name in (scope.vocabulary.labels or ())
    match = None if quoted or known else _SPLIT.fullmatch(name)
    if match is not None:
        operators, rest = match[1], match[2]
        # Spot may print `GFFoo` for G F "Foo" only quoted; the longest declared tail wins.
        for cut in range(1, len(operators) + 1):
            tail = operators[cut:] + rest
            if tail in scope.declarations or tail in (scope.vocabulary.labels or ()):
                operators, rest = operators[:cut], tail
                break
        inner: Formula
        if rest in {"0", "1"}:
            inner = Truth(rest == "1")
        else:
            shifted = Span(span.start + len(operators), span.end)
            inner = _add(atoms, rest, _proposition(scope, rest, shifted))
        for operator in reversed(operators):
            inner = Connective(operator, (inner,))
        return inner
    meaning = scope.declared(name, span)
    if isinstance(meaning, stack.AutomatonSatisfaction):
        scope.fail("E306", f"the automaton `{name}` stands alone: `P[{name}]`", span)
    return _add(atoms, name, _proposition(scope, name, span))


def _proposition(scope: Scope, name: str, span: Span) -> stack.Guard:
    meaning = label(scope, name, span)
    refuse_memory(scope, meaning, span)
    return meaning


def _add(atoms: dict[str, stack.Guard], name: str, meaning: stack.Guard) -> Formula:
    match meaning:
        case stack.Truth(value):
            return Truth(value)
    # A quoted label may be spelt like a condition: `"at(s)"` and `at(s)` stay apart.
    while atoms.get(name, meaning) != meaning:
        name += "'"
    atoms[name] = meaning
    return Atom(name)
