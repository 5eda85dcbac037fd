"""What each command prints and writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from specc.codes import catalogue
from specc.files import write_whole

if TYPE_CHECKING:
    from conftest import Run


def test_check_shows_the_essentials(invoke: Run, task: Path) -> None:
    out = invoke("check", "task.spec").out
    for piece in ("near in m", "MR, Markov rewards", "because", "LTL, linear temporal logic"):
        assert piece in out


def test_solve_shows_a_table(invoke: Run, task: Path) -> None:
    out = invoke("solve", "task.spec", "--exact").out
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["spec", "value"]
    assert lines[1].split()[:3] == ["near", "max", "10"]
    assert lines[2].split()[:3] == ["reach", "max", "1"]


def test_eval_shows_exact_values(invoke: Run, task: Path) -> None:
    lines = invoke("eval", "task.spec", "--policy", "uniform").out.splitlines()
    assert lines[1].split() == ["near", "110/49", "~", "2.2448979592"]


def test_solved_policy_has_the_optimum_as_its_value(invoke: Run, task: Path) -> None:
    assert invoke("solve", "task.spec", "--spec", "near", "--policy-out", "p.json").status == 0
    result = invoke("eval", "task.spec", "--policy", "p.json", "--spec", "near", "--json")
    assert result.json["specs"][0]["value"] == "10"


def test_eval_reads_a_policy(invoke: Run, task: Path, tmp_path: Path) -> None:
    choices = {"s0": {"b": "1"}, "s1": {"a": "1/2", "b": "1/2"}}
    (tmp_path / "p.json").write_text(json.dumps({"choices": choices}), encoding="utf-8")
    result = invoke("eval", "task.spec", "--policy", "p.json", "--spec", "near", "--json")
    # x = 1 + 9/10 y and y = 9/10 (x + y)/2, solved by hand.
    assert result.json["specs"][0]["value"] == "110/29"
    choices["s0"] = {"b": "1/2"}
    (tmp_path / "p.json").write_text(json.dumps({"choices": choices}), encoding="utf-8")
    result = invoke("eval", "task.spec", "--policy", "p.json")
    assert result.status == 1
    assert result.err.count("error[E443]") >= 1


def test_automaton(invoke: Run) -> None:
    from specc.automata.hoa import read_hoa

    for kind in ("generic", "parity", "buchi", "ldba", "dfa"):
        result = invoke("automaton", "F a" if kind == "dfa" else "G F a", "--acceptance", kind)
        assert result.status == 0
        assert result.out.startswith("HOA: v1\n")
        assert read_hoa(result.out).atoms == ("a",)


def test_explain_every_code(invoke: Run) -> None:
    listed = invoke("explain").out
    for code, page in catalogue().items():
        result = invoke("explain", code.lower())
        assert result.status == 0
        assert result.out.startswith(f"{code}: {page.title}\n")
        assert f"{code} " in listed


@pytest.mark.parametrize("ending", ["svg", "html", "dot", "mmd"])
def test_render(invoke: Run, task: Path, tmp_path: Path, ending: str) -> None:
    starts = {"svg": "<svg", "html": "<!doctype html>", "dot": "digraph", "mmd": "flowchart"}
    for number, subject in enumerate(
        (
            ["hasse"],
            ["hasse", "--highlight", "RM"],
            ["automaton", "G F a"],
            ["automaton", "task.spec", "--spec", "reach"],
            ["product", "task.spec", "--spec", "reach"],
        )
    ):
        out = f"{number}.{ending}"
        result = invoke("render", *subject, "-o", out)
        assert (result.status, result.out) == (0, f"{out}\n")
        assert (tmp_path / out).read_text(encoding="utf-8").startswith(starts[ending])
    assert invoke("render", "machine", "task.spec", "--spec", "near", "-o", "m.svg").status == 2


def test_fmt(invoke: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.spec"
    path.write_text("spec  x=P[ F  goal ]   # keep me\n", encoding="utf-8")
    assert invoke("fmt", "--check", "a.spec").status == 1
    assert invoke("fmt", "a.spec").status == 0
    tidy = path.read_text(encoding="utf-8")
    assert tidy == "spec x = P[ F goal ]  # keep me\n"
    assert invoke("fmt", "--check", "a.spec").status == 0
    assert invoke("fmt", "-", stdin="spec  x=P[ F  goal ]   # keep me\n").out == tidy


def test_fmt_leaves_a_file_with_mistakes(invoke: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.spec"
    path.write_text("spec  x = P[ F (\n", encoding="utf-8")
    result = invoke("fmt", "a.spec")
    assert result.status == 1
    assert "error[E1" in result.err
    assert path.read_text(encoding="utf-8") == "spec  x = P[ F (\n"


def test_failing_write_leaves_the_old_file(
    invoke: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.spec"
    path.write_text("spec  x = P[F goal]\n", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = invoke("fmt", "a.spec")
    assert result.status == 2
    assert "no space left" in result.err
    assert path.read_text(encoding="utf-8") == "spec  x = P[F goal]\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.spec"]


def test_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_writing_keeps_links_and_modes(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"
    assert real.stat().st_mode & 0o777 == 0o640
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, "new")
