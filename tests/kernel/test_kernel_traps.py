"""False claims with plausible certificates: each is caught, by the check that is there for it."""

from __future__ import annotations

import pytest
from kernel_documents import data, statement
from kernel_traps import (
    AT_HALF,
    BUMP,
    BUMP_PROOF,
    CYCLE,
    LOWER_TILE,
    ONLY_U,
    TRAPS,
    UPPER_TILE,
    Trap,
    claim,
    tiles_proof,
    twins,
    twins_proof,
)

from specc.kernel import Rejected, check


@pytest.mark.parametrize("trap", TRAPS, ids=lambda t: t.name)
def test_trap(trap: Trap) -> None:
    with pytest.raises(Rejected) as error:
        check(data(trap.statement), data(trap.proof))
    assert error.value.check == trap.check, str(error.value)


def test_names_are_different() -> None:
    assert len({trap.name for trap in TRAPS}) == len(TRAPS)


def test_the_same_proofs_where_the_claim_is_true() -> None:
    # One F for both choices, because their actions have the same names.
    twin = twins(("a", "b"))
    assert check(data(statement(twin, ONLY_U, "RRL")), data(twins_proof("a", "b")))
    # A third action of probability zero is no part of the distribution.
    wider = twins(("a", "b", "c"))
    proof = twins_proof("a", "b")
    proof["policies"][3]["v"]["c"] = "0"
    assert check(data(statement(wider, ONLY_U, "RRL")), data(proof))
    assert check(data(claim(CYCLE, BUMP, "ONMR")), data(BUMP_PROOF))


def test_tiles_are_fine_but_for_their_common_end() -> None:
    # The same tiles with an order that holds at no discount: J at 1/2 against ties at 1/2 and
    # the multipliers shifted by a positive term cannot be built, so only the ends are moved.
    with pytest.raises(Rejected, match="discount 1/2"):
        check(data(AT_HALF), data(tiles_proof(LOWER_TILE, UPPER_TILE)))
    overlap = {**UPPER_TILE, "from": "1/3"}
    with pytest.raises(Rejected, match="tiles"):
        check(data(AT_HALF), data(tiles_proof(LOWER_TILE, overlap)))
