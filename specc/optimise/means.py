"""The optimum of the mean of one trajectory number."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.lower import Lowered, lower, signal_on
from specc.model.graph import Model
from specc.model.mdp import ExactArray, Mdp
from specc.objective import stack
from specc.objective.linear import LinearForm
from specc.objective.stack import Number
from specc.objective.walk import leaves, outermost
from specc.optimise.found import Found, Unsolved, Wanted
from specc.solve.solution import Solution
from specc.telescope import can_telescope, telescope

__all__ = ["check_totals", "optimise_mean", "trajectory_of"]

BoolArray = NDArray[np.bool_]


def trajectory_of(form: LinearForm) -> Number | None:
    """The one trajectory number whose mean a linear form of expectations is, constant included;
    None where a term is not a mean."""
    terms: dict[Number, Fraction] = {}
    for term, coefficient in form.terms.items():
        if not isinstance(term, stack.Expectation):
            return None
        terms[term.trajectory] = coefficient
    return LinearForm(form.constant, terms).number()


def optimise_mean(mdp: Mdp, form: LinearForm, wanted: Wanted) -> Found:
    """The optimum of ``constant + sum of coefficient * E[term]``.

    Raises :class:`Unsolved` for sums of parts that no solver holds together, SpecError for
    budgets and totals that do not settle.
    """
    terms = [
        (term.trajectory, coefficient)
        for term, coefficient in form.terms.items()
        if isinstance(term, stack.Expectation)
    ]
    if len(terms) != len(form.terms):
        raise Unsolved("a number of the distribution beyond its mean")
    if len(terms) == 1:
        ((part, coefficient),) = terms
        flipped = wanted if coefficient > 0 else replace(wanted, maximise=not wanted.maximise)
        found = _single(mdp, part, replace(flipped, precision=wanted.precision / abs(coefficient)))
        return replace(found, solution=affine(found.solution, coefficient, form.constant))
    nodes = _atoms([part for part, _ in terms])
    if not can_telescope(nodes) or any(isinstance(n, stack.Discounted) for n in nodes):
        kinds = sorted({_kind(part) for part, _ in terms})
        raise Unsolved("a sum of " + " and ".join(kinds))
    trajectory = trajectory_of(form)
    assert trajectory is not None
    return _telescoped(mdp, trajectory, nodes, wanted)


def affine(solution: Solution, coefficient: Fraction, constant: Fraction) -> Solution:
    """The solution with its value scaled and moved."""
    ends = sorted(
        (coefficient * solution.lower + constant, coefficient * solution.upper + constant)
    )
    exact = None if solution.exact is None else coefficient * solution.exact + constant
    return replace(solution, lower=ends[0], upper=ends[1], exact=exact)


def _kind(part: Number) -> str:
    match part:
        case stack.Discounted(_, discount):
            return f"discounted sums (discount {discount})"
        case stack.Average():
            return "limit averages"
        case stack.Satisfaction() | stack.AutomatonSatisfaction():
            return "probabilities of formulas"
        case stack.Total():
            return "totals"
        case stack.SetFunction():
            return "set functions"
        case _:
            return "functions of a trajectory"


def _atoms(parts: Sequence[Number]) -> list[Number]:
    found = [atom for part in parts for atom in outermost(part, stack.TRAJECTORY_LAYER)]
    return list(dict.fromkeys(found))


def _single(mdp: Mdp, part: Number, wanted: Wanted) -> Found:
    match part:
        case stack.Satisfaction() | stack.AutomatonSatisfaction():
            return _satisfaction(mdp, part, wanted)
        case stack.Discounted() | stack.Average() | stack.Total():
            return _sum(mdp, part, wanted)
        case _:
            nodes = _atoms([part])
            if not can_telescope(nodes):
                raise Unsolved("a nonlinear function of verdicts or limit averages")
            return _telescoped(mdp, part, nodes, wanted)


def _satisfaction(
    mdp: Mdp, part: stack.Satisfaction | stack.AutomatonSatisfaction, wanted: Wanted
) -> Found:
    from specc.solve.acceptance import satisfy

    lowered, built_in = _timed_lower(mdp, [part])
    started = time.perf_counter()
    marks = np.ascontiguousarray(lowered.product.output[:, lowered.events[part]])
    found = satisfy(
        lowered.product.model,
        marks,
        lowered.automata[part].acceptance,
        wanted.maximise,
        precision=wanted.precision,
        exact=wanted.exact,
    )
    seconds = time.perf_counter() - started
    return Found(found.solution, lowered.product, found.choices, built_in, seconds)


def _timed_lower(mdp: Mdp, numbers: Sequence[Number]) -> tuple[Lowered, float]:
    started = time.perf_counter()
    lowered = lower(mdp, numbers)
    return lowered, time.perf_counter() - started


def _sum(mdp: Mdp, part: stack.Discounted | stack.Average | stack.Total, wanted: Wanted) -> Found:
    if any(isinstance(node, stack.PolicyTerm) for node in leaves(part.signal)):
        from specc.optimise.regularised import optimise_regularised

        if isinstance(part, stack.Average):
            raise Unsolved("a limit average that reads the policy")
        return optimise_regularised(mdp, part, wanted)
    lowered, built_in = _timed_lower(mdp, [part])
    started = time.perf_counter()
    rewards = signal_on(lowered, part.signal, stops=not isinstance(part, stack.Average))
    if rewards is None:
        raise Unsolved("a reward that is irrational or reads the policy")
    solution, chosen = _solve_sum(lowered.product.model, part, rewards, wanted)
    return Found(solution, lowered.product, chosen, built_in, time.perf_counter() - started)


def _solve_sum(
    model: Model,
    part: stack.Discounted | stack.Average | stack.Total,
    rewards: ExactArray,
    wanted: Wanted,
) -> tuple[Solution, BoolArray | None]:
    from specc.solve.average import average
    from specc.solve.discounted import discounted
    from specc.solve.horizon import horizon
    from specc.solve.total import total

    precision, exact = wanted.precision, wanted.exact
    match part:
        case stack.Discounted(_, discount):
            solution = discounted(
                model, rewards, discount, wanted.maximise, precision=precision, exact=exact
            )
        case stack.Average():
            solution = average(model, rewards, wanted.maximise, precision=precision, exact=exact)
        case stack.Total(_, None):
            check_settles(model, rewards, part)
            solution = total(model, rewards, wanted.maximise, precision=precision, exact=exact)
        case stack.Total(_, steps):
            plan = horizon(model, rewards, steps or 0, wanted.maximise, exact=exact)
            return plan.solution, _of_choice(model, plan.solution.choice)
    return solution, _of_choice(model, solution.choice)


def check_totals(objective: stack.Objective, mdp: Mdp) -> None:
    """Raise SpecError E703 where a total without horizon in the objective does not settle."""
    for number in stack.numbers_of(objective):
        for node in leaves(number):
            if isinstance(node, stack.Total) and node.horizon is None:
                lowered = lower(mdp, [node])
                rewards = signal_on(lowered, node.signal, stops=True)
                if rewards is not None:
                    check_settles(lowered.product.model, rewards, node)


def check_settles(model: Model, rewards: ExactArray, part: Number) -> None:
    """A total without horizon needs a zero signal in every end component."""
    from specc.evaluate.run import undefined_total
    from specc.solve.end_components import end_components

    inside = end_components(model).choices
    owners = np.repeat(np.arange(model.choice_count), np.diff(model.transition_starts))
    pays = np.array([value != 0 for value in rewards.values], dtype=np.bool_)[rewards.index]
    if (pays & inside[owners]).any():
        raise undefined_total(part)


def _of_choice(model: Model, choice: NDArray[np.int64] | None) -> BoolArray | None:
    if choice is None:
        return None
    chosen = np.zeros(model.choice_count, dtype=np.bool_)
    chosen[choice] = True
    return chosen


def _telescoped(mdp: Mdp, function: Number, nodes: Sequence[Number], wanted: Wanted) -> Found:
    from specc.solve.total import total

    started = time.perf_counter()
    try:
        gains = telescope(mdp, function, nodes)
    except SpecError as error:
        if error.diagnostics[0].code != "E701":
            raise
        raise Unsolved("a function of running quantities that take too many values here") from None
    middle = time.perf_counter()
    model = gains.product.model
    for node in nodes:
        if isinstance(node, stack.Total) and node.horizon is None:
            check_settles(model, gains.low, node)
    ends: list[Solution] = []
    for rewards, start in ((gains.low, gains.start_low), (gains.high, gains.start_high)):
        if ends and gains.low.values == gains.high.values:
            ends.append(ends[0])
            continue
        part = total(model, rewards, wanted.maximise, precision=wanted.precision,
                     exact=wanted.exact)  # fmt: skip
        ends.append(affine(part, Fraction(1), start))
    low, high = ends
    exact = low.exact if low.exact is not None and low.exact == high.exact else None
    solution = replace(
        low,
        lower=min(low.lower, high.lower),
        upper=max(low.upper, high.upper),
        exact=exact,
        method="running quantities as memory, then " + low.method,
    )
    chosen = _of_choice(model, low.choice)
    return Found(solution, gains.product, chosen, middle - started, time.perf_counter() - middle)
