"""The optimum of a mean whose reward has entropies, or divergences from a policy, in it."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np

from specc.diagnostics import SpecError
from specc.lower import Lowered, lower, signal_on
from specc.model.mdp import Mdp
from specc.model.policy import Policy, uniform
from specc.objective import stack
from specc.objective.linear import linear_form
from specc.objective.regularised import RegularisedSignal, regularised_signal
from specc.objective.stack import Number
from specc.optimise.found import Found, Unsolved, Wanted
from specc.solve.regularised import Regularised, regularised_discounted, regularised_horizon
from specc.solve.regularisers import Regulariser

__all__ = ["optimise_regularised"]

# Gains divided by a weight, and powers with an order, stay numbers of floating point.
_LARGEST = 10**50


def optimise_regularised(mdp: Mdp, part: stack.Discounted | stack.Total, wanted: Wanted) -> Found:
    """The optimum of a discounted sum, or of a sum with a horizon, of a reward plus multiples of
    policy terms. The policies range over all history-dependent ones, and the terms read the
    distribution at the history.

    Raises :class:`Unsolved` for other mixtures, SpecError E708 for a `kl` to a policy with memory.
    """
    parts = _parts(part.signal)
    started = time.perf_counter()
    lowered = lower(mdp, [part])
    middle = time.perf_counter()
    problem = _problem(lowered, parts, wanted)
    chances: tuple[Fraction, ...] | None = None
    match part:
        case stack.Discounted(_, discount):
            if float(discount) == 1:
                raise Unsolved("policy terms with a discount that is 1 in floating point")
            solution, chances = regularised_discounted(
                problem, discount, wanted.maximise, wanted.precision
            )
        case stack.Total(_, int(steps)):
            solution = regularised_horizon(problem, steps, wanted.maximise, wanted.precision)
        case stack.Total():
            raise Unsolved("a total without horizon that reads the policy")
    seconds = time.perf_counter() - middle
    return Found(solution, lowered.product, None, middle - started, seconds, chances)


def _parts(signal: Number) -> RegularisedSignal:
    parts = regularised_signal(signal)
    if parts is None:
        raise Unsolved("a policy term that is weighted by the state or inside a function")
    if parts.obstacle is not None:
        raise Unsolved(parts.obstacle)
    sizes = [*parts.entropies, *parts.entropies.values(), *parts.attractions.values()]
    if not all(Fraction(1, _LARGEST) <= abs(size) <= _LARGEST for size in sizes):
        raise Unsolved(
            "a policy term whose weight beside the rest, or order, is below 1e-50 or above 1e50"
        )
    return parts


def _problem(lowered: Lowered, parts: RegularisedSignal, wanted: Wanted) -> Regularised:
    sign = Fraction(1 if wanted.maximise else -1)
    rewards = signal_on(lowered, linear_form(parts.reward).scaled(sign).number(), stops=True)
    if rewards is None:
        raise Unsolved("a reward that is irrational or reads the policy")
    built, mdp = lowered.product, lowered.mdp
    order, weight = next(iter(parts.entropies.items()), (Fraction(1), Fraction(0)))
    name, attraction = next(iter(parts.attractions.items()), ("uniform", Fraction(0)))
    chances = _reference(mdp, name, wanted).probabilities
    silent = mdp.stopped if len(mdp.stopped) else np.zeros(mdp.state_count, dtype=np.bool_)
    try:
        return Regularised(
            built.model, rewards, Regulariser(sign * weight, order), sign * attraction,
            tuple(chances[choice] for choice in built.choice_origin.tolist()), silent[built.state],
        )  # fmt: skip
    except ValueError:
        raise Unsolved("a divergence without a bound: its policy excludes an action") from None


def _reference(mdp: Mdp, name: str, wanted: Wanted) -> Policy:
    if name in wanted.references:
        return wanted.references[name]
    if name != "uniform":
        raise SpecError.of("E708", f"`kl({name})` compares with a policy without memory")
    return uniform(mdp)
