"""LTL formulas over named atoms, and their text in the form that Spot reads.

What an atom means (a label, an action, a comparison) is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Atom", "Connective", "Formula", "Truth", "atoms", "conjunction", "negation", "show"]


@dataclass(frozen=True, slots=True)
class Truth:
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """A named proposition; any text may be a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Connective:
    """``not and or xor -> <->`` and ``F G X U W R M`` on their operands.

    ``and`` and ``or`` take two or more operands, ``not F G X`` one, the others two.
    """

    operator: str
    operands: tuple[Formula, ...]


Formula = Truth | Atom | Connective

_SYMBOLS = {"and": "&", "or": "|", "not": "!"}


def negation(formula: Formula) -> Formula:
    """The negated formula; a double negation and a negated constant are simplified.

    >>> show(negation(Connective("not", (Atom("a"),))))
    '"a"'
    """
    if isinstance(formula, Truth):
        return Truth(not formula.value)
    if isinstance(formula, Connective) and formula.operator == "not":
        return formula.operands[0]
    return Connective("not", (formula,))


def conjunction(formulas: tuple[Formula, ...]) -> Formula:
    """All of them; ``true`` for none."""
    if not formulas:
        return Truth(True)
    return formulas[0] if len(formulas) == 1 else Connective("and", formulas)


def atoms(formula: Formula) -> tuple[str, ...]:
    """The names of the atoms, each once, in order of first appearance."""
    found: dict[str, None] = {}
    pending = [formula]
    while pending:
        node = pending.pop()
        if isinstance(node, Atom):
            found[node.name] = None
        elif isinstance(node, Connective):
            pending.extend(reversed(node.operands))
    return tuple(found)


def show(formula: Formula) -> str:
    """The formula, fully bracketed, atoms quoted: Spot and our own parser read it back.

    >>> show(Connective("U", (Atom("a"), Connective("G", (Atom("F"),)))))
    '("a" U G "F")'
    """
    if isinstance(formula, Truth):
        return "1" if formula.value else "0"
    if isinstance(formula, Atom):
        escaped = formula.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    symbol = _SYMBOLS.get(formula.operator, formula.operator)
    if len(formula.operands) == 1:
        return f"{symbol} {show(formula.operands[0])}"
    return "(" + f" {symbol} ".join(show(operand) for operand in formula.operands) + ")"
