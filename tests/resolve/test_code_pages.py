"""Every page about names, layers and machines: its wrong file yields the code, its right not."""

from __future__ import annotations

import pytest

from specc.codes import catalogue, layers, machines, names, values
from specc.codes.code import Code
from specc.resolve.file import load_text

_PAGES = (*names.CODES, *layers.CODES, *machines.CODES, *values.CODES)


@pytest.mark.parametrize("page", [p for p in _PAGES if p.wrong], ids=lambda page: page.code)
def test_examples(page: Code) -> None:
    wrong = load_text(page.wrong)
    assert page.code in [d.code for d in wrong.diagnostics]
    # The example shows one mistake: whatever else is found carries the same code.
    assert {d.code for d in wrong.diagnostics} == {page.code}
    for found in wrong.diagnostics:
        assert found.span is not None
        assert 0 <= found.span.start < found.span.end <= len(page.wrong)
    assert load_text(page.right).diagnostics == ()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.code)
def test_page_is_whole(page: Code) -> None:
    assert catalogue()[page.code] is page
    assert page.title
    assert page.explanation.strip()
    assert bool(page.wrong) == bool(page.right)
