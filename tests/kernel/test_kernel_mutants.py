"""Mutation testing of the kernel: no survivor that `survivors.txt` does not explain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mutants import KERNEL, explained_survivors, mutants

HERE = Path(__file__).resolve().parent


def test_survivors_are_mutants_and_have_reasons() -> None:
    names = {name for path in KERNEL.glob("*.py") for name, _ in mutants(path)}
    assert len(names) > 1000
    for name, reason in explained_survivors().items():
        assert name in names, f"not a mutant any more: {name}"
        assert len(reason) > 20, name


@pytest.mark.long
@pytest.mark.parametrize("part", range(1, 9))
def test_every_survivor_is_explained(part: int) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "mutants.py"), "--part", f"{part}/8"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
