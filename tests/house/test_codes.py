"""Every diagnostic has a page whose wrong file gives the code and whose right file does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from specc.check import check_file
from specc.codes import Code, catalogue
from specc.resolve.file import load_text

PAGES = catalogue()
ROOT = Path(__file__).resolve().parents[2]


def codes_in(text: str) -> set[str]:
    """What `specc check` says of the file."""
    file = load_text(text, "page.spec")
    return {d.code for d in check_file(file, against=(), budget=None).diagnostics}


@pytest.mark.parametrize("page", [p for p in PAGES.values() if p.wrong], ids=lambda p: p.code)
def test_examples(page: Code) -> None:
    assert page.code in codes_in(page.wrong)
    assert page.right, "a page shows how to mend the mistake"
    assert page.code not in codes_in(page.right)
    assert not any(code.startswith("E") for code in codes_in(page.right))


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda p: p.code)
def test_page_is_written(page: Code) -> None:
    assert re.fullmatch(r"[EWN]\d{3}", page.code)
    assert page.title
    assert not page.title.endswith(".")
    assert page.explanation.strip()


def test_every_code_in_the_program_has_a_page() -> None:
    used: dict[str, str] = {}
    for path in (ROOT / "specc").rglob("*.py"):
        if path.parent.name == "codes":
            continue
        for code in re.findall(r'"([EWN]\d{3})"', path.read_text(encoding="utf-8")):
            used.setdefault(code, path.name)
    assert len(used) > 40
    assert {code: place for code, place in used.items() if code not in PAGES} == {}
