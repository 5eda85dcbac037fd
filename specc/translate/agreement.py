"""Whether a translated spec gives the same order, and the same values, on exact policies."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from specc.diagnostics import SpecError
from specc.evaluate import Evaluation, evaluate
from specc.evaluate.ranking import ranking
from specc.evaluate.value import weighted_sum
from specc.model.mdp import Mdp
from specc.model.policy import Policy
from specc.objective import stack
from specc.objective.infer import infer
from specc.registry import Rule, formalism
from specc.resolve.file import Spec, load_text
from specc.translate.forms import Form, PolicyFunction, PolicyOrder, TrajectoryFunction, Written
from specc.translate.lottery import lassos, lottery
from specc.translate.reading import finite
from specc.written.file import rewritten

__all__ = ["check_agreement", "check_text", "same_value", "written_again"]

_ORDER = stack.Scalar(stack.Constant(Fraction(0)))
"""Evaluations of a number compare as numbers do."""


def check_agreement(spec: Spec, rule: Rule, policies: Sequence[Policy]) -> None:
    """The rule's form of the spec orders the policies as the spec does; with the same values,
    where the rule preserves them. So does the form's text, and it is one of the upper formalism.

    Raises SpecError E919 with what differs. Nothing is rounded; what is not decided differs.
    """
    mdp = finite(spec)
    _check_lower(spec, rule)
    form: Form = rule.make(spec)
    before = [evaluate(spec, policy) for policy in policies]
    objective = form.objective
    if objective is not None:
        again = written_again(spec, objective)
        check_text(spec, again, rule)
        after = [evaluate(again, policy) for policy in policies]
        _check_pairs(spec, before, after, again.objective, rule, "its text")
    match form:
        case Written():
            return
        case TrajectoryFunction():
            means = [_mean(mdp, form, policy) for policy in policies]
            _check_pairs(spec, before, means, _ORDER, rule, "its function")
        case PolicyFunction(see, function):
            found = [function(see(mdp, policy)) for policy in policies]
            _check_pairs(spec, before, found, _ORDER, rule, "its function")
        case PolicyOrder(see, compare):
            seen = [see(mdp, policy) for policy in policies]
            for i, j in _pairs(len(policies)):
                expected = ranking(spec.objective, before[i], before[j])
                _check_same(expected, compare(seen[i], seen[j]), i, j, "its order")


def written_again(spec: Spec, objective: stack.Objective) -> Spec:
    """The spec of the file that says ``objective`` in the same environment, read from its text."""
    file = load_text(rewritten(spec, objective), spec.source.name, spec.file.path)
    for diagnostic in file.diagnostics:
        if diagnostic.severity == "error":
            raise SpecError.of("E919", f"the translated text is wrong: {diagnostic.message}")
    return file[spec.name]


def check_text(spec: Spec, again: Spec, rule: Rule) -> None:
    """The text is one of the upper formalism: inference says so, or it has the very form of the
    given spec, which the rule then reads with the upper formalism's other parameters trivial."""
    found = infer(again.objective)
    if _is_in(again, rule.upper) or found.formalism == infer(spec.objective).formalism:
        return
    raise SpecError.of("E919", f"the translated text is written in {found.formalism}")


def _is_in(spec: Spec, symbol: str) -> bool:
    """Whether inference puts the spec's form into the formalism's class, or an extension."""
    found = infer(spec.objective)
    return formalism(found.formalism) is formalism(symbol) or symbol in found.also


def _check_lower(spec: Spec, rule: Rule) -> None:
    if not _is_in(spec, rule.lower):
        found = infer(spec.objective).formalism
        raise SpecError.of("E919", f"`{spec.name}` is written in {found}, not in {rule.lower}")


def _mean(mdp: Mdp, form: TrajectoryFunction, policy: Policy) -> Evaluation:
    """E[function(see(xi))], trajectory by trajectory."""
    law = lassos(mdp, lottery(mdp, policy))
    value = weighted_sum((mass, form.function(form.see(lasso))) for mass, lasso in law)
    return Evaluation("mean", value.exact, *value.bounds())


def _pairs(count: int) -> list[tuple[int, int]]:
    return list(combinations(range(count), 2))


def _check_pairs(
    spec: Spec,
    before: Sequence[Evaluation],
    after: Sequence[Evaluation],
    order: stack.Objective,
    rule: Rule,
    what: str,
) -> None:
    for i, j in _pairs(len(before)):
        expected = ranking(spec.objective, before[i], before[j])
        _check_same(expected, ranking(order, after[i], after[j]), i, j, what)
    if rule.preserves == "value":
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            if not same_value(one, other):
                raise SpecError.of("E919", f"{what} gives policy {number} another value")


def _check_same(expected: int | None, found: int | None, i: int, j: int, what: str) -> None:
    if expected is None:
        raise SpecError.of("E919", f"policies {i} and {j} are not compared exactly")
    if found != expected:
        raise SpecError.of("E919", f"{what} orders policies {i} and {j} otherwise")


def same_value(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations have the same value, in every component; irrational ones are the
    same as far as their enclosures tell."""
    rows, others = one.values or (_row(one),), other.values or (_row(other),)
    if one.feasible != other.feasible or len(rows) != len(others):
        return False
    return all(_same_row(row, again) for row, again in zip(rows, others, strict=True))


Row = tuple[Fraction | None, Fraction | None, Fraction | None]


def _row(found: Evaluation) -> Row:
    return found.value, found.lower, found.upper


def _same_row(one: Row, other: Row) -> bool:
    (value, low, high), (again, low_again, high_again) = one, other
    if value is not None or again is not None:
        return value == again
    if low is None or high is None or low_again is None or high_again is None:
        return (low, high) == (low_again, high_again)
    return low <= high_again and low_again <= high
