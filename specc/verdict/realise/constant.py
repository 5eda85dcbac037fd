"""Rules "facts of the environment" and "constant"."""

from __future__ import annotations

from collections.abc import Iterator

from specc.objective.infer import infer
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.reduce import all_tied, reduced
from specc.verdict.realise.validate import said

__all__ = ["constant", "reduction"]


def constant(question: Question) -> Iterator[Realisation]:
    """All policies are tied: every formalism says that."""
    found = reduced(question)
    if not all_tied(found.objective):
        return
    why = "; ".join(found.why) or "it is a constant"
    for formalism in ("MR", "LAR", "LTL"):
        yield said(question, formalism, "constant", why, found.objective, found.preserves)


def reduction(question: Question) -> Iterator[Realisation]:
    """What is left of the objective is written in a smaller formalism."""
    found = reduced(question)
    if all_tied(found.objective) or not found.why:
        return
    formalism = infer(found.objective).formalism
    if formalism == infer(question.spec.objective).formalism:
        return
    why = "; ".join(found.why)
    yield said(
        question, formalism, "facts of the environment", why, found.objective, found.preserves
    )
