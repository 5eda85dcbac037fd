"""Writing the proofs of verdicts as files that the kernel re-checks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from specc.check.file import FileCheck
from specc.files import write_whole
from specc.verdict.evidence import Refutation
from specc.verdict.judge import Verdict

__all__ = ["Folder"]

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Folder:
    """Where certificates go: ``SPEC-FORMALISM.statement.json`` beside
    ``SPEC-FORMALISM.certificate.json``. ``taken`` are the names that were given out, so that
    specs of one name in several files get files of their own (``SPEC-2-FORMALISM``)."""

    path: Path
    taken: set[str] = field(default_factory=set)

    def write(self, found: FileCheck) -> FileCheck:
        """Writes every refutation of the file; the result's verdicts name the certificates.

        Raises OSError where that cannot be done.
        """
        specs = []
        for spec in found.specs:
            refutations = found.refutations.get(spec.name, {})
            name = self._name(spec.name) if refutations else ""
            verdicts: Mapping[str, Verdict] = {
                symbol: self._written(name, symbol, verdict, refutations.get(symbol))
                for symbol, verdict in spec.verdicts.items()
            }
            specs.append(replace(spec, verdicts=verdicts))
        return replace(found, specs=tuple(specs))

    def _written(
        self, name: str, symbol: str, verdict: Verdict, refutation: Refutation | None
    ) -> Verdict:
        if refutation is None:
            return verdict
        statement = self.path / f"{name}-{symbol}.statement.json"
        certificate = self.path / f"{name}-{symbol}.certificate.json"
        write_whole(statement, refutation.statement + "\n")
        write_whole(certificate, refutation.certificate + "\n")
        return replace(verdict, certificate=str(certificate))

    def _name(self, spec: str) -> str:
        """A file name of its own, also where capitals do not count."""
        safe = quote(spec, safe="")
        if len(safe) > _LONGEST:
            safe = f"{safe[:_LONGEST]}-{hashlib.sha256(spec.encode()).hexdigest()[:12]}"
        name, number = safe, 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{safe}-{number}"
        self.taken.add(name.casefold())
        return name
