"""The best distribution over the actions of one state: max over p of p.q + weight * entropy(p).

For Shannon's entropy it is the softmax, and the maximum a logarithm of a sum (Geist, Scherrer,
Pietquin, "A theory of regularized Markov decision processes", ICML 2019); for the entropy of
Tsallis of order 2 it is sparse (Lee, Choi, Oh, "Sparse Markov decision processes with causal
sparse Tsallis entropy regularization", 2018). A weight that is not positive makes the sum convex in
p, so that a sure action is best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from numpy.typing import NDArray

from specc.chain.interval import arb_of

__all__ = ["Regulariser"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Regulariser:
    """``weight`` times ``(1 - sum p**order) / (order - 1)``, for order 1 times the entropy."""

    weight: Fraction
    order: Fraction = Fraction(1)

    def policy(self, gains: FloatArray, starts: IntArray) -> FloatArray:
        """The maximiser of each state, to floating point: gains (choices,) to chances (choices,).

        ``starts`` (states + 1,) says where the choices of each state begin; a gain of -inf gets no
        chance.

        >>> two = np.array([0, 2])
        >>> Regulariser(Fraction(1)).policy(np.log([1.0, 3.0]), two).round(6).tolist()
        [0.25, 0.75]
        >>> Regulariser(Fraction(1), Fraction(2)).policy(np.array([0.0, 1.0]), two).tolist()
        [0.25, 0.75]
        >>> Regulariser(Fraction(0)).policy(np.array([0.0, 1.0]), two).tolist()
        [0.0, 1.0]
        """
        begins, lengths = starts[:-1], np.diff(starts)
        below = gains - np.repeat(np.maximum.reduceat(gains, begins), lengths)
        if self.weight <= 0:
            first = np.minimum.reduceat(np.where(below == 0, np.arange(len(gains)), len(gains)),
                                        begins)  # fmt: skip
            masses = np.zeros(len(gains))
            masses[first] = 1.0
            return masses
        if self.order == 1:
            masses = np.exp(below / float(self.weight))
        else:
            masses = self._powers(below, begins, lengths)
        return np.asarray(masses / np.repeat(np.add.reduceat(masses, begins), lengths))

    def _powers(self, below: FloatArray, begins: IntArray, lengths: IntArray) -> FloatArray:
        """``p**(order - 1) = (gain - level) / scale``, with the level that makes the sum 1."""
        order = float(self.order)
        scale = float(self.weight) / (order - 1) * order

        def masses(level: FloatArray) -> FloatArray:
            lifted = (below - np.repeat(level, lengths)) / scale
            # Below the level there is nothing (order > 1); above it lies every gain (order < 1).
            positive = np.where((lifted > 0) & np.isfinite(lifted), lifted, 0.0)
            with np.errstate(divide="ignore"):
                return np.where(positive > 0, positive ** (1 / (order - 1)), 0.0)

        # The best action alone has chance 1 at -scale. Where the order is above 1 nothing is left
        # at 0; else all have chance 1/n at most at the other end.
        low = np.full(len(lengths), -scale)
        high = np.zeros(len(lengths)) if order > 1 else -scale * lengths ** (1 - order)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            heavy = np.add.reduceat(masses(middle), begins) >= 1
            low, high = np.where(heavy, middle, low), np.where(heavy, high, middle)
        return masses(low)

    def pay(self, chances: FloatArray, starts: IntArray) -> FloatArray:
        """``weight * entropy`` of each state's distribution, to floating point."""
        order, begins = float(self.order), starts[:-1]
        if order == 1:
            logs = np.log(np.where(chances > 0, chances, 1.0))
            return np.asarray(-float(self.weight) * np.add.reduceat(chances * logs, begins))
        powers = np.where(chances > 0, chances**order, 0.0)
        return np.asarray(float(self.weight) * (1 - np.add.reduceat(powers, begins)) / (order - 1))

    def near(self, rows: Sequence[Sequence[arb]]) -> list[FloatArray]:
        """About the maximiser of each row of gains."""
        starts = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
        gains = np.array([float(gain.mid()) for row in rows for gain in row])
        return np.split(self.policy(gains, starts), starts[1:-1])

    def best(self, gains: Sequence[arb], near: FloatArray | None = None) -> arb:
        """A ball around the maximum over the distributions on finite gains; ``near``, if it is
        known, is about the maximiser, and makes the ball small.

        >>> ball = Regulariser(Fraction(1)).best([arb(0), arb(0)])
        >>> ball.overlaps(arb(2).log()) and ball.rad() < 1e-10
        True
        """
        top = gains[0]
        for gain in gains[1:]:
            top = top.max(gain)
        if self.weight <= 0 or len(gains) == 1:
            return top
        weight = arb_of(self.weight)
        if self.order == 1:
            found = top + weight * sum((((g - top) / weight).exp() for g in gains), arb(0)).log()
        else:
            found = self._between(gains, self.near([gains])[0] if near is None else near)
        # Small weights and steep powers leave wide balls, where this is a narrow one.
        rough = top.union(top + self._greatest(len(gains)))
        return found if found.is_finite() and found.rad() < rough.rad() else rough

    def _greatest(self, count: int) -> arb:
        """The regulariser of the uniform distribution, which has most."""
        if self.order == 1:
            return arb_of(self.weight) * arb(count).log()
        scale = arb_of(self.weight / (self.order - 1))
        return scale * (1 - (arb_of(1 - self.order) * arb(count).log()).exp())

    def _between(self, gains: Sequence[arb], near: FloatArray) -> arb:
        """Any distribution gives no more than the maximum, and any level of the dual no less:
        ``max over p >= 0 of sum p (gain - level) + level + weight * entropy(p)``."""
        chances = [arb(float(p)) for p in near]
        mass = sum(chances, arb(0))
        chances = [p / mass for p in chances]
        order = arb_of(self.order)
        scale = arb_of(self.weight / (self.order - 1))

        def power(base: arb, exponent: arb) -> arb:
            return arb(0) if base == 0 else (exponent * base.log()).exp()

        below = sum((p * g for p, g in zip(chances, gains, strict=True)), arb(0))
        below += scale * (1 - sum((power(p, order) for p in chances), arb(0)))
        top = int(np.argmax(near))
        level = gains[top].mid() - (scale * order * power(chances[top], order - 1)).mid()
        above = level + scale
        for gain in gains:
            above += self._share(gain - level, scale, order)
        return below.union(above)

    def _share(self, lifted: arb, scale: arb, order: arb) -> arb:
        """A ball around ``max over p >= 0 of p * lifted - scale * p**order``; it grows with lifted,
        and needs lifted below 0 where the order is below 1."""

        def at(value: arb) -> arb:
            base = value / (scale * order)
            return value * (1 - 1 / order) * (base.log() / (order - 1)).exp()

        if self.order < 1:
            return at(lifted) if lifted < 0 else arb.pos_inf()
        high = lifted.mid() + lifted.rad()
        return arb(0) if not high > 0 else arb(0).union(at(high)) if not lifted > 0 else at(lifted)
