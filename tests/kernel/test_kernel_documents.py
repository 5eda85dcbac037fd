"""What is no document of the published form: typed errors, never a traceback, never acceptance."""

from __future__ import annotations

import copy
import json
import random

import pytest
from kernel_documents import at_least, chosen, data, num, scalar, statement
from kernel_mutations import at, broken, places
from kernel_traps import BUMP, BUMP_PROOF, CYCLE, claim
from witnesses import LOOP, ONE_SHOT, TWO, WITNESSES

from specc.kernel import KernelError, LimitExceeded, Malformed, check, read_statement
from specc.kernel.decode import array, digest, mapping, parse, rational

GOOD = WITNESSES[0]
ALL_KINDS = [(w.statement, w.proof) for w in WITNESSES if w.name != "W1 hump"] + [
    (GOOD.statement, GOOD.proof),
    (claim(CYCLE, BUMP, "ONMR"), BUMP_PROOF),
]
FORM_KEYS = {
    "format", "kind", "policies", "comparisons", "better", "worse", "strict", "tiles", "from", "to",
    "multipliers", "pair", "points", "policy", "tie", "slope", "segments", "outside", "faces",
    "family", "reference", "lower", "upper", "environment", "spec", "formalism", "initial",
    "states", "order", "number", "numbers", "signal", "discount", "formula", "operand", "operands",
    "left", "right", "base", "exponent", "when", "emit", "guard", "condition", "then", "else",
    "name", "value", "state", "action", "operator",
}  # fmt: skip
CLAIM, PROOF = data(GOOD.statement), data(GOOD.proof)


def changed(document, *path_and_value):
    made = copy.deepcopy(document)
    *path, key, value = path_and_value
    holder = made
    for step in path:
        holder = holder[step]
    holder[key] = value
    return made


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        (b"", "Expecting"),
        (b"{", "Expecting"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"{} {}", "Extra data at 3"),
        (b'{"a": 1, "a": 1}', "key twice"),
        (b'{"a": {"b": 1, "b": 2}}', "key twice"),
        (b'{"a": 1.0}', "not exact"),
        (b'{"a": 1e3}', "not exact"),
        (b'{"a": NaN}', "not exact"),
        (b'{"a": Infinity}', "not exact"),
        (b'{"a": -Infinity}', "not exact"),
        (b'"\\ud800', "document: "),
    ],
)
def test_not_json(document: bytes, wanted: str) -> None:
    for pair in ((document, PROOF), (CLAIM, document)):
        with pytest.raises(Malformed, match=wanted):
            check(*pair)


def test_not_an_object() -> None:
    for pair in ((b"[1, 2]", PROOF), (CLAIM, b"[1, 2]"), (CLAIM, b"null")):
        with pytest.raises(Malformed, match="object"):
            check(*pair)


def test_many_items() -> None:
    many = {str(i): i for i in range(100_000)}
    assert mapping(many, "x") == many
    assert array([*many], "x") == [*many]
    with pytest.raises(LimitExceeded, match="items"):
        mapping({**many, "x": 0}, "x")
    with pytest.raises(LimitExceeded, match="items"):
        array([*many, "x"], "x")


def test_siblings_are_not_nested() -> None:
    assert len(parse(b"[" + b"[]," * 1000 + b"[]]")) == 1001
    siblings = b"[" * 62 + b"[],[]" + b"]" * 62
    assert parse(siblings)
    with pytest.raises(LimitExceeded, match="nesting"):
        parse(siblings.replace(b"[],[]", b"[],[[[]]]"))


def test_deep_and_large() -> None:
    nested = b"[" * 65 + b"]" * 65
    with pytest.raises(LimitExceeded, match="nesting"):
        parse(nested)
    assert parse(b"[" * 64 + b"]" * 64)
    assert parse(b'"' + b"[" * 1000 + b'"') == "[" * 1000
    assert parse(b'["\\"[[[", "' + b"{" * 100 + b'"]')
    with pytest.raises(LimitExceeded, match="nesting"):
        parse(b"[" * 10_000_000)
    with pytest.raises(LimitExceeded, match="bytes"):
        parse(b" " * 16_000_001)
    with pytest.raises(LimitExceeded, match="digits"):
        parse(b"1" * 401)
    with pytest.raises(LimitExceeded, match="digits"):
        rational("1" * 401, "x")
    assert parse(b"1" * 400)


@pytest.mark.parametrize(
    "text",
    ["", "-0", "00", "01", "+1", " 1", "1 ", "1/1", "2/4", "1/0", "0/2", "1/-2", "1.5", "1e2", "a",
     "1/02", "\u0661", "1_0", "--1", "1/2/3", "0x1"],
)  # fmt: skip
def test_not_a_rational(text: str) -> None:
    with pytest.raises(Malformed):
        rational(text, "x")


@pytest.mark.parametrize("value", [1, 1.0, True, None, [], {}])
def test_rationals_are_strings(value: object) -> None:
    with pytest.raises(Malformed):
        rational(value, "x")


def test_rationals() -> None:
    for text in ("0", "1", "-1", "10", "1/2", "-7/3"):
        assert str(rational(text, "x")) == text


STATEMENT_FAULTS = [
    (("format", "specc-statement-2"), "format"),
    (("formalism", "XXX"), "formalism"),
    (("formalism", ["MR"]), "formalism"),
    (("extra", 1), "extra"),
    (("environment", "extra", 1), "extra"),
    (("environment", "states", {}), "initial"),
    (("environment", "states", "0", {}), "needs an action"),
    (("environment", "states", "0", "a", {"1": "1/2"}), "sum to 1"),
    (("environment", "states", "0", "a", {"1": "2", "0": "-1"}), "sum to 1"),
    (("environment", "states", "0", "a", {"1": "1", "0": "0"}), "sum to 1"),
    (("environment", "states", "0", "a", {"9": "1"}), "sum to 1"),
    (("environment", "initial", {"0": "2", "1": "-1"}), "sum to 1"),
    (("environment", "labels", {"x": {"states": ["9"]}}), "states"),
    (("environment", "labels", {"x": {"states": [[]]}}), "states"),
    (("environment", "labels", {"x": {"transitions": [["1", "a", "0"]]}}), "transition"),
    (("environment", "labels", {"x": {"transitions": [["1", "a"]]}}), "array of 3"),
    (("environment", "rewards", {"r": [["0", "a", "1", "1"], ["0", "a", "1", "2"]]}), "two"),
    (("environment", "rewards", {"r": [["0", "a", "1"]]}), "array of 4"),
    (("spec", "order", {"kind": "vector"}), "scalar"),
    (("spec", "order", {"kind": ["scalar"]}), "scalar"),
    (("spec", "order", "number", {"kind": "reward", "name": "r"}), "not a value"),
    (("spec", "order", "number", {"kind": "constant", "value": 1}), "string"),
    (("spec", "order", "number", {"kind": "constant", "value": "1", "x": 1}), "'x'"),
    (("spec", "order", "number", {"kind": "constant"}), "'value' is missing"),
    (("spec", "order", "number", {"kind": "+", "operands": []}), "at least one"),
    (("spec", "order", "number", "signal", {"kind": "machine", "name": "m"}), "machine name"),
    (("spec", "order", "number", "signal", {"kind": "kl", "reference": "m"}), "reference name"),
    (("spec", "order", "number", "signal", {"kind": "tsallis", "order": 1}), "from 2"),
    (("spec", "order", "number", "signal", {"kind": "tsallis", "order": True}), "from 2"),
    (("spec", "order", "number", "discount", "1"), "below 1"),
    (("spec", "order", "number", "discount", "-1/2"), "below 1"),
    (("spec", "machines", {"m": []}), "needs a state"),
    (("spec", "machines", {"m": [[{"when": {"kind": "true"}, "to": 1, "emit": num(0)}]]}), "to 0"),
    (("spec", "references", {"m": {"0": {"a": "1", "b": "0"}}}), "every action"),
    (("spec", "references", {"m": {"0": {"a": ["0", "1"], "b": ["1", "-1"]}}}), "every action"),
]


@pytest.mark.parametrize(("fault", "message"), STATEMENT_FAULTS)
def test_not_a_statement(fault: tuple, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        check(data(changed(GOOD.statement, *fault)), PROOF)


def test_comparisons_have_one_of_six_operators() -> None:
    for operator in ("<>", "", None, [], 0):
        number = chosen({**at_least(num(1), num(0)), "operator": operator}, num(1), num(0))
        with pytest.raises(Malformed, match="one of < <= = != >= > was expected"):
            read_statement(data(claim(CYCLE, number, "ONMR")))


CERTIFICATE_FAULTS = [
    (("format", None), "format"),
    (("kind", "C9"), "kind"),
    (("kind", {}), "kind"),
    (("statement", {}), "'statement' is not a field"),
    (("policies", {}), "array"),
    (("policies", 0, "9", {"a": "1"}), "not a state"),
    (("policies", 0, "0", {"a": "1/2", "c": "1/2"}), "no action there"),
    (("policies", 0, "0", {"a": "3/2", "b": "-1/2"}), "negative"),
    (("policies", 0, "0", {"a": "1/2", "b": "1/3"}), "sum to 1"),
    (("policies", 0, "0", {"a": ["1/2", "1"], "b": ["1/2", "-1"]}), "rational prob"),
    (("policies", 0, "0", {"a": True}), "string"),
    (("comparisons", 0, "better", 3), "from 0 to 2"),
    (("comparisons", 0, "better", -1), "from 0 to 2"),
    (("comparisons", 0, "better", True), "from 0 to 2"),
    (("comparisons", 0, "strict", 1), "true or false"),
    (("comparisons", 0, "why", 1), "'why'"),
    (("multipliers", ["1"]), "array of 2"),
    (("multipliers", 0, 1), "string"),
]


@pytest.mark.parametrize(("fault", "message"), CERTIFICATE_FAULTS)
def test_not_a_certificate(fault: tuple, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        check(CLAIM, data(changed(GOOD.proof, *fault)))


def paths_to_objects(value, path=()):
    if isinstance(value, dict):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from paths_to_objects(inner, (*path, key))


@pytest.mark.parametrize("witness", ALL_KINDS, ids=lambda pair: pair[1]["kind"])
def test_no_object_takes_another_key(witness: tuple) -> None:
    claim, proof = witness
    for path in paths_to_objects(claim):
        with pytest.raises(Malformed):
            check(data(changed(claim, *path, "zzz", 1)), data(proof))
    for path in paths_to_objects(proof):
        with pytest.raises(Malformed):
            check(data(claim), data(changed(proof, *path, "zzz", 1)))


@pytest.mark.parametrize("witness", ALL_KINDS, ids=lambda pair: pair[1]["kind"])
def test_every_object_and_array_is_one(witness: tuple) -> None:
    claim, proof = witness
    for side, document in enumerate((claim, proof)):
        for path in places(document):
            if not isinstance(at(document, path), dict | list):
                continue
            for wrong in (None, 1, "x", True):
                pair = [claim, proof]
                pair[side] = changed(document, *path, wrong)
                with pytest.raises(Malformed):
                    check(*map(data, pair))


@pytest.mark.parametrize("witness", ALL_KINDS, ids=lambda pair: pair[1]["kind"])
def test_every_key_of_a_form_is_needed(witness: tuple) -> None:
    claim, proof = witness
    for side, document in enumerate((claim, proof)):
        for path in places(document):
            # States, actions and the optional parts are no keys of a form.
            if path[-1] not in FORM_KEYS or "labels" in path:
                continue
            made = copy.deepcopy(document)
            del at(made, path[:-1])[path[-1]]
            pair = [claim, proof]
            pair[side] = made
            with pytest.raises(Malformed, match=r"is missing|was expected"):
                check(*map(data, pair))


def test_limits() -> None:
    ring = {
        "states": {f"s{i}": {"a": {f"s{(i + 1) % 2001}": "1"}} for i in range(2001)},
        "initial": {"s0": "1"},
    }
    number = {"kind": "average", "signal": num(1)}
    proof = {
        "format": "specc-certificate-1",
        "kind": "C7 same lottery",
        "policies": [{}],
        "pair": [0, 0],
    }
    with pytest.raises(LimitExceeded, match="2000 chain nodes"):
        check(data(statement(ring, scalar(number), "MR")), data(proof))
    many = {**GOOD.proof, "policies": [{}] * 501}
    with pytest.raises(LimitExceeded, match="500 policies"):
        check(CLAIM, data(many))
    many = {**GOOD.proof, "comparisons": [GOOD.proof["comparisons"][0]] * 1001}
    with pytest.raises(LimitExceeded, match="1000 comparisons"):
        check(CLAIM, data(many))


def test_more_than_sixteen_trajectories() -> None:
    fan = {
        "states": {"s": {f"a{i}": {"t": "1"} for i in range(17)}, "t": {"a": {"t": "1"}}},
        "initial": {"s": "1"},
    }
    proof = {
        "format": "specc-certificate-1",
        "kind": "C3 zero-one",
        "policies": [{"s": {f"a{i}": "1/17" for i in range(17)}}, {}],
        "comparisons": [{"better": 0, "worse": 1, "strict": False}],
    }
    with pytest.raises(LimitExceeded, match="16 atoms"):
        check(data(statement(fan, scalar(num(0)), "LTL")), data(proof))


def test_the_hash_is_of_the_content() -> None:
    text = json.dumps(GOOD.statement, indent=3)
    turned = json.dumps(dict(reversed(GOOD.statement.items())))
    names = {read_statement(t.encode()).sha256 for t in (text, turned, CLAIM.decode())}
    assert len(names) == 1
    other = changed(GOOD.statement, "formalism", "MR")
    assert read_statement(data(other)).sha256 not in names
    assert digest({"b": "1/2", "a": [1, None, "\u00e9"]}) == (
        "49326ff513a5c9f02384a8493f89bdf707652b890a32dcebd5ab2da79f644efa"
    )


def test_omitted_states_take_their_first_action() -> None:
    # b is first in the file, a by name.
    turned = {"0": {"b": {"0": "1"}, "a": {"G": "1"}}, "G": {"a": {"G": "1"}}}
    where = {**LOOP, "states": turned}
    reach = WITNESSES[9].statement["spec"]["order"]
    proof = {**WITNESSES[9].proof, "reference": {}}
    assert check(data(statement(where, reach, "RM")), data(proof))


def test_broken_bytes() -> None:
    rng = random.Random(5)
    refused = 0
    for _ in range(600):
        witness = rng.choice(WITNESSES)
        texts = [data(witness.statement), data(witness.proof)]
        side = rng.randrange(2)
        texts[side] = broken(rng, texts[side])
        try:
            check(*texts)
        except KernelError:
            refused += 1
    # Some changes do nothing: an empty cut, or a space.
    assert refused > 500


def test_errors_of_names_are_not_quoted_at_length() -> None:
    long = "x" * 10_000
    for where in (ONE_SHOT, TWO):
        bad = statement(where, scalar({"kind": long}), "MR")
        with pytest.raises(Malformed) as error:
            check(data(bad), PROOF)
        assert len(str(error.value)) < 200
