"""The JSON of every command, key by key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import specc

if TYPE_CHECKING:
    from conftest import Run

DIAGNOSTIC = {
    "code",
    "severity",
    "message",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "help",
}
SEVENTEEN = [
    "MR", "LAR", "LTL", "RM", "INMR", "IMORL", "FTR", "RRL", "ONMR", "OMORL", "FOMR", "FTLR",
    "FPR", "TLO", "GOMORL", "OMO", "PO",
]  # fmt: skip


def test_check(invoke: Run, task: Path) -> None:
    result = invoke("check", "task.spec", "--json")
    document = result.json
    assert set(document) == {"specc", "file", "specs", "assertions", "diagnostics", "seconds"}
    assert document["specc"] == specc.__version__
    assert document["file"] == "task.spec"
    near = document["specs"][0]
    assert set(near) == {
        "name",
        "environment",
        "formalism",
        "also",
        "because",
        "verdicts",
        "training",
        "optimise",
    }
    assert (near["name"], near["environment"], near["formalism"]) == ("near", "m", "MR")
    assert set(near["verdicts"]) == set(SEVENTEEN)
    for verdict in near["verdicts"].values():
        assert set(verdict) == {
            "verdict",
            "relation",
            "trust",
            "rests_on",
            "why",
            "certificate",
            "translation",
        }
        assert verdict["verdict"] in {"expressible", "inexpressible", "unknown"}
    assert set(near["training"]) == {"interface", "scheme", "guarantee"}
    assert set(near["optimise"]) == {"method", "promise"}
    assert set(document["assertions"][0]) == {"line", "text", "holds", "why"}
    assert document["assertions"][0]["line"] == 13
    assert document["assertions"][0]["holds"] in {True, None}
    assert result.status == (0 if document["assertions"][0]["holds"] else 1)


def test_check_against_some(invoke: Run, task: Path) -> None:
    document = invoke("check", "task.spec", "--against", "MR,ltl", "--json").json
    judged = {symbol for spec in document["specs"] for symbol in spec["verdicts"]}
    assert judged == {"MR", "LTL"}


def test_check_several_files(invoke: Run, task: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.spec").write_text("spec x = E[", encoding="utf-8")
    result = invoke("check", "task.spec", "bad.spec", "nowhere.spec", "--json")
    assert result.status == 2
    document = result.json
    assert set(document) == {"specc", "files"}
    assert [entry["file"] for entry in document["files"]] == [
        "task.spec",
        "bad.spec",
        "nowhere.spec",
    ]
    assert document["files"][2]["diagnostics"][0]["code"] == "E001"
    for entry in document["files"]:
        assert {"specs", "assertions", "diagnostics", "seconds"} <= set(entry)


def test_diagnostics_after_a_parse_error(invoke: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.spec").write_text("\nspec x = P[F (a & ]\n", encoding="utf-8")
    for command in (["check"], ["solve"], ["eval", "--policy", "uniform"]):
        result = invoke(command[0], "bad.spec", *command[1:], "--json")
        assert result.status == 1
        assert result.json["specs"] == []
        first = result.json["diagnostics"][0]
        assert set(first) == DIAGNOSTIC
        assert (first["severity"], first["file"], first["line"]) == ("error", "bad.spec", 2)
        assert first["end_column"] > first["column"] >= 1


def test_columns_count_code_points(invoke: Run, tmp_path: Path) -> None:
    (tmp_path / "a.spec").write_text('spec x = P["\U0001f600\u00e9" & ]', encoding="utf-8")
    first = invoke("check", "a.spec", "--json").json["diagnostics"][0]
    assert first["line"] == first["end_line"] == 1
    assert (first["column"], first["end_column"]) == (19, 20)


def test_solve(invoke: Run, task: Path) -> None:
    result = invoke("solve", "task.spec", "--exact", "--json")
    assert result.status == 0
    assert set(result.json) == {"specc", "specs", "diagnostics"}
    near, reach = result.json["specs"]
    assert set(near) == {
        "name",
        "direction",
        "lower",
        "upper",
        "exact",
        "values",
        "method",
        "promise",
        "policy_class",
        "policy",
        "states",
        "product_states",
        "seconds",
    }
    assert set(near["policy"]) == {"memory", "deterministic"}
    assert set(near["seconds"]) == {"build", "product", "solve"}
    assert near["direction"] == "max"
    # In s1 for ever after one step: 1 + 0.9 + 0.81 + ... = 10.
    assert near["exact"] == "10"
    assert near["lower"] <= 10 <= near["upper"]
    assert (reach["exact"], reach["name"]) == ("1", "reach")


def test_solve_minimum(invoke: Run, task: Path) -> None:
    result = invoke("solve", "task.spec", "--spec", "reach", "--min", "--exact", "--json")
    (reach,) = result.json["specs"]
    # Neither action keeps away from s1 for ever.
    assert (reach["direction"], reach["exact"]) == ("min", "1")


def test_eval(invoke: Run, task: Path) -> None:
    result = invoke("eval", "task.spec", "--policy", "uniform", "--json")
    assert result.status == 0
    assert set(result.json) == {"specc", "specs", "diagnostics"}
    near, reach = result.json["specs"]
    assert {"name", "value", "lower", "upper"} <= set(near)
    # x = 1/2 + 9/10 (x/4 + 3y/4) and y = 9/10 (x + y)/2, solved by hand.
    assert near["value"] == "110/49"
    assert near["lower"] <= 110 / 49 <= near["upper"]
    assert (reach["value"], reach["lower"], reach["upper"]) == ("1", 1.0, 1.0)


def test_prove(invoke: Run) -> None:
    result = invoke("prove", "--json")
    assert result.status == 0
    keys = {"formalisms", "geq", "status", "trust", "lemmas", "classes", "covers", "undecided"}
    assert set(result.json) == keys | {"extensions", "specc", "diagnostics"}
    assert set(result.json["extensions"]) == keys
    assert result.json["formalisms"] == SEVENTEEN
    assert sum(entry is True for row in result.json["geq"] for entry in row) == 141
    assert sum(entry is False for row in result.json["geq"] for entry in row) == 148
    assert ["RM", "MR"] in result.json["covers"]
    for lemma in result.json["lemmas"]:
        assert set(lemma) == {"id", "kind", "upper", "lower", "status", "trust", "file"}
        expected = {"positive": "written proof", "negative": "kernel"}
        assert (lemma["status"], lemma["trust"]) == ("checked", expected[lemma["kind"]])
    statuses = [entry for row in result.json["status"] for entry in row]
    assert [statuses.count(s) for s in ("checked", "definition")] == [272, 17]
    trusts = [entry for row in result.json["trust"] for entry in row]
    # Only what a negative lemma says itself rests on no positive one.
    assert trusts.count("kernel") == 18
    assert trusts.count("written proof") == 124


def test_prove_from_one_lemma_alone(invoke: Run, tmp_path: Path) -> None:
    import specc.proofs

    (folder,) = specc.proofs.__path__
    lemma = next(iter(sorted(Path(folder).glob("rm-geq-mr.json"))))
    (tmp_path / "one.json").write_bytes(lemma.read_bytes())
    document = invoke("prove", "one.json", "--json").json
    geq: dict[tuple[str, str], Any] = {
        (upper, lower): document["geq"][i][j]
        for i, upper in enumerate(SEVENTEEN)
        for j, lower in enumerate(SEVENTEEN)
    }
    assert geq["RM", "MR"] is True
    assert geq["MR", "RM"] is None
    assert [entry["id"] for entry in document["lemmas"]] == ["rm-geq-mr"]


def test_doctor(invoke: Run) -> None:
    result = invoke("doctor", "--json")
    states = {finding["name"]: finding["state"] for finding in result.json["findings"]}
    assert states["spot"] == states["numpy"] == "fine"
    assert result.status == 0
