"""The tables of the grammars are those that Lark makes, and parse as Lark does."""

from __future__ import annotations

import random
from importlib import resources
from typing import Any

import lark
import pytest

from specc.syntax import build, build_environment, grammar
from specc.syntax.grammar_tables import NOTATIONS, text_of
from specc.syntax.scan import Token


class Recorder:
    """Callbacks that make trees, with a name for every rule."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda children: (name, children)


@pytest.mark.parametrize("name", NOTATIONS)
def test_stored_tables_are_those_of_the_grammar(name: str) -> None:
    stored = resources.files("specc.grammars").joinpath(f"{name}.json").read_text("utf-8")
    assert stored == text_of(name), "run `python -m specc.syntax.grammar_tables`"


@pytest.fixture(params=NOTATIONS)
def notation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A notation's start rules, and Lark's own parser of it; both parsers record."""
    files, starts = NOTATIONS[request.param]
    folder = resources.files("specc.grammars")
    text = "\n".join(folder.joinpath(f"{file}.lark").read_text("utf-8") for file in files)
    made = lark.Lark(
        text, parser="lalr", lexer="basic", start=list(starts), maybe_placeholders=True,
        transformer=Recorder(),
    )  # fmt: skip
    monkeypatch.setattr(build, "Builder", Recorder)
    monkeypatch.setattr(build_environment, "EnvironmentBuilder", Recorder)
    grammar._parser.cache_clear()
    yield starts, made
    grammar._parser.cache_clear()


def walk(made: Any, start: str, rng: random.Random) -> tuple[list[Token], Any]:
    """Tokens of which most have a place, and what Lark makes of them."""
    parser = made.parse_interactive("", start=start)
    tokens: list[Token] = []
    rows = made.parser.parser._parse_table.states.values()
    terminals = sorted({name for row in rows for name in row if name.isupper()} - {"$END"})
    for place in range(rng.randrange(60)):
        if "$END" in parser.choices() and rng.random() < 0.3:
            break
        fitting = sorted(set(parser.choices()) & set(terminals))
        kind = rng.choice(fitting if fitting and rng.random() < 0.98 else terminals)
        tokens.append(Token(kind, f"t{place}", place, place + 1))
        try:
            parser.feed_token(tokens[-1])
        except lark.UnexpectedToken as error:
            return tokens, (place, frozenset(error.expected))
    try:
        last = Token("$END", "", len(tokens), len(tokens))
        return tokens, parser.feed_token(last)
    except lark.UnexpectedToken as error:
        return tokens, (len(tokens), frozenset(error.expected))


def test_parses_as_lark_does(notation: Any) -> None:
    starts, made = notation
    rng = random.Random(5)
    sound = 0
    for start in starts:
        for _ in range(60):
            tokens, expected = walk(made, start, rng)
            try:
                found = grammar.run(start, tokens, len(tokens))
                sound += 1
            except grammar.Unexpected as error:
                found = error.index, error.expected
            assert found == expected
    assert sound > 40
