"""Lark parsers for the notations, made from the files in grammars/ when first needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from specc.syntax.scan import Token

__all__ = ["Unexpected", "run"]

_MAIN = ("tokens", "ltl", "expressions", "file", "machines")
_ENVIRONMENTS = ("tokens", "environments")
_MAIN_STARTS = [
    "whole_formula",
    "whole_expression",
    "proposition",
    "reward",
    "specification",
    "policy",
    "assertion",
    "machine_file",
    "machine_entry",
]
_ENVIRONMENT_STARTS = ["external", "grid_entry", "mdp_entry"]


class Unexpected(Exception):
    """A token stands where the grammar has no place for it; ``expected`` names terminals."""

    def __init__(self, index: int, token: Token, expected: frozenset[str]) -> None:
        super().__init__(token.text)
        self.index = index
        self.token = token
        self.expected = expected


def _text(names: Iterable[str]) -> str:
    folder = resources.files("specc.grammars")
    return "\n".join(folder.joinpath(f"{name}.lark").read_text("utf-8") for name in names)


@cache
def _parser(environments: bool) -> Any:
    import lark

    from specc.syntax.build import Builder
    from specc.syntax.build_environment import EnvironmentBuilder

    return lark.Lark(
        _text(_ENVIRONMENTS if environments else _MAIN),
        parser="lalr",
        lexer="basic",
        start=_ENVIRONMENT_STARTS if environments else _MAIN_STARTS,
        transformer=EnvironmentBuilder() if environments else Builder(),
        maybe_placeholders=True,
    )


def run(start: str, tokens: list[Token], end: int) -> Any:
    """What the start rule's callback makes of the tokens; ``end`` is where the text stops.

    Raises :class:`Unexpected` at the first token out of place, and what callbacks raise.
    """
    import lark

    parser = _parser(start in _ENVIRONMENT_STARTS).parse_interactive("", start=start)
    last = Token("$END", "", end, end)
    result: Any = None
    for index, token in enumerate([*tokens, last]):
        try:
            result = parser.feed_token(token)
        except lark.UnexpectedToken as error:
            raise Unexpected(index, token, frozenset(error.expected)) from None
    return result
