"""The Python blocks of docs/sweep.md run, one after the other; a block with a name is a script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, blocks


def test_sweep_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    found = [b for b in blocks("python") if b.page == ROOT / "docs" / "sweep.md"]
    assert len(found) == 3
    for block in found:
        first = block.text.split("\n", 1)[0]
        if first.startswith("# "):
            script = tmp_path / first[2:]
            script.write_text(block.text, encoding="utf-8")
            subprocess.run([sys.executable, str(script)], check=True, timeout=300)
        else:
            exec(compile(block.text, str(block), "exec"), scope)
