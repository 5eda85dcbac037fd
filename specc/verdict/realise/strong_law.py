"""Rule "strong law": the run gives away the policy, so every function of it is one of runs."""

from __future__ import annotations

from collections.abc import Iterator

from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost, rebuild
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise.definedness import has_values
from specc.verdict.realise.facts import facts, restricted
from specc.verdict.realise.found import already
from specc.verdict.realise.means import is_markov
from specc.verdict.realise.one_decision import reads_only
from specc.verdict.realise.reduce import all_tied, reduced
from specc.verdict.realise.validate import said

__all__ = ["strong_law"]

_RULE = "strong law"
_LARGEST = 4_000_000
_NO_TEXT = "the language has no function of the limit frequencies of actions in a run"


def strong_law(question: Question) -> Iterator[Realisation]:
    """FTR, where every run visits every state with a choice again and again."""
    known = facts(question)
    found = reduced(question, spoken=False)
    if (
        already(question, "FTR")
        or all_tied(found.objective)
        or isinstance(found.objective, stack.Lexicographic)
        or not reads_only(question, found.objective)
        or not has_values(question, found.objective)
        or len(known.decisions) * known.model.transition_count > _LARGEST
        or any(restricted(known, state).count for state in known.decisions)
    ):
        return
    why = "; ".join(
        (
            *found.why,
            "every run visits every reachable state with a choice again and again, so the "
            "frequencies of its actions are those of the policy, almost surely",
        )
    )
    inner = _of_averages(found.objective)
    if inner is None:
        yield Realisation("FTR", _RULE, why, None, _NO_TEXT, found.preserves)
    else:
        objective = stack.Scalar(stack.Expectation(inner))
        yield said(question, "FTR", _RULE, why, objective, found.preserves)


def _of_averages(objective: stack.Objective) -> Number | None:
    """A function of means of limit averages as a function of the averages themselves."""
    if not isinstance(objective, stack.Scalar):
        return None
    parts = outermost(objective.number, stack.LOTTERY_LAYER | stack.PolicyProbability)
    for part in parts:
        match part:
            case stack.Expectation(stack.Average(signal)) if is_markov(signal):
                pass
            case _:
                return None
    return _moved_inside(objective.number)


def _moved_inside(number: Number) -> Number:
    if isinstance(number, stack.Expectation):
        return number.trajectory
    return rebuild(number, _moved_inside)
