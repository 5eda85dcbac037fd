"""The chain a policy makes of a model."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from specc.chain.chain import induced
from specc.chain.reachability import reach
from specc.model.graph import Model
from specc.model.mdp import ExactArray

_HALF = Fraction(1, 2)


def _model() -> Model:
    """State 0 has choices to 1 and to (2 or 3); 1, 2, 3 stay. One outcome has probability 0."""
    return Model(
        choice_starts=np.array([0, 2, 3, 4, 5]),
        transition_starts=np.array([0, 1, 4, 5, 6, 7]),
        successors=np.array([1, 2, 3, 1, 1, 2, 3]),
        probabilities=ExactArray.of(map(Fraction, [1, Fraction(1, 3), Fraction(2, 3), 0, 1, 1, 1])),
        initial=((0, Fraction(1)),),
    )


def test_only_what_happens_is_kept() -> None:
    chain = induced(_model(), [Fraction(1), Fraction(0), *[Fraction(1)] * 3])
    assert chain.state.tolist() == [0, 1]
    assert chain.origin.tolist() == [0, 4]
    assert chain.choice.tolist() == [0, 2]


def test_probabilities_are_products_and_zero_outcomes_go() -> None:
    chain = induced(_model(), [_HALF, _HALF, *[Fraction(1)] * 3])
    assert chain.state.tolist() == [0, 1, 2, 3]
    assert chain.origin.tolist() == [0, 1, 2, 4, 5, 6]
    assert chain.probabilities[:3] == (_HALF, Fraction(1, 6), Fraction(1, 3))
    assert reach(chain, [[1], [2], [3]]) == [_HALF, Fraction(1, 6), Fraction(1, 3)]


@pytest.mark.parametrize("first", [Fraction(1, 3), Fraction(3, 2), Fraction(-1)])
def test_a_policy_that_is_no_distribution_is_refused(first: Fraction) -> None:
    with pytest.raises(ValueError, match="distribution"):
        induced(_model(), [first, Fraction(1, 3), *[Fraction(1)] * 3])


def test_unreachable_choices_may_be_anything() -> None:
    chances = [Fraction(1), Fraction(0), Fraction(1), Fraction(0), Fraction(7)]
    assert induced(_model(), chances).state_count == 2
