"""The greatest minimum of several discounted values of one discount (fairness).

An occupancy linear program finds weights and a policy; neither is trusted: the weights give an
upper bound by solving one Markov reward exactly as any other, the policy a lower bound by exact
evaluation (Altman, Constrained Markov Decision Processes, 1999, chapter 3).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.chain.chain import induced
from specc.chain.values import discounted as chain_discounted
from specc.lower import lower, signal_on
from specc.model.graph import Model
from specc.model.mdp import ExactArray, Mdp
from specc.objective import stack
from specc.objective.linear import LinearForm
from specc.optimise.found import Found, Unsolved, Wanted
from specc.solve.solution import Solution

__all__ = ["maximin"]

FloatArray = NDArray[np.float64]
_WEIGHT_DENOMINATOR = 10**9


def maximin(mdp: Mdp, forms: Sequence[LinearForm], wanted: Wanted) -> Found:
    """max over policies of min over forms; each form is a constant plus multiples of discounted
    values, all of one discount. Raises :class:`Unsolved` otherwise."""
    from specc.solve.discounted import discounted

    sums = _sums(forms)
    discounts = {part.discount for part in sums}
    if len(discounts) != 1 or 0 in discounts:
        raise Unsolved("a minimum of numbers that are not discounted values of one discount")
    (discount,) = discounts
    started = time.perf_counter()
    lowered = lower(mdp, sums)
    middle = time.perf_counter()
    model = lowered.product.model
    rewards = [_rewards(lowered, form) for form in forms]
    constants = [form.constant for form in forms]
    flow, weights = _program(model, rewards, constants, discount)
    policy = _policy(model, flow)
    chain = induced(model, policy)
    origin = chain.origin.tolist()
    lower_bound = min(
        constant + chain_discounted(chain, [reward[t] for t in origin], discount)
        for reward, constant in zip(rewards, constants, strict=True)
    )
    exact_weights = _rational_weights(weights)
    mixed = [
        sum((w * r[t] for w, r in zip(exact_weights, rewards, strict=True)), Fraction(0))
        for t in range(model.transition_count)
    ]
    bound = discounted(model, ExactArray.of(mixed), discount, True, precision=wanted.precision / 4,
                       exact=wanted.exact)  # fmt: skip
    shift = sum((w * c for w, c in zip(exact_weights, constants, strict=True)), Fraction(0))
    top = (bound.exact if bound.exact is not None else bound.upper) + shift
    upper_bound = max(lower_bound, top)
    solution = Solution(
        lower_bound,
        upper_bound,
        lower_bound if lower_bound == upper_bound else None,
        None,
        bound.values,
        "occupancy linear program, checked by a weighted reward and exact evaluation",
        "certified interval",
    )
    return Found(solution, lowered.product, None, middle - started, time.perf_counter() - middle)


def _sums(forms: Sequence[LinearForm]) -> list[stack.Discounted]:
    found: dict[stack.Discounted, None] = {}
    for form in forms:
        for term in form.terms:
            inner = term.trajectory if isinstance(term, stack.Expectation) else None
            if not isinstance(inner, stack.Discounted):
                raise Unsolved("a minimum of numbers that are not discounted values")
            found[inner] = None
    return list(found)


def _rewards(lowered: object, form: LinearForm) -> list[Fraction]:
    from specc.lower import Lowered

    assert isinstance(lowered, Lowered)
    total = [Fraction(0)] * lowered.product.model.transition_count
    for term, coefficient in form.terms.items():
        assert isinstance(term, stack.Expectation) and isinstance(term.trajectory, stack.Discounted)
        values = signal_on(lowered, term.trajectory.signal, stops=True)
        if values is None:
            raise Unsolved("a reward that is irrational or reads the policy")
        total = [a + coefficient * b for a, b in zip(total, values.exact(), strict=True)]
    return total


def _program(
    model: Model, rewards: list[list[Fraction]], constants: list[Fraction], discount: Fraction
) -> tuple[FloatArray, FloatArray]:
    """Occupancies per choice and the multipliers of the forms, in doubles."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix, csr_matrix, hstack, vstack

    n, c = model.state_count, model.choice_count
    owner = np.repeat(np.arange(n), np.diff(model.choice_starts))
    choice = np.repeat(np.arange(c), np.diff(model.transition_starts))
    chances = model.probabilities.floats()
    out = coo_matrix((np.ones(c), (owner, np.arange(c))), shape=(n, c))
    into = coo_matrix((float(discount) * chances, (model.successors, choice)), shape=(n, c))
    balance = hstack([out - into, csr_matrix((n, 1))])
    start = np.zeros(n)
    for state, mass in model.initial:
        start[state] += float(mass)
    rows = []
    for reward in rewards:
        gains = np.bincount(choice, weights=chances * np.array([float(r) for r in reward]),
                            minlength=c)  # fmt: skip
        rows.append(np.append(-gains, 1.0))
    cost = np.zeros(c + 1)
    cost[-1] = -1.0
    solved = linprog(
        cost,
        A_ub=csr_matrix(vstack([csr_matrix(row) for row in rows])),
        b_ub=np.array([float(k) for k in constants]),
        A_eq=csr_matrix(balance),
        b_eq=start,
        bounds=[(0, None)] * c + [(None, None)],
        method="highs",
    )
    if solved.x is None:
        raise Unsolved("a minimum whose linear program the solver gave up")
    return solved.x[:-1], -solved.ineqlin.marginals


def _policy(model: Model, flow: FloatArray) -> list[Fraction]:
    """Rational probabilities in proportion to the occupancies; the first choice where there are
    none."""
    chances = [Fraction(0)] * model.choice_count
    for state in range(model.state_count):
        row = range(int(model.choice_starts[state]), int(model.choice_starts[state + 1]))
        parts = {
            c: Fraction(float(flow[c])).limit_denominator(10**12) for c in row if flow[c] > 1e-13
        }
        total = sum(parts.values(), Fraction(0))
        if not total:
            chances[row[0]] = Fraction(1)
            continue
        for c, part in parts.items():
            chances[c] = part / total
    return chances


def _rational_weights(weights: FloatArray) -> list[Fraction]:
    """Nonnegative rationals that sum to 1."""
    parts = [Fraction(round(max(float(w), 0.0) * _WEIGHT_DENOMINATOR), _WEIGHT_DENOMINATOR)
             for w in weights]  # fmt: skip
    total = sum(parts, Fraction(0))
    if not total:
        return [Fraction(1, len(parts))] * len(parts)
    return [(part / total).limit_denominator(10**6) if len(parts) == 1 else part / total
            for part in parts]  # fmt: skip
