"""Parse a `.spec` file: what can be read, and every mistake in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specc.diagnostics import Diagnostic, Reporter
from specc.source import Source, Span
from specc.syntax import tree
from specc.syntax.bodies import attempt, grid_body, machine_body, mdp_body
from specc.syntax.explain import nearest
from specc.syntax.mark import RESERVED, mark_expression
from specc.syntax.scan import KEYWORDS, Token, scan
from specc.syntax.split import Brackets, Item, match_brackets, split_items

__all__ = ["parse", "parse_expression", "parse_formula"]

_LAYOUT = ("NEWLINE", "SEMICOLON")


def parse(source: Source) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The declarations that could be read, and a diagnostic for every mistake.

    Never raises, whatever the text. A file with an error may lack declarations.

    >>> file, problems = parse(Source("a.spec", "reward r = 2*[goal] - 1"))
    >>> len(file.declarations), problems
    (1, ())
    """
    reporter = Reporter(source)
    tokens = scan(source, reporter).tokens
    declarations = []
    for item in split_items(tokens):
        declaration = _Item(source, reporter, item).parse()
        if declaration is not None:
            declarations.append(declaration)
    span = Span(0, len(source.text))
    return tree.File(tuple(declarations), span=span), _in_order(reporter)


def parse_formula(source: Source) -> tuple[tree.Expression | None, tuple[Diagnostic, ...]]:
    """The LTL formula that ``source`` holds, or None and what is wrong with it.

    >>> formula, _ = parse_formula(Source("formula", "G F a"))
    >>> formula == tree.Operation("G", (tree.Operation("F", (tree.Name("a"),)),))
    True
    """
    return _parse_alone(source, "whole_formula", "the formula", formula=True)


def parse_expression(source: Source) -> tuple[tree.Expression | None, tuple[Diagnostic, ...]]:
    """The right-hand side of a spec that ``source`` holds, or None and what is wrong with it.

    >>> parse_expression(Source("x", "E[discounted(r, 0.9)]"))[0].function
    'E'
    """
    return _parse_alone(source, "whole_expression", "the expression", formula=False)


def _parse_alone(
    source: Source, start: str, what: str, formula: bool
) -> tuple[tree.Expression | None, tuple[Diagnostic, ...]]:
    reporter = Reporter(source)
    tokens = [t for t in scan(source, reporter).tokens if t.type not in _LAYOUT]
    brackets = match_brackets(tokens, reporter)
    result: tree.Expression | None = None
    if not brackets.bad:
        end = tokens[-1].end if tokens else 0
        marked = mark_expression(tokens, formula)
        result = attempt(reporter, source, start, marked, end, what)
    if reporter.has_errors:
        result = None
    return result, _in_order(reporter)


def _in_order(reporter: Reporter) -> tuple[Diagnostic, ...]:
    return tuple(
        sorted(reporter.diagnostics, key=lambda d: d.span.start if d.span is not None else -1)
    )


class _Item:
    """One top-level item on its way to a declaration."""

    def __init__(self, source: Source, reporter: Reporter, item: Item) -> None:
        self.source = source
        self.reporter = reporter
        self.tokens = item.tokens

    def parse(self) -> tree.Declaration | None:
        keyword = self.tokens[0]
        kind = keyword.text if keyword.type == "WORD" else ""
        if kind not in KEYWORDS:
            kind = self._unknown_keyword(keyword)
            if not kind:
                return None
        brackets = match_brackets(self.tokens, self.reporter)
        handlers: dict[str, Callable[[Brackets], tree.Declaration | None]] = {
            "env": self._environment,
            "machine": self._machine,
            "policy": lambda b: self._flat(b, "policy", "POLICY_ITEM", "the policy"),
            "prop": lambda b: self._flat(b, "proposition", "PROP", "the proposition"),
            "reward": lambda b: self._flat(b, "reward", "REWARD", "the reward"),
            "spec": lambda b: self._flat(b, "specification", "SPEC", "the spec"),
            "assert": lambda b: self._flat(b, "assertion", "ASSERT", "the assertion"),
        }
        if not self._name_is_free(kind):
            return None
        return handlers[kind](brackets)

    def _unknown_keyword(self, token: Token) -> str:
        near = nearest(token.text, KEYWORDS) if token.type == "WORD" else None
        known = ", ".join(KEYWORDS)
        shown = " ".join(token.text.split())[:30]
        self.reporter.report(
            "E105",
            f"`{shown}` starts no declaration: expected one of {known}",
            token.span,
            help=f"did you mean `{near}`?" if near is not None else None,
        )
        declares = len(self.tokens) > 2 and self.tokens[1].type == "WORD"
        return near if near is not None and declares else ""

    def _name_is_free(self, kind: str) -> bool:
        if kind == "assert" or len(self.tokens) < 2:
            return True
        name = self.tokens[1]
        if name.type == "WORD" and name.text in RESERVED | set(KEYWORDS):
            self.reporter.report(
                "E116",
                f"`{name.text}` is a word of the language and cannot be a name",
                name.span,
                help="choose another name",
            )
            return False
        return True

    def _flat(
        self, brackets: Brackets, start: str, keyword: str, what: str
    ) -> tree.Declaration | None:
        if brackets.bad:
            return None
        tokens = [token for token in self.tokens if token.type not in _LAYOUT]
        end = tokens[-1].end
        tokens[0].type = keyword
        if start == "assertion":
            _mark_assertion(tokens)
        else:
            equal = next((i for i, t in enumerate(tokens) if t.type == "EQUAL"), len(tokens))
            header = tokens[: equal + 1]
            body = tokens[equal + 1 :]
            _mark_words(header[1:], {"in": "IN"} if start == "specification" else {})
            if start == "policy":
                _mark_words(body[:1], {"uniform": "UNIFORM", "file": "FILE"})
            else:
                body = mark_expression(body)
            tokens = [*header, *body]
        declaration: tree.Declaration | None = attempt(
            self.reporter, self.source, start, tokens, end, what
        )
        return declaration

    def _environment(self, brackets: Brackets) -> tree.Declaration | None:
        tokens = self.tokens
        brace = next((i for i, t in enumerate(tokens) if t.type == "LBRACE"), None)
        if brace is None:
            return self._external(brackets)
        header = [t for t in tokens[:brace] if t.type not in _LAYOUT]
        if not self._header(header, ("=", ("grid", "mdp"))):
            return None
        body = self._body(brackets, brace)
        kind = header[3].text
        read = grid_body if kind == "grid" else mdp_body
        span = Span(header[3].start, tokens[-1].end)
        definition = read(self.source, self.reporter, body, brackets.bad, span)
        if definition is None:
            return None
        name = tree.Text(header[1].text, span=header[1].span)
        whole = Span(tokens[0].start, tokens[-1].end)
        return tree.EnvironmentDeclaration(name, definition, span=whole)

    def _external(self, brackets: Brackets) -> tree.Declaration | None:
        tokens = [token for token in self.tokens if token.type not in _LAYOUT]
        if brackets.bad:
            return None
        tokens[0].type = "ENV"
        kind = tokens[3] if len(tokens) > 3 else None
        if kind is not None and kind.text not in ("gym", "file"):
            self._unknown_kind(kind, ("grid", "mdp", "gym", "file"))
            return None
        _mark_words(tokens[3:4], {"gym": "GYM", "file": "FILE"})
        _mark_words(tokens[4:], {"true": "BOOLEAN", "false": "BOOLEAN"})
        end = tokens[-1].end
        result: tree.Declaration | None = attempt(
            self.reporter, self.source, "external", tokens, end, "the environment"
        )
        return result

    def _unknown_kind(self, token: Token, kinds: Sequence[str]) -> None:
        near = nearest(token.text, kinds)
        if token.text in kinds:
            help: str | None = f"`{token.text}` is followed by a body in braces"
        else:
            help = f"did you mean `{near}`?" if near is not None else None
        self.reporter.report(
            "E106",
            f"`{token.text[:30]}` cannot stand here: expected {' or '.join(kinds)}",
            token.span,
            help=help,
        )

    def _machine(self, brackets: Brackets) -> tree.Declaration | None:
        tokens = self.tokens
        brace = next((i for i, t in enumerate(tokens) if t.type == "LBRACE"), None)
        if brace is None:
            flat = [token for token in tokens if token.type not in _LAYOUT]
            flat[0].type = "MACHINE"
            _mark_words(flat[3:4], {"hoa": "HOA", "rm": "RM"})
            if brackets.bad:
                return None
            result: tree.Declaration | None = attempt(
                self.reporter, self.source, "machine_file", flat, flat[-1].end, "the machine"
            )
            return result
        header = [t for t in tokens[:brace] if t.type not in _LAYOUT]
        if not self._header(header, ()):
            return None
        name = tree.Text(header[1].text, span=header[1].span)
        body = self._body(brackets, brace)
        whole = Span(tokens[0].start, tokens[-1].end)
        return machine_body(self.source, self.reporter, name, body, brackets.bad, whole)

    def _header(self, header: list[Token], after: tuple[()] | tuple[str, tuple[str, ...]]) -> bool:
        """Whether ``env name = kind`` or ``machine name`` stands before the brace."""
        if len(header) < 2 or header[1].type != "WORD":
            seen = header[1].span if len(header) > 1 else header[0].span
            self.reporter.report("E106", f"expected a name after `{header[0].text}`", seen)
            return False
        rest = header[2:]
        if not after:
            if rest:
                self.reporter.report(
                    "E106",
                    f"`{rest[0].text[:30]}` cannot stand here: expected `{{`",
                    rest[0].span,
                    help="a machine is `machine name { ... }`",
                )
            return not rest
        sign, kinds = after
        if not rest or rest[0].text != sign:
            seen = rest[0].span if rest else header[1].span
            self.reporter.report("E106", f"expected `{sign}` after the name", seen)
            return False
        if len(rest) != 2 or rest[1].text not in kinds:
            token = rest[1] if len(rest) > 1 else rest[0]
            if len(rest) > 2 and rest[1].text in kinds:
                token = rest[2]
            if token.text in ("gym", "file"):
                self.reporter.report(
                    "E106", f"`{token.text}` has no body in braces", token.span,
                    help=f'write {token.text} "..." (name=value)',
                )  # fmt: skip
            else:
                self._unknown_kind(token, kinds)
            return False
        return True

    def _body(self, brackets: Brackets, brace: int) -> list[Token]:
        """The tokens between the braces; what stands behind them is reported."""
        close = brackets.close_of.get(brace)
        if close is None:
            return self.tokens[brace + 1 :]
        rest = [t for t in self.tokens[close + 1 :] if t.type not in _LAYOUT]
        if rest and rest[0].start not in brackets.bad:
            near = nearest(rest[0].text, KEYWORDS) if rest[0].type == "WORD" else None
            self.reporter.report(
                "E105",
                f"`{rest[0].text[:30]}` starts no declaration: expected one of "
                + ", ".join(KEYWORDS),
                rest[0].span,
                help=f"did you mean `{near}`?" if near is not None else None,
            )
        return self.tokens[brace + 1 : close]


def _mark_words(tokens: Sequence[Token], types: dict[str, str]) -> None:
    for token in tokens:
        if token.type == "WORD":
            token.type = types.get(token.text, "WORD")


def _mark_assertion(tokens: list[Token]) -> None:
    for index, token in enumerate(tokens):
        if token.type != "WORD":
            continue
        after = tokens[index + 1].type if index + 1 < len(tokens) else ""
        is_measure = token.text in ("value", "order") and after == "LPAR"
        if is_measure or (index == 2 and token.text in ("in", "not")):
            token.type = token.text.upper()
        elif index == 3 and token.text == "in":
            token.type = "IN"
