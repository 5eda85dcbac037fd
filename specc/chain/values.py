"""The values of a chain for exact rewards, seen from its initial distribution.

Rewards, values and marks are sequences aligned with the chain's transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from fractions import Fraction
from typing import Literal, TypeVar

from specc.chain.chain import Chain
from specc.chain.frequencies import flow, horizon_occupancy, long_run
from specc.chain.rational import dot, total_of
from specc.chain.reachability import absorption, ever, occupancy

__all__ = [
    "UndefinedTotal",
    "absorbed_values",
    "acceptance",
    "average",
    "discounted",
    "extremum",
    "extremum_law",
    "horizon_total",
    "total",
]

Outcome = TypeVar("Outcome", bound=Hashable)


class UndefinedTotal(ArithmeticError):
    """An undiscounted sum has a nonzero reward in a bottom component, named by a transition."""

    def __init__(self, transition: int) -> None:
        self.transition = transition
        super().__init__(f"transition {transition} is taken for ever and its reward is not zero")


def discounted(chain: Chain, rewards: Sequence[Fraction], discount: Fraction) -> Fraction:
    """E[sum over t of ``discount**t * reward``], for ``discount`` in [0, 1)."""
    return dot(flow(chain, occupancy(chain, discount)), rewards)


def average(chain: Chain, rewards: Sequence[Fraction]) -> Fraction:
    """The expected long-run average reward; several bottom components and periods are fine."""
    return dot(flow(chain, long_run(chain)), rewards)


def total(chain: Chain, rewards: Sequence[Fraction]) -> Fraction:
    """E[sum of the rewards]. Raises :class:`UndefinedTotal` for a nonzero reward in a bottom
    component."""
    ends = absorption(chain)
    recurrent = {state for members in ends.components for state in members}
    for transition, (source, reward) in enumerate(zip(chain.sources(), rewards, strict=True)):
        if reward and source in recurrent:
            raise UndefinedTotal(transition)
    return dot(flow(chain, ends.visits), rewards)


def horizon_total(
    chain: Chain, rewards: Sequence[Fraction], horizon: int, discount: Fraction = Fraction(1)
) -> Fraction:
    """E[sum over ``t < horizon`` of ``discount**t * reward``]."""
    return dot(flow(chain, horizon_occupancy(chain, horizon, discount)), rewards)


def acceptance(chain: Chain, marks: Sequence[int], accepts: Callable[[int], bool]) -> Fraction:
    """The probability that the marks (bit masks) seen infinitely often are accepted.

    A run almost surely takes every transition of the bottom component it ends in infinitely
    often (Baier and Katoen, Principles of Model Checking, theorem 10.27).
    """
    law = absorbed_values(chain, lambda transitions: accepts(_union(marks[t] for t in transitions)))
    return law.get(True, Fraction(0))


def absorbed_values(
    chain: Chain, value_of_component: Callable[[Sequence[int]], Outcome]
) -> dict[Outcome, Fraction]:
    """The distribution of what the bottom component decides: ``value_of_component`` is called
    with the component's transitions. Components of probability zero are left out."""
    ends = absorption(chain)
    starts = chain.starts.tolist()
    law: dict[Outcome, Fraction] = {}
    for members, mass in zip(ends.components, ends.masses, strict=True):
        if mass:
            inner = [t for state in members for t in range(starts[state], starts[state + 1])]
            value = value_of_component(inner)
            law[value] = law.get(value, Fraction(0)) + mass
    return law


def extremum_law(
    chain: Chain, values: Sequence[Fraction], kind: Literal["sup", "inf"]
) -> dict[Fraction, Fraction]:
    """The distribution of the greatest (or least) value ever met on a transition.

    One hitting probability per different value.
    """
    law: dict[Fraction, Fraction] = {}
    known = Fraction(0)
    for level in sorted(set(values), reverse=kind == "sup"):
        if known == 1:
            break
        hits = [value >= level if kind == "sup" else value <= level for value in values]
        reached = ever(chain, hits)
        if reached != known:
            law[level] = reached - known
        known = reached
    return law


def extremum(chain: Chain, values: Sequence[Fraction], kind: Literal["sup", "inf"]) -> Fraction:
    """E of the greatest (``sup``) or least (``inf``) value ever met on a transition."""
    law = extremum_law(chain, values, kind)
    return total_of(level * mass for level, mass in law.items())


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
