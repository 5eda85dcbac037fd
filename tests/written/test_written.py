"""What is written reads back as the same objective."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest

from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.policy import uniform
from specc.objective.simplify import simplify_objective
from specc.resolve.file import Spec, load, load_text
from specc.words import signal_values
from specc.written.file import rewritten
from specc.written.tables import transition_signal

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.spec"))
ENVIRONMENT = """\
env m = mdp {
  initial s0
  s0: a -> 1/3 s0 + 2/3 "s 1"
      "b c" -> s2
  "s 1": a -> s0
  s2: a -> s2
      d -> s0
  label "F": "s 1"
  label home: s0, s2
  label jump: s0 a "s 1"
}
machine run {
  states fresh seen
  fresh -> seen when F emit 1/2
  seen -> fresh when jump & action != a emit if home then 3 else [action = "b c"]
  seen -> gone when action = d emit -1
  final gone
}
policy ref = uniform
reward r = 2 * [F] - [from(home) & !(action = a)] + (if jump then 1/3 else 0)
"""
OBJECTIVES = [
    "E[discounted(r, 0.9)]",
    "E[discounted(run - r ** 2 / 3, 1/2)] ** -1",
    "E[average(run + [at(\"s 1\")])]",
    "E[total(max(r, run), horizon=7)] - E[total(r * [at(s2)])]",
    "P[F \"F\" & (G home xor X jump) U at(\"s 1\")]",
    "P[(action = \"b c\") R (home W F jump) <-> 0]",
    "E[exp(-discounted(r, 0.95)) * sat(G !home)]",
    "E[sup(r)] + 2 * E[inf([home])]",
    "LTLf[5](F jump)",
    "E[LTLf[4](G home)] - 1/7",
    "E[coverage(horizon=4, radius=2)] + E[distinct(home)]",
    "E[weighted_coverage(2 * [home], horizon=3, radius=1)]",
    "E[discounted(r + 1/10 * entropy - 2 * kl(ref) + tsallis(2), 0.9)]",
    "quantile(1/4, discounted(r, 1/2)) + cvar(1/3, average(r)) - variance(sup(r))",
    "if P[F home] >= 1/3 & !(P[X jump] = 1/2) then E[average(r)] else [P[X jump] > 1/4]",
    "lexicographic(P[G !home], E[discounted(r, 0.99)], policy(\"b c\" | s0))",
    "maximise E[discounted(r, 0.9)] subject to P[F jump] <= 1/2, E[average(run)] > -1/3",
]  # fmt: skip


def _round_trip(spec: Spec) -> None:
    text = rewritten(spec, spec.objective)
    again = load_text(text, "again.spec", path=spec.file.path)
    assert [d for d in again.diagnostics if d.severity == "error"] == []
    found = again[spec.name]
    assert rewritten(found, found.objective) == text
    if simplify_objective(found.objective) != simplify_objective(spec.objective):
        # Atoms of formulas are named after propositions, which are written out: same values.
        policy = uniform(_finite(spec))
        assert evaluate(found, policy).value == evaluate(spec, policy).value is not None


def _finite(spec: Spec) -> Mdp:
    assert isinstance(spec.environment, Mdp)
    return spec.environment


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives_read_back(objective: str) -> None:
    file = load_text(f"{ENVIRONMENT}spec x in m = {objective}\n", "x.spec")
    assert [d for d in file.diagnostics if d.severity == "error"] == []
    _round_trip(file["x"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_read_back(path: Path) -> None:
    file = load(path)
    assert file.specs
    for spec in file.specs.values():
        _round_trip(spec)


def test_tables_of_transitions_read_back() -> None:
    chance = random.Random(5)
    spec = load_text(f"{ENVIRONMENT}spec x in m = E[discounted(r, 0.9)]\n", "x.spec")["x"]
    mdp = _finite(spec)
    for choices in ([0, 1], [-2, 0, Fraction(1, 3)], [4], [0, 0, 0, 0, 7]):
        for _ in range(40):
            values = [Fraction(chance.choice(choices)) for _ in range(mdp.transition_count)]
            signal = transition_signal(mdp, values)
            found = signal_values(mdp, signal)
            assert found is not None
            assert found.exact() == values
