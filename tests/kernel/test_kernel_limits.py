"""Every declared limit stops what is just above it, and the checks below it are reached."""

from __future__ import annotations

import sys

import pytest
from kernel_documents import (
    Json,
    data,
    num,
    over,
    pick,
    plus,
    power,
    scalar,
    statement,
    tied,
    times,
    whole,
)
from kernel_traps import BUMP, BUMP_PROOF
from witnesses import CYCLE, HALVES, SQUARE, TWO, WITNESSES, XOR, XOR_TIES

from specc.kernel import KernelError, LimitExceeded, Malformed, Rejected, check

XOR_CLAIM = statement(CYCLE, scalar(XOR), "RRL")
TIES_CLAIM = statement(CYCLE, scalar(XOR), "ONMR")
BUMP_CLAIM = statement(CYCLE, scalar(BUMP), "ONMR")


def refused(claim: Json, proof: Json) -> str:
    with pytest.raises(KernelError) as error:
        check(data(claim), data(proof))
    return f"{type(error.value).__name__}: {error.value}"


def test_tiles() -> None:
    tile = SQUARE["tiles"][0]
    assert refused(XOR_CLAIM, {**SQUARE, "tiles": [tile] * 1001}).endswith("1000 tiles")
    assert "consecutive" in refused(XOR_CLAIM, {**SQUARE, "tiles": [tile] * 1000})


def test_points() -> None:
    proof = {**XOR_TIES, "points": XOR_TIES["points"] * 201}
    assert refused(TIES_CLAIM, proof).endswith("200 points")


def test_segments() -> None:
    proof = {**BUMP_PROOF, "segments": BUMP_PROOF["segments"] * 251}
    assert refused(BUMP_CLAIM, proof).endswith("1000 segments")
    proof = {**BUMP_PROOF, "segments": BUMP_PROOF["segments"] * 250}
    assert check(data(BUMP_CLAIM), data(proof))


def test_degrees_of_multipliers() -> None:
    square = {**SQUARE, "comparisons": [*SQUARE["comparisons"], tied(0, 0)]}
    ones = [["1", 0, 0]]
    for extra, fits in ((64, True), (65, False)):
        tiles = whole(ones, ones, ["0"] * extra + ["1"])
        if fits:
            assert check(data(XOR_CLAIM), data({**square, "tiles": tiles}))
        else:
            proof = {**square, "tiles": tiles}
            assert refused(XOR_CLAIM, proof).endswith("64 degree of a multiplier")
        term = [["1", 0, 0], ["0", extra, 0], ["0", 0, extra]]
        proof = {**SQUARE, "tiles": whole(term, ones)}
        if fits:
            assert check(data(XOR_CLAIM), data(proof))
        else:
            assert "from 0 to 64" in refused(XOR_CLAIM, proof)


def ring(count: int) -> Json:
    return {
        "states": {f"s{i}": {"a": {f"s{(i + 1) % count}": "1"}} for i in range(count)},
        "initial": {"s0": "1"},
    }


def test_chain_nodes() -> None:
    proof = {
        "format": "specc-certificate-1",
        "kind": "C7 same lottery",
        "policies": [{}],
        "pair": [0, 0],
    }
    number = {"kind": "total", "signal": num(1), "horizon": 1}
    assert refused(statement(ring(2000), scalar(number), "MR"), proof).startswith("Rejected: comp")
    assert refused(statement(ring(2001), scalar(number), "MR"), proof).startswith("LimitExceeded")


def test_nodes_times_discounts() -> None:
    proof = {
        "format": "specc-certificate-1",
        "kind": "C1 farkas",
        "policies": [{}],
        "comparisons": [tied(0, 0)],
        "tiles": [],
    }
    # The tile's strict part is empty, so a strict pair is needed to get as far as the identity.
    where = ring(500)
    where["states"]["s0"]["b"] = {"s1": "1"}
    number = {"kind": "policy", "state": "s0", "action": "a"}
    proof["policies"] = [{}, pick(s0="b")]
    proof["comparisons"] = [{"better": 0, "worse": 1, "strict": True}]
    proof["tiles"] = whole([["1", 0, 0]])
    claim = statement(where, scalar(number), "MR")
    assert refused(claim, proof).endswith("200000 nodes times discounts")


def test_policies_times_states() -> None:
    count = 3000
    where = ring(count)
    where["initial"] = {"s0": "1"}
    where["states"]["s0"]["a"] = {"s0": "1"}
    proof = {**WITNESSES[17].proof, "policies": [{}] * 334}
    assert refused(statement(where, scalar(num(1)), "TLO"), proof).endswith("policies times states")
    proof = {**WITNESSES[17].proof, "policies": [{}] * 10}
    assert "tied" in refused(statement(where, scalar(num(1)), "TLO"), proof)


def test_deterministic_policies() -> None:
    names = [f"s{i}" for i in range(13)]
    where = {
        "states": {s: {"a": {s: "1"}, "b": {s: "1"}} for s in names},
        "initial": {"s0": "1"},
    }
    proof = {
        **BUMP_PROOF,
        "policies": [{}, {"s0": {"b": "1"}}],
        "faces": {s: ["a", "b"] for s in names},
        "segments": [[0, 1]],
        "outside": 0,
    }
    claim = statement(where, scalar(num(1)), "ONMR")
    assert refused(claim, proof).endswith("4096 deterministic policies")
    fewer = {**proof, "faces": {s: ["a", "b"] for s in names[:12]}}
    assert refused(claim, fewer).startswith("Rejected: corners")


def test_formulas_that_split_too_much() -> None:
    count = 1200
    states = {
        f"s{i}": {"a": {f"s{(i + 1) % count}": "1/2", f"s{(i + 2) % count}": "1/2"}}
        for i in range(count)
    }
    where = {
        "states": states,
        "initial": {"s0": "1"},
        "labels": {"p": {"states": [f"s{i}" for i in range(0, count, 2)]}},
    }
    formula: Json = {"kind": "atom", "guard": {"kind": "label", "name": "p"}}
    for _ in range(2):
        formula = {"kind": "X", "operand": formula}
    number = {"kind": "probability", "formula": formula}
    with pytest.raises(LimitExceeded, match="chain nodes"):
        check(
            data(statement(where, scalar(number), "TLO")),
            data({**WITNESSES[17].proof, "policies": [{}, {}]}),
        )


def test_nested_powers() -> None:
    for base, operands in (("3/2", 0), ("2/3", 0), ("-7", 2)):
        number = num(base)
        for _ in range(4):
            number = power(number, 64)
        if operands:
            number = {"kind": "+", "operands": [number] * operands}
        claim = statement(TWO, scalar(number), "FTR")
        with pytest.raises(LimitExceeded, match="bits of a rational"):
            check(data(claim), data(HALVES))
    # 2^199999 has 200,000 bits; 2^200000 has one more.
    factors = [power(num(2**50), 64)] * 62 + [power(num(2), 64)] * 24
    most = times(*factors, power(num(2), 63))
    for number, wanted in (
        (most, "comparison"),
        (times(num(2), most), "bits of a rational"),
        (plus(most, most), "bits of a rational"),
        (over(num(1), most), "comparison"),
        (times(over(num(1), most), num("1/2")), "bits of a rational"),
    ):
        with pytest.raises(KernelError, match=wanted):
            check(data(statement(TWO, scalar(number), "FTR")), data(HALVES))


def test_horizons_and_exponents() -> None:
    proof = {**WITNESSES[17].proof, "policies": [{}, {}]}
    for number, message in (
        ({"kind": "total", "signal": num(1), "horizon": 2001}, "0 to 2000"),
        ({"kind": "total", "signal": num(1), "horizon": -1}, "0 to 2000"),
        ({"kind": "power", "base": num(1), "exponent": 65}, "0 to 64"),
        ({"kind": "power", "base": num(1), "exponent": -1}, "0 to 64"),
    ):
        with pytest.raises(Malformed, match=message):
            check(data(statement(TWO, scalar(number), "TLO")), data(proof))
    number = {"kind": "total", "signal": num(1), "horizon": 2000}
    with pytest.raises(Rejected, match="tied"):
        check(data(statement(TWO, scalar(number), "TLO")), data(proof))
    policies = [{"0": {"a": ["0"] * 65, "b": "1"}}, {}]
    with pytest.raises(LimitExceeded, match="64 exponent"):
        check(data(statement(TWO, scalar(num(1)), "TLO")), data({**proof, "policies": policies}))


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_an_exhausted_interpreter(error: type, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(statement: Json, proof: Json) -> None:
        raise error

    kinds = sys.modules["specc.kernel.check"].KINDS
    kind = WITNESSES[17].proof["kind"]
    monkeypatch.setitem(kinds, kind, (kinds[kind][0], exhausted))
    assert refused(WITNESSES[17].statement, WITNESSES[17].proof).startswith("LimitExceeded")
