"""The means inside an objective, each as a spec of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from specc.diagnostics import SpecError
from specc.emit.plan import FormulaScheme, plan_objective
from specc.objective import stack
from specc.objective.walk import leaves, outermost
from specc.resolve.file import SchemeChoice

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["inner_means"]

_SPREAD = stack.Quantile | stack.ConditionalValueAtRisk | stack.Variance


def inner_means(spec: Spec) -> tuple[Spec, ...]:
    """One spec for every mean ``E[..]`` or ``P[..]`` that the objective is made of, in the order in
    which they are first read, each once. Each has a reward per step, if any, by its own plan; the
    spec's choice of a scheme goes to formulas only.

    :raises SpecError: E801 a part is no mean: a quantile, a tail, a variance, a policy's
        probability; or there is none.

    >>> from specc.resolve.file import load_text
    >>> text = "spec fair = min(E[discounted([coffee], 0.9)], P[F mail])"
    >>> [mean.text for mean in inner_means(load_text(text)["fair"])]
    ['E[discounted([coffee], 0.9)]', 'P[F mail]']
    """
    numbers = stack.numbers_of(spec.objective)
    found: dict[stack.Number, None] = {}
    for number in numbers:
        parts = outermost(number, stack.LOTTERY_LAYER)
        wrong = [
            node for node in leaves(number) if isinstance(node, stack.PolicyProbability | _SPREAD)
        ]
        if wrong:
            raise _refusal(spec, wrong[0])
        found.update(dict.fromkeys(parts))
    if not found:
        raise _refusal(spec, numbers[0])
    return tuple(_alone(spec, mean) for mean in found)


def _refusal(spec: Spec, part: stack.Number) -> SpecError:
    return SpecError.of(
        "E801",
        f"`{spec.name}` is not made of means alone, so it has no vector of rewards per step",
        source=spec.source,
        span=part.span,
        help="`specc.wrap` trains on functions of tails and variances; quantiles have no reward",
    )


def _alone(spec: Spec, mean: stack.Number) -> Spec:
    objective = stack.Scalar(mean, span=mean.span)
    formula = isinstance(plan_objective(objective).scheme, FormulaScheme)
    declaration = spec.declaration
    if mean.span.end > mean.span.start:
        expression = replace(declaration.expression, span=mean.span)
        declaration = replace(declaration, expression=expression)
    scheme = spec.scheme if formula else SchemeChoice()
    return replace(spec, objective=objective, declaration=declaration, scheme=scheme)
