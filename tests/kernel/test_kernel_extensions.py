"""The certificates of the extensions: for each check, a change of a stored proof that it sees."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from kernel_documents import Json, data, no, num, plus, scalar, times

from specc import proofs
from specc.kernel import Malformed, Rejected, check, is_in, read_statement
from specc.kernel.features import entropy_features
from specc.kernel.logs import coprime_base

PROOFS = Path(proofs.__file__).parent
EVEN = {"s0": {"a": "1/2", "b": "1/2"}}
A, B = {"s0": {"a": "1"}}, {"s0": {"b": "1"}}


def stored(name: str) -> tuple[Json, Json]:
    """The statement and the certificate of a lemma."""
    lemma = json.loads((PROOFS / f"{name}.json").read_text(encoding="utf-8"))
    return lemma["proof"]["statement"], lemma["proof"]["certificate"]


def put(*path: str | int, value: Json) -> Callable[[Json], None]:
    """Set the value at a path."""

    def change(document: Json) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


def refused(claim: Json, proof: Json) -> str:
    with pytest.raises(Rejected) as caught:
        check(data(claim), data(proof))
    return caught.value.check


PAID = ("environment", "states", "s0", "b")
CASES = [
    # lemma, where it is changed, the change, the check that sees it
    ("cmdp-not-geq-cvar", 1, put("floor", value=2), "floor"),
    ("cmdp-not-geq-minr", 1, put("floor", value=2), "floor"),
    ("cvar-not-geq-tdr", 1, lambda proof: proof["policies"].append(EVEN), "lottery"),
    ("lmorlg-not-geq-tdr", 1, put("tiles", 0, "multipliers", 1, value=["0", "1"]), "constant"),
    ("lmorlg-not-geq-tdr", 1, put("tiles", 0, "multipliers", 0, value=[["1", 0, 0], ["1", 1, 1]]),
        "constant"),
    ("klrrl-not-geq-rrl", 1, put("tiles", 0, "multipliers", 5, value=[["2", 0, 0]]), "identity"),
    ("lex-not-geq-tdr", 1, put("tiles", 0, "multipliers", 1, value=["1"]), "identity"),
    ("onmr-not-geq-cvar", 1, put("policies", 2, value={"s0": {"a": "1/4", "b": "1/4", "c": "1/2"}}),
        "smooth"),
    ("onmr-not-geq-cmdp", 1, put("policies", 0, "s1", value={"a": "1/2", "b": "1/2"}), "feasible"),
    ("onmr-not-geq-cmdp", 1, put("policies", 0, "s1", value={"a": "1/4", "b": "3/4"}), "feasible"),
    ("sub-not-geq-mr", 1, put("pair", value=[0, 0]), "comparison"),
    ("sub-not-geq-mr", 1, put("policies", 1, value=A), "support"),
    ("sub-not-geq-mr", 0, put(*PAID, value={"s1": "1"}), "transient"),
    ("sub-h-not-geq-ltlf", 0, put(*PAID, value={"s1": "1"}), "stay"),
    ("sub-h-not-geq-ltlf", 1, put("pure", value=[1]), "pure"),
    ("sub-h-not-geq-ltlf", 1, put("pure", value=[0, 1]), "pure"),
    ("maxr-not-geq-sub", 1, put("below", value=[1]), "covered"),
    ("maxr-not-geq-sub", 1, put("below", value=[0, 1]), "comparison"),
    ("maxr-not-geq-sub", 1, put("policies", 0, value=EVEN), "lottery"),
    ("tdr-not-geq-ltlf", 1, put("kept", value=[1, 0]), "comparison"),
    ("tdr-not-geq-ltlf", 1, put("reversed", value=[3, 2]), "comparison"),
    ("tdr-not-geq-ltlf", 1, put("state", value="s2"), "before"),
    ("tdr-not-geq-ltlf", 1, put("state", value="s0"), "after"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "part", "change", "seen"), CASES)
def test_a_change_is_seen(name: str, part: int, change: Callable[[Json], None], seen: str) -> None:
    documents = copy.deepcopy(stored(name))
    check(*map(data, documents))
    change(documents[part])
    if part == 0:  # where b now leads
        documents[0]["environment"]["states"]["s1"] = {"a": {"s1": "1"}}
    assert refused(*documents) == seen


@pytest.mark.parametrize("name", sorted({name for name, *_ in CASES}))
def test_no_certificate_takes_another_key(name: str) -> None:
    claim, proof = stored(name)
    with pytest.raises(Malformed, match="zzz"):
        check(data(claim), data({**proof, "zzz": 1}))


def test_constants_are_the_same_on_all_tiles() -> None:
    claim, proof = stored("lmorlg-not-geq-tdr")
    tiles = [
        {"from": low, "to": high, "multipliers": [[[scale, 0, 0]], [f"-{scale}"]]}
        for low, high, scale in (("0", "1/2", "1"), ("1/2", "1", "2"))
    ]
    assert check(data({**claim, "formalism": "MR"}), data({**proof, "tiles": tiles}))
    assert refused(claim, {**proof, "tiles": tiles}) == "constant"


def test_entropies_are_sums_of_logarithms() -> None:
    claim, _ = stored("sub-not-geq-mr")
    where = read_statement(data(claim)).environment
    chances = {"a": Fraction(4, 15), "b": Fraction(11, 15)}
    base = coprime_base([4, 11, 15])
    found = entropy_features(where, {"s0": chances}, Fraction(1, 3), base)
    logs = sum(float(found["log", n]) * math.log(n) for n in base)
    entropy = -sum(float(p) * math.log(p) for p in chances.values())
    assert math.isclose(logs, entropy / (1 - 1 / 3))


def test_what_is_left_for_good_may_have_agreed() -> None:
    claim, proof = stored("sub-not-geq-mr")
    claim["environment"]["states"]["t"] = {"a": {"s0": "1"}, "b": {"s0": "1"}}
    claim["environment"]["initial"] = {"t": "1"}
    for policy in proof["policies"]:
        policy["t"] = {"a": "1/2", "b": "1/2"}
    assert check(data(claim), data(proof))
    proof["policies"][1]["t"] = {"a": "1/3", "b": "2/3"}
    assert refused(claim, proof) == "transient"


def test_pure_policies_are_like_the_mixed_one_elsewhere() -> None:
    claim, proof = stored("sub-h-not-geq-ltlf")
    claim["environment"]["states"]["s1"] = {"a": {"s1": "1"}, "b": {"s1": "1"}}
    for policy in proof["policies"]:
        policy["s1"] = {"a": "1"}
    assert check(data(claim), data(proof))
    proof["policies"][1]["s1"] = {"b": "1"}
    assert refused(claim, proof) == "pure"


def test_a_pure_policy_may_be_tied_with_the_mixed_one() -> None:
    claim, proof = stored("sub-h-not-geq-ltlf")
    chance = {"kind": "policy", "state": "s0", "action": "b"}
    for floor, accepted in (("1/2", True), ("1/4", False), ("1", False)):
        claim["spec"]["order"] = scalar({"kind": "max", "operands": [num(floor), chance]})
        if accepted:
            assert check(data(claim), data(proof))
        else:
            assert refused(claim, proof) == "comparison"


def test_a_risk_at_level_1_is_smooth() -> None:
    claim, proof = stored("onmr-not-geq-cvar")
    number = claim["spec"]["order"]["number"]
    for level, accepted in (("1", True), ("1/4", False)):
        more = plus(number, times(num(0), {**number, "level": level}))
        turned = {**claim, "spec": {"order": scalar(more)}}
        if accepted:
            assert check(data(turned), data(proof))
        else:
            assert refused(turned, proof) == "smooth"


def test_constraints_of_another_form_are_not_smooth() -> None:
    claim, proof = stored("onmr-not-geq-cmdp")
    (constraint,) = claim["spec"]["order"]["constraints"]
    claim["spec"]["order"]["constraints"] = [no(constraint)]
    assert refused(claim, proof) == "analytic"


def test_what_is_better_visited_more_is_no_obstacle() -> None:
    claim, proof = stored("sub-h-not-geq-ltlf")
    number = claim["spec"]["order"]["number"]
    minus = {"kind": "-", "left": {"kind": "constant", "value": "0"}, "right": number}
    turned = {**claim, "spec": {"order": {"kind": "scalar", "number": minus}}}
    assert refused(turned, proof) == "comparison"
    constant = {"kind": "constant", "value": "1"}
    level = {**claim, "spec": {"order": {"kind": "scalar", "number": constant}}}
    assert refused(level, proof) == "comparison"


@pytest.mark.parametrize(
    ("name", "formalism"),
    [
        ("sub-not-geq-mr", "SUB_H"),
        ("sub-h-not-geq-ltlf", "SUBT_H"),
        ("maxr-not-geq-sub", "SUB"),
        ("maxr-not-geq-sub", "MINR"),
        ("tdr-not-geq-ltlf", "LMORLG"),
        ("tdr-not-geq-ltlf", "RM"),
        ("cmdp-not-geq-minr", "RRL"),
    ],
)
def test_a_theorem_speaks_of_its_formalisms_only(name: str, formalism: str) -> None:
    claim, proof = stored(name)
    assert refused({**claim, "formalism": formalism}, proof) == "formalism"


def test_only_cmdp_has_a_floor_and_it_needs_one() -> None:
    claim, proof = stored("cmdp-not-geq-cvar")
    with pytest.raises(Malformed, match="floor"):
        check(data({**claim, "formalism": "LEX"}), data(proof))
    del proof["floor"]
    with pytest.raises(Malformed, match="floor"):
        check(data(claim), data(proof))


def test_a_state_is_one_of_the_environment() -> None:
    for name in ("sub-h-not-geq-ltlf", "tdr-not-geq-ltlf"):
        claim, proof = stored(name)
        with pytest.raises(Malformed, match="not a state"):
            check(data(claim), data({**proof, "state": "s9"}))


def test_constraints_are_no_number_for_cmdp() -> None:
    claim, proof = stored("onmr-not-geq-cmdp")
    proof["policies"].append(B)
    assert refused({**claim, "formalism": "CMDP"}, {**proof, "floor": 2}) == "analytic"


def test_machines_that_end_for_good_are_tdr() -> None:
    claim, _ = stored("lex-not-geq-tdr")
    assert is_in(read_statement(data(claim)).spec, "TDR")
    (machine,) = claim["spec"]["machines"].values()
    machine[1] = [{"when": {"kind": "true"}, "to": 1, "emit": {"kind": "constant", "value": "1"}}]
    assert not is_in(read_statement(data(claim)).spec, "TDR")
    assert is_in(read_statement(data(claim)).spec, "RM")
