"""The certificates of the extensions: for each check, a change of a stored proof that it sees."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kernel_documents import Json, data

from specc import proofs
from specc.kernel import Malformed, Rejected, check, is_in, read_statement

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
