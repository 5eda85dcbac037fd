"""The Python blocks of docs/training.md run, one after the other."""

from __future__ import annotations

from pages import ROOT, blocks


def test_training_blocks_run() -> None:
    scope: dict = {}
    found = [b for b in blocks("python") if b.page == ROOT / "docs" / "training.md"]
    assert len(found) >= 4
    for block in found:
        exec(compile("\n" * (block.line - 1) + block.text, str(block.page), "exec"), scope)
