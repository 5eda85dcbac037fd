"""Acceptance conditions as text, in the syntax of HOA v1: ``Fin(0) & (Inf(1) | t)``."""

from __future__ import annotations

import re

from specc.automata.automaton import Acceptance, Combination, Fin, Inf, Verdict

__all__ = ["parse_acceptance", "show_acceptance"]

_TOKEN = re.compile(r"\s*(?:(Inf|Fin)\s*\(\s*(!?)\s*(\d{1,9})\s*\)|([tf])\b|([&|()]))")
_MAXIMUM_DEPTH = 200


def parse_acceptance(text: str) -> Acceptance:
    """Read a condition; ``&`` binds tighter than ``|``.

    :raises ValueError: malformed text, negated marks (``Inf(!0)``), or nesting that is too deep.

    >>> show_acceptance(parse_acceptance("Inf(0)&Inf(1) | Fin(2)"))
    '(Inf(0) & Inf(1)) | Fin(2)'
    """
    tokens: list[str | Inf | Fin | Verdict] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"unexpected {text[position:].strip()[:20]!r}")
        kind, negated, mark, verdict, symbol = match.groups()
        if negated:
            raise ValueError("negated acceptance sets such as `Inf(!0)` are not supported")
        if kind:
            tokens.append(Inf(int(mark)) if kind == "Inf" else Fin(int(mark)))
        else:
            tokens.append(Verdict(verdict == "t") if verdict else symbol)
        position = match.end()
    condition, end = _disjunction(tokens, 0, 0)
    if end != len(tokens):
        raise ValueError(f"unexpected {tokens[end]!r}")
    return condition


def show_acceptance(condition: Acceptance) -> str:
    """The condition as text that :func:`parse_acceptance` reads back."""
    match condition:
        case Inf(mark):
            return f"Inf({mark})"
        case Fin(mark):
            return f"Fin({mark})"
        case Verdict(value):
            return "t" if value else "f"
        case Combination(operator, operands):
            symbol = " & " if operator == "and" else " | "
            return symbol.join(
                f"({show_acceptance(operand)})"
                if isinstance(operand, Combination)
                else show_acceptance(operand)
                for operand in operands
            )


_Tokens = list[str | Inf | Fin | Verdict]


def _disjunction(tokens: _Tokens, start: int, depth: int) -> tuple[Acceptance, int]:
    operand, position = _conjunction(tokens, start, depth)
    operands = [operand]
    while position < len(tokens) and tokens[position] == "|":
        operand, position = _conjunction(tokens, position + 1, depth)
        operands.append(operand)
    return _joined("or", operands), position


def _conjunction(tokens: _Tokens, start: int, depth: int) -> tuple[Acceptance, int]:
    operand, position = _operand(tokens, start, depth)
    operands = [operand]
    while position < len(tokens) and tokens[position] == "&":
        operand, position = _operand(tokens, position + 1, depth)
        operands.append(operand)
    return _joined("and", operands), position


def _operand(tokens: _Tokens, start: int, depth: int) -> tuple[Acceptance, int]:
    if start == len(tokens):
        raise ValueError("the condition ends too early")
    if depth > _MAXIMUM_DEPTH:
        raise ValueError("the condition is nested too deeply")
    token = tokens[start]
    if not isinstance(token, str):
        return token, start + 1
    if token != "(":
        raise ValueError(f"unexpected {token!r}")
    condition, position = _disjunction(tokens, start + 1, depth + 1)
    if position == len(tokens) or tokens[position] != ")":
        raise ValueError("a closing bracket is missing")
    return condition, position + 1


def _joined(operator: str, operands: list[Acceptance]) -> Acceptance:
    if len(operands) == 1:
        return operands[0]
    flat: list[Acceptance] = []
    for operand in operands:
        if isinstance(operand, Combination) and operand.operator == operator:
            flat.extend(operand.operands)
        else:
            flat.append(operand)
    return Combination(operator, tuple(flat))
