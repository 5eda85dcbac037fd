"""The exact joint distribution of sums of rewards along a run, where it has finitely many atoms.

The runs are unfolded step by step; runs with the same state and the same sums so far are one.
What a budget cuts off is kept as mass with an interval its sums lie in, so E[f(G)], quantiles
and tail means can still be bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from specc.chain.chain import Chain
from specc.chain.structure import components

__all__ = ["Law", "Pending", "discounted_distribution", "horizon_distribution", "reward_ranges"]

# A sure future is written out if it is no longer than this: its digits grow with its length.
_LONGEST_SURE = 500
# Sums that can still move by less than this are enclosed, not unfolded further.
_NARROW = Fraction(1, 2**80)

Sums = tuple[Fraction, ...]
_Masses = dict[tuple[int, tuple[int, ...]], int]


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
    take earn the same (mostly 0), or when nothing is left to chance. Unfolding ends when all are
    done, when ``budget`` nodes (state, sums) have been unfolded, when the undecided mass is at
    most ``tolerance``, or when no sum can move by 2**-80 any more.
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
    if horizon < 0 or any(not 0 <= factor <= 1 for factor in factors):
        raise ValueError("a horizon is at least 0, and its discounts are in [0, 1]")
    return _Unfolding(chain, rewards, factors, horizon).law(budget, Fraction(0))


@dataclass(slots=True)
class _Layer:
    """The runs at one time, in integers: the k-th sum of a run is ``sums[k] / units[k]``, its
    probability ``mass / whole``; a scaled reward now adds ``powers[k]`` times itself to the sum.
    Fractions would spend most of the time in gcds and hashes."""

    masses: _Masses
    units: list[int]
    powers: list[int]
    whole: int

    def exact(self, sums: tuple[int, ...]) -> list[Fraction]:
        """The sums as fractions."""
        return [Fraction(value, unit) for value, unit in zip(sums, self.units, strict=True)]


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
        self.initial = chain.initial
        self.ranges = reward_ranges(chain, rewards)
        self.varying = [
            [k for k, (least, most) in enumerate(zip(low, high, strict=True)) if least != most]
            for low, high in self.ranges
        ]
        self.spreads = [max(reward) - min(reward) if reward else Fraction(0) for reward in rewards]
        self.units = [lcm(*(value.denominator for value in reward)) for reward in rewards]
        scaled = [
            [int(value * unit) for value in reward]
            for reward, unit in zip(rewards, self.units, strict=True)
        ]
        earned = list(zip(*scaled, strict=True)) or [()] * chain.transition_count
        self.whole = lcm(*(p.denominator for p in chain.probabilities))
        chances = [int(p * self.whole) for p in chain.probabilities]
        flat = list(zip(chain.successors.tolist(), chances, earned, strict=True))
        starts = chain.starts.tolist()
        self.moves = [flat[starts[s] : starts[s + 1]] for s in range(chain.state_count)]
        self.sure = _sure_sums(chain, rewards, discounts) if horizon is None else {}

    def law(self, budget: int, tolerance: Fraction) -> Law:
        atoms: dict[Sums, Fraction] = {}
        layer = self._first()
        time = 0
        while True:
            lengths = [
                discount**time * self._remaining(discount, time) for discount in self.discounts
            ]
            self._settle(layer, atoms, lengths, time)
            budget -= len(layer.masses)
            undecided = sum(layer.masses.values())
            if (
                budget < 0
                or undecided <= tolerance * layer.whole
                or (self.horizon is None and self._narrow(lengths))
            ):
                return Law(atoms, self._pending(layer, lengths))
            self._step(layer)
            time += 1

    def _first(self) -> _Layer:
        whole = lcm(*(mass.denominator for _, mass in self.initial))
        masses: _Masses = {}
        for state, mass in self.initial:
            key = state, (0,) * len(self.units)
            masses[key] = masses.get(key, 0) + int(mass * whole)
        return _Layer(masses, list(self.units), [1] * len(self.units), whole)

    def _narrow(self, lengths: list[Fraction]) -> bool:
        """Whether no sum can still move by much, from any state."""
        return all(
            length * spread < _NARROW for length, spread in zip(lengths, self.spreads, strict=True)
        )

    def _settle(
        self, layer: _Layer, atoms: dict[Sums, Fraction], lengths: list[Fraction], time: int
    ) -> None:
        """Move the runs whose sums are certain to the atoms: one number can still come, or the
        future is sure."""
        rest: _Masses = {}
        weights = [discount**time for discount in self.discounts] if self.sure else []
        for (state, sums), mass in layer.masses.items():
            if not any(lengths[k] for k in self.varying[state]):
                final = tuple(map(_add, layer.exact(sums), lengths, self.ranges[state][0]))
            elif state in self.sure:
                final = tuple(map(_add, layer.exact(sums), weights, self.sure[state]))
            else:
                rest[state, sums] = mass
                continue
            atoms[final] = atoms.get(final, Fraction(0)) + Fraction(mass, layer.whole)
        layer.masses = rest

    def _step(self, layer: _Layer) -> None:
        growth = [discount.denominator for discount in self.discounts]
        powers = layer.powers
        following: _Masses = {}
        for (state, sums), mass in layer.masses.items():
            for target, chance, earned in self.moves[state]:
                later = [
                    (total + power * gain) * grown
                    for total, power, gain, grown in zip(sums, powers, earned, growth, strict=True)
                ]
                key = target, tuple(later)
                following[key] = following.get(key, 0) + mass * chance
        layer.masses = following
        layer.units = [unit * grown for unit, grown in zip(layer.units, growth, strict=True)]
        layer.powers = [
            power * discount.numerator
            for power, discount in zip(powers, self.discounts, strict=True)
        ]
        layer.whole *= self.whole

    def _pending(self, layer: _Layer, lengths: list[Fraction]) -> tuple[Pending, ...]:
        merged: dict[tuple[Sums, Sums], Fraction] = {}
        for (state, sums), mass in layer.masses.items():
            so_far = layer.exact(sums)
            least, greatest = self.ranges[state]
            low = tuple(map(_add, so_far, lengths, least))
            high = tuple(map(_add, so_far, lengths, greatest))
            merged[low, high] = merged.get((low, high), Fraction(0)) + Fraction(mass, layer.whole)
        return tuple(Pending(low, high, mass) for (low, high), mass in merged.items())

    def _remaining(self, discount: Fraction, time: int) -> Fraction:
        """The sum of the remaining powers of a discount."""
        if self.horizon is None:
            return 1 / (1 - discount)
        left = self.horizon - time
        return Fraction(left) if discount == 1 else (1 - discount**left) / (1 - discount)


def _add(total: Fraction, weight: Fraction, earned: Fraction) -> Fraction:
    return total + weight * earned if earned and weight else total


def _sure_sums(
    chain: Chain, rewards: Sequence[Sequence[Fraction]], discounts: Sequence[Fraction]
) -> dict[int, Sums]:
    """The discounted sums from the states whose future has no branch, where it is short."""
    starts = chain.starts.tolist()
    successors = chain.successors.tolist()
    only = {s: starts[s] for s in range(chain.state_count) if starts[s + 1] - starts[s] == 1}
    sums: dict[int, Sums] = {}
    depth: dict[int, int] = {}
    hopeless: set[int] = set()
    for first in only:
        path: list[int] = []
        place: dict[int, int] = {}
        state = first
        while state in only and state not in sums and state not in hopeless and state not in place:
            place[state] = len(path)
            path.append(state)
            state = successors[only[state]]
        if state in place:
            cycle = path[place[state] :]
            if len(cycle) > _LONGEST_SURE:
                hopeless.update(path)
                continue
            once: Sums = (Fraction(0),) * len(rewards)
            for member in reversed(cycle):
                once = _one_more(once, only[member], rewards, discounts)
            sums[state] = tuple(
                value / (1 - discount ** len(cycle))
                for value, discount in zip(once, discounts, strict=True)
            )
            depth[state] = 0
            _write_back(cycle[1:], state, only, rewards, discounts, sums, depth)
            path = path[: place[state]]
        if state not in sums or depth[state] + len(path) > _LONGEST_SURE:
            hopeless.update(path)
            continue
        _write_back(path, state, only, rewards, discounts, sums, depth)
    return sums


def _write_back(
    path: Sequence[int],
    after: int,
    only: dict[int, int],
    rewards: Sequence[Sequence[Fraction]],
    discounts: Sequence[Fraction],
    sums: dict[int, Sums],
    depth: dict[int, int],
) -> None:
    """Value a path that leads to a state with known sums, last state first."""
    for state in reversed(path):
        sums[state] = _one_more(sums[after], only[state], rewards, discounts)
        depth[state] = depth[after] + 1
        after = state


def _one_more(
    later: Sums,
    transition: int,
    rewards: Sequence[Sequence[Fraction]],
    discounts: Sequence[Fraction],
) -> Sums:
    return tuple(
        reward[transition] + discount * value
        for reward, discount, value in zip(rewards, discounts, later, strict=True)
    )


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
