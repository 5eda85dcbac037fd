"""Whether one policy can be optimal for two specs at once."""

from __future__ import annotations

from specc.diagnostics import SpecError
from specc.evaluate import evaluate
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.simplify import simplify
from specc.optimise import SolveResult, solve
from specc.resolve.file import Spec
from specc.verdict.question import Question

__all__ = ["same_optimum"]

Answer = tuple[bool | None, str]


def same_optimum(question: Question, one: Spec, other: Spec) -> Answer:
    """Whether some policy, with memory or without, is optimal for both; and why.

    Yes: the solver's optimal policy of one has the optimal value in the other, exactly. No: the
    largest sum of both values over all policies is below the sum of the optima.
    """
    for spec in (one, other):
        if not isinstance(spec.objective, stack.Scalar):
            return None, f"`{spec.name}` is not one number, and its optimum is not compared"
    try:
        results = solve(one, exact=True), solve(other, exact=True)
    except SpecError as error:
        return None, error.diagnostics[0].message
    for spec, result in zip((one, other), results, strict=True):
        if result.lower is None or result.upper is None:
            return None, f"the optimum of `{spec.name}` is not known ({result.promise})"
    for (mine, found), (its, wanted) in (
        ((one, results[0]), (other, results[1])),
        ((other, results[1]), (one, results[0])),
    ):
        if _attains(mine, found, found) and _attains(its, wanted, found):
            return True, (
                f"a policy that is optimal for `{mine.name}` ({found.exact}) is optimal for "
                f"`{its.name}` ({wanted.exact})"
            )
    if question.deadline.passed:
        return None, "the search was cut short"
    return _apart(question, one, other, results)


def _attains(spec: Spec, optimum: SolveResult, policy: SolveResult) -> bool:
    if policy.strategy is None or optimum.exact is None:
        return False
    try:
        return evaluate(spec, policy.strategy).value == optimum.exact
    except SpecError:
        return False


def _apart(
    question: Question, one: Spec, other: Spec, results: tuple[SolveResult, SolveResult]
) -> Answer:
    from specc.verdict.realise.extremes import extremes

    numbers = [s.objective.number for s in (one, other) if isinstance(s.objective, stack.Scalar)]
    total = simplify(linear_form(numbers[0]).plus(linear_form(numbers[1])).number())
    most = extremes(question, total)
    lows = [r.lower if r.exact is None else r.exact for r in results]
    if most is not None and lows[0] is not None and lows[1] is not None:
        bound = lows[0] + lows[1]
        if most.high < bound:
            return False, (
                f"no policy has more than {most.high} in sum, and the optima are {lows[0]} and "
                f"{lows[1]}"
            )
    return None, "no policy was found that is optimal for both, nor a proof that there is none"
