"""The classics of the preorder, each refuted by search from its `.spec` text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from specc import kernel
from specc.kernel.check import KINDS
from specc.model.mdp import Mdp
from specc.resolve.file import load_text
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute import REFUTERS
from specc.verdict.refute.turning import turning_point

PROPS = "prop a = action = a\nprop b = action = b\nprop c = action = c\n"
ENVIRONMENTS = {
    "cycle": "s0: a -> s1\nb -> s1\ns1: a -> s0\nb -> s0",
    "one shot": "s0: a -> s1\nb -> s1\ns1: a -> s1",
    "loop": "s0: a -> g\nb -> s0\ng: a -> g\nlabel goal: g",
    "delay": "s0: a -> s1\nb -> w\nw: a -> s1\ns1: a -> s1\nb -> s1",
    "three": "s0: a -> s0\nb -> s0\nc -> s0",
    "two": "s0: a -> s0\nb -> s0",
    "hidden": "s0: a -> s0\ns1: a -> s1\nb -> s1",
    # Two states, actions that stay or cross, as in Abel et al. (NeurIPS 2021).
    "crossing": "s0: a -> s0\nb -> s1\ns1: a -> s1\nb -> s0",
}
XOR = "P[(X a & X X a) | (X b & X X b)]"


def question(where: str, objective: str) -> Question:
    props = "".join(
        line + "\n"
        for line in PROPS.splitlines()
        if f"\n{line[-1]} ->" in ENVIRONMENTS[where] or f": {line[-1]} ->" in ENVIRONMENTS[where]
    )
    text = (
        f"env e = mdp {{\ninitial s0\n{ENVIRONMENTS[where]}\n}}\n{props}spec x in e = {objective}"
    )
    file = load_text(text)
    assert not file.has_errors, file.diagnostics
    environment = file["x"].environment
    assert isinstance(environment, Mdp)
    return Question(file["x"], environment)


def refuted(asked: Question, formalism: str) -> list[Refutation]:
    """What every refuter for the formalism finds."""
    found = [search(asked, formalism) for symbols, search in REFUTERS if formalism in symbols]
    return [refutation for refutation in found if refutation is not None]


@pytest.mark.parametrize(
    ("where", "objective", "formalism", "kind"),
    [
        ("cycle", XOR, "MR", "C1 farkas"),
        ("cycle", XOR, "RRL", "C1 farkas"),
        ("loop", "P[F goal]", "RM", "C5 limit"),
        ("loop", "E[average([goal])]", "RM", "C5 limit"),
        ("one shot", "-(E[discounted([a], 0)] - 1/2)**2", "FTR", "C2 mixture"),
        ("one shot", "P[X a] * P[X b]", "FTR", "C2 mixture"),
        ("one shot", "P[X a]", "LAR", "C7 same limit occupancy"),
        ("delay", "E[average([from(at(s1)) & a])]", "MR", "C1 farkas"),
        ("delay", "E[average([from(at(s1)) & a])]", "RRL", "C1 farkas"),
        ("three", "E[discounted(2 * [a] + [b], 1/2)]", "LTL", "C3 zero-one"),
        ("three", "E[average(2 * [a] + [b])]", "LTL", "C3 zero-one"),
        ("hidden", "policy(a | s1)", "TLO", "C7 same lottery"),
        ("crossing", "P[X G a] + P[X G b]", "MR", "C5 limit"),
        ("one shot", "P[X a]", "QUANT", "C8 few values"),
        ("cycle", XOR, "ONMR", "C4a infinitesimal ties"),
        ("delay", "E[average([from(at(s1)) & a])]", "ONMR", "C4a infinitesimal ties"),
        ("three", "E[discounted(tsallis(2), 1/2)]", "ONMR", "C4a infinitesimal ties"),
        ("three", "E[discounted(entropy, 1/2)]", "ONMR", "C4a infinitesimal ties"),
        ("cycle", "P[X a] * P[X b] * P[X X a] * P[X X b]", "ONMR", "C4b range"),
        ("cycle", "lexicographic(P[X a], P[X X a])", "FPR", "C6 jump family"),
        ("cycle", "lexicographic(P[X a] + P[X X a], P[X a])", "FPR", "C6 jump family"),
    ],
)
def test_the_classics_are_refuted(where: str, objective: str, formalism: str, kind: str) -> None:
    found = refuted(question(where, objective), formalism)
    assert kind in {refutation.kind for refutation in found}
    for refutation in found:
        accepted = kernel.check(refutation.statement.encode(), refutation.certificate.encode())
        assert (accepted.formalism, accepted.kind) == (formalism, refutation.kind)
        assert accepted.sha256 == refutation.sha256
        assert refutation.why


@pytest.mark.parametrize("where", ENVIRONMENTS)
def test_a_constant_objective_is_never_refuted(where: str) -> None:
    asked = question(where, "P[F true]")
    for formalism in sorted({symbol for symbols, _ in KINDS.values() for symbol in symbols}):
        assert refuted(asked, formalism) == []


def test_the_kernel_alone_accepts_what_was_found(tmp_path: Path) -> None:
    (found, *_) = refuted(question("cycle", XOR), "RRL")
    statement, certificate = tmp_path / "statement.json", tmp_path / "certificate.json"
    statement.write_text(found.statement, "ascii")
    certificate.write_text(found.certificate, "ascii")
    folder = Path(kernel.__file__).parent
    command = [sys.executable, "-I", "-S", str(folder), str(statement), str(certificate)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert found.sha256 in ran.stdout


def test_searches_are_repeatable() -> None:
    one, other = (refuted(question("cycle", XOR), "MR") for _ in range(2))
    assert one == other


def test_strictly_monotone_functions_are_stripped() -> None:
    """The kernel knows no exponential; the order is that of the number inside, turned round."""
    found = refuted(question("cycle", f"exp(-2 * {XOR})"), "RRL")
    assert [refutation.kind for refutation in found] == ["C1 farkas"]
    assert "strictly monotone" in found[0].why


CORRIDOR = """env e = mdp {
  initial 1/2 m + 1/2 r
  l: in -> m
  m: west -> 9/10 l + 1/10 m
     east -> r
     stay -> 3/4 m + 1/4 l
  r: in -> m
     out -> 1/2 r + 1/2 m
  label coffee: l
  label office: r
}
machine run {
  states u v
  u -> v when coffee
  v -> done when office emit 1
  final done
}
"""


def corridor(objective: str) -> Question:
    file = load_text(f"{CORRIDOR}spec x in e = {objective}")
    environment = file["x"].environment
    assert isinstance(environment, Mdp)
    return Question(file["x"], environment)


def test_who_must_turn_round_has_no_markov_reward() -> None:
    """West alone never comes to the office, east alone never to the coffee; by turns both."""
    found = turning_point(corridor("E[discounted(run, 0.9)]"), "MR")
    assert found is not None
    assert (found.kind, found.formalism) == ("C1 farkas", "MR")
    kernel.check(found.statement.encode(), found.certificate.encode())


@pytest.mark.parametrize(
    "objective",
    ["E[discounted([coffee] - 2 * [office], 0.9)]", "E[discounted([action = stay], 0)]"],
)
def test_a_markov_value_never_turns(objective: str) -> None:
    assert turning_point(corridor(objective), "MR") is None
