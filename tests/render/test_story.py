"""Stories of real refutations: every stored negative lemma, told from its statement and proof."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from specc.cli.terminal import columns
from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.objective.infer import infer
from specc.preorder import load_preorder
from specc.render.story import story_lines
from specc.resolve.file import load_text
from specc.statement import compact
from specc.verdict.evidence import Refutation
from specc.verdict.judge import judge
from specc.verdict.story import Story, story

PROOFS = Path(__file__).resolve().parents[2] / "proofs"
LEMMAS = sorted(
    path.stem
    for path in PROOFS.glob("*-not-geq-*.json")
    if json.loads(path.read_text())["proof"] is not None
)


def told(lemma: str) -> Story:
    document = json.loads((PROOFS / f"{lemma}.json").read_text())
    proof = document["proof"]
    return story(
        Refutation(
            document["upper"],
            proof["certificate"]["kind"],
            document["obstruction"],
            compact(proof["statement"]),
            proof["sha256"],
            compact(proof["certificate"]),
        )
    )


@pytest.mark.parametrize("lemma", LEMMAS)
def test_every_lemma_has_a_story(lemma: str) -> None:
    found = told(lemma)
    lines = story_lines(found, columns)
    assert lines[0].startswith(f"Every spec in {found.formalisms[0]}: ")
    assert any(line.split()[:2] == ["value", "here"] for line in lines)
    assert all(len(line) <= 100 for line in lines)


@pytest.mark.parametrize("lemma", ["rrl-not-geq-rm", "ftr-not-geq-rrl", "lar-not-geq-ltl"])
def test_values_are_those_of_the_evaluator(lemma: str) -> None:
    witness = json.loads((PROOFS / f"{lemma}.json").read_text())["witness"]
    (spec,) = load_text(witness["specification"]).specs.values()
    mdp = spec.environment
    assert isinstance(mdp, Mdp)
    for actor in told(lemma).actors:
        chances = tuple(
            Fraction(actor.choices[mdp.states[s]].get(mdp.actions[c], "0"))
            for s in range(mdp.state_count)
            for c in mdp.choices(s)
        )
        assert str(evaluate(spec, Policy(chances)).value) == actor.value


def test_identities_have_their_numbers() -> None:
    assert "2 J(pi1) = J(pi2) + J(pi3)" in told("ftr-not-geq-rrl").law
    assert "J(pi1) + J(pi4) = J(pi2) + J(pi3)" in told("rrl-not-geq-rm").law
    assert "pi1 > pi2, pi4 > pi3" in told("rrl-not-geq-rm").breach


def test_a_limit_that_drops() -> None:
    found = told("rm-not-geq-ltl")
    family, limit, reference = found.actors
    assert (family.value, limit.value, reference.value) == ("1", "0", "1")
    assert family.choices["s0"] == {"a": "e", "b": "1 - e"}
    assert found.breach.endswith("its limit is below it.")


def test_entropies_are_shown_exactly() -> None:
    environment = "env e = mdp {\n initial s\n s: a -> s\n  b -> s\n  c -> s\n}\n"
    spec = load_text(f"{environment}spec x in e = E[discounted(entropy, 1/2)] - 1/3")["x"]
    judged = judge(spec, infer(spec.objective), load_preorder(), ("ONMR",))
    refutation = judged.evidence["ONMR"]
    assert isinstance(refutation, Refutation)
    values = {actor.value for actor in story(refutation).actors}
    assert any("log" in value for value in values)
    assert all("log" in value or value == "-1/3" for value in values)
