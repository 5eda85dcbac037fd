"""What was realised already, so that no rule works for nothing."""

from __future__ import annotations

from specc.objective.infer import infer
from specc.verdict.question import Question
from specc.verdict.realise.facts import noted

__all__ = ["already", "found_so_far", "inferred"]

_BELOW = {
    "MR": {"MR"},
    "RM": {"MR", "RM"},
    "LAR": {"LAR"},
    "LTL": {"LTL"},
    "RRL": {"MR", "RRL"},
    "ONMR": {"MR", "ONMR"},
    "FTR": {"MR", "RM", "LAR", "LTL", "FTR"},
    "FTLR": {"MR", "RM", "LAR", "LTL", "FTR", "RRL", "ONMR", "FTLR"},
}
"""For each formalism, those that are certainly contained in it: a shortcut, never a claim."""


def inferred(question: Question) -> str:
    """The formalism that the spec is written in."""
    return noted(question, "inferred", lambda: infer(question.spec.objective).formalism)


def found_so_far(question: Question) -> set[str]:
    """The formalisms in which some rule has said the spec."""
    return noted(question, "found", lambda: {inferred(question)})


def already(question: Question, formalism: str) -> bool:
    """Whether the spec is known to be sayable in the formalism."""
    return bool(_BELOW[formalism] & found_so_far(question))
