"""The exact joint distribution of sums of rewards along a run, where it has finitely many atoms.

The runs are unfolded step by step; runs with the same state and the same sums so far are one.
What a budget cuts off is kept as mass with an interval its sums lie in, so E[f(G)], quantiles
and tail means can still be bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from specc.chain.chain import Chain
from specc.chain.structure import components

__all__ = ["Law", "Pending", "discounted_distribution", "horizon_distribution", "reward_ranges"]

Sums = tuple[Fraction, ...]
_Layer = dict[tuple[int, Sums], Fraction]


@dataclass(frozen=True, slots=True)
class Pending:
    """Runs not unfolded to their end: their sums lie in ``[low[k], high[k]]`` for every k, where
    None is no bound."""

    low: tuple[Fraction | None, ...]
    high: tuple[Fraction | None, ...]
    mass: Fraction


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution of tuples of sums: ``atoms`` with their probabilities, and the rest.

    ``pending`` is empty when the law is complete. The probabilities of both sum to one.
    """

    atoms: dict[Sums, Fraction]
    pending: tuple[Pending, ...]

    @property
    def complete(self) -> bool:
        """Whether the atoms are all there is."""
        return not self.pending

    @property
    def undecided(self) -> Fraction:
        """The probability of the runs not unfolded to their end."""
        return sum((rest.mass for rest in self.pending), Fraction(0))


def discounted_distribution(
    chain: Chain,
    rewards: Sequence[Sequence[Fraction]],
    discounts: Sequence[Fraction],
    budget: int = 100_000,
    tolerance: Fraction = Fraction(0),
) -> Law:
    """The joint law of the discounted sums of several rewards (each per transition).

    ``discounts`` are in [0, 1), one per reward. A run is done when all transitions it can still
    take earn the same (mostly 0). Unfolding ends when all are done, when ``budget`` nodes
    (state, sums) have been unfolded, or when the undecided mass is at most ``tolerance``.
    """
    if any(not 0 <= discount < 1 for discount in discounts):
        raise ValueError("a discount is in [0, 1)")
    return _Unfolding(chain, rewards, discounts, None).law(budget, tolerance)


def horizon_distribution(
    chain: Chain,
    rewards: Sequence[Sequence[Fraction]],
    horizon: int,
    discounts: Sequence[Fraction] | None = None,
    budget: int = 100_000,
) -> Law:
    """The joint law of the sums over ``t < horizon``, undiscounted unless ``discounts`` (in
    [0, 1], one per reward) are given; complete unless ``budget`` nodes were too few."""
    factors = [Fraction(1)] * len(rewards) if discounts is None else discounts
    return _Unfolding(chain, rewards, factors, horizon).law(budget, Fraction(0))


class _Unfolding:
    def __init__(
        self,
        chain: Chain,
        rewards: Sequence[Sequence[Fraction]],
        discounts: Sequence[Fraction],
        horizon: int | None,
    ) -> None:
        self.discounts = discounts
        self.horizon = horizon
        self.ranges = reward_ranges(chain, rewards)
        self.nothing: Sums = tuple(Fraction(0) for _ in rewards)
        self.initial = chain.initial
        starts = chain.starts.tolist()
        flat = list(
            zip(
                chain.successors.tolist(),
                chain.probabilities,
                zip(*rewards, strict=True),
                strict=True,
            )
        )
        self.moves = [flat[starts[s] : starts[s + 1]] for s in range(chain.state_count)]

    def law(self, budget: int, tolerance: Fraction) -> Law:
        atoms: dict[Sums, Fraction] = {}
        layer: _Layer = {}
        for state, mass in self.initial:
            key = state, self.nothing
            layer[key] = layer.get(key, Fraction(0)) + mass
        weights = [Fraction(1)] * len(self.nothing)
        time = 0
        while True:
            lengths = [
                weight * self._remaining(discount, time)
                for weight, discount in zip(weights, self.discounts, strict=True)
            ]
            layer = self._settle(layer, atoms, lengths)
            budget -= len(layer)
            if not layer or budget < 0 or (tolerance and sum(layer.values()) <= tolerance):
                return Law(atoms, self._pending(layer, lengths))
            layer = self._step(layer, weights)
            weights = [w * d for w, d in zip(weights, self.discounts, strict=True)]
            time += 1

    def _settle(
        self, layer: _Layer, atoms: dict[Sums, Fraction], lengths: list[Fraction]
    ) -> _Layer:
        """Move the runs whose sums are certain, since one number can still come, to the atoms."""
        rest: _Layer = {}
        for (state, sums), mass in layer.items():
            low, high = self.ranges[state]
            if all(
                not length or least == greatest
                for length, least, greatest in zip(lengths, low, high, strict=True)
            ):
                final = tuple(map(_add, sums, lengths, low))
                atoms[final] = atoms.get(final, Fraction(0)) + mass
            else:
                rest[state, sums] = mass
        return rest

    def _step(self, layer: _Layer, weights: list[Fraction]) -> _Layer:
        following: _Layer = {}
        for (state, sums), mass in layer.items():
            for target, probability, earned in self.moves[state]:
                key = target, tuple(map(_add, sums, weights, earned))
                following[key] = following.get(key, Fraction(0)) + mass * probability
        return following

    def _pending(self, layer: _Layer, lengths: list[Fraction]) -> tuple[Pending, ...]:
        merged: dict[tuple[Sums, Sums], Fraction] = {}
        for (state, sums), mass in layer.items():
            least, greatest = self.ranges[state]
            low = tuple(map(_add, sums, lengths, least))
            high = tuple(map(_add, sums, lengths, greatest))
            merged[low, high] = merged.get((low, high), Fraction(0)) + mass
        return tuple(Pending(low, high, mass) for (low, high), mass in merged.items())

    def _remaining(self, discount: Fraction, time: int) -> Fraction:
        """The sum of the remaining powers of a discount."""
        if self.horizon is None:
            return 1 / (1 - discount)
        left = self.horizon - time
        return Fraction(left) if discount == 1 else (1 - discount**left) / (1 - discount)


def _add(total: Fraction, weight: Fraction, earned: Fraction) -> Fraction:
    return total + weight * earned if earned and weight else total


def reward_ranges(chain: Chain, rewards: Sequence[Sequence[Fraction]]) -> list[tuple[Sums, Sums]]:
    """Per state, the least and the greatest of each reward on the transitions it can reach."""
    neighbours = chain.neighbours()
    starts = chain.starts.tolist()
    least: list[Sums] = [()] * chain.state_count
    greatest: list[Sums] = [()] * chain.state_count
    for members in components(neighbours):
        inside = set(members)
        lows: list[Sums] = []
        highs: list[Sums] = []
        for state in members:
            for transition in range(starts[state], starts[state + 1]):
                earned = tuple(reward[transition] for reward in rewards)
                lows.append(earned)
                highs.append(earned)
            for target in neighbours[state]:
                if target not in inside:
                    lows.append(least[target])
                    highs.append(greatest[target])
        low = tuple(map(min, zip(*lows, strict=True)))
        high = tuple(map(max, zip(*highs, strict=True)))
        for state in members:
            least[state], greatest[state] = low, high
    return list(zip(least, greatest, strict=True))
