"""Say in the user's words why a token cannot stand where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from specc.diagnostics import Diagnostic
from specc.source import Source, Span
from specc.syntax.grammar import Unexpected
from specc.syntax.mark import RESERVED, TEMPORAL_WORDS
from specc.syntax.scan import Token

__all__ = ["explain", "nearest"]

_OPERAND = ("WORD", "NUMBER", "STRING", "BOOLEAN", "FUNCTION", "LOTTERY", "LTLF", "OBS", "AT",
            "FROM", "INFO", "ACTION", "POLICY")  # fmt: skip
_OPERATORS = ("PLUS", "STAR", "AND", "OR", "UNTIL")
_SIGNS = {
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "ARROW": "`->`",
    "THEN": "`then`",
    "ELSE": "`else`",
    "SUBJECT": "`subject to`",
    "WHEN": "`when`",
    "EMIT": "`emit`",
    "IN": "`in`",
    "COMPARISON": "a comparison",
    "MAP_TEXT": 'a map in `"""`',
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LEGEND_KEY": "a legend entry",
    "GYM": "`gym`",
    "FILE": "`file`",
    "HOA": "`hoa`",
    "RM": "`rm`",
    "UNIFORM": "`uniform`",
    "VALUE": "`value`",
    "ORDER": "`order`",
}
_OPENERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The word most like ``word``, if one is near."""
    found = get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return found[0] if found else None


def explain(source: Source, error: Unexpected, tokens: Sequence[Token], what: str) -> Diagnostic:
    """The diagnostic of an unexpected token in ``tokens``; ``what`` names the entry."""
    token = error.token
    previous = tokens[error.index - 1] if error.index else None
    expected = _expected(error.expected, _innermost(tokens[: error.index]))
    if token.type == "$END":
        end = previous.span if previous is not None else Span(token.start, token.end)
        return Diagnostic(
            "E107",
            f"{what} ends too early: expected {expected}",
            source,
            end,
            label=f"{expected} should follow",
        )
    temporal = _temporal(token, previous, error.expected)
    if temporal is not None:
        return _outside_formula(source, temporal)
    shown = _shown(token)
    message = f"{shown} cannot stand here: expected {expected}"
    help = None
    if token.text in RESERVED and "WORD" in error.expected:
        return Diagnostic(
            "E116",
            f"`{token.text}` is a word of the language and cannot be a name",
            source,
            token.span,
            help=f'quote it: "{token.text}"' if "STRING" in error.expected else "choose another",
        )
    if token.type in _OPERAND and previous is not None and _wants_operator(error.expected):
        message = f"{shown} follows {_shown(previous)} without an operator between them"
        help = "write an operator between them, such as `*`, `+`, `&` or `,`"
    elif token.type in ("EQUAL", "COMPARISON") and _wants_operator(error.expected):
        help = "comparisons do not chain: join two of them with `&`"
    elif "WHEN" in error.expected:
        help = "an edge is `state -> state when condition`; `when true` always fires"
    elif "STRING" in error.expected and "WORD" not in error.expected and token.type == "WORD":
        help = f'quote it: "{token.text}"'
    elif token.type in ("NOT", "TEMPORAL") and "MINUS" in error.expected:
        help = "put brackets around it"
    return Diagnostic("E106", message, source, token.span, help=help)


def _shown(token: Token) -> str:
    text = " ".join(token.text.split())
    if token.type == "MAP_TEXT":
        return "a map"
    return f"`{text if len(text) <= 30 else text[:27] + '...'}`"


def _wants_operator(expected: frozenset[str]) -> bool:
    return any(kind in expected for kind in _OPERATORS)


def _innermost(tokens: Sequence[Token]) -> str | None:
    """What closes the innermost open bracket."""
    stack = []
    for token in tokens:
        if token.type in _OPENERS:
            stack.append(_OPENERS[token.type])
        elif stack and token.type == stack[-1]:
            stack.pop()
    return stack[-1] if stack else None


def _expected(expected: frozenset[str], closer: str | None) -> str:
    words = []
    if "FUNCTION" in expected:
        words.append("a value or a condition")
    elif "WORD" in expected or "NUMBER" in expected or "STRING" in expected:
        if "WORD" in expected:
            words.append("a name")
        elif "NUMBER" in expected:
            words.append("a number")
        else:
            words.append("a quoted text")
    if _wants_operator(expected):
        words.append("an operator")
    hidden = {"RPAR", "RSQB", "RBRACE"} - {closer or ""}
    if _wants_operator(expected) or "FUNCTION" in expected:
        hidden |= {"EQUAL", "COMPARISON", "ARROW", "LSQB", "LPAR"}
    if closer is None:
        hidden.add("COMMA")
    signs = [sign for kind, sign in _SIGNS.items() if kind in expected and kind not in hidden]
    words.extend(signs)
    if "$END" in expected and closer is None:
        words.append("the end")
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _temporal(token: Token, previous: Token | None, expected: frozenset[str]) -> Token | None:
    """The operator of time that stands outside a formula, if that is the mistake."""
    if not _wants_operator(expected):
        return None
    if token.type == "WORD" and token.text in TEMPORAL_WORDS:
        return token
    starts = token.type in (*_OPERAND, "TEMPORAL", "NOT", "LPAR")
    if previous is None or previous.type != "WORD" or not starts:
        return None
    prefix = not previous.text.strip("FGX") or previous.text in ("next", "eventually", "always")
    return previous if prefix else None


def _outside_formula(source: Source, token: Token) -> Diagnostic:
    return Diagnostic(
        "E109",
        f"`{token.text}` speaks of time, but here stands no formula",
        source,
        token.span,
        help="operators of time belong inside `P[...]`, `sat(...)` or `LTLf[n](...)`",
    )
