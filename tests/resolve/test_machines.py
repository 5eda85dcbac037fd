"""Machines: declared ones, and files of automata and of reward machines."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from specc.objective import stack
from specc.resolve.file import TaskFile, load, load_text

_HOA = """\
HOA: v1
States: 2
Start: 1
AP: 1 "coffee"
acc-name: Buchi
Acceptance: 1 Inf(0)
--BODY--
State: 0
[t] 1
State: 1
[0] 0 {0}
[!0] 1
--END--
"""
_TEXT = """\
0   # initial state
[2] # terminal states
(0,0,'!e',ConstantRewardFunction(0))
(0,1,'e&!n',ConstantRewardFunction(0.5))
(1,2,'g',ConstantRewardFunction(1))
"""


def _load(folder: Path, kind: str, content: str, spec: str = "E[discounted(m, 0.9)]") -> TaskFile:
    (folder / "m.txt").write_text(content)
    text = f'machine m = {kind} "m.txt"\nspec x = {spec}\n'
    return load_text(text, path=folder / "a.spec")


def _machine(file: TaskFile) -> stack.Machine:
    assert file.diagnostics == ()
    objective = file["x"].objective
    assert isinstance(objective, stack.Scalar)
    assert isinstance(objective.number, stack.Expectation)
    discounted = objective.number.trajectory
    assert isinstance(discounted, stack.Discounted)
    assert isinstance(discounted.signal, stack.MachineOutput)
    return discounted.signal.machine


def test_text_format(tmp_path: Path) -> None:
    machine = _machine(_load(tmp_path, "rm", _TEXT))
    assert machine.states == ("u0", "u1", "u2", "dropped")
    assert machine.final == {2, 3}
    assert machine.otherwise == 3
    paid = [(s.source, s.target, s.emit) for s in machine.steps]
    assert paid == [
        (0, 0, stack.Constant(Fraction(0))),
        (0, 1, stack.Constant(Fraction(1, 2))),
        (1, 2, stack.Constant(Fraction(1))),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", None),
        ("zero\n[2]\n", None),
        ("0\n2\n", "m.txt:2"),
        (_TEXT + "(1,2,'g',ShapedRewardFunction(1))\n", "m.txt:6"),
        (_TEXT + "(1,2,'g &',ConstantRewardFunction(1))\n", "m.txt:6"),
        (_TEXT + "(1,2,'[1 > 0]',ConstantRewardFunction(1))\n", None),
    ],
)
def test_text_format_mistakes(tmp_path: Path, content: str, line: str | None) -> None:
    file = _load(tmp_path, "rm", content)
    assert {d.code for d in file.diagnostics} <= {"E526", "E301"}
    assert not file.specs
    assert line is None or line in file.diagnostics[0].message


def test_other_reward_functions_are_named(tmp_path: Path) -> None:
    file = _load(tmp_path, "rm", "0\n[]\n(0,0,'!c',RewardControl())\n")
    (found,) = file.diagnostics
    assert found.code == "E526" and "m.txt:3: `RewardControl` is a class" in found.message


@pytest.mark.parametrize(
    ("edge", "codes"),
    [
        ("(0,1,'n',ConstantRewardFunction(0))", ["W526"]),
        ("(1,3,'n',ConstantRewardFunction(-1))", ["W526"]),
        ("(1,0,'n',ConstantRewardFunction(0))", []),
        ("(2,2,'n',ConstantRewardFunction(0))", []),
    ],
)
def test_edges_that_the_original_program_overwrites(
    tmp_path: Path, edge: str, codes: list[str]
) -> None:
    file = _load(tmp_path, "rm", _TEXT.replace("[2]", "[2,3]") + edge)
    assert [d.code for d in file.diagnostics] == codes


def test_the_formats_words_for_constants(tmp_path: Path) -> None:
    text = (
        "0\n[1]\n(0,0,'False',ConstantRewardFunction(2))\n(0,1,'True',ConstantRewardFunction(-1.5))"
    )
    machine = _machine(_load(tmp_path, "rm", text))
    assert [step.guard for step in machine.steps] == [stack.Truth(False), stack.Truth(True)]
    assert machine.steps[1].emit == stack.Constant(Fraction(-3, 2))


def test_automaton_as_formula_and_as_signal(tmp_path: Path) -> None:
    file = _load(tmp_path, "hoa", _HOA, "P[m]")
    assert file.diagnostics == ()
    machine = _machine(_load(tmp_path, "hoa", _HOA))
    assert machine.reads_start
    assert machine.states == ("q1", "q0")
    assert [s.emit for s in machine.steps].count(stack.Constant(Fraction(1))) == 1


def test_automaton_is_a_signal_with_buechi_marks_only(tmp_path: Path) -> None:
    other = _HOA.replace("acc-name: Buchi\n", "").replace("1 Inf(0)", "1 Fin(0)")
    assert _load(tmp_path, "hoa", other, "P[m]").diagnostics == ()
    assert [d.code for d in _load(tmp_path, "hoa", other).diagnostics] == ["E301"]


def test_automaton_stands_alone(tmp_path: Path) -> None:
    assert [d.code for d in _load(tmp_path, "hoa", _HOA, "P[F m]").diagnostics] == ["E306"]


@pytest.mark.parametrize("cut", range(0, len(_HOA), 9))
def test_cut_automata_are_errors(tmp_path: Path, cut: int) -> None:
    file = _load(tmp_path, "hoa", _HOA[:cut], "P[m]")
    assert file.has_errors
    for found in file.diagnostics:
        assert found.span is not None
        assert file.source.slice(found.span) == '"m.txt"'


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("bytes", "none", ".", "a\\0b", "pipe.json"):
        text = f'machine m = rm "{name}"\nspec x = E[average(m)]\n'
        file = load_text(text, path=tmp_path / "a.spec")
        assert [d.code for d in file.diagnostics] == ["E525"]
    model = load_text('env m = file "pipe.json"\nspec x in m = P[true]\n', path=tmp_path / "a.spec")
    assert [d.code for d in model.diagnostics] == ["E431"]


_ANY = " | ".join(f"a{i}" for i in range(20))


@pytest.mark.parametrize(
    ("edges", "codes"),
    [
        ("  u0 -> u1 when a emit 1", []),
        ("  u0 -> u1 when a\n  * -> u0 when b emit [a] - 1/2", []),
        ("  u0 -> u1 when a & !a\n  u0 -> u1 when b", ["W521"]),
        ("  u0 -> u1 when a\n  u0 -> u0 when a & b", ["W521"]),
        ("  u0 -> u1 when action = x & action = y\n  u0 -> u1 when b", ["W521"]),
        (f"  u0 -> u1 when {_ANY}\n  u1 -> u0 when {_ANY}\n  u0 -> u0 when a19 & a3", ["W521"]),
        (f"  u0 -> u1 when {_ANY}\n  u0 -> u0 when b & !a19", []),
        ("  * -> u1 when a\n  u0 -> u0 when a | b\n  u0 -> u0 when b", ["W521"]),
        ("  u0 -> u1 when a\n  * -> u0 when a & b", []),
        ("  u0 -> u1 when entropy > 1", ["E301"]),
        ("  u0 -> u1 when a emit [entropy > 1]", ["E523"]),
        ("  u0 -> u1 when a emit m", ["E206"]),
    ],
)
def test_edges(edges: str, codes: list[str]) -> None:
    text = f"machine m {{\n  states u0 u1\n{edges}\n}}\nspec x = E[discounted(m, 0.9)]\n"
    assert [d.code for d in load_text(text).diagnostics] == codes


def test_a_policy_file_that_is_not_there_is_a_mistake_of_the_file(tmp_path: Path) -> None:
    text = (
        "env e = mdp { initial s\n s: a -> s\n    b -> s }\n"
        'policy p = file "nowhere.json"\nspec x in e = E[discounted(-kl(p), 1/2)]\n'
    )
    path = tmp_path / "a.spec"
    path.write_text(text)
    (found,) = load(path).diagnostics
    assert found.code == "E212"
    assert found.source is not None and found.span is not None
    assert found.source.slice(found.span) == '"nowhere.json"'
