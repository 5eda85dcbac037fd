"""What a verdict rests on: a spec that says the same, or a certificate that none does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Evidence", "Realisation", "Refutation"]

Trust = Literal["inference", "kernel", "kernel + spot", "written proof", "tested", "none"]


@dataclass(frozen=True, slots=True)
class Realisation:
    """Some spec of ``formalism`` induces the same order of all stationary policies.

    ``realiser`` names the rule (a heading of docs/proofs/realisers.md), ``why`` says in a sentence
    how it applies here. ``translation`` is a `.spec` text, or None where the formalism has no text
    for it, and then ``without_text`` says why. ``preserves``: the values themselves, or the order.
    ``instances`` is the number of policies on which it was compared exactly.
    """

    formalism: str
    realiser: str
    why: str
    translation: str | None
    without_text: str | None = None
    preserves: Literal["value", "order"] = "value"
    trust: Trust = "written proof"
    instances: int = 0


@dataclass(frozen=True, slots=True)
class Refutation:
    """No spec of ``formalism`` does: the kernel accepted ``certificate`` for ``statement``.

    Both are canonical JSON texts; ``sha256`` is the statement's, ``kind`` the certificate's (C1
    to C7 of docs/kernel.md), ``why`` the obstruction in a sentence or two.
    """

    formalism: str
    kind: str
    why: str
    statement: str
    sha256: str
    certificate: str


Evidence = Realisation | Refutation
