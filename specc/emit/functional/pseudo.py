"""The pseudo-reward: weights of the parts of an outer function, updated between batches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from specc.emit.functional.estimates import Estimate, Returns, checked, measured, mixed
from specc.emit.functional.outer import slope
from specc.emit.schemes.kinds import FunctionalPart, FunctionalScheme
from specc.objective import stack
from specc.objective.stack import Number

__all__ = ["PseudoReward", "Standing", "Worth", "margin", "worth"]

FloatArray = NDArray[np.float64]

_MINUS = Fraction(-1)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the outer function stands at the estimates.

    ``value`` is the objective's (of a constrained one, the number to maximise), ``estimates`` are
    those of the parts, ``weights`` the gradient: one each, in the order of the parts.
    ``slacks`` are the constraints' margins, negative where violated, ``multipliers`` theirs.
    """

    value: float
    estimates: tuple[float, ...]
    weights: tuple[float, ...]
    slacks: tuple[float, ...] = ()
    multipliers: tuple[float, ...] = ()


class PseudoReward:
    """The weights of the parts, and what they come from.

    ``weights`` (parts,), and the same as a tuple of ``prices``, are 0 before the first
    :meth:`update`; ``worths`` say what a part's trajectory number is worth to its own gradient.
    Wrappers of several environments may share one.
    """

    def __init__(self, scheme: FunctionalScheme) -> None:
        self.scheme = scheme
        self.parts: tuple[FunctionalPart, ...] = scheme.parts
        self.places: dict[Number, int] = {p.number: i for i, p in enumerate(self.parts)}
        self.weights: FloatArray = np.zeros(len(self.parts))
        self.prices: tuple[float, ...] = (0.0,) * len(self.parts)
        self.worths = tuple(worth(part, Estimate(0.0, 0.0)) for part in self.parts)
        self.estimates: tuple[Estimate, ...] = ()
        objective = scheme.objective
        self.constraints: tuple[stack.Comparison, ...] = ()
        if isinstance(objective, stack.Constrained):
            self.constraints = objective.constraints
        self.multipliers: FloatArray = np.zeros(len(self.constraints))
        self.updates = 0
        self.scale = 0.0
        self.sizes: FloatArray = np.zeros(1 + len(self.constraints))

    def update(
        self,
        returns: Returns | FloatArray,
        *,
        step_size: float = 1.0,
        multiplier_step: float | None = None,
        smoothing: float = 0.0,
    ) -> Standing:
        """New estimates from whole episodes of the current policy, and new weights at them.

        ``step_size`` in (0, 1] is the share of these episodes in the estimates. With 1 they are
        those of the current policy, and the gradient of the pseudo-reward's mean in the policy's
        parameters is that of the objective (the chain rule). With 1 / k at the k-th update, and
        the best policy for the weights in between, they are those of the mixture of all policies
        so far (Frank-Wolfe).

        Multipliers of constraints move by ``multiplier_step`` times the violation, by default
        (size of the objective) / (size of the constraint)**2 / sqrt(k), and stay nonnegative; sizes
        are the greatest so far.
        ``smoothing`` softens ``min``, ``max`` and ``abs`` by the temperature
        ``smoothing * (greatest estimate so far) / sqrt(k)``.

        :raises SpecError: E814 returns that do not fit; E704 the objective or its gradient is
            undefined at the estimates. Nothing has changed then.
        """
        if not 0 < step_size <= 1:
            raise ValueError(f"step_size={step_size}: in (0, 1]")
        given = checked(returns, self.parts)
        columns = given.numbers.T
        fresh = tuple(
            measured(part, column, given.lengths)
            for part, column in zip(self.parts, columns, strict=True)
        )
        kept = fresh
        if self.estimates and step_size < 1:
            rows = zip(self.parts, self.estimates, fresh, strict=True)
            kept = tuple(mixed(part, old, new, step_size) for part, old, new in rows)
        count = self.updates + 1
        scale = max([self.scale, *(abs(e.value) for e in kept)])
        temperature = smoothing * scale / math.sqrt(count)
        at = np.array([estimate.value for estimate in kept])
        whole = slope(self.scheme.objective.number, self.places, at, temperature)
        margins = [slope(margin(c), self.places, at, temperature) for c in self.constraints]
        sizes = self._sizes(whole.value, at)
        now = np.array([estimate.value for estimate in fresh])
        held = self._ascended(now, sizes, multiplier_step, count)
        pairs = zip(held, margins, strict=True)
        self.weights = whole.gradient + sum((k * m.gradient for k, m in pairs), 0.0 * at)
        self.prices = tuple(self.weights.tolist())
        self.worths = tuple(worth(p, e) for p, e in zip(self.parts, kept, strict=True))
        self.multipliers, self.sizes, self.scale = np.array(held), sizes, scale
        self.estimates, self.updates = kept, count
        return Standing(
            whole.value,
            tuple(at.tolist()),
            self.prices,
            tuple(found.value for found in margins),
            tuple(held),
        )

    def _sizes(self, value: float, at: FloatArray) -> FloatArray:
        """The greatest magnitudes so far, of the objective and of each constraint's sides: step
        sizes that followed the current ones would weigh violations and slacks differently."""
        found = [abs(value)]
        for constraint in self.constraints:
            sides = (constraint.left, constraint.right)
            found.append(max(abs(slope(side, self.places, at).value) for side in sides))
        return np.maximum(self.sizes, found)

    def _ascended(
        self, now: FloatArray, sizes: FloatArray, step: float | None, count: int
    ) -> list[float]:
        """Dual ascent on this batch's violations."""
        held = []
        for i, constraint in enumerate(self.constraints):
            natural = (sizes[0] or 1.0) / (sizes[i + 1] or 1.0) ** 2
            rate = natural / math.sqrt(count) if step is None else step
            slack = slope(margin(constraint), self.places, now).value
            held.append(max(float(self.multipliers[i] - rate * slack), 0.0))
        return held


@dataclass(frozen=True, slots=True)
class Worth:
    """What a part's trajectory number x is worth to its gradient:
    ``square * x^2 + linear * x - shortfall * (threshold - x)+``."""

    linear: float
    square: float = 0.0
    shortfall: float = 0.0
    threshold: float = 0.0

    def __call__(self, x: float) -> float:
        """The worth of one number."""
        bent = self.shortfall * max(self.threshold - x, 0.0) if self.shortfall else 0.0
        return (self.square * x + self.linear) * x - bent

    def many(self, x: Any) -> Any:
        """The same of an array or a tensor."""
        bent = self.shortfall * (self.threshold - x).clip(min=0.0) if self.shortfall else 0.0
        return (self.square * x + self.linear) * x - bent


def worth(part: FunctionalPart, estimate: Estimate) -> Worth:
    """The function g of the part's trajectory number X whose mean E[g(X)] has, at the estimate, the
    gradient of the part: X itself for a mean; X^2 - 2 E[X] X for the variance; -(c - X)+ / q for
    cvar at level q, with c the quantile (Rockafellar, Uryasev 2000; c is optimal there, so its own
    change does not count)."""
    match part.number:
        case stack.Expectation():
            return Worth(1.0)
        case stack.Variance():
            return Worth(-2 * estimate.mean, 1.0)
        case stack.ConditionalValueAtRisk(level):
            return Worth(0.0, 0.0, 1 / float(level), estimate.threshold)
        case _:
            assert_never(part.number)


def margin(constraint: stack.Comparison) -> Number:
    """What is at least 0 where the constraint holds (strict or not)."""
    left, right = constraint.left, constraint.right
    if constraint.operator in {"<", "<="}:
        left, right = right, left
    minus = stack.Apply("*", (stack.Constant(_MINUS), right), span=right.span)
    return stack.Apply("+", (left, minus), span=constraint.span)
