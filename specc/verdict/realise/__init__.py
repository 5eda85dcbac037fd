"""Realisers: rules by which a spec's order can be said in a smaller formalism.

A realiser is ``(question) -> Iterator[Realisation]``: it yields what it can show for this spec in
this environment, for the least formalisms it can; the judge carries each up the preorder. Each
rule is a section of docs/proofs/realisers.md with its exact condition and its proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.verdict.evidence import Realisation
from specc.verdict.question import Question

__all__ = ["REALISERS", "Realiser"]

Realiser = Callable[[Question], Iterator[Realisation]]

REALISERS: tuple[Realiser, ...] = ()
