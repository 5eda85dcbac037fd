"""examples/sweep.py prints its table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_prints_a_line_per_spec(tmp_path: Path) -> None:
    example, specs = ROOT / "examples" / "sweep.py", ROOT / "examples" / "gamble.spec"
    command = [sys.executable, str(example), str(tmp_path / "o.jsonl"), "2", "20000", str(specs)]
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        for _ in range(2)
    )
    assert first.stderr == ""
    lines = first.stdout.splitlines()
    assert lines[1].split()[:3] == ["gamble", "mean", "RM"]
    assert lines[3].split() == ["gamble", "hedge", "ONMR", "3.5311", "E801"]
    assert lines[4] == "10 ok, 2 failed"
    assert second.stdout.splitlines()[:5] == lines[:5]
    assert "12 of 12 rows were there already" in second.stdout
