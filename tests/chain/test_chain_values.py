"""Values of chains: closed forms, Bellman's equations, dense elimination, numpy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from chain_elimination import eliminate
from chain_examples import chain_of, chains, discounts, initial_of, matrix_of, rewards_for, ruin
from hypothesis import given
from hypothesis import strategies as st

from specc.chain.chain import Chain
from specc.chain.frequencies import flow, horizon_occupancy, long_run
from specc.chain.moments import cross_moment, discounted_moments, discounted_values
from specc.chain.rational import dot
from specc.chain.reachability import absorption, ever, occupancy, reach
from specc.chain.values import (
    UndefinedTotal,
    absorbed_values,
    acceptance,
    average,
    discounted,
    extremum,
    extremum_law,
    horizon_total,
    total,
)

_ONE, _HALF = Fraction(1), Fraction(1, 2)


@pytest.mark.parametrize("up", [Fraction(1, 2), Fraction(3, 5), Fraction(1, 7)])
@pytest.mark.parametrize("start", [1, 4, 9])
def test_gamblers_ruin(up: Fraction, start: int) -> None:
    size = 10
    chain = ruin(size, up, start)
    odds = (1 - up) / up
    win = Fraction(start, size) if odds == 1 else (1 - odds**start) / (1 - odds**size)
    assert reach(chain, [[size], [0], [0, size], [start]]) == [win, 1 - win, 1, 1]
    steps = [Fraction(source not in (0, size)) for source in chain.sources()]
    duration = (
        Fraction(start * (size - start)) if odds == 1 else (start - size * win) / (1 - 2 * up)
    )
    assert total(chain, steps) == duration


def test_a_periodic_chain_has_an_average() -> None:
    chain = chain_of([[(1, _ONE)], [(2, _ONE)], [(0, _ONE)]], [(0, _ONE)])
    assert average(chain, [Fraction(3), Fraction(0), Fraction(1)]) == Fraction(4, 3)
    assert long_run(chain) == [Fraction(1, 3)] * 3


def test_two_state_chain_by_hand() -> None:
    a, b = Fraction(1, 3), Fraction(1, 5)
    chain = chain_of([[(0, 1 - a), (1, a)], [(0, b), (1, 1 - b)]], [(0, _ONE)])
    assert long_run(chain) == [b / (a + b), a / (a + b)]
    gamma = Fraction(9, 10)
    assert occupancy(chain, gamma)[1] == gamma * a / ((1 - gamma) * (1 - gamma * (1 - a - b)))


def test_acceptance_weighs_bottom_components_by_their_marks() -> None:
    third = Fraction(1, 3)
    rows = [[(1, third), (2, 2 * third)], [(1, _ONE)], [(3, _ONE)], [(2, _ONE)]]
    chain = chain_of(rows, [(0, _ONE)])
    marks = [0b100, 0b100, 0b001, 0b001, 0b010]
    assert acceptance(chain, marks, lambda seen: seen == 0b011) == 2 * third
    assert acceptance(chain, marks, lambda seen: bool(seen & 0b100)) == 0
    assert absorbed_values(chain, len) == {1: third, 2: 2 * third}


def test_a_total_that_never_ends_is_refused() -> None:
    chain = chain_of([[(1, _ONE)], [(1, _ONE)]], [(0, _ONE)])
    assert total(chain, [Fraction(7), Fraction(0)]) == 7
    with pytest.raises(UndefinedTotal) as refusal:
        total(chain, [Fraction(7), Fraction(1)])
    assert refusal.value.transition == 1


def test_a_discount_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="discount"):
        discounted(ruin(3, _HALF, 1), [Fraction(0)] * 6, _ONE)


def test_extremum_by_hand() -> None:
    chain = ruin(3, _HALF, 1)
    values = [Fraction(target) for target in chain.successors.tolist()]
    assert extremum_law(chain, values, "sup") == {
        Fraction(3): Fraction(1, 3),
        Fraction(2): Fraction(1, 6),
        Fraction(0): Fraction(1, 2),
    }
    assert extremum(chain, values, "sup") == Fraction(4, 3)
    # Up at once (1/2), then up again (1/2): the least value met is 2. Else 1 or 0.
    assert extremum_law(chain, values, "inf") == {
        Fraction(0): Fraction(2, 3),
        Fraction(1): Fraction(1, 12),
        Fraction(2): Fraction(1, 4),
    }


@given(chains(), st.data(), discounts)
def test_discounted_is_dense_bellman(chain: Chain, data: st.DataObject, gamma: Fraction) -> None:
    rewards = data.draw(rewards_for(chain))
    dense = matrix_of(chain)
    size = chain.state_count
    gains = _gains(chain, rewards)
    system = [[Fraction(i == j) - gamma * dense[i][j] for j in range(size)] for i in range(size)]
    values = eliminate(system, gains)
    assert values == discounted_values(chain, rewards, gamma)
    assert values is not None
    assert discounted(chain, rewards, gamma) == dot(initial_of(chain), values)
    assert sum(occupancy(chain, gamma)) == 1 / (1 - gamma)


@given(chains(), st.data())
def test_average_is_the_cesaro_limit(chain: Chain, data: st.DataObject) -> None:
    rewards = data.draw(rewards_for(chain))
    shares = long_run(chain)
    assert sum(shares) == 1
    # Invariant, and the right one: pi P = pi, and the averages of numpy's powers come near.
    dense = matrix_of(chain)
    after = [dot(shares, [row[j] for row in dense]) for j in range(chain.state_count)]
    assert after == shares
    powers = np.array(dense, dtype=float)
    mean = np.eye(len(powers))
    step = powers
    for _ in range(22):
        mean = mean @ (np.eye(len(powers)) + step) / 2
        step = step @ step
    start = np.array(initial_of(chain), dtype=float)
    near = float(start @ mean @ np.array(_gains(chain, rewards), dtype=float))
    assert average(chain, rewards) == pytest.approx(near, abs=1e-3)


@given(chains(), st.data(), discounts)
def test_values_are_linear(chain: Chain, data: st.DataObject, gamma: Fraction) -> None:
    one, two = data.draw(rewards_for(chain)), data.draw(rewards_for(chain))
    mixed = [3 * a - b / 7 for a, b in zip(one, two, strict=True)]
    for value in (
        lambda r: discounted(chain, r, gamma),
        lambda r: average(chain, r),
        lambda r: horizon_total(chain, r, 5),
    ):
        assert value(mixed) == 3 * value(one) - value(two) / 7


@given(chains(), st.data(), st.integers(0, 70), st.sampled_from([_ONE, _HALF]))
def test_horizon_is_a_loop_over_vectors(
    chain: Chain, data: st.DataObject, horizon: int, gamma: Fraction
) -> None:
    rewards = data.draw(rewards_for(chain))
    dense, gains = matrix_of(chain), _gains(chain, rewards)
    later = [Fraction(0)] * chain.state_count
    for _ in range(horizon):
        later = [gain + gamma * dot(row, later) for gain, row in zip(gains, dense, strict=True)]
    assert horizon_total(chain, rewards, horizon, gamma) == dot(initial_of(chain), later)


def test_a_long_horizon_of_a_decaying_chain() -> None:
    chain = chain_of([[(0, _HALF), (1, _HALF)], [(1, _ONE)]], [(0, _ONE)])
    assert horizon_occupancy(chain, 3000)[0] == 2 - Fraction(2) / 2**3000


@given(chains())
def test_absorption_is_complete(chain: Chain) -> None:
    ends = absorption(chain)
    assert sum(ends.masses) == 1
    recurrent = {state for members in ends.components for state in members}
    assert all(not ends.visits[state] for state in recurrent)
    assert reach(chain, ends.components) == list(ends.masses)


@given(chains(), st.data())
def test_reach_is_the_least_fixed_point(chain: Chain, data: st.DataObject) -> None:
    targets = data.draw(st.sets(st.integers(0, chain.state_count - 1)))
    dense = matrix_of(chain)
    able = set(targets)
    for _ in range(chain.state_count):
        able |= {i for i, row in enumerate(dense) if any(row[j] for j in able)}
    size = chain.state_count
    rows = [
        [
            Fraction(i == j) - (dense[i][j] if i in able and i not in targets else 0)
            for j in range(size)
        ]
        for i in range(size)
    ]
    values = eliminate(rows, [Fraction(i in targets) for i in range(size)])
    assert values is not None
    assert reach(chain, [targets]) == [dot(initial_of(chain), values)]
    entered = [target in targets for target in chain.successors.tolist()]
    assert ever(chain, entered) <= reach(chain, [targets])[0]


@given(chains(), st.data())
def test_extremum_law_is_a_law_and_duals_agree(chain: Chain, data: st.DataObject) -> None:
    values = data.draw(rewards_for(chain))
    law = extremum_law(chain, values, "sup")
    assert sum(law.values()) == 1
    assert all(mass > 0 for mass in law.values())
    negated = [-value for value in values]
    assert extremum_law(chain, negated, "inf") == {-v: m for v, m in law.items()}


@given(chains(4), st.data(), discounts, discounts)
def test_second_moments_by_the_product_chain(
    chain: Chain, data: st.DataObject, gamma: Fraction, other: Fraction
) -> None:
    one, two = data.draw(rewards_for(chain)), data.draw(rewards_for(chain))
    # Polarisation: (a + b)^2 - a^2 - b^2 = 2 a b, a law between two ways to the same number.
    both = [a + b for a, b in zip(one, two, strict=True)]
    squares = [discounted_moments(chain, r, gamma)[1] for r in (both, one, two)]
    assert squares[0] - squares[1] - squares[2] == 2 * cross_moment(chain, one, gamma, two, gamma)
    mean, second = discounted_moments(chain, one, gamma)
    assert mean == discounted(chain, one, gamma)
    assert second >= mean**2
    assert cross_moment(chain, one, gamma, two, other) == cross_moment(
        chain, two, other, one, gamma
    )


@given(chains(), st.data(), discounts)
def test_flow_is_conserved(chain: Chain, data: st.DataObject, gamma: Fraction) -> None:
    visits = occupancy(chain, gamma)
    moved = flow(chain, visits)
    inflow = initial_of(chain)
    for target, amount in zip(chain.successors.tolist(), moved, strict=True):
        inflow[target] += gamma * amount
    assert inflow == visits


def _gains(chain: Chain, rewards: list[Fraction]) -> list[Fraction]:
    gains = [Fraction(0)] * chain.state_count
    for source, p, reward in zip(chain.sources(), chain.probabilities, rewards, strict=True):
        gains[source] += p * reward
    return gains
