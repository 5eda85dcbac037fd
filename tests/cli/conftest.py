"""Running specc as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TASK = """\
# A walk between two rooms.
env m = mdp {
  initial s0
  s0: a -> 1/2 s0 + 1/2 s1
      b -> s1
  s1: a -> s0
      b -> s1
  label goal: s1
}
reward r = 2 * [goal] - 1
spec near in m = E[discounted(r, 0.9)]
spec reach in m = P[F goal]
assert near in RM
"""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output; NaN and Infinity are no JSON."""

        def refuse(name: str) -> None:
            raise AssertionError(f"{name} in the output")

        return json.loads(self.out, parse_constant=refuse)


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run("check", "a.spec")`` in an empty folder, as a process of its own."""

    def call(*arguments: str, stdin: str = "", **environment: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "specc", *arguments],
            cwd=tmp_path,
            input=stdin.encode(),
            capture_output=True,
            env={**os.environ, **environment},
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same within this process, through typer's runner."""
    from typer.testing import CliRunner

    from specc.cli.app import app

    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, stdin: str = "") -> Result:
        done = CliRunner().invoke(app, list(arguments), input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return Result(done.exit_code, done.stdout, done.stderr)

    return call


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A small sound file, `task.spec`."""
    path = tmp_path / "task.spec"
    path.write_text(TASK, encoding="utf-8")
    return path
