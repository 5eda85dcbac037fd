"""Laws: printed trees parse back, formatted files mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from language_trees import EXAMPLES, conditions, expressions, formulas

from specc.source import Source
from specc.syntax import tree
from specc.syntax.format import format_text
from specc.syntax.parse import parse, parse_expression, parse_formula
from specc.syntax.show import show
from specc.syntax.show_file import show_file


@settings(max_examples=150, deadline=None)
@given(expressions)
def test_shown_expressions_parse_back(expression: tree.Expression) -> None:
    assert parse_expression(Source("x", show(expression))) == (expression, ())


@settings(max_examples=150, deadline=None)
@given(formulas)
def test_shown_formulas_parse_back(formula: tree.Expression) -> None:
    assert parse_formula(Source("f", show(formula, formula=True))) == (formula, ())


@settings(max_examples=100, deadline=None)
@given(conditions)
def test_shown_propositions_parse_back(condition: tree.Expression) -> None:
    text = f"prop p = {show(condition)}"
    file, diagnostics = parse(Source("p", text))
    assert not diagnostics
    (declaration,) = file.declarations
    assert isinstance(declaration, tree.PropositionDeclaration)
    assert declaration.expression == condition


@pytest.mark.parametrize("text", EXAMPLES)
def test_shown_files_parse_back(text: str) -> None:
    file, diagnostics = parse(Source("a", text))
    assert not diagnostics
    assert parse(Source("b", show_file(file))) == (file, ())


def _check_format(text: str) -> str:
    tidy, _ = format_text(Source("a", text))
    assert tidy is not None
    assert parse(Source("b", tidy)) == parse(Source("a", text))
    assert format_text(Source("b", tidy))[0] == tidy
    return tidy


@pytest.mark.parametrize("text", EXAMPLES)
def test_formatting_keeps_the_meaning_and_the_comments(text: str) -> None:
    for version in (
        text,
        text.replace(" = ", "="),
        text.replace("\n", "\r\n"),
        text + "\n\n\n# end",
    ):
        tidy = _check_format(version)
        assert [part.split("\n")[0] for part in tidy.split("# ")] == [
            part.split("\n")[0].rstrip() for part in version.split("# ")
        ] or tidy.count("#") == version.count("#")


@settings(max_examples=60, deadline=None)
@given(expressions)
def test_formatting_keeps_expressions(expression: tree.Expression) -> None:
    _check_format(f"spec x = {show(expression)}  # why")


def test_formatting_is_tidy() -> None:
    text = "reward  r=2 *[ goal]-1 #pay\n\n\n\nspec x in e:MR=E[ f( -r,horizon = 3) ]\n"
    assert _check_format(text) == (
        "reward r = 2 * [goal] - 1  #pay\n\nspec x in e : MR = E[ f(-r, horizon=3) ]\n"
    )


def test_a_file_with_errors_is_left_alone() -> None:
    tidy, diagnostics = format_text(Source("a", "reward  r = = 2"))
    assert tidy is None
    assert diagnostics
