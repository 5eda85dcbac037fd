"""A realisation with a text is believed only after exact comparison on many policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from specc.chain.linear import SystemTooLarge
from specc.diagnostics import SpecError
from specc.evaluate.evaluation import Evaluation, evaluate_objective, references
from specc.evaluate.ranking import ranking
from specc.objective import stack
from specc.objective.infer import infer
from specc.resolve.file import Spec, load_text
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.written.file import rewritten

__all__ = ["Mismatch", "compared", "said"]

STRICT = False
"""Whether a wrong rule is an error (in tests) or merely yields nothing."""
_POLICIES = 40
_LARGE, _HUGE = 1_500, 15_000
_LONGEST = 60_000
"""Characters beyond which a text is of no use to anyone."""


class Mismatch(AssertionError):
    """A rule yielded a spec that orders two policies otherwise: the rule is wrong."""


def said(
    question: Question,
    formalism: str,
    rule: str,
    why: str,
    objective: stack.Objective,
    preserves: Literal["value", "order"] = "value",
) -> Realisation:
    """The realisation whose translation says ``objective``, after the comparison.

    Raises :class:`Mismatch` where the text, read back, orders the sampled policies differently.
    """
    fits = infer(objective).formalism == formalism
    text = rewritten(question.spec, objective, formalism=formalism if fits else None)
    found = Realisation(formalism, rule, why, text, preserves=preserves)
    if len(text) > _LONGEST:
        long = f"the text would be {len(text):,} characters long"
        return replace(found, translation=None, without_text=long)
    return replace(found, instances=compared(question, text, preserves))


def compared(question: Question, text: str, preserves: str) -> int:
    """The number of policies on which the text agrees with the question's spec.

    Nothing is compared on models on which one evaluation takes long.
    """
    size = question.mdp.transition_count
    if size > _HUGE:
        return 0
    file = load_text(text, path=question.spec.file.path)
    if file.has_errors:
        raise Mismatch(f"the translation is no sound text: {file.diagnostics[0].message}\n{text}")
    other = file[question.spec.name]
    pairs: list[tuple[Evaluation, Evaluation]] = []
    for policy in question.sample(_POLICIES if size <= _LARGE else 6):
        if pairs and question.deadline.passed:
            break
        try:
            mine = question.evaluation(policy)
            theirs = evaluate_objective(
                other.name, other.objective, question.mdp, policy, references(other, question.mdp)
            )
        except (SpecError, SystemTooLarge):
            continue
        pairs.append((mine, theirs))
        _compare(question.spec, other, pairs, preserves, text)
    return len(pairs)


def _compare(
    spec: Spec,
    other: Spec,
    pairs: Sequence[tuple[Evaluation, Evaluation]],
    preserves: str,
    text: str,
) -> None:
    """The newest pair against itself and against all before."""
    mine, theirs = pairs[-1]
    known = None not in (mine.value, theirs.value)
    if preserves == "value" and known and mine.value != theirs.value:
        raise Mismatch(f"{mine.value} became {theirs.value}\n{text}")
    for earlier, moved in pairs[:-1]:
        one = ranking(spec.objective, mine, earlier)
        two = ranking(other.objective, theirs, moved)
        if None not in (one, two) and one != two:
            raise Mismatch(f"two policies ranked {one} are ranked {two}\n{text}")
