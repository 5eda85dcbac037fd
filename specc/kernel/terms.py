"""The language of specs: a table of forms, and the one decoder that reads them.

A term is an object ``{"kind": KIND, FIELD: .., ..}``. Each *sort* has its kinds:

    value      a number of a policy               condition  a truth value of a policy
    trajectory a number of one trajectory         event      a truth value of one trajectory
    signal     a number of a transition, which may read a machine or the policy at the state left
    reward     a number of a transition (s, a, s') alone
    guard      a truth value of a transition      formula    LTL over guards
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from .decode import Json, array, integer, mapping, rational, record, text
from .errors import Malformed
from .limits import LIMITS

__all__ = ["FORMS", "Term", "read_term", "walk"]

Form = tuple[tuple[str, str], ...]  # (field, what it holds); "SORT+" is a list of one or more


@dataclass(frozen=True, slots=True)
class Term:
    """A kind and its fields, in the order of the table: terms, tuples of them, and atoms."""

    kind: str
    fields: tuple[Any, ...]


def _arithmetic(sort: str, test: str) -> dict[str, Form]:
    many: Form = (("operands", sort + "+"),)
    two: Form = (("left", sort), ("right", sort))
    return {
        "constant": (("value", "rational"),),
        "+": many,
        "*": many,
        "min": many,
        "max": many,
        "-": two,
        "/": two,
        "power": (("base", sort), ("exponent", "exponent")),
        "abs": (("operand", sort),),
        "if": (("condition", test), ("then", sort), ("else", sort)),
    }


def _logic(sort: str, numbers: str) -> dict[str, Form]:
    return {
        "true": (),
        "false": (),
        "not": (("operand", sort),),
        "and": (("operands", sort + "+"),),
        "or": (("operands", sort + "+"),),
        "compare": (("operator", "operator"), ("left", numbers), ("right", numbers)),
    }


_TWO_FORMULAS: Form = (("left", "formula"), ("right", "formula"))
_REWARD: dict[str, Form] = {"reward": (("name", "reward name"),)}
_WITHIN: Form = (("formula", "formula"), ("letters", "letters"))
_NUMBER: Form = (("number", "trajectory"),)
_LEVEL: Form = (("level", "level"), *_NUMBER)

# Of a trajectory; of a policy, where they stand for their means.
_SUMS: dict[str, Form] = {
    "discounted": (("signal", "signal"), ("discount", "discount")),
    "average": (("signal", "signal"),),
    "total": (("signal", "signal"), ("horizon", "horizon")),
    "total forever": (("signal", "signal"),),
    "sup": (("signal", "signal"),),
    "inf": (("signal", "signal"),),
}

FORMS: dict[str, dict[str, Form]] = {
    "value": {
        **_arithmetic("value", "condition"),
        **_SUMS,
        "probability": (("formula", "formula"),),
        "probability within": _WITHIN,
        "mean": _NUMBER,
        "variance": _NUMBER,
        "quantile": _LEVEL,
        "cvar": _LEVEL,
        "policy": (("state", "state"), ("action", "action")),
    },
    "condition": _logic("condition", "value"),
    "trajectory": {
        **_arithmetic("trajectory", "event"),
        **_SUMS,
        "satisfied": (("formula", "formula"),),
        "satisfied within": _WITHIN,
    },
    "event": _logic("event", "trajectory"),
    "signal": {
        **_arithmetic("signal", "guard"),
        **_REWARD,
        "machine": (("name", "machine name"),),
        "entropy": (),
        "tsallis": (("order", "tsallis order"),),
        "kl": (("reference", "reference name"),),
    },
    "reward": {**_arithmetic("reward", "guard"), **_REWARD},
    "guard": {
        **_logic("guard", "reward"),
        "label": (("name", "label name"),),
        "at": (("state", "state"),),
        "action": (("action", "action"),),
        "from": (("operand", "guard"),),
    },
    "formula": {
        "true": (),
        "false": (),
        "atom": (("guard", "guard"),),
        "and": (("operands", "formula+"),),
        "or": (("operands", "formula+"),),
        **dict.fromkeys(("not", "X", "F", "G"), (("operand", "formula"),)),
        **dict.fromkeys(("->", "<->", "xor", "U", "R", "W", "M"), _TWO_FORMULAS),
    },
}

OPERATORS = ("<", "<=", "=", "!=", ">=", ">")

Names = Mapping[str, Set[str]]
"""What may be named: by "state", "action", "label name", ..."""


def read_term(sort: str, value: Json, names: Names, where: str) -> Term:
    """The checked term; Malformed says where it is none."""
    kind = text(mapping(value, where).get("kind"), f"{where}.kind")
    form = FORMS[sort].get(kind)
    if form is None:
        raise Malformed(f"{where}: {kind[:40]!r} is not a {sort}")
    record(value, where, ("kind", *(field for field, _ in form)))
    return Term(
        kind, tuple(_field(held, value[field], names, f"{where}.{field}") for field, held in form)
    )


def walk(term: Term) -> list[Term]:
    """The term and all terms in it."""
    found = [term]
    for part in term.fields:
        for inner in part if isinstance(part, tuple) else (part,):
            if isinstance(inner, Term):
                found += walk(inner)
    return found


def _field(held: str, value: Json, names: Names, where: str) -> Any:
    if held.endswith("+"):
        items = array(value, where)
        if not items:
            raise Malformed(f"{where}: at least one was expected")
        return tuple(read_term(held[:-1], x, names, f"{where}[{i}]") for i, x in enumerate(items))
    if held in FORMS:
        return read_term(held, value, names, where)
    if held in names:
        if text(value, where) not in names[held]:
            raise Malformed(f"{where}: {value[:40]!r} is not a known {held}")
        return value
    if held == "rational":
        return rational(value, where)
    if held == "discount":
        discount = rational(value, where)
        if not 0 <= discount < 1:
            raise Malformed(f"{where}: a discount is at least 0 and below 1")
        return discount
    if held == "level":
        level = rational(value, where)
        if not 0 < level <= 1:
            raise Malformed(f"{where}: a level is above 0 and at most 1")
        return level
    if held == "operator":
        if value not in OPERATORS:
            raise Malformed(f"{where}: one of {' '.join(OPERATORS)} was expected")
        return value
    limit = "horizon" if held in ("horizon", "letters") else "exponent"
    least = {"exponent": 0, "horizon": 0, "letters": 1, "tsallis order": 2}[held]
    return integer(value, where, least, LIMITS[limit])
