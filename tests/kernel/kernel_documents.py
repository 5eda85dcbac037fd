"""Shorthand for the JSON of statements and certificates."""

from __future__ import annotations

import json
from typing import Any

Json = Any


def num(value: int | str) -> Json:
    return {"kind": "constant", "value": str(value)}


def plus(*operands: Json) -> Json:
    return {"kind": "+", "operands": list(operands)}


def times(*operands: Json) -> Json:
    return {"kind": "*", "operands": list(operands)}


def minus(left: Json, right: Json) -> Json:
    return {"kind": "-", "left": left, "right": right}


def over(left: Json, right: Json) -> Json:
    return {"kind": "/", "left": left, "right": right}


def power(base: Json, exponent: int) -> Json:
    return {"kind": "power", "base": base, "exponent": exponent}


def chosen(condition: Json, then: Json, otherwise: Json) -> Json:
    return {"kind": "if", "condition": condition, "then": then, "else": otherwise}


def at_least(left: Json, right: Json) -> Json:
    return {"kind": "compare", "operator": ">=", "left": left, "right": right}


def both(*operands: Json) -> Json:
    return {"kind": "and", "operands": list(operands)}


def either(*operands: Json) -> Json:
    return {"kind": "or", "operands": list(operands)}


def no(operand: Json) -> Json:
    return {"kind": "not", "operand": operand}


def label(name: str) -> Json:
    return {"kind": "label", "name": name}


def action(name: str) -> Json:
    return {"kind": "action", "action": name}


def left_state(name: str) -> Json:
    return {"kind": "from", "operand": {"kind": "at", "state": name}}


def indicator(guard: Json) -> Json:
    return chosen(guard, num(1), num(0))


def taken(state: str, name: str) -> Json:
    """1 when the action is taken in the state."""
    return indicator(both(left_state(state), action(name)))


def discounted(signal: Json, discount: str = "1/2") -> Json:
    return {"kind": "discounted", "signal": signal, "discount": discount}


def average(signal: Json) -> Json:
    return {"kind": "average", "signal": signal}


def probability(formula: Json) -> Json:
    return {"kind": "probability", "formula": formula}


def atom(guard: Json) -> Json:
    return {"kind": "atom", "guard": guard}


def unary(kind: str, operand: Json) -> Json:
    return {"kind": kind, "operand": operand}


def binary(kind: str, left: Json, right: Json) -> Json:
    return {"kind": kind, "left": left, "right": right}


TSALLIS = {"kind": "tsallis", "order": 2}
ENTROPY = {"kind": "entropy"}


def machine(name: str) -> Json:
    return {"kind": "machine", "name": name}


def scalar(number: Json) -> Json:
    return {"kind": "scalar", "number": number}


def lexicographic(*numbers: Json) -> Json:
    return {"kind": "lexicographic", "numbers": list(numbers)}


def environment(states: dict[str, dict[str, Json]], initial: str, **labels: list[str]) -> Json:
    """States with one successor (a name) or a distribution per action; labels on states."""
    return {
        "states": {
            s: {a: {to: "1"} if isinstance(to, str) else to for a, to in row.items()}
            for s, row in states.items()
        },
        "initial": {initial: "1"},
        "labels": {name: {"states": members} for name, members in labels.items()},
    }


def statement(where: Json, order: Json, formalism: str, **more: Json) -> Json:
    return {
        "format": "specc-statement-1",
        "environment": where,
        "spec": {"order": order, **more},
        "formalism": formalism,
    }


def certificate(kind: str, **fields: Json) -> Json:
    return {"format": "specc-certificate-1", "kind": kind, **fields}


def pick(**actions: str) -> Json:
    """A deterministic policy."""
    return {state: {a: "1"} for state, a in actions.items()}


def mix(state: str, **chances: str | list[str]) -> Json:
    return {state: chances}


def above(better: int, worse: int) -> Json:
    return {"better": better, "worse": worse, "strict": True}


def tied(better: int, worse: int) -> Json:
    return {"better": better, "worse": worse, "strict": False}


def whole(*multipliers: Json) -> list[Json]:
    """One tile with these multipliers."""
    return [{"from": "0", "to": "1", "multipliers": list(multipliers)}]


ONE = [["1", 0, 0]]


def data(value: Json) -> bytes:
    return json.dumps(value).encode()
