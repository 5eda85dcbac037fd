"""The text of an HOA v1 automaton, as it stands: perhaps nondeterministic, perhaps incomplete."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from specc.automata.acceptance import parse_acceptance
from specc.automata.automaton import Acceptance, Combination, Fin, Inf, Verdict
from specc.automata.letters import Boolean, Combined, Constant, Variable
from specc.diagnostics import SpecError

__all__ = ["Raw", "RawEdge", "malformed", "read_raw"]

_MAXIMUM_CHARACTERS = 20_000_000
_MAXIMUM_STATES = 100_000
_MAXIMUM_ATOMS = 64
_MAXIMUM_MARKS = 32
_MAXIMUM_DEPTH = 100
_TOKEN = re.compile(
    r"""\s+|/\*.*?\*/|(?P<string>"(?:\\.|[^"\\])*")|(?P<header>[A-Za-z_][\w-]*:)"""
    r"""|(?P<marker>--(?:BODY|END|ABORT)--)|(?P<alias>@[\w-]+)|(?P<word>[A-Za-z_][\w-]*)"""
    r"""|(?P<number>\d+)|(?P<symbol>[\[\]{}()!&|])""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class RawEdge:
    """An edge with its label as an expression over atom numbers."""

    label: Boolean
    target: int
    marks: int


@dataclass(slots=True)
class Raw:
    """What the text says; ``edges[state]`` in the order of the text."""

    text: str
    atoms: tuple[str, ...] = ()
    starts: list[int] = field(default_factory=list)
    state_count: int | None = None
    acceptance: Acceptance | None = None
    mark_count: int = 0
    aliases: dict[str, Boolean] = field(default_factory=dict)
    edges: list[list[RawEdge]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def malformed(message: str, line: int | None = None) -> NoReturn:
    """Raise E507."""
    place = "" if line is None else f"line {line}: "
    raise SpecError.of("E507", f"HOA, {place}{message}", help="`specc explain E507` shows a file")


def read_raw(text: str) -> Raw:
    """The automaton as the text has it.

    :raises SpecError: E507 malformed or too large, E508 alternating or with negated sets.
    """
    if len(text) > _MAXIMUM_CHARACTERS:
        malformed(f"the text is longer than {_MAXIMUM_CHARACTERS} characters")
    return _Reader(text).automaton()


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            malformed(f"unexpected {text[position : position + 10]!r}", line)
        if match.lastgroup is not None:
            tokens.append(_Token(match.lastgroup, match.group(), line))
        line += match.group().count("\n")
        position = match.end()
    tokens.append(_Token("end", "the end of the text", line))
    return tokens


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0
        self.raw = Raw(text)
        self.deepest = 0
        self.alias_depth: dict[str, int] = {}

    @property
    def here(self) -> _Token:
        return self.tokens[self.position]

    def fail(self, expected: str) -> NoReturn:
        malformed(f"expected {expected}, found {self.here.text[:40]}", self.here.line)

    def take(self, kind: str, expected: str, text: str | None = None) -> str:
        token = self.here
        if token.kind != kind or (text is not None and token.text != text):
            self.fail(expected)
        self.position += 1
        return token.text

    def accept(self, symbol: str) -> bool:
        found = self.here.kind == "symbol" and self.here.text == symbol
        self.position += found
        return found

    def number(self, expected: str, below: int) -> int:
        text = self.take("number", expected)
        if len(text) > 9 or int(text) >= below:
            malformed(f"{expected} {text[:20]} must be below {below}", self.here.line)
        return int(text)

    def string(self) -> str:
        return re.sub(r"\\(.)", r"\1", self.take("string", "a string")[1:-1], flags=re.DOTALL)

    def automaton(self) -> Raw:
        self.take("header", "`HOA: v1`", "HOA:")
        self.take("word", "version v1", "v1")
        while self.here.kind == "header":
            self.header()
        self.take("marker", "`--BODY--`", "--BODY--")
        if self.raw.acceptance is None:
            malformed("the header `Acceptance:` is missing", self.here.line)
        count = self.raw.state_count
        self.raw.edges = [[] for _ in range(count or 0)]
        while self.here.kind == "header" and self.here.text == "State:":
            self.state()
        self.take("marker", "`State:` or `--END--`", "--END--")
        if self.here.kind != "end":
            self.fail("one automaton only")
        self.check_targets()
        return self.raw

    def header(self) -> None:
        raw = self.raw
        match self.take("header", "a header"):
            case "States:":
                raw.state_count = self.number("a number of states", _MAXIMUM_STATES + 1)
            case "Start:":
                raw.starts.append(self.target())
            case "AP:":
                count = self.number("a number of propositions", _MAXIMUM_ATOMS + 1)
                raw.atoms = tuple(self.string() for _ in range(count))
                if len(set(raw.atoms)) != count:
                    malformed("a proposition is named twice", self.here.line)
            case "Alias:":
                name = self.take("alias", "an alias such as @a")
                self.deepest = 0
                raw.aliases[name] = self.label()
                self.alias_depth[name] = self.deepest + 1
            case "Acceptance:":
                raw.mark_count = self.number("a number of acceptance sets", _MAXIMUM_MARKS + 1)
                raw.acceptance = self.acceptance()
            case _:
                # Capital letters announce meaning, small ones may be ignored; of the former we
                # know all that HOA v1 defines.
                while self.here.kind not in ("header", "marker", "end"):
                    self.position += 1

    def acceptance(self) -> Acceptance:
        line = self.here.line
        parts = []
        while self.here.kind in ("word", "number", "symbol"):
            parts.append(self.here.text)
            self.position += 1
        text = " ".join(parts)
        if "!" in text:
            raise SpecError.of("E508", f"HOA, line {line}: negated acceptance sets are not read")
        try:
            condition = parse_acceptance(text)
        except ValueError as error:
            malformed(f"acceptance condition: {error}", line)
        if _greatest_mark(condition) >= self.raw.mark_count:
            malformed("the acceptance condition names a set that is not declared", line)
        return condition

    def target(self) -> int:
        state = self.number("a state", _MAXIMUM_STATES)
        if self.here.kind == "symbol" and self.here.text == "&":
            raise SpecError.of(
                "E508", f"HOA, line {self.here.line}: alternating automata are not read"
            )
        return state

    def state(self) -> None:
        self.position += 1
        label = self.label_in_brackets() if self.here.text == "[" else None
        state = self.number("a state", _MAXIMUM_STATES)
        if self.raw.state_count is not None and state >= self.raw.state_count:
            malformed(f"state {state} is not below `States:`", self.here.line)
        while len(self.raw.edges) <= state:
            self.raw.edges.append([])
        row = self.raw.edges[state]
        if row:
            malformed(f"state {state} is described twice", self.here.line)
        if self.here.kind == "string":
            self.position += 1
        state_marks = self.marks()
        implicit = 0
        while self.here.kind == "number" or self.here.text == "[":
            if self.here.text == "[":
                edge_label = self.label_in_brackets()
            elif label is not None:
                edge_label = label
            else:
                edge_label = self.implicit_label(implicit)
                implicit += 1
            target = self.target()
            row.append(RawEdge(edge_label, target, state_marks | self.marks()))

    def marks(self) -> int:
        marks = 0
        if self.accept("{"):
            while not self.accept("}"):
                marks |= 1 << self.number("an acceptance set", self.raw.mark_count)
        return marks

    def implicit_label(self, letter: int) -> Boolean:
        count = len(self.raw.atoms)
        if letter >> count:
            malformed("a state has more edges than there are letters", self.here.line)
        return Combined("and", tuple(Variable(i, bool(letter >> i & 1)) for i in range(count)))

    def label_in_brackets(self) -> Boolean:
        self.take("symbol", "`[`", "[")
        label = self.label()
        self.take("symbol", "`]`", "]")
        return label

    def label(self, depth: int = 0) -> Boolean:
        operands = [self.conjunction(depth)]
        while self.accept("|"):
            operands.append(self.conjunction(depth))
        return operands[0] if len(operands) == 1 else Combined("or", tuple(operands))

    def conjunction(self, depth: int) -> Boolean:
        operands = [self.literal(depth)]
        while self.accept("&"):
            operands.append(self.literal(depth))
        return operands[0] if len(operands) == 1 else Combined("and", tuple(operands))

    def literal(self, depth: int) -> Boolean:
        depth_here = depth + self.alias_depth.get(self.here.text, 0)
        self.deepest = max(self.deepest, depth_here)
        if depth_here > _MAXIMUM_DEPTH:
            malformed("a label is nested too deeply", self.here.line)
        if self.accept("!"):
            return Combined("not", (self.literal(depth + 1),))
        if self.accept("("):
            label = self.label(depth + 1)
            self.take("symbol", "`)`", ")")
            return label
        match self.here.kind:
            case "number":
                return Variable(self.number("a proposition", len(self.raw.atoms)))
            case "alias" if self.here.text in self.raw.aliases:
                self.position += 1
                return self.raw.aliases[self.tokens[self.position - 1].text]
            case "word" if self.here.text in ("t", "f"):
                return Constant(self.take("word", "t or f") == "t")
        self.fail("a label over the numbers of `AP:`")

    def check_targets(self) -> None:
        raw = self.raw
        used = [*raw.starts, *(edge.target for row in raw.edges for edge in row)]
        count = raw.state_count
        if count is not None and any(state >= count for state in used):
            malformed("an edge or `Start:` leads to a state that is not below `States:`")
        while len(raw.edges) <= max(used, default=-1):
            raw.edges.append([])


def _greatest_mark(condition: Acceptance) -> int:
    match condition:
        case Inf(mark) | Fin(mark):
            return mark
        case Verdict():
            return -1
        case Combination(_, operands):
            return max(map(_greatest_mark, operands))
