"""Build the nodes of environments: the callbacks of environments.lark."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from specc.source import Span
from specc.syntax import tree
from specc.syntax.build import Refused, number_value, text_value
from specc.syntax.scan import Token

__all__ = ["EnvironmentBuilder", "Piece", "StateLine", "map_rows"]

Child = object
Value = bool | int | Fraction | str
Outcomes = tuple[tuple[tree.Number, tree.Text], ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of a body: its leading word and what it holds."""

    word: Token
    content: object


@dataclass(frozen=True, slots=True)
class StateLine:
    """``s: a -> outcomes``; ``state`` is None where the line goes on with the state before."""

    state: tree.Text | None
    action: tree.Text | None = None
    outcomes: Outcomes = ()


def _is(kind: type[_T], children: list[Child]) -> list[_T]:
    return [child for child in children if isinstance(child, kind)]


def _text(token: Token) -> tree.Text:
    return tree.Text(text_value(token), span=token.span)


def _last_span(child: Child) -> Span:
    assert isinstance(child, Token | tree.Text | tree.Number)
    return child.span


class EnvironmentBuilder:
    """Callbacks of environments.lark."""

    def gym_environment(self, children: list[Child]) -> tree.EnvironmentDeclaration:
        name, identifier, arguments, span = self._external(children)
        definition = tree.GymEnvironment(identifier, arguments, span=span)
        return tree.EnvironmentDeclaration(name, definition, span=span)

    def file_environment(self, children: list[Child]) -> tree.EnvironmentDeclaration:
        name, path, arguments, span = self._external(children)
        definition = tree.FileEnvironment(path, arguments, span=span)
        return tree.EnvironmentDeclaration(name, definition, span=span)

    def _external(
        self, children: list[Child]
    ) -> tuple[tree.Text, tree.Text, tuple[tuple[tree.Text, Value], ...], Span]:
        tokens = _is(Token, children)
        arguments: tuple[tuple[tree.Text, Value], ...] = ()
        end = tokens[4].span
        for child in _is(tuple, children):
            arguments, end = child
        return _text(tokens[1]), _text(tokens[4]), arguments, tokens[0].span.to(end)

    def arguments(self, children: list[Child]) -> tuple[tuple[tuple[tree.Text, Value], ...], Span]:
        settings = _is(tuple, children)
        seen: set[str] = set()
        for key, _ in settings:
            if key.value in seen:
                raise Refused("E115", f"`{key.value}` is given twice", key.span)
            seen.add(key.value)
        return tuple(settings), _last_span(children[-1])

    def setting(self, children: list[Child]) -> tuple[tree.Text, Value]:
        key, _, value = children
        assert isinstance(key, Token)
        if isinstance(value, Token):
            is_text = value.type == "STRING"
            return _text(key), text_value(value) if is_text else value.text == "true"
        assert isinstance(value, int | Fraction)
        return _text(key), value

    def signed_rational(self, children: list[Child]) -> int | Fraction:
        tokens = _is(Token, children)
        is_negative = tokens[0].type == "MINUS"
        value = _ratio(tokens[1:] if is_negative else tokens)
        # Gymnasium's arguments tell 8 from 8.0, so an integer is one by how it is written.
        is_integer = len(tokens) - is_negative == 1 and tokens[-1].text.isdigit()
        number = int(value) if is_integer else value
        return -number if is_negative else number

    def rational(self, children: list[Child]) -> tree.Number:
        tokens = _is(Token, children)
        return tree.Number(_ratio(tokens), span=tokens[0].span.to(tokens[-1].span))

    def grid_map(self, children: list[Child]) -> Piece:
        word, rows = _is(Token, children)
        return Piece(word, map_rows(rows))

    def grid_legend(self, children: list[Child]) -> Piece:
        word = _is(Token, children)[0]
        entries = tuple(_is(tree.Legend, children))
        seen: set[str] = set()
        for entry in entries:
            if entry.key in seen:
                raise Refused("E115", f"the legend's `{entry.key}` is given twice", entry.span)
            seen.add(entry.key)
        return Piece(word, entries)

    def legend_entry(self, children: list[Child]) -> tree.Legend:
        key = _is(Token, children)[0]
        (proposition,) = _is(tree.Text, children)
        return tree.Legend(key.text, proposition, span=key.span.to(proposition.span))

    def grid_actions(self, children: list[Child]) -> Piece:
        return Piece(_is(Token, children)[0], tuple(_is(tree.Text, children)))

    def grid_slip(self, children: list[Child]) -> Piece:
        return Piece(_is(Token, children)[0], _is(tree.Number, children)[0])

    def mdp_initial(self, children: list[Child]) -> Piece:
        return Piece(_is(Token, children)[0], _is(tuple, children)[0])

    def mdp_label(self, children: list[Child]) -> Piece:
        word = _is(Token, children)[0]
        (proposition,) = _is(tree.Text, children)
        items = tuple(_is(tuple, children))
        last = items[-1][-1]
        return Piece(word, tree.MdpLabel(proposition, items, span=word.span.to(last.span)))

    def label_item(self, children: list[Child]) -> tuple[tree.Text, ...]:
        words = tuple(_is(tree.Text, children))
        if len(words) not in (1, 3):
            raise Refused(
                "E120",
                f"a label stands on one state or on one transition; here are {len(words)} words",
                words[0].span.to(words[-1].span),
                help="separate states by commas: `label goal: s, t`; "
                "a transition is `state action state`",
            )
        return words

    def mdp_state(self, children: list[Child]) -> StateLine:
        return StateLine(_is(tree.Text, children)[0])

    def mdp_first_choice(self, children: list[Child]) -> StateLine:
        state, action = _is(tree.Text, children)
        return StateLine(state, action, _is(tuple, children)[0])

    def mdp_next_choice(self, children: list[Child]) -> StateLine:
        (action,) = _is(tree.Text, children)
        return StateLine(None, action, _is(tuple, children)[0])

    def lottery(self, children: list[Child]) -> Outcomes:
        return tuple(_is(tuple, children))

    def outcome(self, children: list[Child]) -> tuple[tree.Number, tree.Text]:
        (target,) = _is(tree.Text, children)
        given = _is(tree.Number, children)
        return given[0] if given else tree.Number(Fraction(1), span=target.span), target

    def value(self, children: list[Child]) -> tree.Text:
        (token,) = _is(Token, children)
        if token.type == "NUMBER" and not token.text.isdigit():
            raise Refused(
                "E106",
                f"`{token.text}` cannot name a state or an action",
                token.span,
                help=f'names are words, integers or quoted texts: "{token.text}"',
            )
        if token.type == "STRING" and len(token.text) <= 2:
            raise Refused("E116", "a name cannot be empty", token.span)
        return _text(token)


def _ratio(tokens: list[Token]) -> Fraction:
    """``p`` or ``p / q``."""
    value = number_value(tokens[0])
    if len(tokens) == 1:
        return value
    divisor = number_value(tokens[2])
    if divisor == 0:
        raise Refused("E119", "a fraction cannot have the denominator 0", tokens[2].span)
    return value / divisor


def map_rows(token: Token) -> tuple[tree.Text, ...]:
    """The lines of a map without their common indent and without blank first and last lines."""
    quotes = 3
    lines: list[tuple[int, str]] = []
    at = token.start + quotes
    for line in token.text.split("\n"):
        lines.append((at, line.rstrip()))
        at += len(line) + 1
    if not lines[0][1]:
        lines = lines[1:]
    if lines and not lines[-1][1]:
        lines = lines[:-1]
    texts = [text for _, text in lines if text]
    margin = min((len(text) - len(text.lstrip(" \t")) for text in texts), default=0)
    return tuple(
        tree.Text(text[margin:], span=Span(start + margin, start + max(len(text), margin)))
        for start, text in lines
    )
