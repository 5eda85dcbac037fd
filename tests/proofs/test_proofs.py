"""The negative lemmas are machine-checked, and nothing but what they say is; the command."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from specc.cli.app import app
from specc.diagnostics import SpecError
from specc.lemma import Lemma, Proof, packaged_lemmas
from specc.prove import prove, prove_all
from specc.registry import symbols
from specc.resolve.file import load_text
from specc.statement import compact, statement

PROOFS = Path(__file__).parents[2] / "proofs"
# Five lemmas on extensions have a written proof and none for the kernel.
NEGATIVE = [lemma for lemma in packaged_lemmas() if lemma.kind == "negative" and lemma.proof]
POSITIVE = [lemma for lemma in packaged_lemmas() if lemma.kind == "positive" and lemma.has_proof]
BY_ID = {lemma.id: lemma for lemma in NEGATIVE}
negative = pytest.mark.parametrize("lemma", NEGATIVE, ids=lambda lemma: lemma.id)


def _proof(lemma: Lemma) -> Proof:
    assert lemma.proof is not None
    return lemma.proof


def _with_text(lemma: Lemma, text: str) -> Lemma:
    assert lemma.witness is not None
    return replace(lemma, witness=replace(lemma.witness, specification=text))


def _text(lemma: Lemma) -> str:
    assert lemma.witness is not None
    assert lemma.witness.specification is not None
    return lemma.witness.specification


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _restated(lemma: Lemma) -> Lemma:
    """The lemma with the statement that its text and its upper formalism give now."""
    (spec,) = load_text(_text(lemma), lemma.id).specs.values()
    said = compact(statement(spec, lemma.upper))
    return replace(lemma, proof=replace(_proof(lemma), statement=said, sha256=_sha256(said)))


def _refusal(lemma: Lemma) -> tuple[str, str]:
    with pytest.raises(SpecError) as caught:
        prove(lemma)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message.startswith(f"`{lemma.id}` ({lemma.file}): ")
    return diagnostic.code, diagnostic.message


@negative
def test_negative_lemma_is_checked(lemma: Lemma) -> None:
    assert lemma.status == "stated"
    assert lemma.trust is None
    found = prove(lemma)
    assert (found.status, found.trust) == ("checked", "kernel")
    assert replace(found, status="stated") == lemma
    assert _restated(lemma) == lemma
    assert _sha256(_proof(lemma).statement) == _proof(lemma).sha256


@negative
def test_another_text_is_another_statement(lemma: Lemma) -> None:
    # Renamed states: the order is the same, but the certificate speaks of other names.
    code, message = _refusal(_with_text(lemma, _text(lemma).replace("s0", "s9")))
    assert code == "E912"
    assert "its text and its formalisms say: environment" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("spec ", "spec ("), "its `.spec` text is wrong: E1"),
        (lambda text: text.replace("goal ]", "gaol ]"), "its `.spec` text is wrong: E201"),
        (lambda text: text + "spec second in loop = P[ G goal ]\n", "has 2 specs, expected one"),
        (lambda text: text.partition("spec")[0], "has 0 specs, expected one"),
        (lambda text: text.replace("F goal", "G goal"), "its formalisms say: spec"),
        (lambda text: text.replace("P[ F goal ]", "E[exp(discounted([goal], 1/2))]"), "has no "),
        (lambda text: "spec x = P[ F goal ]", "has no finite environment"),
    ],
)
def test_a_changed_text_fails(change: Any, words: str) -> None:
    lemma = BY_ID["rm-not-geq-ltl"]
    code, message = _refusal(_with_text(lemma, change(_text(lemma))))
    assert code == "E912"
    assert words in message


@negative
def test_a_changed_statement_fails(lemma: Lemma) -> None:
    proof = _proof(lemma)
    other = "PO" if lemma.upper != "PO" else "MR"
    stated = compact({**json.loads(proof.statement), "formalism": other})
    changed = replace(proof, statement=stated, sha256=_sha256(stated))
    code, message = _refusal(replace(lemma, proof=changed))
    assert code == "E912"
    assert message.endswith("say: formalism")


@negative
def test_a_changed_digest_fails(lemma: Lemma) -> None:
    code, message = _refusal(replace(lemma, proof=replace(_proof(lemma), sha256="0" * 64)))
    assert code == "E912"
    assert f"{'0' * 64}" in message


@negative
def test_a_certificate_without_one_of_its_fields_fails(lemma: Lemma) -> None:
    certificate = json.loads(_proof(lemma).certificate)
    for name in certificate:
        rest = compact({key: value for key, value in certificate.items() if key != name})
        assert _refusal(replace(lemma, proof=replace(_proof(lemma), certificate=rest)))[0] == "E913"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("rm-not-geq-ltl", '"reference":{"s0":{"a":"1"}}', '"reference":{"s0":{"b":"1"}}'),
        ("ltl-not-geq-mr", '"strict":true,"worse":2', '"strict":true,"worse":1'),
        ("lar-not-geq-mr", '"pair":[0,1]', '"pair":[0,0]'),
        ("tlo-not-geq-fpr", '"pair":[0,1]', '"pair":[1,1]'),
        ("fpr-not-geq-tlo", '"a":["1/2","1"],"b":["1/2","-1"]', '"a":["1/4","1"],"b":["3/4","-1"]'),
        ("ftr-not-geq-rrl", '"multipliers":["1","1"]', '"multipliers":["1","2"]'),
        ("rrl-not-geq-ltl", '"better":0', '"better":2'),
        ("onmr-not-geq-rrl", '"a":"1/2","b":"1/4","c":"1/4"', '"a":"1/2","b":"1/8","c":"3/8"'),
    ],
)  # fmt: skip
def test_a_lying_certificate_fails(name: str, before: str, after: str) -> None:
    lemma = BY_ID[name]
    text = _proof(lemma).certificate
    assert text.count(before) == 1
    changed = replace(_proof(lemma), certificate=text.replace(before, after))
    code, message = _refusal(replace(lemma, proof=changed))
    assert code == "E913"
    assert "the kernel does not accept it (rejected)" in message


@negative
def test_a_turned_lemma_fails_also_where_all_of_it_is_turned(lemma: Lemma) -> None:
    turned = replace(
        lemma,
        id=f"{lemma.lower}-not-geq-{lemma.upper}".lower(),
        upper=lemma.lower,
        lower=lemma.upper,
    )
    assert _refusal(turned)[0] == "E912"
    # The spec is one of its own formalism, so this claim is false, whatever the certificate.
    assert _refusal(_restated(turned))[0] == "E913"


def test_a_witness_of_another_formalism_fails() -> None:
    for lemma in (one for one in NEGATIVE if {one.upper, one.lower} <= set(symbols())):
        for lower in {"MR", "LAR", "LTL", "RRL", "FPR"} - {lemma.lower, "FPR"}:
            if lower == lemma.upper or (lemma.lower, lower) == ("MR", "RRL"):
                continue
            code, message = _refusal(replace(lemma, lower=lower))
            assert code == "E914"
            assert message.endswith(f"to be in {lower}")


def test_what_failed_is_said_and_the_others_are_checked() -> None:
    bad = replace(BY_ID["rm-not-geq-ltl"], lower="MR")
    found, diagnostics = prove_all([bad, BY_ID["rm-not-geq-lar"], POSITIVE[0]])
    assert [lemma.status for lemma in found] == ["failed", "checked", "checked"]
    assert [lemma.trust for lemma in found] == [None, "kernel", "written proof"]
    assert [d.code for d in diagnostics] == ["E914"]


# -- the command


def _run(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["prove", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_command_says_what_every_answer_rests_on() -> None:
    result = CliRunner().invoke(app, ["prove"])
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    assert "22 positive: 22 with a written proof, agreeing on all its instances" in shown
    assert "18 negative: 18 checked by the kernel" in shown
    assert "141 of the 289 pairs hold, 148 do not, 0 are undecided" in shown
    assert "= definition: 17 pairs k kernel: 18 pairs w written proof: 124 pairs" in shown
    assert "kw kernel + written proof: 130 pairs" in shown


def test_given_lemmas_are_checked_alone(tmp_path: Path) -> None:
    status, found = _run(str(PROOFS / "rm-not-geq-ltl.json"))
    assert status == 0
    ((lemma),) = found["lemmas"]
    assert (lemma["id"], lemma["status"], lemma["trust"]) == ("rm-not-geq-ltl", "checked", "kernel")
    names = found["formalisms"]
    assert found["geq"][names.index("RM")][names.index("LTL")] is False
    assert found["status"][names.index("RM")][names.index("LTL")] == "checked"

    record = json.loads((PROOFS / "rm-not-geq-ltl.json").read_text(encoding="utf-8"))
    record["proof"]["certificate"]["reference"] = {"s0": {"b": "1"}}
    path = tmp_path / "lie.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    status, found = _run(str(path), str(PROOFS / "lar-not-geq-mr.json"))
    assert status == 1
    assert [lemma["status"] for lemma in found["lemmas"]] == ["failed", "checked"]
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["code"] == "E913"
    assert "`rm-not-geq-ltl`" in diagnostic["message"]
    assert found["status"][names.index("RM")][names.index("LTL")] == "failed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"proof": None}, "expected `proof`, a JSON object, found nothing"),
        ({"kind": "positive"}, "lacks the key `translation`"),
        ({"upper": "LTL", "lower": "RM"}, "expected the id `ltl-not-geq-rm`"),
    ],
)
def test_a_file_without_its_proof_fails_by_name(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    record = json.loads((PROOFS / "rm-not-geq-ltl.json").read_text(encoding="utf-8"))
    path = tmp_path / "rm-not-geq-ltl.json"
    path.write_text(json.dumps({**record, **change}), encoding="utf-8")
    status, found = _run(str(path))
    assert status == 1
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["code"] == "E902"
    assert words in diagnostic["message"]


@pytest.mark.parametrize(
    ("part", "text", "code"),
    [
        ("certificate", '{"kind": 0.5}', "E913"),
        ("certificate", '{"kind": NaN}', "E913"),
        ("certificate", '{"kind": "\\ud800"}', "E913"),
        ("certificate", '{"a": ' + "[" * 70 + "]" * 70 + "}", "E913"),
        ("certificate", '{"a": ' + "[" * 900 + "]" * 900 + "}", "E913"),
        ("certificate", '{"a": ' + "[" * 99_999 + "]" * 99_999 + "}", "E901"),
        ("certificate", '{"a": ' + "9" * 4_000 + "}", "E913"),
        ("statement", '{"spec": NaN}', "E912"),
        ("statement", "{}", "E912"),
    ],
)
def test_a_malformed_proof_is_a_typed_error(
    tmp_path: Path, part: str, text: str, code: str
) -> None:
    record = json.loads((PROOFS / "rm-not-geq-ltl.json").read_text(encoding="utf-8"))
    record["proof"][part] = "PLACE"
    path = tmp_path / "x.json"
    path.write_text(json.dumps(record).replace('"PLACE"', text), encoding="utf-8")
    status, found = _run(str(path))
    assert status == 1
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["code"] == code
