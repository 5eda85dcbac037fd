"""Refuters: searches for certificates. All of this is untrusted; the kernel decides.

A refuter is ``(question, formalism) -> Refutation | None`` and speaks only of the formalisms that
its entry lists. They are tried in this order.
"""

from __future__ import annotations

from collections.abc import Callable

from specc.verdict.evidence import Refutation
from specc.verdict.question import Question

__all__ = ["REFUTERS", "Refuter"]

Refuter = Callable[[Question, str], Refutation | None]

REFUTERS: tuple[tuple[frozenset[str], Refuter], ...] = ()
