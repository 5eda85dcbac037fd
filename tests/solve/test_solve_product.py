"""The product: compiled and plain exploration agree, and the budget holds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import specc.product
from specc.diagnostics import SpecError
from specc.model.mdp import ExactArray, Mdp
from specc.product import Component, product


def random_mdp(states: int) -> Mdp:
    rng = np.random.default_rng(5)
    return Mdp(
        "random",
        tuple(map(str, range(states))),
        ("a", "b") * states,
        2 * np.arange(states + 1),
        2 * np.arange(2 * states + 1),
        rng.integers(0, states, 4 * states),
        ExactArray((Fraction(1, 2),), np.zeros(4 * states, dtype=np.int64)),
        ((0, Fraction(1)),),
        {},
    )


def component(mdp: Mdp, memories: int, classes: int, seed: int) -> Component:
    rng = np.random.default_rng(seed)
    shape = (memories, classes)
    return Component(
        rng.integers(0, memories, mdp.state_count),
        rng.integers(0, classes, mdp.transition_count),
        rng.integers(0, memories, shape),
        rng.integers(0, 4, shape),
    )


def test_compiled_and_plain_products_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    mdp = random_mdp(400)
    parts = [component(mdp, 3, 4, 1), component(mdp, 2, 3, 2)]
    plain = product(mdp, parts, sources=[7])
    monkeypatch.setattr(specc.product, "_SMALL", 0)
    compiled = product(mdp, parts, sources=[7])
    assert plain.state[:2].tolist() == [0, 7]
    for field in ("state", "memory", "origin", "choice_origin", "output"):
        assert np.array_equal(getattr(plain, field), getattr(compiled, field)), field
    assert np.array_equal(plain.model.successors, compiled.model.successors)


@pytest.mark.parametrize("small", [0, 2_000])
def test_the_budget_is_named(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(specc.product, "_SMALL", small)
    mdp = random_mdp(300)
    with pytest.raises(SpecError, match=r"E701.*more than 100 "):
        product(mdp, [component(mdp, 3, 4, 1)], limit=100)
