"""Name the words of an expression by where they stand.

Inside a formula `F`, `GF` and `U` are operators and so are the words `until`, `next`, ...; in
arithmetic all of these are ordinary names. The bracket a word stands in decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specc.syntax.scan import Token

__all__ = ["RESERVED", "TEMPORAL_WORDS", "mark_expression"]

_WORDS = {
    "not": "NOT",
    "and": "AND",
    "or": "OR",
    "xor": "XOR",
    "if": "IF",
    "then": "THEN",
    "else": "ELSE",
    "true": "BOOLEAN",
    "false": "BOOLEAN",
}
RESERVED = frozenset(_WORDS)
"""Words that are never names, except quoted."""

TEMPORAL_WORDS = {
    "next": ("TEMPORAL", "X"),
    "eventually": ("TEMPORAL", "F"),
    "always": ("TEMPORAL", "G"),
    "until": ("UNTIL", "U"),
    "weak_until": ("UNTIL", "W"),
    "release": ("UNTIL", "R"),
    "U": ("UNTIL", "U"),
    "W": ("UNTIL", "W"),
    "R": ("UNTIL", "R"),
    "M": ("UNTIL", "M"),
}
"""Operators of formulas that are names elsewhere, with terminal and symbol; besides `F G X`."""

_BEFORE_LSQB = {"E": "LOTTERY", "P": "LOTTERY", "LTLf": "LTLF", "obs": "OBS"}
_OPERAND_STARTS = ("WORD", "NUMBER", "STRING", "LSQB", "LPAR", "MINUS", "NOT", "INFO")
_BEFORE_LPAR = {"at": "AT", "from": "FROM", "policy": "POLICY"}


@dataclass(frozen=True, slots=True)
class _Bracket:
    """What an open bracket means for the words in it."""

    formula: bool = False
    keywords: bool = False
    plain: bool = False
    before_formula: bool = False


def mark_expression(tokens: Sequence[Token], formula: bool = False) -> list[Token]:
    """The tokens with their terminals in place; ``GF`` becomes two tokens, ``subject to`` one.

    ``formula`` says whether the outermost level is an LTL formula. The tokens are changed in
    place where no split is needed.
    """
    marker = _Marker(tokens, formula)
    marker.run()
    return marker.marked


class _Marker:
    def __init__(self, tokens: Sequence[Token], formula: bool) -> None:
        self.tokens = tokens
        self.marked: list[Token] = []
        self.brackets = [_Bracket(formula=formula)]
        self.closed = _Bracket()

    def run(self) -> None:
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            following = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
            index += 1
            if token.type in ("LPAR", "LSQB"):
                self.brackets.append(self._opened(token))
            elif token.type in ("RPAR", "RSQB") and len(self.brackets) > 1:
                self.closed = self.brackets.pop()
            elif token.type == "WORD" and not self._is_plain():
                if self._is_subject_to(token, following):
                    assert following is not None
                    token = Token("SUBJECT", "subject to", token.start, following.end)
                    index += 1
                elif self._split_letters(token):
                    continue
                else:
                    self._name(token, following)
            self.marked.append(token)

    def _previous(self, back: int = 1) -> str:
        return self.marked[-back].type if len(self.marked) >= back else ""

    def _opened(self, token: Token) -> _Bracket:
        before = self.marked[-1] if self.marked else None
        kind = before.type if before is not None else ""
        if token.type == "LSQB":
            is_formula = before is not None and kind == "LOTTERY" and before.text == "P"
            return _Bracket(formula=is_formula, before_formula=kind == "LTLF")
        if kind == "FUNCTION":
            is_sat = before is not None and before.text == "sat"
            return _Bracket(formula=is_sat, keywords=not is_sat)
        if kind in ("AT", "POLICY"):
            return _Bracket(plain=True)
        if kind == "FROM":
            return _Bracket()
        if kind == "RSQB":
            return _Bracket(formula=self.closed.before_formula)
        return _Bracket(formula=self.brackets[-1].formula)

    def _is_plain(self) -> bool:
        """Whether the word names a state or an action, whatever it looks like."""
        if self.brackets[-1].plain:
            return True
        return self._previous() in ("EQUAL", "COMPARISON") and self._previous(2) == "ACTION"

    def _is_subject_to(self, token: Token, following: Token | None) -> bool:
        return token.text == "subject" and following is not None and following.text == "to"

    def _split_letters(self, token: Token) -> bool:
        if not self.brackets[-1].formula or token.text.strip("FGX"):
            return False
        for offset, letter in enumerate(token.text):
            start = token.start + offset
            self.marked.append(Token("TEMPORAL", letter, start, start + 1, token.line_first))
        return True

    def _name(self, token: Token, following: Token | None) -> None:
        text = token.text
        after = following.type if following is not None else ""
        bracket = self.brackets[-1]
        if text in _WORDS:
            token.type = _WORDS[text]
        elif bracket.formula and text in TEMPORAL_WORDS:
            token.type, token.text = TEMPORAL_WORDS[text]
        elif text in ("maximise", "maximize") and not self.marked and after in _OPERAND_STARTS:
            token.type = "MAXIMISE"
        elif after == "LPAR":
            token.type = _BEFORE_LPAR.get(text, "FUNCTION")
        elif after == "LSQB" and text in _BEFORE_LSQB:
            token.type = _BEFORE_LSQB[text]
        elif text == "action" and following is not None and after in ("EQUAL", "COMPARISON"):
            token.type = "ACTION" if following.text in ("=", "!=") else "WORD"
        elif after == "EQUAL" and bracket.keywords and self._previous() in ("LPAR", "COMMA"):
            token.type = "KEY"
