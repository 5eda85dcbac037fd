"""Refutations on random small environments: the kernel accepts each, and none is false."""

from __future__ import annotations

import random

import pytest
from test_refute import refuted

from specc import kernel
from specc.model.mdp import Mdp
from specc.resolve.file import load_text
from specc.verdict.question import Question

# Objectives with the formalisms that they are written in, whatever the environment.
WRITTEN = {
    "E[discounted(2 * [a] - [goal], 1/2)]": ("MR", "RM", "FTR", "RRL", "ONMR", "FTLR", "TLO"),
    "E[discounted([a] + 1/3 * entropy, 1/2)]": ("RRL", "FTLR", "FPR"),
    "(E[discounted([a], 1/2)] - 1)**2": ("ONMR", "FTLR", "FPR"),
    "E[average([goal])]": ("LAR", "FTR", "FTLR"),
    "P[G F goal & X a]": ("LTL", "FTR", "FTLR"),
    "lexicographic(P[F goal], E[discounted([a], 1/2)])": ("TLO",),
}


def random_question(objective: str, seed: int) -> Question:
    source = random.Random(seed)
    states = ["s0", "s1", "s2"]
    lines = []
    for state in states:
        for n, action in enumerate(["a", "b"] if source.random() < 0.7 else ["a"]):
            to, other = source.choice(states), source.choice(states)
            ends = to if to == other or source.random() < 0.5 else f"1/3 {to} + 2/3 {other}"
            lines.append(f"{state + ': ' if n == 0 else ''}{action} -> {ends}")
    text = "\n".join(
        [
            "env e = mdp {\ninitial s0",
            *lines,
            f"label goal: {source.choice(states)}\n}}",
            "prop a = action = a",
            f"spec x in e = {objective}",
        ]
    )
    file = load_text(text)
    assert not file.has_errors, (text, file.diagnostics)
    environment = file["x"].environment
    assert isinstance(environment, Mdp)
    return Question(file["x"], environment, seed)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("objective", WRITTEN)
def test_what_a_spec_is_written_in_is_never_refuted(objective: str, seed: int) -> None:
    asked = random_question(objective, seed)
    for formalism in WRITTEN[objective]:
        assert refuted(asked, formalism) == []


@pytest.mark.parametrize("seed", range(2))
def test_what_is_found_passes_the_kernel(seed: int) -> None:
    asked = random_question("P[F goal] * P[X a]", seed)
    for formalism in ("FTR", "RM", "MR", "LAR", "LTL"):
        for found in refuted(asked, formalism):
            accepted = kernel.check(found.statement.encode(), found.certificate.encode())
            assert accepted.sha256 == found.sha256
