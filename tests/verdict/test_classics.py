"""What everybody in the field knows, as verdicts on single specs.

Sources: the witnesses of the base lemmas (docs/formalisms); Abel, Dabney, Harutyunyan, Ho, Littman,
Precup, Singh, "On the expressivity of Markov reward" (NeurIPS 2021).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from specc import kernel
from specc.check import check_file, check_spec
from specc.objective.infer import infer
from specc.preorder import load_preorder
from specc.resolve.file import Spec, load, load_text
from specc.verdict.evidence import Realisation, Refutation
from specc.verdict.judge import Judgement, judge

SHOT = """env e = mdp {
  initial s0
  s0: a -> s1
      b -> s1
  s1: a -> s1
}
"""
CYCLE = """env e = mdp {
  initial s0
  s0: a -> s1
      b -> s1
  s1: a -> s0
      b -> s0
}
"""
LOOP = """env e = mdp {
  initial s0
  s0: a -> s1
      b -> s0
  s1: a -> s1
  label goal: s1
}
"""
ONE = """env e = mdp {
  initial s0
  s0: a -> s0
      b -> s0
      c -> s0
}
"""
TREE = """env e = mdp {
  initial s0
  s0: a -> 1/2 s1 + 1/2 s2
      b -> s2
  s1: a -> good
      b -> bad
  s2: a -> bad
      b -> 1/3 good + 2/3 bad
  good: a -> good
  bad: a -> bad
  label goal: good
}
"""
DELAY = """env e = mdp {
  initial s0
  s0: a -> s1
      b -> w
  w: a -> s1
  s1: a -> s1
      b -> s1
}
"""
NEVER = """env e = mdp {
  initial s0
  s0: a -> s0
  s1: a -> s1
      b -> s1
}
"""
ABEL = """env e = mdp {
  initial 1/2 s0 + 1/2 s1
  s0: a -> s0
      b -> s1
  s1: a -> s1
      b -> s0
}
"""

FIRST = "E[discounted([action = a & from(at(s0))], 0)]"
"""The chance of `a` in the first step, from s0."""

HUMP = f"-({FIRST} - 1/2) ** 2"
SECOND = "P[X X (action = a)]"
SAME = "P[X (action = a) <-> X X (action = a)]"

CANNOT = [
    ("xor of two choices", CYCLE, SAME, "MR RRL ONMR"),
    ("reach through a loop", LOOP, "P[F goal]", "RM MR"),
    ("steady state", LOOP, "P[F G goal]", "RM MR"),
    ("steady state, as an average", LOOP, "E[average([goal])]", "RM MR"),
    ("hump over a one-shot choice", SHOT, HUMP, "FTR RM LTL LAR MR"),
    ("peak of an entropy", ONE, "E[discounted(entropy, 1/2)]", "ONMR MR"),
    ("peak of a Tsallis entropy", ONE, "E[discounted(tsallis(2), 1/2)]", "ONMR MR"),
    ("one-shot preference", SHOT, FIRST, "LAR"),
    ("three arms in order", ONE, "E[discounted([action = a] - [action = c], 1/2)]", "LTL"),
    ("a long run behind a delay", DELAY, "E[average([action = a])]", "RRL ONMR MR"),
    ("one choice, then another", CYCLE, f"lexicographic({FIRST}, {SECOND})", "FPR FTLR FTR RM MR"),
    ("a state that is never reached", NEVER, "policy(a | s1)", "TLO FTLR FTR RM MR"),
    ("a product of two choices", CYCLE, f"{FIRST} * {SECOND}", "MR RRL"),
]  # fmt: skip


def _judged(environment: str, objective: str) -> tuple[Spec, Judgement]:
    file = load_text(f"{environment}spec x in e = {objective}\n", "x.spec")
    assert [d for d in file.diagnostics if d.severity == "error"] == []
    spec = file["x"]
    preorder = load_preorder()
    return spec, judge(spec, infer(spec.objective), preorder, preorder.formalisms)


@pytest.mark.parametrize(("name", "environment", "objective", "symbols"), CANNOT)
def test_cannot_be_said(name: str, environment: str, objective: str, symbols: str) -> None:
    _, found = _judged(environment, objective)
    for symbol in symbols.split():
        verdict = found.verdicts[symbol]
        assert verdict.verdict == "inexpressible", (symbol, verdict.why)
        assert verdict.trust in {"kernel", "written proof"}
    for evidence in found.evidence.values():
        if isinstance(evidence, Refutation):
            accepted = kernel.check(evidence.statement.encode(), evidence.certificate.encode())
            assert (accepted.formalism, accepted.sha256) == (evidence.formalism, evidence.sha256)


def test_the_kernel_alone_accepts(tmp_path: Path) -> None:
    _, found = _judged(CYCLE, SAME)
    refutations = [e for e in found.evidence.values() if isinstance(e, Refutation)]
    assert refutations
    for evidence in refutations:
        (tmp_path / "s.json").write_text(evidence.statement, encoding="utf-8")
        (tmp_path / "c.json").write_text(evidence.certificate, encoding="utf-8")
        command = [sys.executable, "-m", "specc.kernel", "s.json", "c.json"]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert evidence.sha256 in run.stdout
        lying = json.loads(evidence.statement)
        lying["formalism"] = "PO"
        (tmp_path / "s.json").write_text(json.dumps(lying), encoding="utf-8")
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 1
        assert run.stdout == ""


CAN = [
    ("a constant", SHOT, "E[discounted([at(s1)], 1/2)]", "MR LAR LTL RM RRL ONMR FTR"),
    ("reached almost surely", SHOT, "P[F at(s1)]", "MR LAR LTL RM RRL ONMR FTR"),
    ("two steps of a formula", CYCLE, SAME, "RM"),
    ("a formula of a tree", TREE, "P[F goal]", "RM LAR MR"),
    ("absorption decides", TREE, "P[F goal & F G goal]", "LAR"),
    ("a loop that absorbs", LOOP, "P[F goal]", "LAR"),
    ("a set visited early", ABEL, "E[coverage(horizon=2)]", "RM"),
    ("a function of one choice", SHOT, HUMP, "ONMR RRL"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "environment", "objective", "symbols"), CAN)
def test_can_be_said(name: str, environment: str, objective: str, symbols: str) -> None:
    _, found = _judged(environment, objective)
    for symbol in symbols.split():
        verdict = found.verdicts[symbol]
        assert verdict.verdict == "expressible", (symbol, verdict.why)


MACHINE = """machine m {
  states u v
  u -> v when action = a emit 1
  v -> u when action = a emit 1
}
"""


def test_a_machine_that_is_not_needed_becomes_a_reward() -> None:
    _, found = _judged(CYCLE + MACHINE, "E[discounted(m, 0.9)]")
    assert found.verdicts["MR"].verdict == "expressible"
    (evidence,) = (e for e in found.evidence.values() if e.formalism == "MR")
    assert isinstance(evidence, Realisation)
    assert evidence.translation is not None
    again = load_text(evidence.translation)
    assert not again.has_errors
    assert check_spec(again["x"]).formalism == "MR"


def test_a_bounded_horizon_becomes_a_machine() -> None:
    _, found = _judged(CYCLE, SAME)
    evidence = found.evidence["RM"]
    assert isinstance(evidence, Realisation)
    assert evidence.translation is not None
    assert "machine" in evidence.translation
    assert check_spec(load_text(evidence.translation)["x"]).formalism == "RM"


def test_absorption_becomes_an_average() -> None:
    _, found = _judged(LOOP, "P[F goal]")
    evidence = found.evidence["LAR"]
    assert isinstance(evidence, Realisation)
    assert evidence.translation is not None
    assert "average" in evidence.translation


@pytest.mark.parametrize(
    ("objective", "expressible"),
    [
        # "Always move the same way": a Markov reward cannot prefer aa and bb to ab and ba.
        ("policy(a | s0) * policy(a | s1) + policy(b | s0) * policy(b | s1)", False),
        # All but one policy are good, and equally so.
        ("P[F at(s1)]", False),
        ("1 - policy(a | s0) * policy(a | s1) * policy(b | s0)", False),
        # "Reach the other state at once", and "the sooner the better": goal rewards.
        ("P[X at(s1)]", True),
        ("E[discounted([at(s1)], 0.9)]", True),
    ],
)  # fmt: skip
def test_abel_and_others(objective: str, expressible: bool) -> None:
    _, found = _judged(ABEL, objective)
    wanted = "expressible" if expressible else "inexpressible"
    assert found.verdicts["MR"].verdict == wanted, found.verdicts["MR"].why


EXAMPLE = Path(__file__).parents[2] / "examples" / "what_a_reward_can_say.spec"


def test_every_line_of_the_example_is_proved() -> None:
    file = load(EXAMPLE)
    result = check_file(file, budget=120)
    assert len(result.assertions) == 13
    assert [(a.text, a.why) for a in result.assertions if a.holds is not True] == []
