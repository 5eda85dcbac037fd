"""Rule "a function of one Markov value": the number inside is a Markov value after all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost, rebuild
from specc.resolve.file import load_text
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.found import already
from specc.verdict.realise.memory import redundant_memory
from specc.verdict.realise.reduce import is_mean, reduced
from specc.verdict.realise.validate import said

__all__ = ["function_of_a_markov_value"]

_RULE = "a function of one Markov value"
_NUMBERS = stack.LOTTERY_LAYER | stack.PolicyProbability


def function_of_a_markov_value(question: Question) -> Iterator[Realisation]:
    """ONMR, where the objective reads the policy through one number, and that is a Markov value."""
    known = reduced(question)
    if not isinstance(known.objective, stack.Scalar) or already(question, "ONMR"):
        return
    number = known.objective.number
    parts = outermost(number, _NUMBERS)
    if len(parts) != 1 or not isinstance(parts[0], stack.Expectation) or is_mean(number):
        return
    value = _markov_value(question, parts[0])
    if value is None:
        return
    objective = stack.Scalar(_put(number, parts[0], value))
    why = "it is a function of one number, and that number is a Markov value"
    yield said(question, "ONMR", _RULE, why, objective, known.preserves)


def _markov_value(question: Question, part: stack.Expectation) -> Number | None:
    """A Markov value that equals the number under every policy."""
    spec = replace(question.spec, objective=stack.Scalar(part))
    inner = Question(spec, question.mdp, question.seed, question.deadline)
    for found in redundant_memory(inner):
        if found.preserves == "value" and found.translation is not None:
            file = load_text(found.translation, path=question.spec.file.path)
            written = file[spec.name].objective
            if isinstance(written, stack.Scalar):
                return written.number
    return None


def _put(number: Number, part: Number, value: Number) -> Number:
    """The number with ``value`` in place of ``part``."""
    return value if number == part else rebuild(number, lambda inner: _put(inner, part, value))
