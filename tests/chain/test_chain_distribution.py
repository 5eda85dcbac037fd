"""Laws of sums against enumeration of runs and against moments from linear systems."""

from __future__ import annotations

from fractions import Fraction

import pytest
from chain_examples import chain_of, chains, discounts, rewards_for, ruin
from hypothesis import given
from hypothesis import strategies as st

from specc.chain.chain import Chain
from specc.chain.distribution import Law, discounted_distribution, horizon_distribution
from specc.chain.moments import cross_moment
from specc.chain.total_law import total_distribution
from specc.chain.values import UndefinedTotal, discounted, total

_ONE, _HALF = Fraction(1), Fraction(1, 2)


@given(chains(3), st.data(), st.integers(0, 4), discounts)
def test_horizon_law_is_the_enumeration_of_runs(
    chain: Chain, data: st.DataObject, horizon: int, gamma: Fraction
) -> None:
    rewards = [data.draw(rewards_for(chain)) for _ in range(2)]
    law = horizon_distribution(chain, rewards, horizon, [gamma, _ONE])
    assert law.complete
    assert law.atoms == _enumerated(chain, rewards, horizon, [gamma, _ONE])


@given(chains(4), st.data(), discounts)
def test_discounted_law_bounds_the_mean_and_meets_it(
    chain: Chain, data: st.DataObject, gamma: Fraction
) -> None:
    rewards = data.draw(rewards_for(chain))
    law = discounted_distribution(chain, [rewards], [gamma], budget=60)
    assert sum(law.atoms.values()) + law.undecided == 1
    low, high = _mean_bounds(law)
    exact = discounted(chain, rewards, gamma)
    assert low <= exact <= high
    if law.complete:
        assert low == exact == high


def test_joint_law_has_the_cross_moment() -> None:
    third = Fraction(1, 3)
    rows = [[(1, third), (2, 2 * third)], [(3, _HALF), (2, _HALF)], [(3, _ONE)], [(3, _ONE)]]
    chain = chain_of(rows, [(0, _ONE)])
    one = [Fraction(v) for v in (1, -2, 4, 1, 5, 0)]
    two = [Fraction(v) for v in (0, 3, 1, 1, -1, 0)]
    gammas = [Fraction(9, 10), Fraction(1, 4)]
    law = discounted_distribution(chain, [one, two], gammas)
    assert law.complete
    mean = sum(p * a * b for (a, b), p in law.atoms.items())
    assert mean == cross_moment(chain, one, gammas[0], two, gammas[1])


def test_a_constant_reward_is_one_atom_though_it_never_ends() -> None:
    chain = chain_of([[(0, _HALF), (1, _HALF)], [(0, _ONE)]], [(0, _ONE)])
    law = discounted_distribution(chain, [[Fraction(3)] * 3], [Fraction(2, 3)])
    assert law == Law({(Fraction(9),): _ONE}, ())


def test_no_discount_left_is_the_first_reward() -> None:
    chain = chain_of([[(0, _HALF), (1, _HALF)], [(0, _ONE)]], [(0, _ONE)])
    law = discounted_distribution(chain, [[Fraction(1), Fraction(2), Fraction(5)]], [Fraction(0)])
    assert law == Law({(Fraction(1),): _HALF, (Fraction(2),): _HALF}, ())


def test_tolerance_ends_the_unfolding() -> None:
    chain = chain_of([[(0, _HALF), (1, _HALF)], [(1, _ONE)]], [(0, _ONE)])
    rewards = [Fraction(0), Fraction(1), Fraction(0)]
    law = discounted_distribution(chain, [rewards], [_HALF], tolerance=Fraction(1, 100))
    assert law.undecided == Fraction(1, 128)
    assert [(rest.low, rest.high) for rest in law.pending] == [((Fraction(0),), (Fraction(1, 64),))]
    assert law.atoms[(Fraction(1, 4),)] == Fraction(1, 8)


def test_waiting_does_not_spoil_a_total() -> None:
    rows = [[(0, _HALF), (1, _HALF)], [(1, Fraction(2, 3)), (2, Fraction(1, 3))], [(2, _ONE)]]
    chain = chain_of(rows, [(0, _ONE)])
    law = total_distribution(chain, [[Fraction(v) for v in (0, 5, 0, -1, 0)]])
    assert law == Law({(Fraction(4),): _ONE}, ())


def test_a_total_with_infinitely_many_values_keeps_the_rest() -> None:
    chain = ruin(4, _HALF, 2)
    wins = [Fraction(target > source) for source, target in _ends(chain)]
    wins[0] = wins[-1] = Fraction(0)
    law = total_distribution(chain, [wins], budget=60)
    assert 0 < law.undecided < Fraction(1, 1000)
    assert sum(law.atoms.values()) + law.undecided == 1
    assert all(rest.high == (None,) for rest in law.pending)
    low = sum(p * g for (g,), p in law.atoms.items()) + sum(
        rest.mass * rest.low[0] for rest in law.pending if rest.low[0] is not None
    )
    assert 0 < total(chain, wins) - low < Fraction(1, 100)


def test_a_total_that_never_ends_has_no_law() -> None:
    chain = chain_of([[(0, _ONE)]], [(0, _ONE)])
    with pytest.raises(UndefinedTotal):
        total_distribution(chain, [[Fraction(1)]])


def _ends(chain: Chain) -> list[tuple[int, int]]:
    return list(zip(chain.sources(), chain.successors.tolist(), strict=True))


def _mean_bounds(law: Law) -> tuple[Fraction, Fraction]:
    low = high = sum((p * g for (g,), p in law.atoms.items()), Fraction(0))
    for rest in law.pending:
        assert rest.low[0] is not None
        assert rest.high[0] is not None
        low += rest.mass * rest.low[0]
        high += rest.mass * rest.high[0]
    return low, high


def _enumerated(
    chain: Chain, rewards: list[list[Fraction]], horizon: int, gammas: list[Fraction]
) -> dict[tuple[Fraction, ...], Fraction]:
    starts = chain.starts.tolist()
    law: dict[tuple[Fraction, ...], Fraction] = {}

    def walk(state: int, path: list[int], mass: Fraction) -> None:
        if len(path) == horizon:
            sums = tuple(
                sum((g**t * reward[move] for t, move in enumerate(path)), Fraction(0))
                for reward, g in zip(rewards, gammas, strict=True)
            )
            law[sums] = law.get(sums, Fraction(0)) + mass
            return
        for move in range(starts[state], starts[state + 1]):
            walk(int(chain.successors[move]), [*path, move], mass * chain.probabilities[move])

    for state, mass in chain.initial:
        walk(state, [], mass)
    return law


def test_a_negative_horizon_is_refused() -> None:
    chain = chain_of([[(0, _ONE)]], [(0, _ONE)])
    with pytest.raises(ValueError, match="horizon"):
        horizon_distribution(chain, [[_ONE]], -1)
