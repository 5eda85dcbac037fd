"""Checking the lemmas: which of them hold up, now.

A negative lemma says that some spec of the lower formalism, in some environment, induces an order
that no spec of the upper one induces. Its file has the spec as text, the kernel's statement, and a
certificate. It is checked if the text lowers to that very statement, the kernel accepts the
certificate for it, and the kernel's own classifier puts the spec in the lower formalism.

A positive lemma says how every spec of the lower formalism becomes one of the upper. It is checked
if formalisms/ has that translation, docs/proofs has its proof, and on every stored instance the
translated spec orders the policies as the given one does, exactly.

A negative lemma without a `.spec` text and a positive one without instances stay ``stated``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from specc.diagnostics import Diagnostic, SpecError
from specc.lemma import Instance, Lemma, Proof, Translation

if TYPE_CHECKING:
    from specc.model.policy import Policy
    from specc.resolve.file import Spec

__all__ = ["prove", "prove_all", "read_instance", "written_proof"]


def prove(lemma: Lemma) -> Lemma:
    """The lemma as ``checked``; as it was, where its file has no proof.

    Raises :class:`SpecError` that names the lemma. Of a negative one: E912 (the stored statement
    is not what the text says), E913 (the kernel does not accept the certificate), E914 (the spec
    is not seen to be in the lower formalism). Of a positive one: E917 (no such translation), E918
    (no written proof), E919 (an instance contradicts it).

    >>> from specc.lemma import packaged_lemmas
    >>> lemma = next(one for one in packaged_lemmas() if one.id == "rm-not-geq-ltl")
    >>> lemma.status, prove(lemma).status, prove(lemma).trust
    ('stated', 'checked', 'kernel')
    """
    if lemma.kind == "positive":
        if lemma.translation is None or not lemma.translation.instances:
            return lemma
        _check_translation(lemma, lemma.translation)
    else:
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


def _check_translation(lemma: Lemma, translation: Translation) -> None:
    """The rule is there, its proof is written, and it agrees on every instance."""
    from specc.registry import rule
    from specc.translate.agreement import check_agreement

    found = rule(translation.name, lemma.upper, lemma.lower)
    if found is None:
        what = f"`{translation.name}` from {lemma.lower} to {lemma.upper}"
        raise _failed("E917", lemma, f"formalisms/ has no translation {what}")
    if not written_proof(translation.page, lemma.id):
        place = f"docs/proofs/{translation.page}.md"
        raise _failed("E918", lemma, f"{place} has no proof under a heading `{lemma.id}`")
    for number, instance in enumerate(translation.instances):
        try:
            spec, policies = read_instance(instance, lemma.file)
            check_agreement(spec, found, policies)
        except SpecError as error:
            why = error.diagnostics[0].message
            raise _failed("E919", lemma, f"instance {number}: {why}") from None


def written_proof(page: str, lemma: str) -> str | None:
    """The text under the lemma's heading on a page of docs/proofs, which ships with specc; None
    where there is none, or nothing stands under it.

    >>> written_proof("positives", "mr-geq-rm") is None
    True
    """
    from importlib.resources import files

    try:
        pages = files("specc.proof_pages")
    except ModuleNotFoundError:  # a checkout that was installed before docs/proofs was a package
        pages = files("specc.proofs").joinpath("..", "docs", "proofs")
    path = pages / f"{page}.md"
    if not path.is_file():
        return None
    for section in ("\n" + path.read_text(encoding="utf-8")).split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        if heading.strip() == lemma and body.strip():
            return body.strip()
    return None


def read_instance(instance: Instance, name: str) -> tuple[Spec, list[Policy]]:
    """The spec and the policies. Raises SpecError E919, or a policy's E442 or E443."""
    from specc.model.mdp import Mdp
    from specc.model.policy_file import policy_of
    from specc.resolve.file import load_text

    file = load_text(instance.specification, name)
    if file.has_errors:
        first = next(d for d in file.diagnostics if d.severity == "error")
        raise SpecError.of("E919", f"its `.spec` text is wrong: {first.code}, {first.message}")
    if len(file.specs) != 1:
        raise SpecError.of("E919", f"its text has {len(file.specs)} specs, expected one")
    (spec,) = file.specs.values()
    if not isinstance(spec.environment, Mdp):
        raise SpecError.of("E919", "its spec has no finite environment")
    mdp = spec.environment
    return spec, [policy_of(json.loads(policy), mdp) for policy in instance.policies]


def _failed(code: str, lemma: Lemma, why: str) -> SpecError:
    return SpecError.of(code, f"`{lemma.id}` ({lemma.file}): {why}")
