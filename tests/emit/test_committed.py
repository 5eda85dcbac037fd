"""Training on automata with any acceptance condition."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest
from emit_specs import TEXT
from test_learn import greedy_value, learn

from specc.automata.automaton import Automaton, Combination, Cube, Edge, Fin, Inf, Verdict
from specc.automata.limit import run_limit_deterministic
from specc.automata.semantics import run_lasso
from specc.diagnostics import SpecError
from specc.emit.committed import committed
from specc.emit.controller import formula_controller
from specc.emit.plan import FormulaScheme
from specc.emit.planned import plan
from specc.resolve.file import load_text


def _condition(rng: random.Random, marks: int, depth: int) -> Inf | Fin | Verdict | Combination:
    if depth == 0 or rng.random() < 0.3:
        mark = rng.randrange(marks)
        leaves = [Inf(mark), Fin(mark), Verdict(rng.random() < 0.5)]
        return rng.choices(leaves, [5, 5, 1])[0]
    parts = tuple(_condition(rng, marks, depth - 1) for _ in range(rng.randint(2, 3)))
    return Combination(rng.choice(["and", "or"]), parts)


def _automaton(rng: random.Random) -> Automaton:
    states, marks = rng.randint(1, 4), rng.randint(1, 3)
    letters = (Cube(1, 0),), (Cube(1, 1),)
    edges = tuple(
        tuple(Edge(letter, rng.randrange(states), rng.randrange(1 << marks)) for letter in letters)
        for _ in range(states)
    )
    return Automaton(("a",), rng.randrange(states), edges, _condition(rng, marks, 2), marks)


def test_the_language_stays() -> None:
    rng = random.Random(4)
    verdicts = []
    for _ in range(400):
        automaton = _automaton(rng)
        limit = committed(automaton)
        assert limit is not None
        for _ in range(12):
            prefix = [rng.randrange(2) for _ in range(rng.randrange(4))]
            cycle = [rng.randrange(2) for _ in range(rng.randint(1, 4))]
            truth = run_lasso(automaton, prefix, cycle)
            assert run_limit_deterministic(limit, prefix, cycle) == truth, (
                automaton,
                prefix,
                cycle,
            )
            verdicts.append(truth)
    assert 0.1 < sum(verdicts) / len(verdicts) < 0.9


HEADER = 'HOA: v1\nStates: 1\nStart: 0\nAP: 3 "coffee" "mail" "plant"\n'
BODY = "--BODY--\nState: 0\n[2] 0 {0}\n[!2&0] 0 {1}\n[!2&!0&1] 0 {2}\n[!2&!0&!1] 0\n--END--\n"


@pytest.mark.parametrize(
    ("acceptance", "jumps"),
    [
        ("3 Inf(1) & Inf(2)", 0),
        ("3 Fin(0) & Inf(1) & Inf(2)", 1),
        ("3 (Fin(0) & Inf(1)) | (Fin(2) & Inf(0))", 2),
    ],
)
def test_learns_what_the_automaton_accepts(acceptance: str, jumps: int, tmp_path: Path) -> None:
    (tmp_path / "a.hoa").write_text(f"{HEADER}Acceptance: {acceptance}\n{BODY}")
    text = TEXT + 'machine m = hoa "a.hoa"\nspec automatic in calm = P[m]\n'
    file = load_text(text, path=tmp_path / "x.spec")
    assert not file.has_errors, file.diagnostics
    spec = file["automatic"]
    scheme = plan(spec).scheme
    assert isinstance(scheme, FormulaScheme)
    assert formula_controller(scheme)[0].jump_count == jumps
    assert greedy_value(spec, learn(spec, steps=400_000)) == Fraction(1)


def test_too_many_alternatives_are_refused(tmp_path: Path) -> None:
    pairs = " & ".join(f"(Fin({2 * i}) | Inf({2 * i + 1}))" for i in range(7))
    (tmp_path / "a.hoa").write_text(f"{HEADER}Acceptance: 14 {pairs}\n{BODY}")
    text = TEXT + 'machine m = hoa "a.hoa"\nspec automatic in calm = P[m]\n'
    spec = load_text(text, path=tmp_path / "x.spec")["automatic"]
    with pytest.raises(SpecError, match=r"E802.*too many alternatives"):
        learn(spec, steps=1)
