"""All forty lemmas together: without any one of them, or with any one turned, the command fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from specc.cli.app import app
from specc.diagnostics import Diagnostic
from specc.lemma import Lemma, packaged_lemmas
from specc.prove import prove_all
from specc.registry import symbols

PROOFS = Path(__file__).parents[2] / "proofs"
CORE = tuple(m for m in packaged_lemmas() if {m.upper, m.lower} <= set(symbols()))
each = pytest.mark.parametrize("lemma", CORE, ids=lambda lemma: lemma.id)
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def known() -> dict[str, Lemma]:
    """The forty, checked once for all tests here."""
    found, diagnostics = prove_all(CORE)
    assert diagnostics == ()
    return {lemma.id: lemma for lemma in found}


@pytest.fixture
def run(known: dict[str, Lemma], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`specc prove --json` with these lemmas in proofs/; only those that changed are checked anew,
    by the real checker."""

    def checked(lemmas: tuple[Lemma, ...]) -> tuple[tuple[Lemma, ...], tuple[Diagnostic, ...]]:
        found: list[Lemma] = []
        diagnostics: tuple[Diagnostic, ...] = ()
        for lemma in lemmas:
            if lemma in CORE:
                found.append(known[lemma.id])
                continue
            one, said = prove_all([lemma])
            found.extend(one)
            diagnostics += said
        return tuple(found), diagnostics

    def command(*lemmas: Lemma) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr("specc.lemma.packaged_lemmas", lambda: lemmas)
        monkeypatch.setattr("specc.prove.prove_all", checked)
        result = CliRunner().invoke(app, ["prove", "--json"])
        return result.exit_code, json.loads(result.stdout)

    return command


def codes(document: dict[str, Any]) -> set[str]:
    return {diagnostic["code"] for diagnostic in document["diagnostics"]}


def test_the_forty_pass(run: Run) -> None:
    status, found = run(*CORE)
    assert (status, found["diagnostics"], len(CORE)) == (0, [], 40)
    flat = [answer for row in found["geq"] for answer in row]
    assert (flat.count(True), flat.count(False)) == (141, 148)
    trusts = [trust for row in found["trust"] for trust in row]
    assert set(trusts) == {"definition", "kernel", "written proof", "kernel + written proof"}


@each
def test_without_a_lemma_the_pairs_that_it_decided_are_named(lemma: Lemma, run: Run) -> None:
    status, found = run(*(other for other in CORE if other is not lemma))
    assert status == 1
    assert codes(found) == {"E915"}
    (message,) = [diagnostic["message"] for diagnostic in found["diagnostics"]]
    assert f"{lemma.upper} >= {lemma.lower}" in message
    names = found["formalisms"]
    assert found["geq"][names.index(lemma.upper)][names.index(lemma.lower)] is None


@each
def test_a_lemma_with_its_formalisms_exchanged_fails(lemma: Lemma, run: Run) -> None:
    relation = "geq" if lemma.kind == "positive" else "not-geq"
    name = f"{lemma.lower}-{relation}-{lemma.upper}".lower()
    turned = replace(lemma, id=name, upper=lemma.lower, lower=lemma.upper)
    status, found = run(*(turned if other is lemma else other for other in CORE))
    assert status == 1
    assert codes(found) & {"E912", "E917"}


@each
def test_a_lemma_that_says_the_opposite_fails(lemma: Lemma, run: Run) -> None:
    kind = "negative" if lemma.kind == "positive" else "positive"
    turned = replace(lemma, kind=kind)
    status, found = run(*(turned if other is lemma else other for other in CORE))
    assert status == 1
    assert "E920" in codes(found)


@each
@pytest.mark.parametrize("exchange", [{"kind"}, {"upper", "lower"}], ids=["kind", "formalisms"])
def test_a_file_turned_is_no_lemma(lemma: Lemma, exchange: set[str], tmp_path: Path) -> None:
    record = json.loads((PROOFS / f"{lemma.id}.json").read_text(encoding="utf-8"))
    if "kind" in exchange:
        record["kind"] = "negative" if lemma.kind == "positive" else "positive"
    else:
        record["upper"], record["lower"] = record["lower"], record["upper"]
    path = tmp_path / f"{lemma.id}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    result = CliRunner().invoke(app, ["prove", str(path), "--json"])
    assert result.exit_code == 1
    assert codes(json.loads(result.stdout)) == {"E902"}


def test_a_lemma_that_adds_nothing_is_named(run: Run) -> None:
    extra = replace(CORE[0], id="po-geq-mr", kind="positive", upper="PO", lower="MR")
    status, found = run(*CORE, extra)
    assert status == 1
    assert "E916" in codes(found)
    assert any("`po-geq-mr`" in diagnostic["message"] for diagnostic in found["diagnostics"])


def test_a_lemma_without_instances_is_only_stated(run: Run) -> None:
    lemma = next(one for one in CORE if one.id == "rm-geq-mr")
    assert lemma.translation is not None
    bare = replace(lemma, translation=replace(lemma.translation, instances=()))
    status, found = run(*(bare if other is lemma else other for other in CORE))
    assert (status, codes(found)) == (1, {"E920"})
    names = found["formalisms"]
    assert found["trust"][names.index("FTR")][names.index("MR")] == "stated"


@each
def test_a_file_cut_short_is_a_typed_error(lemma: Lemma, tmp_path: Path) -> None:
    text = (PROOFS / f"{lemma.id}.json").read_text(encoding="utf-8")
    path = tmp_path / "x.json"
    for part in range(0, len(text) - 2, len(text) // 7):
        path.write_text(text[:part], encoding="utf-8")
        result = CliRunner().invoke(app, ["prove", str(path), "--json"])
        assert result.exit_code == 1
        assert codes(json.loads(result.stdout)) == {"E901"}
