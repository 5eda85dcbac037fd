"""Chains for the tests: by rows, and random ones."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from specc.chain.chain import Chain

Row = Sequence[tuple[int, Fraction]]


def chain_of(rows: Sequence[Row], initial: Sequence[tuple[int, Fraction]]) -> Chain:
    """The chain with these (successor, probability) rows."""
    lengths = [len(row) for row in rows]
    flat = [move for row in rows for move in row]
    numbers = np.arange(len(flat), dtype=np.int64)
    return Chain(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        successors=np.array([target for target, _ in flat], dtype=np.int64),
        probabilities=tuple(Fraction(p) for _, p in flat),
        initial=tuple(initial),
        state=np.arange(len(rows), dtype=np.int64),
        origin=numbers,
        choice=numbers,
    )


def ruin(size: int, up: Fraction, start: int) -> Chain:
    """The gambler's ruin on 0..size, both ends absorbing."""
    one = Fraction(1)
    inner = [[(i - 1, 1 - up), (i + 1, up)] for i in range(1, size)]
    return chain_of([[(0, one)], *inner, [(size, one)]], [(start, one)])


def matrix_of(chain: Chain) -> list[list[Fraction]]:
    """The dense transition matrix."""
    dense = [[Fraction(0)] * chain.state_count for _ in range(chain.state_count)]
    flat = zip(chain.sources(), chain.successors.tolist(), chain.probabilities, strict=True)
    for source, target, probability in flat:
        dense[source][target] += probability
    return dense


def initial_of(chain: Chain) -> list[Fraction]:
    """The dense initial distribution."""
    dense = [Fraction(0)] * chain.state_count
    for state, mass in chain.initial:
        dense[state] += mass
    return dense


@st.composite
def chains(draw: st.DrawFn, largest: int = 6) -> Chain:
    """Random chains: parallel transitions, several bottom components, unreachable states."""
    count = draw(st.integers(1, largest))
    weighted = st.lists(
        st.tuples(st.integers(0, count - 1), st.integers(1, 4)), min_size=1, max_size=3
    )
    rows = [_normalised(draw(weighted)) for _ in range(count)]
    return chain_of(rows, _normalised(draw(weighted)))


def rewards_for(chain: Chain) -> st.SearchStrategy[list[Fraction]]:
    """Small rewards, many of them zero, one per transition."""
    return st.lists(
        st.sampled_from([Fraction(0), Fraction(0), Fraction(1), Fraction(-2), Fraction(3, 2)]),
        min_size=chain.transition_count,
        max_size=chain.transition_count,
    )


discounts = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100)])


def _normalised(weights: list[tuple[int, int]]) -> list[tuple[int, Fraction]]:
    whole = sum(weight for _, weight in weights)
    return [(target, Fraction(weight, whole)) for target, weight in weights]
