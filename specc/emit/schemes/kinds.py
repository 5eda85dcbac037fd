"""The reward schemes: what an objective can be paid as."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from specc.objective import stack
from specc.objective.stack import Number

__all__ = [
    "Criterion",
    "FormulaScheme",
    "FunctionalNumber",
    "FunctionalPart",
    "FunctionalScheme",
    "Interface",
    "NoScheme",
    "ReturnScheme",
    "Scheme",
    "SignalScheme",
]

Interface = Literal["per-step reward", "trajectory return", "policy functional", "comparison"]
Criterion = Literal["discounted", "total", "average"]


@dataclass(frozen=True, slots=True)
class SignalScheme:
    """The reward is a signal; ``criterion`` says what the learner sums.

    ``discount`` belongs to "discounted", ``horizon`` (or None) to "total". ``regulariser`` is what
    the learner itself must add to each reward, for people; empty where nothing. ``event`` is the
    formula that the signal stands in for (scheme ``average``), if any. ``terms`` is the
    regulariser as a number.
    """

    signal: Number
    criterion: Criterion
    discount: Fraction
    horizon: int | None = None
    regulariser: str = ""
    event: stack.Satisfaction | stack.AutomatonSatisfaction | None = None
    terms: Number | None = None


@dataclass(frozen=True, slots=True)
class FormulaScheme:
    """The probability of an event, through its automaton.

    ``method``: ``exact`` where a finite prefix decides, else ``gadget`` or ``two-discounts`` with
    their parameter ``zeta``; ``auto`` is ``exact``, or ``gadget`` where nothing is exact.
    """

    event: stack.Satisfaction | stack.AutomatonSatisfaction
    method: Literal["auto", "exact", "gadget", "two-discounts"] = "auto"
    zeta: Fraction = Fraction(99, 100)

    @property
    def discount(self) -> Fraction:
        """What the learner discounts by: 1 but for two discounts, where it goes to 1 faster than
        ``zeta`` does."""
        return 1 - (1 - self.zeta) ** 2 if self.method == "two-discounts" else Fraction(1)


@dataclass(frozen=True, slots=True)
class ReturnScheme:
    """The increments of a function of trajectory numbers, summed without discount."""

    number: Number
    horizon: int | None


@dataclass(frozen=True, slots=True)
class NoScheme:
    """There is no reward per step; ``reason`` and ``help`` say why and what instead."""

    reason: str
    help: str


FunctionalNumber = stack.Expectation | stack.Variance | stack.ConditionalValueAtRisk


@dataclass(frozen=True, slots=True)
class FunctionalPart:
    """A number of the policy (a mean, a variance, a tail) and the scheme of its trajectory number,
    whose rewards, discounted as it says, add up to that number."""

    number: FunctionalNumber
    scheme: SignalScheme | FormulaScheme | ReturnScheme


@dataclass(frozen=True, slots=True)
class FunctionalScheme:
    """A function of numbers of the policy, paid as its gradient at estimates of them.

    ``criterion`` says what the learner sums. Parts that are not all discounted alike are paid with
    their own discounts and summed without one ("total"); ``discount`` is then 1.
    """

    objective: stack.Scalar | stack.Constrained
    parts: tuple[FunctionalPart, ...]
    criterion: Criterion
    discount: Fraction


Scheme = SignalScheme | FormulaScheme | ReturnScheme | FunctionalScheme | NoScheme
