"""Random changes of true claims and their proofs: what is still accepted is still true."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from kernel_documents import data
from kernel_mutations import mutated
from kernel_oracle import is_true
from kernel_traps import BUMP, BUMP_PROOF, CYCLE, TRAPS, claim
from witnesses import WITNESSES

from specc import proofs
from specc.kernel import KernelError, Rejected, check

STORED = [
    (lemma["proof"]["statement"], lemma["proof"]["certificate"])
    for lemma in (
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(Path(proofs.__file__).parent.glob("*-not-geq-*.json"))
    )
    # The oracle does not build reference policies, so it judges nothing about divergences.
    if lemma["proof"] is not None and "references" not in lemma["proof"]["statement"]["spec"]
]
TRUE = [
    *STORED,
    *((w.statement, w.proof) for w in WITNESSES),
    (claim(CYCLE, BUMP, "ONMR"), BUMP_PROOF),
]
FALSE = [(trap.statement, trap.proof) for trap in TRAPS]


def test_the_oracle_agrees_on_what_is_stored() -> None:
    assert len(STORED) >= 114
    for statement, proof in TRUE:
        assert is_true(statement, proof), proof["kind"]


def check_mutations(seed: int, count: int) -> None:
    rng = random.Random(seed)
    accepted = changed_claims = rejected = 0
    for _ in range(count):
        statement, proof = rng.choice(TRUE) if rng.random() < 0.7 else rng.choice(FALSE)
        side = rng.randrange(3)
        new_statement = mutated(rng, statement) if side != 0 else statement
        new_proof = mutated(rng, proof) if side != 1 else proof
        try:
            check(data(new_statement), data(new_proof))
        except Rejected:
            rejected += 1
            continue
        except KernelError:
            continue
        accepted += 1
        changed_claims += new_statement != statement
        assert is_true(new_statement, new_proof), (new_statement, new_proof)
    # The changes are small enough to get past the decoder, and some claims stay true.
    assert rejected > count // 10
    assert accepted > count // 50
    assert changed_claims > 0


def test_mutations() -> None:
    check_mutations(1, 300)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_mutations(seed: int) -> None:
    check_mutations(seed, 1000)
