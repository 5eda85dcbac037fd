"""`specc compare`: its document and what a person sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Run

KEYS = {
    "specc",
    "a",
    "b",
    "same_order",
    "same_optimum",
    "relation",
    "why",
    "why_optimum",
    "policies",
    "diagnostics",
}


def test_document(invoke: Run, task: Path) -> None:
    result = invoke("compare", "task.spec", "near", "reach", "--json")
    assert result.status == 0
    document = result.json
    assert set(document) == KEYS
    assert (document["a"], document["b"]) == ("near", "reach")
    # Every policy reaches s1 for certain, so only one of them tells policies apart.
    assert document["same_order"] is False
    assert document["same_optimum"] is True
    first, second = document["policies"]
    assert set(first) == {"choices", "a", "b"}
    assert set(first["choices"]) == {"s0", "s1"}
    assert first["b"]["value"] == second["b"]["value"] == "1"
    assert first["a"]["value"] != second["a"]["value"]


def test_table(invoke: Run, task: Path) -> None:
    result = invoke("compare", "task.spec", "near", "reach")
    assert "same order    no" in result.out
    assert "first" in result.out and "near" in result.out
    assert invoke("compare", "task.spec", "near", "near").out.startswith("same order    yes")


def test_mistakes(invoke: Run, task: Path, tmp_path: Path) -> None:
    result = invoke("compare", "task.spec", "near", "nowhere", "--json")
    assert result.status == 1
    assert set(result.json) == KEYS
    assert result.json["diagnostics"][0]["code"] == "E210"
    assert invoke("compare", "missing.spec", "a", "b", "--json").status == 2
    assert invoke("compare", "task.spec", "near", "reach", "--budget", "soon").status == 2
