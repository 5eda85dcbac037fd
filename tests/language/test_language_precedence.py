"""LTL is read as Spot reads it; arithmetic as the page of the language says."""

from __future__ import annotations

import pytest

from specc.source import Source
from specc.syntax import tree
from specc.syntax.parse import parse_expression, parse_formula
from specc.syntax.show import show

spot = pytest.importorskip("spot")

_SIGNS = {"not": "!", "and": "&", "or": "|"}


def _bracketed(node: tree.Expression) -> str:
    """The tree in Spot's syntax with every bracket."""
    match node:
        case tree.Boolean(value=value):
            return "1" if value else "0"
        case tree.Name(name=name, quoted=quoted):
            # Names are resolved later: an undeclared `GFa` is then split, as Spot prints it.
            letters = name[:-1] if not quoted and not name[:-1].strip("FGX") else ""
            return " ".join([*letters, f'"{name[len(letters) :]}"'])
        case tree.Operation(operator=operator, operands=(one,)):
            return f"({_SIGNS.get(operator, operator)} {_bracketed(one)})"
        case tree.Operation(operator=operator, operands=operands):
            return "(" + f" {_SIGNS.get(operator, operator)} ".join(map(_bracketed, operands)) + ")"
        case _:
            raise AssertionError(node)


def _read(text: str) -> tree.Expression:
    formula, diagnostics = parse_formula(Source("formula", text))
    assert not diagnostics
    assert formula is not None
    return formula


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_formula_that_spot_prints_is_read_as_spot_means_it(seed: int) -> None:
    generator = spot.randltl(["a", "b", "F", "GFa"], tree_size=(3, 25), seed=seed, simplify=0)
    for _ in range(150):
        formula = next(generator)
        for text in (formula.to_str("spot"), formula.to_str("spot", parenth=True)):
            read = _read(text)
            assert spot.formula(_bracketed(read)) == formula
            assert spot.formula(_bracketed(_read(show(read, formula=True)))) == formula


@pytest.mark.parametrize(
    "text",
    [
        "a -> b -> c",
        "a <-> b -> c",
        "a -> b <-> c",
        "a xor b | c & d",
        "a U b W c R d M b",
        "X a U b",
        "!a U b",
        "F a & b",
        "GF a",
        "XXX a -> 0",
        "a && b || !c",
        "1 U a",
        "G(a)",
    ],
)
def test_unbracketed_formulas_are_read_as_spot_reads_them(text: str) -> None:
    assert spot.formula(_bracketed(_read(text))) == spot.formula(text)


def test_words_stand_for_the_operators() -> None:
    words = "always eventually a and next b until c or not d weak_until a release b"
    assert _read(words) == _read("G F a & X b U c | ! d W a R b")


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [
        ("-a**2", "-(a**2)"),
        ("2**-3**2", "2**(-(3**2))"),
        ("a - b - c", "(a - b) - c"),
        ("a/b*c/d", "((a/b)*c)/d"),
        ("-a*b", "(-a)*b"),
        ("[!a = b]", "[!(a = b)]"),
        ("[a + 1 < b & c]", "[((a + 1) < b) & c]"),
        ("if a then b else c + d", "if a then b else (c + d)"),
    ],
)
def test_arithmetic_binds_as_the_page_says(text: str, bracketed: str) -> None:
    left, _ = parse_expression(Source("x", text))
    right, problems = parse_expression(Source("y", bracketed))
    assert not problems
    if text == "a - b - c":
        assert left == tree.Operation("+", (tree.Name("a"), _negative("b"), _negative("c")))
    else:
        assert left == right


def _negative(name: str) -> tree.Operation:
    return tree.Operation("neg", (tree.Name(name),))
