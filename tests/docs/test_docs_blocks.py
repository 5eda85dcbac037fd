"""Every `.spec` block of the pages is a sound file, and is what its comments say."""

from __future__ import annotations

import pytest
from pages import ROOT, Block, blocks

from specc.objective.infer import infer
from specc.resolve.file import load_text

SPEC_BLOCKS = [b for b in blocks("spec") if "formalisms" not in b.page.parts]


@pytest.mark.parametrize("block", SPEC_BLOCKS, ids=str)
def test_block_is_sound(block: Block) -> None:
    file = load_text(block.text, str(block), block.page)
    assert [d for d in file.diagnostics if d.severity == "error"] == []
    assert file.specs


@pytest.mark.parametrize("block", [b for b in SPEC_BLOCKS if b.claims], ids=str)
def test_formalism_in_comment(block: Block) -> None:
    file = load_text(block.text, str(block), block.page)
    found = {name: infer(file[name].objective).formalism for name in block.claims}
    assert found == block.claims


def test_language_reference_claims_most_formalisms() -> None:
    claimed = {
        formalism
        for block in SPEC_BLOCKS
        if block.page == ROOT / "docs" / "language.md"
        for formalism in block.claims.values()
    }
    assert claimed >= {"MR", "LAR", "LTL", "RM", "FTR", "RRL", "ONMR", "FTLR", "FPR", "TLO"}
