"""Whether two specs rank all stationary policies of their environment alike."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from specc.compare.witness import WitnessPolicy, told_apart
from specc.deadline import Deadline
from specc.diagnostics import SpecError
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.same_order import essence
from specc.objective.simplify import simplify
from specc.objective.stack import Number
from specc.resolve.file import Spec
from specc.verdict.question import Question

__all__ = ["OrderAnswer", "same_order"]

_MOST_TRANSITIONS = 3000


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """``same`` is None where it is not decided. ``policies``: two that the specs rank
    differently, where they do."""

    same: bool | None
    why: str
    policies: tuple[WitnessPolicy, WitnessPolicy] | None = None


def same_order(one: Spec, other: Spec, deadline: Deadline | None = None) -> OrderAnswer:
    """Whether the specs rank all stationary policies alike: proved, refuted by two policies, or
    not decided. Deterministic as long as the deadline does not cut it short.

    >>> from specc.resolve.file import load_text
    >>> file = load_text("spec a = P[F g]  spec b = 2 * P[F g] - 1")
    >>> same_order(file["a"], file["b"]).same
    True
    """
    if essence(one.objective) == essence(other.objective):
        return OrderAnswer(True, "one is a strictly increasing function of the other")
    if one.environment_name != other.environment_name:
        return OrderAnswer(None, "they are about different environments")
    mdp = one.environment
    if not isinstance(mdp, Mdp) or not isinstance(other.environment, Mdp):
        return OrderAnswer(None, "they differ in form, and no finite environment is known")
    limit = deadline or Deadline()
    questions = Question(one, mdp, 0, limit), Question(other, other.environment, 0, limit)
    return _in_environment(*questions)


def _in_environment(one: Question, other: Question) -> OrderAnswer:
    failure = ""
    if one.mdp.transition_count <= _MOST_TRANSITIONS:
        try:
            pair = told_apart(one, other)
        except SpecError as error:
            pair, failure = None, error.diagnostics[0].message
        if pair is not None:
            return OrderAnswer(False, _difference(one, other, pair), pair)
    proof = _proof(one, other)
    if proof is not None:
        return OrderAnswer(True, proof)
    if failure:
        return OrderAnswer(None, failure)
    if one.mdp.transition_count > _MOST_TRANSITIONS:
        tried = "the environment is too large to search for two policies that tell them apart"
    else:
        tried = "no two sampled policies tell them apart"
    late = "; the search was cut short" if one.deadline.passed else ""
    return OrderAnswer(None, f"{tried}, and no proof that the orders agree was found{late}")


def _difference(one: Question, other: Question, pair: tuple[WitnessPolicy, WitnessPolicy]) -> str:
    words = {1: "better", 0: "equal"}
    left = _ranking(one, pair, 0)
    right = _ranking(other, pair, 1)
    names = one.spec.name, other.spec.name
    said = {**words, -1: "worse"}
    return (
        f"of two policies the first is {said[left]} in `{names[0]}` and {said[right]} in "
        f"`{names[1]}`"
    )


def _ranking(question: Question, pair: tuple[WitnessPolicy, WitnessPolicy], side: int) -> int:
    from specc.evaluate.ranking import ranking

    first, second = ((w.a, w.b)[side] for w in pair)
    return ranking(question.spec.objective, first, second) or 0


def _proof(one: Question, other: Question) -> str | None:
    """Why the orders agree, by facts of the environment; None where none of them says so."""
    from specc.verdict.realise.reduce import reduced

    try:
        left, right = reduced(one, spoken=False), reduced(other, spoken=False)
    except SpecError:
        return None
    if essence(left.objective) == essence(right.objective):
        facts = "; ".join(dict.fromkeys((*left.why, *right.why)))
        return "in this environment they come to the same" + (f": {facts}" if facts else "")
    match left.objective, right.objective:
        case stack.Scalar(a), stack.Scalar(b):
            exact = left.keeps_value and right.keeps_value
            return _affine(one, other, a, b, exact)
        case _:
            return None


def _affine(one: Question, other: Question, a: Number, b: Number, is_value: bool) -> str | None:
    """Whether a - factor b is one number under every policy, for a positive factor.

    ``is_value``: the reduced numbers are the specs' values, not increasing functions of them.
    """
    from specc.verdict.realise.extremes import extremes

    factor = _factor(one, other, a, b)
    if factor is None or factor <= 0:
        return None
    rest = simplify(linear_form(a).plus(linear_form(b).scaled(-factor)).number())
    known = extremes(one, rest)
    if known is None or known.low != known.high:
        return None
    if not is_value:
        return "under every policy one is a strictly increasing function of the other"
    times = "" if factor == 1 else f"{factor} * "
    shift = "" if not known.low else f" + {known.low}" if known.low > 0 else f" - {-known.low}"
    return f"under every policy `{one.spec.name}` = {times}`{other.spec.name}`{shift}"


def _factor(one: Question, other: Question, a: Number, b: Number) -> Fraction | None:
    """The only factor that two sampled policies leave open; None where all are tied."""
    from specc.evaluate.evaluation import evaluate_objective, references

    known = references(one.spec, one.mdp)
    first = None
    for policy in one.sample(12):
        x, y = (
            evaluate_objective("", stack.Scalar(n), one.mdp, policy, known).value for n in (a, b)
        )
        if x is None or y is None:
            return None
        if first is None:
            first = x, y
        elif y != first[1]:
            return (x - first[0]) / (y - first[1])
    return None
