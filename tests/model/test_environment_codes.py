"""Every page of the catalogue about environments: its wrong file yields the code, its right not."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.codes.code import Code
from specc.codes.environments import CODES
from specc.diagnostics import Reporter
from specc.model.load import load_environment
from specc.source import Source
from specc.syntax import tree
from specc.syntax.parse import parse


def _codes(text: str, base: Path) -> list[str]:
    source = Source("example.spec", text)
    file, problems = parse(source)
    reporter = Reporter(source)
    reporter.extend(problems)
    for declaration in file.declarations:
        assert isinstance(declaration, tree.EnvironmentDeclaration)
        load_environment(declaration, source, base, reporter)
    for diagnostic in reporter.diagnostics:
        assert diagnostic.source is source
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start < diagnostic.span.end <= len(text)
    return [diagnostic.code for diagnostic in reporter.diagnostics]


@pytest.mark.parametrize("page", [page for page in CODES if page.wrong], ids=lambda page: page.code)
def test_page(page: Code, tmp_path: Path) -> None:
    assert page.code in _codes(page.wrong, tmp_path)
    right = _codes(page.right, tmp_path)
    assert page.code not in right
    assert not any(code.startswith("E") for code in right)


def test_codes_are_in_order_and_in_their_range() -> None:
    codes = [page.code for page in CODES]
    assert len(set(codes)) == len(codes)
    assert all(code[1:] >= "391" and code[1:] < "450" for code in codes)
