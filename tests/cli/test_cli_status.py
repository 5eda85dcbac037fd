"""Exit statuses, streams, and files that nobody should feed to a compiler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

TEN_MISTAKES = """\
env m = mdp {
  initial s0
  s0: a -> 1/2 s0 + 1/3 s1
  s1: a -> s1
}
env n = mdp {
  initial t0
  t0: a -> t0
  label goal: t0
}
spec one in n = P[F gaol]
spec two in n = E[discounted([goal], 2)]
spec three in n = E[discounted([goal]]
spec four in n = P[E[average([goal])]]
spec five in nowhere = P[F goal]
spec six in n = E[coverage(horizon=)]
spec seven in n = E[frobnicate(3)]
spec eight in n = P[F goal
spec nine in n = E[average(tipp)]
assert ten in MR
"""

COMMANDS = (["check"], ["solve"], ["eval", "--policy", "uniform"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_paths_that_cannot_be_read(invoke: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "folder").mkdir()
    for path in ("nowhere.spec", "folder"):
        result = invoke(command[0], path, *command[1:])
        assert result.status == 2
        assert "error[E001]" in result.err
        assert path in result.err
        assert "Traceback" not in result.err + result.out


@pytest.mark.parametrize("command", [*COMMANDS, ["fmt"]], ids=lambda c: c[0])
def test_binary_files(invoke: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "a.spec").write_bytes(bytes(range(256)) * 20)
    result = invoke(command[0], "a.spec", *command[1:])
    assert result.status == 1
    assert "error[E200]" in result.err


@pytest.mark.parametrize("command", [*COMMANDS, ["fmt"]], ids=lambda c: c[0])
def test_empty_file(invoke: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "a.spec").write_bytes(b"")
    assert invoke(command[0], "a.spec", *command[1:]).status == 0


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_ten_mistakes_are_all_shown(invoke: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "a.spec").write_text(TEN_MISTAKES, encoding="utf-8")
    result = invoke(command[0], "a.spec", *command[1:], "--json")
    assert result.status == 1
    lines = {d["line"] for d in result.json["diagnostics"] if d["severity"] == "error"}
    assert lines == {3, *range(11, 21)}
    shown = invoke(command[0], "a.spec", *command[1:])
    assert shown.err.count("error[E") >= 11


def test_usage(run: Run, task: Path) -> None:
    assert run().status == 2
    assert run("nonsense").status == 2
    assert run("check").status == 2
    assert run("check", "task.spec", "--nonsense").status == 2
    assert run("check", "task.spec", "--against", "XX").status == 2
    assert run("check", "task.spec", "--budget", "soon").status == 2
    assert run("solve", "task.spec", "--precision", "0").status == 2
    assert run("solve", "task.spec", "--policy-out", "p.json").status == 2
    assert run("solve", "task.spec", "--spec", "nobody").status == 1
    assert run("eval", "task.spec").status == 2
    assert run("eval", "task.spec", "--policy", "nowhere.json").status == 2
    assert run("compile", "task.spec", "--target", "paper").status == 2
    assert run("render", "hasse", "-o", "a.txt").status == 2
    assert run("render", "automaton", "-o", "a.svg").status == 2
    assert run("automaton", "G F").status == 1
    assert run("automaton", "F G a", "--acceptance", "buchi").status == 1
    assert run("explain", "E9999").status == 2
    assert run("--version").status == 0


def test_results_and_diagnostics_have_their_own_streams(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.spec").write_text("spec x = P[F (]", encoding="utf-8")
    result = run("check", "a.spec", "--json")
    assert result.err == ""
    assert result.json["diagnostics"]
    result = run("automaton", "G F (")
    assert result.out == ""
    assert "error[E103]" in result.err
    assert "\x1b" not in result.err


def test_colour_only_on_a_terminal(tmp_path: Path, task: Path) -> None:
    import pty

    def shown(**environment: str) -> bytes:
        parent, child = pty.openpty()
        subprocess.run(
            [sys.executable, "-m", "specc", "prove"],
            stdout=child,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment},
            check=True,
        )
        os.close(child)
        found = b""
        while True:
            try:
                piece = os.read(parent, 65536)
            except OSError:
                break
            if not piece:
                break
            found += piece
        os.close(parent)
        return found

    assert b"\x1b[" in shown()
    assert b"\x1b[" not in shown(NO_COLOR="1")


def test_a_crash_is_one_line(invoke: Run, task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr("specc.resolve.file.load", broken)
    result = invoke("solve", "task.spec")
    assert result.status == 2
    assert result.err.startswith(
        "error[E003]: this is a bug in specc: ZeroDivisionError: first line second line\n"
    )
    assert "Traceback" not in result.err
    assert invoke("solve", "task.spec", "--json").json["diagnostics"][0]["code"] == "E003"
    monkeypatch.setenv("SPECC_DEBUG", "1")
    assert "Traceback" in invoke("solve", "task.spec").err


def test_missing_extra(invoke: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stormpy", None)
    (tmp_path / "m.prism").write_text("mdp\nmodule m\nendmodule\n", encoding="utf-8")
    (tmp_path / "a.spec").write_text('env m = file "m.prism"\n', encoding="utf-8")
    result = invoke("check", "a.spec")
    assert result.status == 2
    assert "error[E002]" in result.err
    assert "storm" in result.err


def test_interrupt(tmp_path: Path) -> None:
    pipe = tmp_path / "a.spec"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "specc", "fmt", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    # Opening waits for the command to open its end; from then on it waits for the text.
    with pipe.open("wb"):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
