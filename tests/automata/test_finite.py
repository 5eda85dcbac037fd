"""Finite automata against the meaning on finite traces, on every short word."""

from __future__ import annotations

from itertools import product

import pytest
from automata_formulas import hand_picked, random_formulas

from specc.automata.finite import translate_finite
from specc.automata.formula import Atom, Connective, Formula, atoms, show
from specc.automata.semantics import satisfies_finite


def _check(formula: Formula, longest: int) -> None:
    names = atoms(formula)
    automaton = translate_finite(formula)
    assert automaton.atoms == names
    for length in range(longest + 1):
        for word in product(range(1 << len(names)), repeat=length):
            verdict = satisfies_finite(formula, word, names)
            assert automaton.accepts(word) == verdict, (show(formula), word)


@pytest.mark.parametrize("formula", hand_picked(), ids=show)
def test_hand_picked_formulas(formula: Formula) -> None:
    _check(formula, 4)


def test_random_formulas() -> None:
    for formula in random_formulas(2, 60, seed=3, size=9):
        _check(formula, 4)


@pytest.mark.long
def test_many_random_formulas() -> None:
    for formula in random_formulas(2, 500, seed=4, size=14):
        _check(formula, 5)


def test_minimal() -> None:
    eventually_always = Connective("F", (Connective("G", (Atom("a"),)),))
    # On a finite trace this says that the last letter has a.
    assert translate_finite(eventually_always).state_count == 2
