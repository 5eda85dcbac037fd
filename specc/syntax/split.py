"""Cut the tokens of a file into top-level items, and bodies into entries.

Each piece is parsed by itself, so that a mistake in one does not hide those in others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specc.diagnostics import Reporter
from specc.syntax.mark import RESERVED
from specc.syntax.scan import KEYWORDS, Token

__all__ = ["Brackets", "Item", "match_brackets", "split_entries", "split_items"]

_OPEN = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSE = {close: open for open, close in _OPEN.items()}
_SIGNS = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}
_AFTER_NAME = ("EQUAL", "COLON", "LBRACE")
_CONTINUES = RESERVED | {"subject", "to", "in"}
_WANTS_MORE = (RESERVED - {"true", "false"}) | {*KEYWORDS, "in", "gym", "file", "hoa", "rm", "to"}


@dataclass(frozen=True, slots=True)
class Item:
    """One top-level item: all its tokens (with NEWLINE), the first of which is its keyword."""

    tokens: list[Token]


def split_items(tokens: Sequence[Token]) -> list[Item]:
    """The items of a file, in order; the first word of an item may be misspelt."""
    starts: list[int] = []
    depth = 0
    for index, token in enumerate(tokens):
        if token.type in _OPEN:
            depth += 1
        elif token.type in _CLOSE:
            depth = max(0, depth - 1)
        elif token.type == "WORD" and _starts_item(tokens, index, depth):
            starts.append(index)
            depth = 0
        if not starts and token.type not in ("NEWLINE", "SEMICOLON"):
            starts.append(index)
    if not starts:
        return []
    ends = [*starts[1:], len(tokens)]
    return [Item(_trimmed(tokens[start:end])) for start, end in zip(starts, ends, strict=True)]


def _trimmed(tokens: Sequence[Token]) -> list[Token]:
    end = len(tokens)
    while end and tokens[end - 1].type in ("NEWLINE", "SEMICOLON"):
        end -= 1
    return list(tokens[:end])


def _starts_item(tokens: Sequence[Token], index: int, depth: int) -> bool:
    token = tokens[index]
    one = tokens[index + 1] if index + 1 < len(tokens) else None
    two = tokens[index + 2] if index + 2 < len(tokens) else None
    if one is None:
        return depth == 0 and token.text in KEYWORDS and token.line_first
    named = one.type == "WORD"
    declares = named and two is not None and (two.type in _AFTER_NAME or two.text in ("in", "not"))
    if token.text in KEYWORDS:
        if token.text == "policy" and one.type == "LPAR":
            return False
        if depth == 0:
            return token.line_first or named
        asserts = token.text == "assert" and one.text in ("value", "order")
        return token.line_first and (declares or (asserts and two is not None))
    # Outside brackets two names never stand side by side, so a misspelt keyword is plain.
    return depth == 0 and token.line_first and _starts_afresh(tokens, index)


def _starts_afresh(tokens: Sequence[Token], index: int) -> bool:
    """Whether the word at ``index`` cannot belong to the item before it."""
    if tokens[index].text in _CONTINUES:
        return False
    before = index - 1
    while before >= 0 and tokens[before].type in ("NEWLINE", "SEMICOLON"):
        before -= 1
    if before < 0:
        return False
    token = tokens[before]
    ends_operand = token.type in ("WORD", "NUMBER", "STRING", "INFO", *_CLOSE)
    return ends_operand and token.text not in _WANTS_MORE


@dataclass(frozen=True, slots=True)
class Brackets:
    """Which brackets of an item have no partner (by their start), and the partners of braces."""

    bad: frozenset[int]
    close_of: dict[int, int]


def match_brackets(tokens: Sequence[Token], reporter: Reporter) -> Brackets:
    """Pair the brackets of an item; each one without a partner is reported."""
    stack: list[int] = []
    bad: set[int] = set()
    close_of: dict[int, int] = {}
    for index, token in enumerate(tokens):
        if token.type in _OPEN:
            stack.append(index)
        elif token.type in _CLOSE:
            wanted = _CLOSE[token.type]
            if all(tokens[open].type != wanted for open in stack):
                bad.add(token.start)
                reporter.report(
                    "E104",
                    f"`{token.text}` closes nothing: no `{_sign(wanted)}` is open here",
                    token.span,
                    help="delete it, or open the bracket before",
                )
                continue
            while tokens[stack[-1]].type != wanted:
                bad.add(tokens[stack[-1]].start)
                _never_closed(tokens[stack.pop()], reporter, token)
            close_of[stack.pop()] = index
    for open in stack:
        bad.add(tokens[open].start)
        _never_closed(tokens[open], reporter, None)
    return Brackets(frozenset(bad), close_of)


def _sign(kind: str) -> str:
    return {"LPAR": "(", "LSQB": "[", "LBRACE": "{"}[kind]


def _never_closed(token: Token, reporter: Reporter, before: Token | None) -> None:
    sign = _SIGNS[token.type]
    where = f" before the `{before.text}`" if before is not None else ""
    reporter.report(
        "E103",
        f"`{token.text}` is never closed",
        token.span,
        help=f"a `{sign}` is missing{where}",
        secondary=((before.span, f"`{sign}` was expected before this"),) if before else (),
    )


def split_entries(tokens: Sequence[Token], bad: frozenset[int]) -> list[list[Token]]:
    """The entries of a body: a newline or `;` ends one, except within brackets."""
    entries: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.start not in bad:
            depth += (token.type in _OPEN) - (token.type in _CLOSE)
        if token.type in ("NEWLINE", "SEMICOLON"):
            if depth <= 0:
                entries.append([])
            continue
        entries[-1].append(token)
    return [entry for entry in entries if entry]
