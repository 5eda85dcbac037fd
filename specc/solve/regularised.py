"""The optimum of a discounted or bounded sum that also pays for a function of pi(.|s).

``T v (s) = max over p of sum p_a (r(s, a) + g P v) + weight * entropy(p)`` is a contraction, and
``v`` is improved by soft policy iteration in floating point (Haarnoja, Zhou, Abbeel, Levine, 2018;
Geist, Scherrer, Pietquin, 2019). One step of T in ball arithmetic then certifies it: with
``a <= T v - v <= b`` in every state the optimum lies between ``v + a / (1 - g)`` and
``v + b / (1 - g)`` (MacQueen 1966; Puterman, "Markov Decision Processes", theorem 6.6.3;
its proof needs of T only that it is monotone and that ``T (v + c) = T v + g c``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import spsolve

from specc.chain.interval import arb_of, bounds, logarithm
from specc.deadline import poll
from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.regularisers import Regulariser
from specc.solve.rewards import expected
from specc.solve.solution import Solution

__all__ = ["Regularised", "regularised_discounted", "regularised_horizon"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_BITS = 128
# Values only grow from the first policy on; what moves less is rounding, or close to it.
_STILL = 1e-14
_PATIENCE = 100
_GRAIN = 2**40


@dataclass(frozen=True, slots=True, eq=False)
class Regularised:
    """What is maximised on a model: ``rewards`` per transition, plus ``attraction * ln prior[c]``
    for each choice, plus the regulariser at every state that is not ``silent``. A prior of 0
    needs an attraction that is not negative, and forbids the choice."""

    model: Model
    rewards: ExactArray
    regulariser: Regulariser
    attraction: Fraction
    prior: tuple[Fraction, ...]
    silent: BoolArray

    def __post_init__(self) -> None:
        if self.attraction < 0 and 0 in self.prior:
            raise ValueError("a divergence that is paid for has no bound where a prior is 0")

    def floats(self) -> FloatArray:
        """The reward of every choice."""
        prior = np.array([float(p) for p in self.prior])
        with np.errstate(divide="ignore"):
            logs = np.log(prior)
        loud = ~self.silent[_owners(self.model)]
        paid = expected(self.model, self.rewards).floats
        return paid + (np.where(loud, float(self.attraction) * logs, 0.0) if self.attraction else 0)

    def balls(self) -> list[arb | None]:
        """The same, rigorous at the present precision; None for a choice that is forbidden."""
        paid = expected(self.model, self.rewards)
        owners = _owners(self.model)
        attraction = arb_of(self.attraction)
        logs = {p: attraction * logarithm(p) for p in set(self.prior) if p}
        found: list[arb | None] = []
        for choice, prior in enumerate(self.prior):
            plain = arb_of(paid.exact(choice))
            if not self.attraction or self.silent[owners[choice]]:
                found.append(plain)
            else:
                found.append(plain + logs[prior] if prior else None)
        return found


def regularised_discounted(
    problem: Regularised, discount: Fraction, maximise: bool, precision: Fraction
) -> tuple[Solution, tuple[Fraction, ...]]:
    """The optimum of the discounted sum, certified, and the chance of every choice in a policy
    that is optimal up to rounding to multiples of 2**-40.

    ``maximise`` only says how the numbers are to be shown: the problem of a least value is the
    negated one. Needs ``0 <= discount < 1`` (ValueError).
    """
    if not 0 <= discount < 1:
        raise ValueError("a discount lies in [0, 1)")
    values, chances = _improved(problem, float(discount))
    with ctx.workprec(_BITS):
        step = _Step(problem, discount)
        exactly = [arb(float(v)) for v in values]
        rests = [bounds(t - v) for t, v in zip(step.apply(exactly), exactly, strict=True)]
    start = sum((p * Fraction(float(values[s])) for s, p in problem.model.initial), Fraction(0))
    lower = start + min(low for low, _ in rests) / (1 - discount)
    upper = start + max(high for _, high in rests) / (1 - discount)
    method = "soft policy iteration, certified by one step in ball arithmetic"
    return _shown(lower, upper, values, maximise, precision, method), _rational(problem, chances)


def regularised_horizon(
    problem: Regularised, steps: int, maximise: bool, precision: Fraction
) -> Solution:
    """The optimum of the sum of the first ``steps`` steps, by backward induction in balls.

    T is monotone, so the ends of the intervals go through it one by one: a step adds its rounding,
    where T of a ball would be a ball several times as wide.
    """
    with ctx.workprec(_BITS):
        step = _Step(problem, Fraction(1))
        lows = highs = [arb(0)] * problem.model.state_count
        for _ in range(steps):
            below = step.apply(lows)
            above = below if highs is lows else step.apply(highs)
            lows, highs = [v.lower() for v in below], [v.upper() for v in above]
        initial = problem.model.initial
        lower, _ = bounds(sum((arb_of(p) * lows[s] for s, p in initial), arb(0)))
        _, upper = bounds(sum((arb_of(p) * highs[s] for s, p in initial), arb(0)))
    floats = np.array([float(v.mid()) for v in lows])
    return _shown(
        lower, upper, floats, maximise, precision, "backward induction in ball arithmetic"
    )


def _shown(
    lower: Fraction, upper: Fraction, values: FloatArray, maximise: bool, precision: Fraction,
    method: str,
) -> Solution:  # fmt: skip
    if not maximise:
        lower, upper, values = -upper, -lower, -values
    exact = lower if lower == upper else None
    words = "certified interval"
    if upper - lower > precision:
        words += ", wider than the precision asked for"
    return Solution(lower, upper, exact, None, values, method, "exact" if exact else words)


class _Step:
    """T, in ball arithmetic."""

    def __init__(self, problem: Regularised, discount: Fraction) -> None:
        model = problem.model
        self.regulariser = problem.regulariser
        self.rewards = problem.balls()
        self.choices: list[int] = model.choice_starts.tolist()
        self.transitions: list[int] = model.transition_starts.tolist()
        self.successors: list[int] = model.successors.tolist()
        table = [arb_of(discount * p) for p in model.probabilities.values]
        self.weights = [table[i] for i in model.probabilities.index.tolist()]
        self.silent: list[bool] = problem.silent.tolist()

    def apply(self, values: Sequence[arb]) -> list[arb]:
        """T v."""
        rows = []
        for state in range(len(values)):
            if not state % 1000:
                poll()
            rows.append([
                self._gain(choice, reward, values)
                for choice in range(self.choices[state], self.choices[state + 1])
                if (reward := self.rewards[choice]) is not None
            ])  # fmt: skip
        rule = self.regulariser
        mixes = rule.weight > 0 and rule.order != 1
        near = rule.near(rows) if mixes else [None] * len(rows)
        plain = Regulariser(Fraction(0))
        return [
            (plain if silent else rule).best(gains, chances)
            for gains, chances, silent in zip(rows, near, self.silent, strict=True)
        ]

    def _gain(self, choice: int, reward: arb, values: Sequence[arb]) -> arb:
        for t in range(self.transitions[choice], self.transitions[choice + 1]):
            reward = reward + self.weights[t] * values[self.successors[t]]
        return reward


def _improved(problem: Regularised, discount: float) -> tuple[FloatArray, FloatArray]:
    """Values near the solution, and chances that are best for them."""
    model, rule = problem.model, problem.regulariser
    starts, owners = model.choice_starts, _owners(model)
    shape = (model.choice_count, model.state_count)
    weights = discount * model.probabilities.floats()
    matrix = csr_array((weights, model.successors, model.transition_starts), shape=shape)
    rewards = problem.floats()
    loud = np.where(problem.silent, 0.0, 1.0)
    one = eye_array(model.state_count, format="csc")
    values, least, since, moved = np.zeros(model.state_count), np.inf, 0, np.inf
    best, chances = values, np.zeros(model.choice_count)
    while since < _PATIENCE and moved > _STILL * float(np.abs(values).max()) / (1 - discount):
        poll()
        gains = rewards + matrix @ values
        tried = rule.policy(gains, starts)
        played = csr_array((tried, np.arange(len(tried)), starts), shape=shape[::-1])
        paid = np.add.reduceat(tried * np.where(tried > 0, rewards, 0.0), starts[:-1])
        paid += loud * rule.pay(tried, starts)
        residual = float(np.abs(paid + played @ (matrix @ values) - values).max())
        since += 1
        if residual < least:
            least, best, chances, since = residual, values, tried, 0
        after = np.asarray(spsolve((one - played @ matrix).tocsc(), paid)).reshape(-1)
        moved, values = float(np.abs(after - values).max()), after
    return best, _sure(problem, chances, owners)


def _sure(problem: Regularised, chances: FloatArray, owners: NDArray[np.int64]) -> FloatArray:
    """In silent states the regulariser counts nothing, and nothing is paid: any action will do."""
    first = np.zeros(len(chances))
    first[problem.model.choice_starts[:-1]] = 1.0
    return np.where(problem.silent[owners], first, chances)


def _rational(problem: Regularised, chances: FloatArray) -> tuple[Fraction, ...]:
    """Multiples of 2**-40 that sum to 1 in every state; what rounding leaves goes to the likeliest
    choice."""
    found: list[Fraction] = []
    starts = problem.model.choice_starts.tolist()
    for begin, end in pairwise(starts):
        row = [round(float(p) * _GRAIN) for p in chances[begin:end]]
        row[row.index(max(row))] += _GRAIN - sum(row)
        found += [Fraction(count, _GRAIN) for count in row]
    return tuple(found)


def _owners(model: Model) -> NDArray[np.int64]:
    return np.repeat(np.arange(model.state_count), np.diff(model.choice_starts))
