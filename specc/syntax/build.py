"""Build syntax nodes while a text is parsed: callbacks of the grammars, called bottom-up."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeVar

from specc.diagnostics import Diagnostic
from specc.source import Span
from specc.syntax import tree
from specc.syntax.scan import Token

__all__ = ["Builder", "Part", "Refused", "number_value", "text_value"]

_MAXIMUM_EXPONENT = 400
_MAXIMUM_DIGITS = 1000
_ESCAPE = re.compile(r'\\([\\"])')

# A child is a Token, a Part, or whatever another callback returned.
Child = object
_T = TypeVar("_T")


class Refused(Exception):
    """The text has the right form but cannot be accepted; carries the diagnostic (no source)."""

    def __init__(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, None, span, help)


class Part:
    """An expression under construction: its node, its depth, and its place with brackets."""

    __slots__ = ("depth", "node", "span")

    def __init__(self, node: tree.Expression, depth: int, span: Span) -> None:
        if depth > tree.MAXIMUM_DEPTH:
            raise Refused(
                "E110",
                f"this expression nests more than {tree.MAXIMUM_DEPTH} levels deep",
                span,
                help="name a part of it with `prop` or `reward`",
            )
        self.node = node
        self.depth = depth
        self.span = span


def number_value(token: Token) -> Fraction:
    """The exact value of a NUMBER token."""
    mantissa, _, exponent = token.text.lower().partition("e")
    digits = exponent.lstrip("+-").lstrip("0")
    if len(mantissa) > _MAXIMUM_DIGITS or len(digits) > 6 or int(digits or 0) > _MAXIMUM_EXPONENT:
        raise Refused(
            "E112",
            f"this number is too long: at most {_MAXIMUM_DIGITS} digits and an exponent of at most "
            f"{_MAXIMUM_EXPONENT} are read",
            token.span,
        )
    return Fraction(token.text)


def text_value(token: Token) -> str:
    """The value of a word, an integer or a quoted text."""
    if token.type == "STRING":
        return _ESCAPE.sub(r"\1", token.text[1:-1])
    return token.text


def _is(kind: type[_T], children: list[Child]) -> list[_T]:
    return [child for child in children if isinstance(child, kind)]


def _text(token: Token) -> tree.Text:
    return tree.Text(text_value(token), span=token.span)


def _truth(part: Part) -> tree.Expression:
    """The node where a truth value is wanted: there `0` and `1` are constants."""
    node = part.node
    if isinstance(node, tree.Number) and node.value in (0, 1):
        return tree.Boolean(node.value == 1, span=node.span)
    return node


def _operation(operator: str, parts: list[Part], span: Span, truth: bool = False) -> Part:
    operands = tuple(_truth(part) if truth else part.node for part in parts)
    node = tree.Operation(operator, operands, span=span)
    return Part(node, 1 + max(part.depth for part in parts), span)


def _children_span(children: list[Child]) -> Span:
    first, last = children[0], children[-1]
    assert isinstance(first, Token | Part)
    assert isinstance(last, Token | Part)
    return first.span.to(last.span)


class _Expressions:
    """Callbacks of ltl.lark and expressions.lark."""

    def binary(self, children: list[Child]) -> Part:
        left, operator, right = children
        assert isinstance(operator, Token)
        symbol = "xor" if operator.type == "XOR" else operator.text
        return _operation(symbol, _is(Part, [left, right]), _children_span(children), truth=True)

    temporal = binary

    def flat(self, children: list[Child]) -> Part:
        operator = children[1]
        assert isinstance(operator, Token)
        symbol = operator.type.lower()
        return _operation(symbol, _is(Part, children), _children_span(children), truth=True)

    def unary(self, children: list[Child]) -> Part:
        operator = children[0]
        assert isinstance(operator, Token)
        symbol = "not" if operator.type == "NOT" else operator.text
        return _operation(symbol, _is(Part, children), _children_span(children), truth=True)

    def comparing(self, children: list[Child]) -> Part:
        operator = children[1]
        assert isinstance(operator, Token)
        return _operation(operator.text, _is(Part, children), _children_span(children))

    def adding(self, children: list[Child]) -> Part:
        terms = _is(Part, children[:1])
        for index in range(1, len(children), 2):
            operator, term = children[index], children[index + 1]
            assert isinstance(operator, Token)
            assert isinstance(term, Part)
            if operator.type == "MINUS":
                term = _operation("neg", [term], operator.span.to(term.span))
            terms.append(term)
        return _operation("+", terms, _children_span(children))

    def multiplying(self, children: list[Child]) -> Part:
        factors = _is(Part, children[:1])
        for index in range(1, len(children), 2):
            operator, factor = children[index], children[index + 1]
            assert isinstance(operator, Token)
            assert isinstance(factor, Part)
            if operator.type == "STAR":
                factors.append(factor)
                continue
            left = _product(factors)
            factors = [_operation("/", [left, factor], left.span.to(factor.span))]
        return _product(factors)

    def negative(self, children: list[Child]) -> Part:
        return _operation("neg", _is(Part, children), _children_span(children))

    def raising(self, children: list[Child]) -> Part:
        return _operation("**", _is(Part, children), _children_span(children))

    def name(self, children: list[Child]) -> Part:
        (word,) = _is(Token, children)
        return Part(tree.Name(word.text, span=word.span), 1, word.span)

    def quoted_name(self, children: list[Child]) -> Part:
        (text,) = _is(Token, children)
        value = text_value(text)
        if not value:
            raise Refused("E116", "a name cannot be empty", text.span)
        return Part(tree.Name(value, quoted=True, span=text.span), 1, text.span)

    def number(self, children: list[Child]) -> Part:
        (token,) = _is(Token, children)
        return Part(tree.Number(number_value(token), span=token.span), 1, token.span)

    def boolean(self, children: list[Child]) -> Part:
        (token,) = _is(Token, children)
        return Part(tree.Boolean(token.text == "true", span=token.span), 1, token.span)

    def info_key(self, children: list[Child]) -> Part:
        (token,) = _is(Token, children)
        key = token.text.partition(".")[2]
        return Part(tree.InfoKey(key, span=token.span), 1, token.span)

    def observation(self, children: list[Child]) -> Part:
        index = _is(Token, children)[2]
        value = number_value(index)
        if value.denominator != 1 or not index.text.isdigit():
            raise Refused(
                "E118",
                f"`{index.text}` is not an index: `obs` counts its components 0, 1, 2, ...",
                index.span,
            )
        span = _children_span(children)
        return Part(tree.Observation(int(value), span=span), 1, span)

    def at(self, children: list[Child]) -> Part:
        (state,) = _is(tree.Text, children)
        span = _children_span(children)
        return Part(tree.At(state.value, span=span), 1, span)

    def from_left(self, children: list[Child]) -> Part:
        (operand,) = _is(Part, children)
        span = _children_span(children)
        return Part(tree.From(_truth(operand), span=span), 1 + operand.depth, span)

    def action_is(self, children: list[Child]) -> Part:
        word, sign, action = children
        assert isinstance(word, Token)
        assert isinstance(sign, Token)
        assert isinstance(action, tree.Text)
        if sign.text not in ("=", "!="):
            raise Refused(
                "E106",
                f"actions have no order: `{sign.text}` cannot compare them",
                sign.span,
                help="write `=` or `!=`",
            )
        span = word.span.to(action.span)
        node = tree.ActionIs(action.value, negated=sign.text == "!=", span=span)
        return Part(node, 1, span)

    def policy_probability(self, children: list[Child]) -> Part:
        action, state = _is(tree.Text, children)
        span = _children_span(children)
        node = tree.PolicyProbability(action.value, state.value, span=span)
        return Part(node, 1, span)

    def lottery(self, children: list[Child]) -> Part:
        (body,) = _is(Part, children)
        word = _is(Token, children)[0]
        node = _truth(body) if word.text == "P" else body.node
        return self._call(word, (node,), (), [body], _children_span(children))

    def bounded_formula(self, children: list[Child]) -> Part:
        bound, body = _is(Part, children)
        word = _is(Token, children)[0]
        positional = (bound.node, _truth(body))
        return self._call(word, positional, (), [bound, body], _children_span(children))

    def call(self, children: list[Child]) -> Part:
        word = _is(Token, children)[0]
        positional: list[tree.Expression] = []
        keyword: dict[str, tree.Expression] = {}
        parts = []
        for child in children:
            if isinstance(child, tuple):
                key, part = child
                if key.text in keyword:
                    raise Refused("E115", f"`{key.text}` is given twice", key.span)
                keyword[key.text] = part.node
                parts.append(part)
            elif isinstance(child, Part):
                if keyword:
                    raise Refused(
                        "E106",
                        "an argument without a name cannot follow one with a name",
                        child.span,
                        help="put the named arguments last",
                    )
                positional.append(_truth(child) if word.text == "sat" else child.node)
                parts.append(child)
        span = _children_span(children)
        return self._call(word, tuple(positional), tuple(keyword.items()), parts, span)

    def _call(
        self,
        word: Token,
        positional: tuple[tree.Expression, ...],
        keyword: tuple[tuple[str, tree.Expression], ...],
        parts: list[Part],
        span: Span,
    ) -> Part:
        node = tree.Call(word.text, positional, keyword, function_span=word.span, span=span)
        return Part(node, 1 + max((part.depth for part in parts), default=0), span)

    def keyword(self, children: list[Child]) -> tuple[Token, Part]:
        key, _, value = children
        assert isinstance(key, Token)
        assert isinstance(value, Part)
        return key, value

    def indicator(self, children: list[Child]) -> Part:
        (condition,) = _is(Part, children)
        span = _children_span(children)
        return Part(tree.Indicator(_truth(condition), span=span), 1 + condition.depth, span)

    def group(self, children: list[Child]) -> Part:
        (inner,) = _is(Part, children)
        return Part(inner.node, inner.depth, _children_span(children))

    def conditional(self, children: list[Child]) -> Part:
        parts = _is(Part, children)
        condition, then, otherwise = parts
        span = _children_span(children)
        node = tree.Conditional(_truth(condition), then.node, otherwise.node, span=span)
        return Part(node, 1 + max(part.depth for part in parts), span)

    def constraint(self, children: list[Child]) -> Part:
        return self.comparing(children)

    def constrained(self, children: list[Child]) -> Part:
        parts = _is(Part, children)
        constraints = tuple(p.node for p in parts[1:] if isinstance(p.node, tree.Operation))
        span = _children_span(children)
        node = tree.Constrained(parts[0].node, constraints, span=span)
        return Part(node, 1 + max(part.depth for part in parts), span)

    def expression(self, children: list[Child]) -> Child:
        return children[0]

    def whole_formula(self, children: list[Child]) -> tree.Expression:
        (part,) = _is(Part, children)
        return _truth(part)

    def whole_expression(self, children: list[Child]) -> tree.Expression:
        (part,) = _is(Part, children)
        return part.node

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


def _product(factors: list[Part]) -> Part:
    if len(factors) == 1:
        return factors[0]
    return _operation("*", factors, factors[0].span.to(factors[-1].span))


class Builder(_Expressions):
    """Callbacks of the file shell and of machines, besides those of expressions."""

    def proposition(self, children: list[Child]) -> tree.PropositionDeclaration:
        (body,) = _is(Part, children)
        name = _is(Token, children)[1]
        span = _children_span(children)
        return tree.PropositionDeclaration(_text(name), _truth(body), span=span)

    def reward(self, children: list[Child]) -> tree.RewardDeclaration:
        (body,) = _is(Part, children)
        name = _is(Token, children)[1]
        return tree.RewardDeclaration(_text(name), body.node, span=_children_span(children))

    def specification(self, children: list[Child]) -> tree.SpecDeclaration:
        name, environment, annotation, body = (children[i] for i in (1, 3, 5, 7))
        assert isinstance(name, Token)
        assert isinstance(body, Part)
        return tree.SpecDeclaration(
            _text(name),
            _text(environment) if isinstance(environment, Token) else None,
            _text(annotation) if isinstance(annotation, Token) else None,
            body.node,
            span=_children_span(children),
        )

    def uniform_policy(self, children: list[Child]) -> tree.PolicyDeclaration:
        name = _is(Token, children)[1]
        return tree.PolicyDeclaration(_text(name), span=_children_span(children))

    def file_policy(self, children: list[Child]) -> tree.PolicyDeclaration:
        tokens = _is(Token, children)
        return tree.PolicyDeclaration(
            _text(tokens[1]), _text(tokens[4]), span=_children_span(children)
        )

    def membership(self, children: list[Child]) -> tree.Assertion:
        tokens = _is(Token, children)
        span = tokens[1].span.to(tokens[-1].span)
        claim = tree.Membership(
            _text(tokens[1]), _text(tokens[-1]), negated=len(tokens) == 5, span=span
        )
        return tree.Assertion(claim, span=_children_span(children))

    def value_comparison(self, children: list[Child]) -> tree.Assertion:
        tokens = _is(Token, children)
        (bound,) = _is(Part, children)
        claim = tree.ValueComparison(
            _text(tokens[3]), tokens[5].text, bound.node, span=tokens[1].span.to(bound.span)
        )
        return tree.Assertion(claim, span=_children_span(children))

    def order_equality(self, children: list[Child]) -> tree.Assertion:
        tokens = _is(Token, children)
        sign = tokens[5]
        if sign.text not in ("=", "!="):
            raise Refused(
                "E106",
                f"`{sign.text}` does not compare orders",
                sign.span,
                help="orders are the same or not: write `=` or `!=`",
            )
        claim = tree.OrderEquality(
            _text(tokens[3]),
            _text(tokens[8]),
            negated=sign.text == "!=",
            span=tokens[1].span.to(tokens[-1].span),
        )
        return tree.Assertion(claim, span=_children_span(children))

    def machine_file(self, children: list[Child]) -> tree.MachineFile:
        tokens = _is(Token, children)
        return tree.MachineFile(
            _text(tokens[1]), tokens[3].text, _text(tokens[4]), span=_children_span(children)
        )

    def machine_states(self, children: list[Child]) -> tuple[str, tuple[tree.Text, ...]]:
        return "states", tuple(_is(tree.Text, children))

    def machine_final(self, children: list[Child]) -> tuple[str, tuple[tree.Text, ...]]:
        return "final", tuple(_is(tree.Text, children))

    def every_state(self, children: list[Child]) -> tree.Text:
        (star,) = _is(Token, children)
        return _text(star)

    def machine_edge(self, children: list[Child]) -> tree.MachineEdge:
        source, target = _is(tree.Text, children)
        guard, *emit = _is(Part, children)
        last = emit[0] if emit else guard
        return tree.MachineEdge(
            source,
            target,
            _truth(guard),
            emit[0].node if emit else None,
            span=source.span.to(last.span),
        )
