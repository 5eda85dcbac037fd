"""Cut a text into tokens; comments are kept aside, mistakes are reported and stepped over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from specc.diagnostics import Reporter
from specc.source import Source, Span

__all__ = ["KEYWORDS", "MAXIMUM_CHARACTERS", "MAXIMUM_TOKENS", "Scan", "Token", "scan"]

KEYWORDS = ("env", "prop", "reward", "machine", "policy", "spec", "assert")
"""The words that start a top-level item."""

MAXIMUM_CHARACTERS = 8_000_000
MAXIMUM_TOKENS = 2_000_000


class Token:
    """A piece of text with its place.

    ``type`` is a terminal of the grammars. ``line_first`` says whether only blanks
    stand before it on its line. Not a dataclass: a large file has millions of them.
    """

    __slots__ = ("end", "line_first", "start", "text", "type")

    def __init__(
        self, type: str, text: str, start: int, end: int, line_first: bool = False
    ) -> None:
        self.type = type
        self.text = text
        self.start = start
        self.end = end
        self.line_first = line_first

    @property
    def span(self) -> Span:
        """Where the token stands."""
        return Span(self.start, self.end)

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r}, {self.start})"


@dataclass(slots=True)
class Scan:
    """The tokens of a text (with NEWLINE tokens) and the spans of its comments."""

    tokens: list[Token] = field(default_factory=list)
    comments: list[Span] = field(default_factory=list)


_SYMBOLS = {
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
    ",": "COMMA",
    ":": "COLON",
    ";": "SEMICOLON",
    "=": "EQUAL",
    "!=": "COMPARISON",
    "<": "COMPARISON",
    "<=": "COMPARISON",
    ">": "COMPARISON",
    ">=": "COMPARISON",
    "->": "ARROW",
    "<->": "IFF",
    "&": "AND",
    "&&": "AND",
    "|": "OR",
    "||": "OR",
    "!": "NOT",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "**": "POWER",
}

# Other languages' spellings: what is meant is clear, so the parse goes on with it.
_MISSPELT = {
    "==": "=",
    "===": "=",
    "=>": "->",
    "-->": "->",
    "<=>": "<->",
    "<>": "!=",
    "~": "!",
    "/\\": "&",
    "\\/": "|",
    "^": "**",
    "\u2212": "-",
    "\u2265": ">=",
    "\u2264": "<=",
    "\u2227": "&",
    "\u2228": "|",
    "\u00ac": "!",
    "\u2192": "->",
}

_SYMBOL_PATTERN = "|".join(
    re.escape(symbol) for symbol in sorted({*_SYMBOLS, *_MISSPELT}, key=len, reverse=True)
)

_TOKEN = re.compile(
    rf"""
      (?P<BLANK>[^\S\n]+)
    | (?P<NEWLINE>\n)
    | (?P<COMMENT>\#[^\n]*)
    | (?P<MAP_TEXT>\"\"\")
    | (?P<STRING>"(?:\\[^\n]|[^"\\\n])*")
    | (?P<OPEN_STRING>")
    | (?P<INFO>info\.[^\W\d]\w*)
    | (?P<WORD>[^\W\d]\w*)
    | (?P<NUMBER>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<SYMBOL>{_SYMBOL_PATTERN})
    """,
    re.VERBOSE,
)

# A line that can only be the start of an item: where a `"""` or `legend {` was never closed,
# the scan goes on here.
_ITEM_LINE = re.compile(
    rf"^[^\S\n]*(?:{'|'.join(KEYWORDS)})[^\S\n]+[^\W\d]\w*[^\S\n]*(?:=|:|\{{|(?:not[^\S\n]+)?in\b)",
    re.MULTILINE,
)
_KEY = re.compile(r"(?:(?P<bare>\S)|\"(?P<double>\\?[^\n])\"|'(?P<single>\\?[^\n])')[^\S\n]*(?=:)")
_LEGEND_SPACE = re.compile(r"[\s;,]+")
_LEGEND_VALUE = re.compile(r':[^\S\n]*(?:(?P<WORD>[^\W\d]\w*)|(?P<STRING>"(?:\\[^\n]|[^"\\\n])*"))')
_LEGEND_JUNK = re.compile(r"[^\s}]+|\}")


def scan(source: Source, reporter: Reporter) -> Scan:
    """The tokens of ``source``; mistakes go to ``reporter``, and the scan goes on behind them."""
    return _Scanner(source, reporter).run()


class _Scanner:
    def __init__(self, source: Source, reporter: Reporter) -> None:
        self.text = source.text
        self.reporter = reporter
        self.result = Scan()
        self.at = 1 if self.text.startswith("\ufeff") else 0
        self.line_first = True

    def run(self) -> Scan:
        if len(self.text) > MAXIMUM_CHARACTERS:
            self.reporter.report(
                "E111",
                f"the file has {len(self.text):,} characters; at most {MAXIMUM_CHARACTERS:,} "
                "are read",
                Span(0, 0),
                help='put a large model into a file of its own: env x = file "model.drn"',
            )
            return self.result
        while self.at < len(self.text):
            self._next()
            if len(self.result.tokens) > MAXIMUM_TOKENS:
                self.reporter.report(
                    "E111",
                    f"the file has more than {MAXIMUM_TOKENS:,} words and signs",
                    Span(self.at, self.at),
                    help='put a large model into a file of its own: env x = file "model.drn"',
                )
                return Scan()
        return self.result

    def _add(self, type: str, text: str, start: int, end: int) -> None:
        self.result.tokens.append(Token(type, text, start, end, self.line_first))
        self.line_first = type == "NEWLINE"

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            self._unknown_character()
            return
        start, self.at = match.span()
        text = match.group()
        match match.lastgroup:
            case "BLANK":
                pass
            case "COMMENT":
                self.result.comments.append(Span(start, self.at))
            case "SYMBOL":
                self._symbol(text, start)
            case "MAP_TEXT":
                self._map(start)
            case "OPEN_STRING":
                self._open_string(start)
            case "NUMBER":
                self._number(text, start)
            case other:
                assert other is not None
                self._add(other, text, start, self.at)

    def _unknown_character(self) -> None:
        start, char = self.at, self.text[self.at]
        while self.at < len(self.text) and self.text[self.at] == char:
            self.at += 1
        shown = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
        help = 'quote texts with `"`' if char in "'`\u201c\u201d\u2018\u2019" else None
        self.reporter.report(
            "E101", f"{shown} has no meaning here", Span(start, self.at), help=help
        )

    def _symbol(self, text: str, start: int) -> None:
        meant = _MISSPELT.get(text)
        if meant is not None:
            help = f"write `{meant}`"
            if text == "^":
                help = "write `**` for a power, `xor` between truth values"
            self.reporter.report(
                "E108", f"`{text}` is not an operator here", Span(start, self.at), help=help
            )
            text = meant
        self._add(_SYMBOLS[text], text, start, self.at)
        if text == "{" and self._follows_legend():
            self._legend()

    def _number(self, text: str, start: int) -> None:
        while self.at < len(self.text) and self.text[self.at].isidentifier():
            self.at += 1
            while self.at < len(self.text) and (self.text[self.at].isalnum()):
                self.at += 1
        if self.at > start + len(text):
            whole = self.text[start : self.at]
            self.reporter.report(
                "E101",
                f"`{_clip(whole)}` is neither a number nor a word: a word starts with a letter",
                Span(start, self.at),
                help=f'quote it: "{_clip(whole)}"',
            )
        self._add("NUMBER", text, start, self.at)

    def _resume_after_open(self) -> int:
        """Where to go on behind a text that is never closed."""
        match = _ITEM_LINE.search(self.text, self.at)
        return len(self.text) if match is None else match.start()

    def _map(self, start: int) -> None:
        close = self.text.find('"""', self.at)
        if close < 0:
            inside, self.at = self.at, self._resume_after_open()
            self.reporter.report(
                "E102",
                'the map that opens here has no closing `"""`',
                Span(start, start + 3),
                help='write `"""` on a line of its own behind the last row',
            )
            self._add("MAP_TEXT", self.text[inside : self.at], start, self.at)
            return
        inside, self.at = self.at, close + 3
        self._add("MAP_TEXT", self.text[inside:close], start, self.at)

    def _open_string(self, start: int) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end
        self.reporter.report(
            "E102",
            'the text that opens here has no closing `"` on its line',
            Span(start, start + 1),
            help='close it with `"`',
        )
        self._add("STRING", self.text[start : self.at] + '"', start, self.at)

    def _follows_legend(self) -> bool:
        before = (t for t in reversed(self.result.tokens[-8:-1]) if t.type != "NEWLINE")
        previous = next(before, None)
        return previous is not None and previous.type == "WORD" and previous.text == "legend"

    def _legend(self) -> None:
        """The entries of a legend: any character may be a key, also `#` and `}`."""
        while self.at < len(self.text):
            if space := _LEGEND_SPACE.match(self.text, self.at):
                key = _KEY.match(self.text, self.at)
                if key is None or key.group("bare") is None:
                    self.at = space.end()
                    if "\n" in space.group() and _ITEM_LINE.match(
                        self.text, self.text.rfind("\n", 0, self.at) + 1
                    ):
                        return
                    continue
            if key := _KEY.match(self.text, self.at):
                self._legend_entry(key)
            elif self.text[self.at] == "}":
                self._add("RBRACE", "}", self.at, self.at + 1)
                self.at += 1
                return
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                self.result.comments.append(Span(self.at, end))
                self.at = end
            else:
                self._legend_junk()

    def _legend_entry(self, key: re.Match[str]) -> None:
        value = _LEGEND_VALUE.match(self.text, key.end())
        if value is None:
            self.reporter.report(
                "E113",
                f"the legend's `{key.group().strip()}` has no proposition behind the `:`",
                Span(key.start(), key.end() + 1),
                help="an entry is a character, `:` and a name, as in `c: coffee`",
            )
            self.at = key.end() + 1
            return
        char = key.group("bare") or key.group("double") or key.group("single")
        width = len(key.group().rstrip())
        self._add("LEGEND_KEY", char[-1], key.start(), key.start() + width)
        self._add("COLON", ":", key.end(), key.end() + 1)
        kind = value.lastgroup
        assert kind is not None
        self._add(kind, value.group(kind), value.start(kind), value.end(kind))
        self.at = value.end()

    def _legend_junk(self) -> None:
        match = _LEGEND_JUNK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        value = re.compile(r"[^\S\n]*:?[^\S\n]*[^\W\d]\w*").match(self.text, self.at)
        if value is not None and (":" in value.group() or match.group().endswith(":")):
            self.at = value.end()
        self.reporter.report(
            "E113",
            f"`{_clip(match.group())}` is not a legend entry: a key is one character",
            match_span(match),
            help="an entry is a character, `:` and a name, as in `c: coffee`",
        )


def match_span(match: re.Match[str]) -> Span:
    """The span under a match."""
    return Span(match.start(), match.end())


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
