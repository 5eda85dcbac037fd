"""The Python blocks of pages for users run, one after the other."""

from __future__ import annotations

from pathlib import Path

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


def test_the_block_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = ROOT / "README.md"
    (spec,) = [b for b in blocks("spec") if b.page == readme and "coffee.spec" in b.text]
    (tmp_path / "coffee.spec").write_text(spec.text)
    monkeypatch.chdir(tmp_path)
    (block,) = [b for b in blocks("python") if b.page == readme]
    exec(compile(block.text, str(readme), "exec"), {})
    value, optimum = map(float, capsys.readouterr().out.split(" of "))
    assert 0 <= value <= optimum
