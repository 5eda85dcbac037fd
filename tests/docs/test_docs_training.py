"""The Python blocks of pages for users run, one after the other."""

from __future__ import annotations

import pytest
from pages import ROOT, blocks


@pytest.mark.parametrize(
    ("page", "least"),
    [("training.md", 4), ("regularised.md", 1), ("many_objectives.md", 3), ("learning.md", 1)],
)
def test_blocks_run(page: str, least: int) -> None:
    scope: dict = {}
    found = [b for b in blocks("python") if b.page == ROOT / "docs" / page]
    assert len(found) >= least
    for block in found:
        exec(compile("\n" * (block.line - 1) + block.text, str(block.page), "exec"), scope)
