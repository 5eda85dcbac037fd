"""Print an expression back with the fewest brackets that parse to the same tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from specc.syntax import tree
from specc.syntax.mark import RESERVED, TEMPORAL_WORDS

__all__ = ["show", "show_name", "show_number", "show_quoted", "show_value"]

# How tightly forms bind, loosest first; an operand is bracketed where it binds less than its
# place wants.
_LOOSEST, _IMPLIES, _OR, _XOR, _AND, _UNTIL, _PREFIX, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER = (
    range(12)
)
_OPERAND = 12

_COMPARISONS = ("<", "<=", ">", ">=", "=", "!=")
_WORD = re.compile(r"[^\W\d]\w*")
_LOOKS_LIKE_KEYWORD = re.compile(r"(?!action )[^\W\d]\w* = ")
_NEVER_BARE = RESERVED | {"maximise", "maximize", "subject"}
_MAXIMUM_EXPONENT = 400
_PLAIN_DIGITS = 15


def show(expression: tree.Expression, formula: bool = False) -> str:
    """The expression as text; parsing the text gives an equal tree.

    ``formula`` says that the text will stand inside a formula, where names such as ``F`` or
    ``until`` need quotes: use it for what goes to ``parse_formula``.

    >>> a, b = tree.Name("a"), tree.Name("b")
    >>> show(tree.Operation("*", (tree.Operation("+", (a, b)), a)))
    '(a + b) * a'
    """
    return _Printer(formula).at_least(expression, _LOOSEST)


def show_quoted(text: str) -> str:
    """The text in quotes, escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def show_value(text: str) -> str:
    """A state or an action: bare where it is a word or an integer, else quoted."""
    is_bare = _WORD.fullmatch(text) or (text.isascii() and text.isdigit())
    return text if is_bare else show_quoted(text)


def show_name(text: str) -> str:
    """The name of a proposition outside formulas: bare where it is a word that may be a name."""
    is_bare = _WORD.fullmatch(text) and text not in _NEVER_BARE
    return text if is_bare else show_quoted(text)


def show_number(value: Fraction) -> str:
    """An exact number: a decimal literal where it has one, else ``p/q``."""
    if value < 0:
        return "-" + show_number(-value)
    places = _decimal_places(value.denominator)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    digits = str(value.numerator * 10**places // value.denominator)
    exponent = 0
    if places > _PLAIN_DIGITS:
        exponent = min(places, _MAXIMUM_EXPONENT)
    elif len(digits) > _PLAIN_DIGITS and places == 0:
        exponent = -min(len(digits) - len(digits.rstrip("0")), _MAXIMUM_EXPONENT)
        digits = digits[:exponent] if exponent else digits
    places = max(0, places - max(exponent, 0))
    if places:
        digits = digits.rjust(places + 1, "0")
        digits = f"{digits[:-places]}.{digits[-places:]}"
    return f"{digits}e{-exponent}" if exponent else digits


def _decimal_places(denominator: int) -> int | None:
    """How many decimals a fraction with this denominator needs; None if they never end."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    return max(twos, fives) if denominator == 1 else None


class _Printer:
    def __init__(self, formula: bool) -> None:
        self.formula = formula

    def at_least(self, node: tree.Expression, wanted: int) -> str:
        """The node, in brackets if it binds less than ``wanted``."""
        text, strength = self._bare(node)
        return text if strength >= wanted else f"({text})"

    def _inside(self, node: tree.Expression, formula: bool) -> str:
        return _Printer(formula).at_least(node, _LOOSEST)

    def _bare(self, node: tree.Expression) -> tuple[str, int]:
        """The node without brackets, and how tightly it binds."""
        match node:
            case tree.Name():
                return self._name(node), _OPERAND
            case tree.Number(value=value):
                return show_number(value), _number_strength(value)
            case tree.Boolean(value=value):
                return ("true" if value else "false"), _OPERAND
            case tree.Operation():
                return self._operation(node)
            case tree.Call():
                return self._call(node), _OPERAND
            case tree.Indicator(condition=condition):
                return f"[{self._inside(condition, False)}]", _OPERAND
            case tree.Conditional(condition=condition, then=then, otherwise=otherwise):
                parts = [self.at_least(part, _LOOSEST) for part in (condition, then, otherwise)]
                return "if {} then {} else {}".format(*parts), _LOOSEST
            case tree.Constrained(objective=objective, constraints=constraints):
                limits = ", ".join(self.at_least(limit, _COMPARE) for limit in constraints)
                return (
                    f"maximise {self.at_least(objective, _LOOSEST)} subject to {limits}",
                    _LOOSEST,
                )
            case tree.From(operand=operand):
                return f"from({self._inside(operand, False)})", _OPERAND
            case tree.ActionIs(action=action, negated=negated):
                return f"action {'!=' if negated else '='} {show_value(action)}", _OPERAND
            case tree.At() | tree.Observation() | tree.InfoKey() | tree.PolicyProbability():
                return _leaf(node), _OPERAND
            case _:
                assert_never(node)

    def _name(self, node: tree.Name) -> str:
        operators = self.formula and (not node.name.strip("FGX") or node.name in TEMPORAL_WORDS)
        return show_quoted(node.name) if node.quoted or operators else show_name(node.name)

    def _operation(self, node: tree.Operation) -> tuple[str, int]:
        operator, operands = node.operator, node.operands
        match operator:
            case "+":
                return self._sum(operands), _SUM
            case "*" | "/":
                first = _PRODUCT if self._leads_product(operator, operands[0]) else _SIGN
                texts = [self.at_least(operands[0], first)]
                texts.extend(self.at_least(operand, _SIGN) for operand in operands[1:])
                return (f" {operator} " if operator == "*" else operator).join(texts), _PRODUCT
            case "**":
                base, exponent = operands
                return f"{self.at_least(base, _OPERAND)}**{self.at_least(exponent, _SIGN)}", _POWER
            case "neg":
                return f"-{self.at_least(operands[0], _SIGN)}", _SIGN
            case "not":
                return f"!{self.at_least(operands[0], _PREFIX)}", _PREFIX
            case "F" | "G" | "X":
                return f"{operator} {self.at_least(operands[0], _PREFIX)}", _PREFIX
            case "and" | "or":
                sign, wanted, own = (
                    (" & ", _UNTIL, _AND) if operator == "and" else (" | ", _XOR, _OR)
                )
                return sign.join(self.at_least(operand, wanted) for operand in operands), own
            case _:
                return self._infix(operator, operands)

    def _infix(self, operator: str, operands: Sequence[tree.Expression]) -> tuple[str, int]:
        if operator in _COMPARISONS:
            left, right, own = _SUM, _SUM, _COMPARE
        elif operator == "xor":
            left, right, own = _XOR, _AND, _XOR
        elif operator in ("U", "W", "R", "M"):
            left, right, own = _PREFIX, _UNTIL, _UNTIL
        elif operator in ("->", "<->"):
            left, right, own = _OR, _IMPLIES, _IMPLIES
        else:
            raise ValueError(f"no such operator: {operator}")
        first, second = operands
        return f"{self.at_least(first, left)} {operator} {self.at_least(second, right)}", own

    def _leads_product(self, operator: str, first: tree.Expression) -> bool:
        """Whether the first factor is a product that this one goes on with, as in ``a/b * c``."""
        if isinstance(first, tree.Number):
            return first.value >= 0
        if not isinstance(first, tree.Operation):
            return False
        return first.operator == "/" or (operator == "/" and first.operator == "*")

    def _sum(self, operands: Sequence[tree.Expression]) -> str:
        texts = [self.at_least(operands[0], _PRODUCT)]
        for operand in operands[1:]:
            if isinstance(operand, tree.Operation) and operand.operator == "neg":
                texts.append(f" - {self.at_least(operand.operands[0], _PRODUCT)}")
            elif isinstance(operand, tree.Number) and operand.value < 0:
                texts.append(f" - {show_number(-operand.value)}")
            else:
                texts.append(f" + {self.at_least(operand, _PRODUCT)}")
        return "".join(texts)

    def _call(self, node: tree.Call) -> str:
        if node.function in ("E", "P") and len(node.positional) == 1 and not node.keyword:
            return f"{node.function}[{self._inside(node.positional[0], node.function == 'P')}]"
        if node.function == "LTLf" and len(node.positional) == 2 and not node.keyword:
            bound, body = node.positional
            return f"LTLf[{self._inside(bound, False)}]({self._inside(body, True)})"
        is_sat = node.function == "sat"
        arguments = []
        for argument in node.positional:
            text = self._inside(argument, is_sat)
            is_ambiguous = not is_sat and _LOOKS_LIKE_KEYWORD.match(text)
            arguments.append(f"({text})" if is_ambiguous else text)
        arguments.extend(f"{key}={self._inside(value, False)}" for key, value in node.keyword)
        return f"{node.function}({', '.join(arguments)})"


def _number_strength(value: Fraction) -> int:
    if value < 0:
        return _SIGN if "/" not in show_number(value) else _PRODUCT
    return _OPERAND if _decimal_places(value.denominator) is not None else _PRODUCT


def _leaf(
    node: tree.At | tree.Observation | tree.InfoKey | tree.PolicyProbability,
) -> str:
    match node:
        case tree.At(state=state):
            return f"at({show_value(state)})"
        case tree.Observation(index=index):
            return f"obs[{index}]"
        case tree.InfoKey(key=key):
            return f"info.{key}"
        case tree.PolicyProbability(action=action, state=state):
            return f"policy({show_value(action)} | {show_value(state)})"
        case _:
            assert_never(node)
