"""Whatever a rule yields in a random environment ranks hundreds of policies as the spec does."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from realise_cases import environment, objective, question, realised

from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.evaluate.ranking import ranking
from specc.model.sample import sample_policies
from specc.resolve.file import load_text
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question

SEEDS = 120
LONG_SEEDS = 3_000
POLICIES = 60


def _agrees(asked: Question, found: Realisation, seed: int) -> int:
    """The pairs of policies that the translation ranks as the spec does, on a fresh sample."""
    assert found.translation is not None
    other = load_text(found.translation)["x"]
    spec = asked.spec
    one, two = [], []
    for policy in sample_policies(asked.mdp, POLICIES, seed + 1):
        one.append(asked.evaluation(policy))
        two.append(evaluate(other, policy))
    pairs = 0
    for i, j in combinations(range(POLICIES), 2):
        mine, theirs = (
            ranking(spec.objective, one[i], one[j]),
            ranking(other.objective, two[i], two[j]),
        )
        if mine is not None and theirs is not None:
            assert mine == theirs, (spec.text, found)
            pairs += 1
    return pairs


def _try(seed: int) -> set[str]:
    chance = random.Random(seed)
    asked = question(environment(chance), objective(chance), seed)
    rules = set()
    for found in realised(asked).values():
        rules.add(found.realiser)
        if found.translation is not None:
            try:
                _agrees(asked, found, seed)
            except SpecError:
                continue
    return rules


@pytest.mark.parametrize("block", range(6))
def test_random_specs(block: int) -> None:
    size = SEEDS // 6
    rules: set[str] = set()
    for seed in range(block * size, (block + 1) * size):
        rules |= _try(seed)
    assert len(rules) >= 3


@pytest.mark.long
@pytest.mark.parametrize("block", range(30))
def test_many_random_specs(block: int) -> None:
    size = LONG_SEEDS // 30
    rules: set[str] = set()
    for seed in range(10_000 + block * size, 10_000 + (block + 1) * size):
        rules |= _try(seed)
    assert len(rules) >= 5
