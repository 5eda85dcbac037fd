"""How often each transition is taken: every linear value of a chain is a sum over these.

Frequencies are rational whatever the rewards are, so the same list serves exact rewards
(:func:`specc.chain.rational.dot`) and irrational ones (:func:`specc.chain.interval.dot`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from flint import fmpq

from specc.chain.chain import Chain
from specc.chain.linear import solve_exact
from specc.chain.rational import from_flint, to_flint, total_of
from specc.chain.reachability import Absorption, absorption

__all__ = ["flow", "horizon_occupancy", "long_run", "stationary"]

# Between two looks for a common factor of all the numbers of the forward distribution.
_REDUCE_EVERY = 64


def flow(chain: Chain, visits: Sequence[Fraction]) -> list[Fraction]:
    """Per transition, the visits of its source times its probability.

    ``visits`` is a list per state: :func:`~specc.chain.reachability.occupancy`,
    :func:`long_run` or :func:`horizon_occupancy`.
    """
    exact = [to_flint(value) for value in visits]
    return [
        from_flint(exact[source] * to_flint(probability)) if visits[source] else Fraction(0)
        for source, probability in zip(chain.sources(), chain.probabilities, strict=True)
    ]


def stationary(chain: Chain, component: Sequence[int]) -> list[Fraction]:
    """The long-run share of time in each state of a bottom component, in its order; sums to 1."""
    if len(component) == 1:
        return [Fraction(1)]
    place = {state: index for index, state in enumerate(component)}
    starts = chain.starts.tolist()
    targets = chain.successors.tolist()
    arcs = [
        (place[state], place[targets[t]], chain.probabilities[t])
        for state in component
        for t in range(starts[state], starts[state + 1])
    ]
    # Visits between two returns to a root, chosen so that cutting it cuts most cycles.
    entering = [0] * len(component)
    for _, target, _ in arcs:
        entering[target] += 1
    root = max(range(len(component)), key=entering.__getitem__)
    number = {index: k for k, index in enumerate(i for i in range(len(component)) if i != root)}
    rows: list[dict[int, Fraction]] = [{k: Fraction(1)} for k in range(len(number))]
    right = [Fraction(0)] * len(number)
    for source, target, probability in arcs:
        if target == root:
            continue
        if source == root:
            right[number[target]] += probability
        else:
            row = rows[number[target]]
            column = number[source]
            row[column] = row.get(column, Fraction(0)) - probability
    found = solve_exact(rows, right)
    shares = [Fraction(1) if i == root else found[number[i]] for i in range(len(component))]
    whole = to_flint(total_of(shares))
    return [from_flint(to_flint(share) / whole) for share in shares]


def long_run(chain: Chain, ends: Absorption | None = None) -> list[Fraction]:
    """The limit of the average of P(state at t is s), per state ``s``; periods do no harm.

    ``ends`` is the chain's :func:`~specc.chain.reachability.absorption` where it is known.
    """
    ends = absorption(chain) if ends is None else ends
    shares = [Fraction(0)] * chain.state_count
    for members, mass in zip(ends.components, ends.masses, strict=True):
        exact = to_flint(mass)
        for state, share in zip(members, stationary(chain, members), strict=True):
            shares[state] = from_flint(exact * to_flint(share))
    return shares


def horizon_occupancy(
    chain: Chain, horizon: int, discount: Fraction = Fraction(1)
) -> list[Fraction]:
    """The sum over ``t < horizon`` of ``discount**t * P(state at t is s)``, per state ``s``.

    All numbers of a step share one denominator, so a step costs integer sums and products and
    no gcd; their length grows by the length of the transition denominators per step.
    """
    start = lcm(*(mass.denominator for _, mass in chain.initial))
    now = [0] * chain.state_count
    for state, mass in chain.initial:
        now[state] += mass.numerator * (start // mass.denominator)
    factors = [discount * probability for probability in chain.probabilities]
    common = lcm(*(factor.denominator for factor in factors))
    arcs = [
        (source, target, factor.numerator * (common // factor.denominator))
        for source, target, factor in zip(
            chain.sources(), chain.successors.tolist(), factors, strict=True
        )
    ]
    done = [0] * chain.state_count
    denominator = start
    for step in range(horizon):
        done = [total + mass for total, mass in zip(done, now, strict=True)]
        if step == horizon - 1:
            break
        now = _step(now, arcs)
        done = [total * common for total in done]
        denominator *= common
        if step % _REDUCE_EVERY == _REDUCE_EVERY - 1:
            shared = gcd(denominator, *now, *done)
            now = [mass // shared for mass in now]
            done = [total // shared for total in done]
            denominator //= shared
    return [from_flint(fmpq(total, denominator)) for total in done]


def _step(now: list[int], arcs: list[tuple[int, int, int]]) -> list[int]:
    following = [0] * len(now)
    for source, target, factor in arcs:
        mass = now[source]
        if mass:
            following[target] += mass * factor
    return following
