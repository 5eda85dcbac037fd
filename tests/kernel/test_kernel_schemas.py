"""The published schemas: current, and as wide as what the kernel reads."""

from __future__ import annotations

import json
import random
import re

import pytest
from json_schema import valid
from kernel_documents import data
from kernel_mutations import mutated
from kernel_traps import TRAPS
from make_schemas import KERNEL, schemas
from witnesses import WITNESSES

from specc.kernel import KernelError, check, read_statement
from specc.kernel.check import KINDS

STATEMENT, CERTIFICATE = (
    json.loads((KERNEL / f"{name}.schema.json").read_text())
    for name in ("statement", "certificate")
)
DOCUMENTS = [(x.statement, x.proof) for x in (*WITNESSES, *TRAPS)]


def test_files_are_current() -> None:
    for path, text in schemas().items():
        assert path.read_text(encoding="utf-8") == text, "run tests/kernel/make_schemas.py"
    kinds = {part["properties"]["kind"]["const"] for part in CERTIFICATE["oneOf"]}
    assert kinds == set(KINDS)


def test_documents_are_valid() -> None:
    for claim, proof in DOCUMENTS:
        assert valid(claim, STATEMENT, STATEMENT)
        assert valid(proof, CERTIFICATE, CERTIFICATE)


def test_the_page_shows_a_statement() -> None:
    page = (KERNEL.parents[1] / "docs" / "kernel.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert read_statement(block.encode()).formalism == "RM"
    assert valid(json.loads(block), STATEMENT, STATEMENT)
    for kind in KINDS:
        assert kind in page or kind.partition(" ")[2] in page


def check_mutations(seed: int, count: int) -> None:
    rng = random.Random(seed)
    refused = 0
    for _ in range(count):
        claim, proof = rng.choice(DOCUMENTS)
        changed = mutated(rng, claim)
        try:
            read_statement(data(changed))
        except KernelError:
            refused += not valid(changed, STATEMENT, STATEMENT)
        else:
            assert valid(changed, STATEMENT, STATEMENT), changed
        changed = mutated(rng, proof)
        if not valid(changed, CERTIFICATE, CERTIFICATE):
            refused += 1
            # What is malformed may be found after another check has failed: then it is rejected.
            with pytest.raises(KernelError):
                check(data(claim), data(changed))
    assert refused > count // 3


def test_what_the_kernel_reads_is_valid() -> None:
    check_mutations(1, 300)


@pytest.mark.long
def test_much_of_what_the_kernel_reads_is_valid() -> None:
    check_mutations(2, 5000)
