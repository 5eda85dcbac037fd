"""Checking the lemmas: which of them the kernel confirms, now.

A negative lemma says that some spec of the lower formalism, in some environment, induces an order
that no spec of the upper one induces. Its file has the spec as text, the kernel's statement, and a
certificate. It is checked if the text lowers to that very statement, the kernel accepts the
certificate for it, and the kernel's own classifier puts the spec in the lower formalism.

Positive lemmas, and negative ones without a `.spec` text, stay ``stated``: nothing is checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from specc.diagnostics import Diagnostic, SpecError
from specc.lemma import Lemma, Proof

__all__ = ["prove", "prove_all"]


def prove(lemma: Lemma) -> Lemma:
    """The lemma as ``checked``; as it was, where its file has no proof.

    Raises :class:`SpecError` that names the lemma: E912 (the stored statement is not what the text
    says), E913 (the kernel does not accept the certificate), E914 (the spec is not seen to be in
    the lower formalism).

    >>> from specc.lemma import packaged_lemmas
    >>> lemma = next(one for one in packaged_lemmas() if one.id == "rm-not-geq-ltl")
    >>> lemma.status, prove(lemma).status, prove(lemma).trust
    ('stated', 'checked', 'kernel')
    """
    if lemma.proof is None:
        return lemma
    _check_statement(lemma, lemma.proof)
    _check_certificate(lemma, lemma.proof)
    return replace(lemma, status="checked")


def prove_all(lemmas: Iterable[Lemma]) -> tuple[tuple[Lemma, ...], tuple[Diagnostic, ...]]:
    """Every lemma with its status, ``failed`` included, and why those failed."""
    found: list[Lemma] = []
    diagnostics: list[Diagnostic] = []
    for lemma in lemmas:
        try:
            found.append(prove(lemma))
        except SpecError as error:
            found.append(replace(lemma, status="failed"))
            diagnostics.extend(error.diagnostics)
    return tuple(found), tuple(diagnostics)


def _check_statement(lemma: Lemma, proof: Proof) -> None:
    """The text of the witness says the stored statement, which has the stored digest."""
    from specc.resolve.file import load_text
    from specc.statement import compact, statement

    assert lemma.witness is not None
    file = load_text(lemma.witness.specification or "", lemma.file)
    if file.has_errors:
        first = next(d for d in file.diagnostics if d.severity == "error")
        raise _failed("E912", lemma, f"its `.spec` text is wrong: {first.code}, {first.message}")
    if len(file.specs) != 1:
        raise _failed("E912", lemma, f"its text has {len(file.specs)} specs, expected one")
    (spec,) = file.specs.values()
    try:
        said = statement(spec, lemma.upper)
    except SpecError as error:
        raise _failed("E912", lemma, error.diagnostics[0].message) from None
    if compact(said) != proof.statement:
        stored = json.loads(proof.statement)
        parts = [key for key in sorted({*said, *stored}) if said.get(key) != stored.get(key)]
        raise _failed(
            "E912",
            lemma,
            f"its stored statement is not what its text and its formalisms say: {', '.join(parts)}",
        )


def _check_certificate(lemma: Lemma, proof: Proof) -> None:
    """The kernel accepts, for this statement and no other, and classifies the spec."""
    from specc import kernel

    document = proof.statement.encode("ascii")
    try:
        accepted = kernel.check(document, proof.certificate.encode("ascii"))
        stated = kernel.read_statement(document)
    except kernel.KernelError as error:
        kind = type(error).__name__.lower()
        raise _failed("E913", lemma, f"the kernel does not accept it ({kind}): {error}") from None
    if accepted.sha256 != proof.sha256:
        raise _failed(
            "E912", lemma, f"its statement's SHA-256 is {accepted.sha256}, not {proof.sha256}"
        )
    if not kernel.is_in(stated.spec, lemma.lower):
        raise _failed("E914", lemma, f"the kernel does not see its spec to be in {lemma.lower}")


def _failed(code: str, lemma: Lemma, why: str) -> SpecError:
    return SpecError.of(code, f"`{lemma.id}` ({lemma.file}): {why}")
