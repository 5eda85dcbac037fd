"""Tidy the layout of a `.spec` file: blanks and indentation only, every comment stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic, Reporter
from specc.source import Source, Span
from specc.syntax.build_environment import map_rows
from specc.syntax.mark import RESERVED
from specc.syntax.parse import parse
from specc.syntax.scan import Token, scan
from specc.syntax.split import split_items

__all__ = ["format_text"]

_INDENT = "  "
_OPEN = ("LPAR", "LSQB", "LBRACE")
_CLOSE = ("RPAR", "RSQB", "RBRACE")
_ENDS_OPERAND = ("WORD", "NUMBER", "STRING", "INFO", "RPAR", "RSQB")
_BEFORE_UNARY = RESERVED - {"true", "false"} | {"emit", "when", "to", "maximise", "maximize"}
_NO_KEYWORDS = ("sat", "from", "at", "policy")


def format_text(source: Source) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """The tidy text, or None and the mistakes for a file that has some.

    The line breaks of the author stay, blanks and indentation become regular, and of several
    blank lines one is kept. Parsing gives the same tree; formatting again changes nothing.

    >>> format_text(Source("a.spec", "reward  r=2 *[ goal]-1 # pay"))[0]
    'reward r = 2 * [goal] - 1  # pay\\n'
    """
    file, diagnostics = parse(source)
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return None, diagnostics
    scanned = scan(source, Reporter(source))
    starts = {item.tokens[0].start for item in split_items(scanned.tokens)}
    layout = _Layout(source.text, starts)
    for piece in _pieces(scanned.tokens, scanned.comments, source.text):
        layout.add(piece)
    text = layout.text()
    # Whatever a bug here might do, the author's file must keep its meaning.
    return (text if parse(Source(source.name, text))[0] == file else source.text), diagnostics


def _pieces(tokens: Sequence[Token], comments: Sequence[Span], text: str) -> list[Token]:
    """Tokens without line ends, and comments as tokens, in order."""
    pieces = [token for token in tokens if token.type != "NEWLINE"]
    for span in comments:
        shown = text[span.start : span.end].rstrip()
        pieces.append(Token("COMMENT", shown, span.start, span.end))
    return sorted(pieces, key=lambda piece: piece.start)


@dataclass(slots=True)
class _Layout:
    """The lines so far, and what is known of the place in the file."""

    source: str
    starts: set[int]
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    before: list[Token] = field(default_factory=list)
    item: str = ""
    is_mdp: bool = False
    choice_indent: int = 0

    def text(self) -> str:
        """All lines, each with its end."""
        self._end_line()
        return "".join(f"{line}\n" for line in self.lines)

    def add(self, piece: Token) -> None:
        """Put the next token or comment where it belongs."""
        previous = self.before[-1] if self.before else None
        gap = self.source[previous.end : piece.start] if previous is not None else ""
        breaks = gap.count("\n")
        if piece.start in self.starts:
            self.item, self.is_mdp, self.stack = piece.text, False, []
        if previous is None or breaks:
            self._new_line(piece, previous, breaks)
        else:
            self.line.append(self._blank(previous, piece, gap) + self._shown(piece))
        self._remember(piece)

    def _new_line(self, piece: Token, previous: Token | None, breaks: int) -> None:
        self._end_line()
        is_inside_edge = previous is not None and previous.type == "LBRACE"
        if breaks > 1 and not is_inside_edge and piece.type != "RBRACE" and self.lines:
            self.lines.append("")
        self.line = [_INDENT * self._level(piece) + self._shown(piece)]

    def _end_line(self) -> None:
        if self.line:
            line = "".join(self.line)
            if self.is_mdp and self.stack == ["LBRACE"]:
                line = self._aligned(line)
            self.lines.extend(line.rstrip().split("\n"))
        self.line = []

    def _aligned(self, line: str) -> str:
        """A line that goes on with the state before stands under that state's first choice."""
        bare = line.strip()
        head, arrow, _ = bare.partition(" -> ")
        if bare.startswith(("#", "label ", "initial ")) or not arrow:
            return line
        state, colon, _ = head.partition(": ")
        if colon:
            self.choice_indent = len(state) + len(colon)
            return line
        return _INDENT + " " * self.choice_indent + bare

    def _level(self, piece: Token) -> int:
        level = len(self.stack)
        if piece.type in _CLOSE and self.stack:
            return level - 1
        if not level and piece.type != "COMMENT" and piece.start not in self.starts:
            return 1
        return level

    def _remember(self, piece: Token) -> None:
        if piece.type in _OPEN:
            if piece.type == "LBRACE" and not self.stack and self.before:
                self.is_mdp = self.before[-1].text == "mdp"
                self.choice_indent = len(_INDENT)
            kind = piece.type
            if kind == "LPAR" and self._opens_arguments():
                kind = "ARGUMENTS"
            elif kind == "LSQB" and self.before and self.before[-1].text in ("E", "P"):
                # The author may put blanks inside these brackets: `E[ x ]`, but `[p]`.
                kind = "LOTTERY"
            self.stack.append(kind)
        elif piece.type in _CLOSE and self.stack:
            self.stack.pop()
        self.before = [*self.before[-2:], piece]

    def _opens_arguments(self) -> bool:
        previous = self.before[-1] if self.before else None
        if previous is None:
            return False
        if previous.type == "STRING":
            return True
        return (
            previous.type == "WORD"
            and previous.text not in RESERVED
            and previous.text not in _NO_KEYWORDS
        )

    def _shown(self, piece: Token) -> str:
        if piece.type == "LEGEND_KEY":
            return self.source[piece.start : piece.end]
        if piece.type != "MAP_TEXT":
            return piece.text
        margin = _INDENT * len(self.stack)
        rows = [f"{margin}{_INDENT}{row.value}".rstrip() for row in map_rows(piece)]
        return "\n".join(['"""', *rows, f'{margin}"""'])

    def _blank(self, left: Token, right: Token, gap: str) -> str:
        """What stands between two pieces of one line."""
        authors = " " if gap else ""
        match left.type, right.type:
            case _, "COMMENT":
                return "  "
            case _, "COMMA" | "SEMICOLON" | "RPAR":
                return ""
            case "LSQB", "RSQB":
                return ""
            case ("LSQB", _) | (_, "RSQB"):
                return authors if self.stack[-1:] == ["LOTTERY"] else ""
            case ("LPAR" | "NOT" | "POWER" | "SLASH", _) | (_, "POWER" | "SLASH"):
                return ""
            case "MINUS", _:
                return " " if self._is_operand_before_minus() else ""
            case _, "COLON":
                return " " if self.item == "spec" else ""
            case "COLON", _:
                return " "
            case _, "LEGEND_KEY" if left.type != "LBRACE":
                return "  "
            case ("WORD" | "RSQB", "LPAR") | ("WORD", "LSQB"):
                return authors
            case (_, "EQUAL") if self._is_keyword(left):
                return ""
            case ("EQUAL", _) if len(self.before) > 1 and self._is_keyword(self.before[-2], 1):
                return ""
            case _:
                return " "

    def _is_operand_before_minus(self) -> bool:
        before = self.before[-2] if len(self.before) > 1 else None
        if before is None or before.type not in _ENDS_OPERAND:
            return False
        return before.text not in _BEFORE_UNARY

    def _is_keyword(self, word: Token, back: int = 0) -> bool:
        """Whether ``word`` names an argument: it follows `(` or `,` of a call."""
        if word.type != "WORD" or word.text == "action" or not self.stack:
            return False
        place = len(self.before) - 2 - back
        previous = self.before[place] if place >= 0 else None
        follows = previous is not None and previous.type in ("LPAR", "COMMA")
        return follows and self.stack[-1] == "ARGUMENTS"
