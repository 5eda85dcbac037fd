"""A `.spec` as the parameters of its formalism: returns and a function, values and a function.

Each reader raises SpecError E919 where the objective does not have that formalism's shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from specc.chain.rational import dot
from specc.diagnostics import SpecError
from specc.evaluate import Evaluation
from specc.evaluate.evaluation import evaluated
from specc.evaluate.outer import evaluate_number
from specc.evaluate.ranking import ranking
from specc.evaluate.value import Value, exact
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.simplify import simplify_objective
from specc.objective.stack import Number, numbers_of
from specc.objective.walk import outermost
from specc.resolve.file import Spec
from specc.words import signal_values

__all__ = [
    "Returns",
    "Values",
    "average_rewards",
    "finite",
    "of_occupancy",
    "returns_of",
    "rewards_of",
    "shaped",
    "trajectory_of",
    "values_of",
]


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """E[function(G_1, ..., G_k)]: rewards per transition with one discount (INMR: k = 1)."""

    discount: Fraction
    rewards: tuple[tuple[Fraction, ...], ...]
    function: Callable[[Sequence[Fraction]], Value]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """A number, or an order, of (J_1, ..., J_k): rewards per transition with one discount."""

    discount: Fraction
    rewards: tuple[tuple[Fraction, ...], ...]
    function: Callable[[Sequence[Fraction]], Evaluation]
    compare: Callable[[Sequence[Fraction], Sequence[Fraction]], int | None]


def finite(spec: Spec) -> Mdp:
    """The finite environment of a spec."""
    if isinstance(spec.environment, Mdp):
        return spec.environment
    raise SpecError.of("E919", f"`{spec.name}` has no finite environment")


def trajectory_of(spec: Spec) -> Number:
    """X where the spec compares by E[X]: a weighted sum of means is the mean of that sum."""
    objective = simplify_objective(spec.objective)
    if isinstance(objective, stack.Scalar):
        form = linear_form(objective.number)
        parts: list[Number] = [stack.Constant(form.constant)]
        for term, weight in form.terms.items():
            if not isinstance(term, stack.Expectation):
                break
            parts.append(stack.Apply("*", (stack.Constant(weight), term.trajectory)))
        else:
            return stack.Apply("+", tuple(parts))
    raise SpecError.of("E919", f"`{spec.name}` is not the mean of a number of the trajectory")


def returns_of(spec: Spec, limit: int | None = None) -> Returns:
    """The spec as E[f(G_1, ..., G_k)], with at most ``limit`` returns."""
    number = trajectory_of(spec)
    sums = outermost(number, stack.TRAJECTORY_LAYER)
    discount, rewards = _discounted(spec, sums, limit)

    def function(returns: Sequence[Fraction]) -> Value:
        table = dict(zip(sums, returns, strict=True))
        return evaluate_number(number, lambda node: exact(table[node]))

    return Returns(discount, rewards, function)


def values_of(spec: Spec, limit: int | None = None) -> Values:
    """The spec as a number or an order of (J_1, ..., J_k), with at most ``limit`` values."""
    objective = simplify_objective(spec.objective)
    means = list(
        dict.fromkeys(
            mean
            for number in numbers_of(objective)
            for mean in outermost(number, stack.LOTTERY_LAYER | stack.PolicyProbability)
        )
    )
    sums = [mean.trajectory for mean in means if isinstance(mean, stack.Expectation)]
    if len(sums) < len(means):
        raise SpecError.of("E919", f"`{spec.name}` reads more than means")
    discount, rewards = _discounted(spec, sums, limit)

    def function(values: Sequence[Fraction]) -> Evaluation:
        table = dict(zip(means, values, strict=True))
        return evaluated(spec.name, objective, lambda node: exact(table[node]))

    def compare(one: Sequence[Fraction], other: Sequence[Fraction]) -> int | None:
        return ranking(objective, function(one), function(other))

    return Values(discount, rewards, function, compare)


def shaped(spec: Spec, symbol: str) -> bool:
    """Whether the objective as written has the shape of a formalism that inference does not name
    by itself: returns or values with one discount.

    >>> from specc.resolve.file import load_text
    >>> text = "env e = mdp { initial s; s: a -> s } spec x = E[discounted([action = a], 1/2)] ** 2"
    >>> shaped(load_text(text)["x"], "FOMR"), shaped(load_text(text)["x"], "INMR")
    (True, False)
    """
    try:
        match symbol:
            case "INMR" | "IMORL":
                returns_of(spec, 1 if symbol == "INMR" else None)
            case "OMORL" | "FOMR" | "GOMORL" | "OMO":
                values_of(spec)
            case _:
                return False
    except SpecError:
        return False
    return True


def rewards_of(mdp: Mdp, signal: Number) -> tuple[Fraction, ...]:
    """A Markov signal as rewards, one per transition; 0 on those that leave a stopped state."""
    sources = mdp.transition_sources().tolist()
    return tuple(
        Fraction(0) if mdp.stopped[source] else value
        for source, value in zip(sources, _rationals(mdp, signal), strict=True)
    )


def average_rewards(mdp: Mdp, part: Number) -> tuple[Fraction, ...]:
    """The rewards of a limit average, one per transition."""
    if not isinstance(part, stack.Average):
        raise SpecError.of("E919", "the spec is no function of limit averages alone")
    return _rationals(mdp, part.signal)


def of_occupancy(read: Values, occupancy: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The values (J_1, ..., J_k) as linear functions of the occupancy."""
    return tuple(dot(occupancy, reward) for reward in read.rewards)


def _rationals(mdp: Mdp, signal: Number) -> tuple[Fraction, ...]:
    try:
        found = signal_values(mdp, signal)
    except ValueError:
        found = None
    if found is None:
        raise SpecError.of("E919", "a reward is not a rational number per transition")
    return tuple(found.exact())


def _discounted(
    spec: Spec, sums: Sequence[Number], limit: int | None
) -> tuple[Fraction, tuple[tuple[Fraction, ...], ...]]:
    """The common discount (0 where there is no sum), and the rewards."""
    mdp = finite(spec)
    found = [part for part in sums if isinstance(part, stack.Discounted)]
    if len(found) < len(sums) or (limit is not None and len(found) > limit):
        raise SpecError.of("E919", f"`{spec.name}` is no function of discounted returns alone")
    discounts = {part.discount for part in found}
    if len(discounts) > 1:
        raise SpecError.of("E919", f"`{spec.name}` has more than one discount")
    return next(iter(discounts), Fraction(0)), tuple(rewards_of(mdp, p.signal) for p in found)
