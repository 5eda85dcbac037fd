"""Second moments of discounted returns, exact, by one linear system more."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from specc.chain.chain import Chain
from specc.chain.linear import solve_exact
from specc.chain.rational import dot, from_flint, to_flint
from specc.chain.reachability import occupancy

__all__ = ["cross_moment", "discounted_moments", "discounted_values"]


def discounted_moments(
    chain: Chain, rewards: Sequence[Fraction], discount: Fraction
) -> tuple[Fraction, Fraction]:
    """E[G] and E[G**2] of the discounted return G; the variance is the second less the first
    squared. Sobel, "The variance of discounted Markov decision processes", 1982."""
    values = discounted_values(chain, rewards, discount)
    mean = dot([mass for _, mass in chain.initial], [values[state] for state, _ in chain.initial])
    return mean, _cross(chain, (rewards, discount, values), (rewards, discount, values))


def cross_moment(
    chain: Chain,
    first: Sequence[Fraction],
    first_discount: Fraction,
    second: Sequence[Fraction],
    second_discount: Fraction,
) -> Fraction:
    """E[G1 * G2] of two discounted returns of the same run."""
    return _cross(
        chain,
        (first, first_discount, discounted_values(chain, first, first_discount)),
        (second, second_discount, discounted_values(chain, second, second_discount)),
    )


def discounted_values(
    chain: Chain, rewards: Sequence[Fraction], discount: Fraction
) -> list[Fraction]:
    """The expected discounted return from each state: the solution of Bellman's equations."""
    if not 0 <= discount < 1:
        raise ValueError("a discount is in [0, 1)")
    rows: list[dict[int, Fraction]] = [{s: Fraction(1)} for s in range(chain.state_count)]
    right = [Fraction(0)] * chain.state_count
    flat = zip(
        chain.sources(), chain.successors.tolist(), chain.probabilities, rewards, strict=True
    )
    for source, target, probability, reward in flat:
        row = rows[source]
        row[target] = row.get(target, Fraction(0)) - discount * probability
        right[source] += probability * reward
    return solve_exact(rows, right)


_Return = tuple[Sequence[Fraction], Fraction, list[Fraction]]


def _cross(chain: Chain, first: _Return, second: _Return) -> Fraction:
    # G1 G2 = r1 r2 + r1 g2 G2' + r2 g1 G1' + g1 g2 G1' G2': all but the last term is a reward.
    first_rewards, first_discount, first_values = first
    second_rewards, second_discount, second_values = second
    one, two = to_flint(first_discount), to_flint(second_discount)
    gains = [to_flint(Fraction(0))] * chain.state_count
    flat = zip(
        chain.sources(),
        chain.successors.tolist(),
        chain.probabilities,
        first_rewards,
        second_rewards,
        strict=True,
    )
    for source, target, probability, left, right in flat:
        if left or right:
            a, b = to_flint(left), to_flint(right)
            later = a * two * to_flint(second_values[target])
            later += b * one * to_flint(first_values[target])
            gains[source] += to_flint(probability) * (a * b + later)
    visits = occupancy(chain, first_discount * second_discount)
    return dot(visits, [from_flint(gain) for gain in gains])
