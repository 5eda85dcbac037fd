"""The list of mutants that change nothing: each is still a mutant, and has a reason."""

from __future__ import annotations

from mutant_kinds import mutants
from mutants import KERNEL, explained_survivors


def test_survivors_are_mutants_and_have_reasons() -> None:
    names = {mutant.name for path in KERNEL.glob("*.py") for mutant in mutants(path)}
    assert len(names) > 1000
    for name, reason in explained_survivors().items():
        assert name in names, f"not a mutant any more: {name}"
        assert len(reason) > 20, name
