"""The lemma files: strict reading, canonical form, agreement with the published schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specc.diagnostics import SpecError
from specc.lemma import canonical, packaged_lemmas, read_lemma
from specc.registry import symbols
from specc.source import Source

PROOFS = Path(__file__).parents[2] / "proofs"
FILES = sorted(PROOFS.glob("*.json"))
SCHEMA = json.loads((PROOFS / "schema" / "lemma.schema.json").read_text(encoding="utf-8"))


def _text(name: str) -> str:
    return (PROOFS / f"{name}.json").read_text(encoding="utf-8")


CORE = [lemma for lemma in packaged_lemmas() if {lemma.upper, lemma.lower} <= set(symbols())]


def test_there_are_22_positive_and_18_negative_lemmas_of_the_seventeen() -> None:
    kinds = [lemma.kind for lemma in CORE]
    assert (kinds.count("positive"), kinds.count("negative")) == (22, 18)
    assert len(FILES) == len(packaged_lemmas())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_canonical_and_named_by_its_id(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert canonical(text) == text
    lemma = read_lemma(Source(path.name, text))
    assert lemma.id == path.stem
    assert {lemma.upper, lemma.lower} <= set(symbols(extensions=True))


def test_witnesses_are_the_nine() -> None:
    witnesses = {lemma.witness for lemma in CORE if lemma.witness}
    environments: dict[str, set[str]] = {}
    for witness in witnesses:
        environments.setdefault(witness.name, set()).add(witness.environment)
    assert environments == {
        "W1": {"E1"},
        "W2": {"E2"},
        "W3": {"E3"},
        "W4": {"E4"},
        "W5": {"E5"},
        "W6": {"E1"},
        "W7": {"E5"},
        "W8": {"E8"},
        "W9": {"E9"},
    }


def _matches(value: object, schema: dict[str, object]) -> bool:
    """The keywords that our schema uses, by the JSON Schema specification."""
    schema = _resolve(schema)
    if "oneOf" in schema:
        branches = schema["oneOf"]
        assert isinstance(branches, list)
        if sum(_matches(value, branch) for branch in branches) != 1:
            return False
    if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
        return False
    if "type" in schema:
        kinds = {"string": str, "object": dict, "array": list, "null": type(None)}
        if not isinstance(value, kinds[str(schema["type"])]):
            return False
    if "pattern" in schema:
        import re

        if isinstance(value, str) and not re.search(str(schema["pattern"]), value):
            return False
    if isinstance(value, list):
        items = schema["items"]
        assert isinstance(items, dict)
        if not int(str(schema.get("minItems", 0))) <= len(value) <= int(str(schema["maxItems"])):
            return False
        return all(_matches(item, items) for item in value)
    others = schema.get("additionalProperties")
    if isinstance(value, dict) and isinstance(others, dict):
        return all(_matches(item, others) for item in value.values())
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        assert isinstance(properties, dict)
        required = schema["required"]
        assert isinstance(required, list)
        if not set(required) <= value.keys() or not value.keys() <= properties.keys():
            return False
        return all(_matches(value[key], _resolve(properties[key])) for key in value)
    return True


def _resolve(schema: dict[str, object]) -> dict[str, object]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return dict(SCHEMA["$defs"][str(reference).removeprefix("#/$defs/")])


def _accepts(record: object) -> bool:
    return sum(_matches(record, _resolve(branch)) for branch in SCHEMA["oneOf"]) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_matches_the_published_schema(path: Path) -> None:
    assert _accepts(json.loads(path.read_text(encoding="utf-8")))


_PAGE = "docs/proofs/positives.md"


def _translation(**change: object) -> dict[str, object]:
    sound: dict[str, object] = {
        "name": "x", "text": "x", "proof": f"{_PAGE}#rm-geq-mr", "instances": []
    }  # fmt: skip
    return {"translation": {**sound, **change}}


def _instance(policies: list[object]) -> dict[str, object]:
    return _translation(instances=[{"specification": "x", "policies": policies}])


BROKEN = [
    ("rm-geq-mr", {"extra": 1}, "unknown key `extra`"),
    ("rm-geq-mr", {"translation": None}, "expected `translation`, a JSON object, found nothing"),
    ("rm-geq-mr", {"translation": {"name": "x"}}, "`translation` lacks the key `instances`"),
    ("rm-geq-mr", _translation(name=1), "expected a text under `name`"),
    ("rm-geq-mr", _translation(proof="x.md"), "expected `docs/proofs/PAGE.md#rm-geq-mr`"),
    ("rm-geq-mr", _translation(proof=f"{_PAGE}#rm-geq-rm"), "PAGE.md#rm-geq-mr` under `proof`"),
    ("rm-geq-mr", _translation(proof="docs/proofs/../x.md#rm-geq-mr"), "expected `docs/proofs"),
    ("rm-geq-mr", _translation(instances={}), "expected a list of at most 50 objects"),
    ("rm-geq-mr", _translation(instances=[1]), "expected an entry of `instances`, a JSON object"),
    ("rm-geq-mr", _translation(instances=[{}] * 51), "expected a list of at most 50 objects"),
    ("rm-geq-mr", _translation(instances=[{"policies": []}]), "lacks the key `specification`"),
    ("rm-geq-mr", _instance([{}]), "an instance needs two policies"),
    ("rm-geq-mr", _instance([{}, 1]), "expected an entry of `policies`, a JSON object"),
    ("rm-geq-mr", _instance([{}] * 201), "expected a list of at most 200 objects"),
    ("rm-geq-mr", {"kind": "maybe"}, "expected positive or negative under `kind`"),
    ("rm-geq-mr", {"kind": ["positive"]}, "expected positive or negative under `kind`"),
    ("rm-geq-mr", {"kind": "negative"}, "lacks the key `obstruction`"),
    ("rm-geq-mr", {"status": "checked"}, "expected stated under `status`, found `checked`"),
    ("rm-geq-mr", {"format": 2}, "expected 1 under `format`"),
    ("rm-geq-mr", {"format": True}, "expected 1 under `format`, found a truth value"),
    ("rm-geq-mr", {"upper": "rm"}, "expected a formalism's symbol under `upper`"),
    ("rm-geq-mr", {"upper": 3}, "expected a text under `upper`, found the number 3"),
    ("rm-geq-mr", {"id": "rm-geq-ltl"}, "expected the id `rm-geq-mr`"),
    ("rm-geq-mr", {"statement": " "}, "expected a text under `statement`, found an empty text"),
    ("rm-not-geq-ltl", {"witness": []}, "expected `witness`, a JSON object, found a list"),
    ("rm-not-geq-ltl", {"obstruction": None}, "expected a text under `obstruction`"),
    ("rm-not-geq-ltl", {"proof": None}, "expected `proof`, a JSON object, found nothing"),
    ("rm-not-geq-ltl", {"proof": {"sha256": "0"}}, "`proof` lacks the key `certificate`"),
    (
        "rm-not-geq-ltl",
        {"proof": {"certificate": {}, "sha256": "0" * 63 + "G", "statement": {}}},
        "expected a SHA-256, 64 hexadecimal digits, under `sha256`",
    ),
    (
        "rm-not-geq-ltl",
        {"proof": {"certificate": [], "sha256": "0" * 64, "statement": {}}},
        "expected `certificate`, a JSON object, found a list",
    ),
    ("rm-geq-mr", {"proof": None}, "unknown key `proof`"),
]


@pytest.mark.parametrize(("name", "change", "message"), BROKEN)
def test_a_broken_lemma_is_named_as_such(
    name: str, change: dict[str, object], message: str
) -> None:
    record = {**json.loads(_text(name)), **change}
    with pytest.raises(SpecError) as caught:
        read_lemma(Source("x.json", json.dumps(record)))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E902"
    assert message in diagnostic.message


def test_exactly_one_of_text_and_reason() -> None:
    record = json.loads(_text("rm-not-geq-ltl"))
    proof = record["proof"]
    for text, reason, fine in [("x", None, True), (None, "x", True), (None, None, False)]:
        record["witness"].update(specification=text, without_text=reason)
        record["proof"] = proof if text else None
        if fine:
            lemma = read_lemma(Source("x.json", json.dumps(record)))
            assert lemma.witness is not None
            assert (lemma.witness.specification, lemma.witness.without_text) == (text, reason)
            assert (lemma.proof is None) is (text is None)
        else:
            with pytest.raises(SpecError, match="exactly one"):
                read_lemma(Source("x.json", json.dumps(record)))


def test_a_proof_without_a_text_is_refused() -> None:
    record = json.loads(_text("rm-not-geq-ltl"))
    record["witness"].update(specification=None, without_text="x")
    with pytest.raises(SpecError, match="expected no `proof`"):
        read_lemma(Source("x.json", json.dumps(record)))


def test_reflexive_lemmas_are_refused() -> None:
    record = {**json.loads(_text("rm-geq-mr")), "lower": "RM", "id": "rm-geq-rm"}
    with pytest.raises(SpecError, match="two formalisms"):
        read_lemma(Source("x.json", json.dumps(record)))


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a": 1, "a": 2}', "[" * 100_000, "{} {}", " " * 1_000_001, '{"a": ' + "9" * 9000],
)
def test_what_is_not_json_is_e901(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_lemma(Source("x.json", text))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E901"
    if diagnostic.span is not None:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)


def test_json_that_is_not_an_object_is_e902() -> None:
    with pytest.raises(SpecError, match="found a list"):
        read_lemma(Source("x.json", "[]"))
