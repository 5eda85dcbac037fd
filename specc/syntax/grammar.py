"""Parsers for the notations: tables in grammars/, made by :mod:`specc.syntax.grammar_tables`."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from specc.syntax.scan import Token

__all__ = ["Unexpected", "run"]

_ENVIRONMENT_STARTS = ("external", "grid_entry", "mdp_entry")


class Unexpected(Exception):
    """A token stands where the grammar has no place for it; ``expected`` names terminals."""

    def __init__(self, index: int, token: Token, expected: frozenset[str]) -> None:
        super().__init__(token.text)
        self.index = index
        self.token = token
        self.expected = expected


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """See :func:`specc.syntax.grammar_tables.tables`; without ``call`` it makes a list, which is
    spliced into the children of another rule."""

    name: str
    length: int
    call: Callable[[list[Any]], Any] | None
    single: bool
    kept: list[tuple[int, bool, int]]
    absent: int

    def apply(self, values: list[Any]) -> Any:
        """What the rule makes of its parts."""
        children: list[Any] = []
        for place, spliced, absent in self.kept:
            children.extend([None] * absent)
            if spliced:
                children.extend(values[place])
            else:
                children.append(values[place])
        children.extend([None] * self.absent)
        if self.single and len(children) == 1:
            return children[0]
        return children if self.call is None else self.call(children)


@dataclass(frozen=True, slots=True, eq=False)
class _Parser:
    """An LALR(1) automaton (DeRemer and Pennello 1982)."""

    starts: dict[str, tuple[int, int]]
    rules: list[_Rule]
    states: list[dict[str, int]]


@cache
def _parser(environments: bool) -> _Parser:
    from specc.syntax.build import Builder
    from specc.syntax.build_environment import EnvironmentBuilder

    name = "environments" if environments else "main"
    # A tenth of what importing importlib.resources takes.
    text = pkgutil.get_data("specc.grammars", f"{name}.json")
    assert text is not None
    found = json.loads(text)
    builder = EnvironmentBuilder() if environments else Builder()
    rules = [
        _Rule(name, length, getattr(builder, callback, None), single, kept, absent)
        for name, length, callback, single, kept, absent in found["rules"]
    ]
    return _Parser(found["starts"], rules, found["states"])


def run(start: str, tokens: list[Token], end: int) -> Any:
    """What the start rule's callback makes of the tokens; ``end`` is where the text stops.

    Raises :class:`Unexpected` at the first token out of place, and what callbacks raise.
    """
    parser = _parser(start in _ENVIRONMENT_STARTS)
    first, final = parser.starts[start]
    held, values = [first], []
    for index, token in enumerate([*tokens, Token("$END", "", end, end)]):
        while held[-1] != final:
            action = parser.states[held[-1]].get(token.type)
            if action is None:
                expected = frozenset(filter(str.isupper, parser.states[held[-1]]))
                raise Unexpected(index, token, expected)
            if action >= 0:
                held.append(action)
                values.append(token)
                break
            rule = parser.rules[-1 - action]
            split = len(values) - rule.length
            value = rule.apply(values[split:])
            del values[split:], held[split + 1 :]
            values.append(value)
            held.append(parser.states[held[-1]][rule.name])
    return values[-1]
