"""The meaning of formulas, against a second definition by unrolling, and laws of the logic."""

from __future__ import annotations

from itertools import product

import pytest
from automata_formulas import hand_picked, parsed, random_formulas

from specc.automata.formula import Atom, Connective, Formula, Truth, atoms, show
from specc.automata.judge import short_lassos
from specc.automata.semantics import satisfies, satisfies_finite


def _holds(formula: Formula, word: list[int], names: tuple[str, ...], at: int, end: int) -> bool:
    """By the definition, on a word unrolled so far that its cycle's verdicts repeat."""

    def after(operand: Formula, position: int) -> bool:
        return _holds(operand, word, names, position, end)

    match formula:
        case Truth(value):
            return value
        case Atom(name):
            return bool(word[at] >> names.index(name) & 1)
        case Connective("not", (operand,)):
            return not after(operand, at)
        case Connective("and", operands):
            return all(after(operand, at) for operand in operands)
        case Connective("or", operands):
            return any(after(operand, at) for operand in operands)
        case Connective("xor", (left, right)):
            return after(left, at) != after(right, at)
        case Connective("<->", (left, right)):
            return after(left, at) == after(right, at)
        case Connective("->", (left, right)):
            return not after(left, at) or after(right, at)
        case Connective("X", (operand,)):
            return at + 1 < end and after(operand, at + 1)
        case Connective("F", (operand,)):
            return any(after(operand, later) for later in range(at, end))
        case Connective("G", (operand,)):
            return all(after(operand, later) for later in range(at, end))
        case Connective("U", (left, right)):
            return any(
                after(right, later) and all(after(left, k) for k in range(at, later))
                for later in range(at, end)
            )
        case Connective("W", (left, right)):
            until = Connective("U", (left, right))
            return after(until, at) or after(Connective("G", (left,)), at)
        case Connective("M", (left, right)):
            return after(Connective("U", (right, Connective("and", (left, right)))), at)
        case Connective("R", (left, right)):
            return after(Connective("W", (right, Connective("and", (left, right)))), at)
    raise AssertionError(formula)


SMALL = [
    formula
    for formula in [*hand_picked(), *random_formulas(2, 60, seed=5, size=7)]
    if len(atoms(formula)) <= 2
]


@pytest.mark.parametrize("formula", SMALL, ids=show)
def test_finite_words_by_definition(formula: Formula) -> None:
    names = atoms(formula)
    for length in (1, 2, 3):
        for word in product(range(1 << len(names)), repeat=length):
            expected = _holds(formula, list(word), names, 0, length)
            assert satisfies_finite(formula, word, names) == expected, word


@pytest.mark.parametrize(
    ("text", "prefix", "cycle", "expected"),
    [
        ("XGq xor (q xor FGq)", [], [1], True),
        ("XGq xor (q xor FGq)", [], [0], False),
        ("GFa", [1, 1], [0], False),
        ("GFa", [0, 0], [0, 1], True),
        ("FGa", [0, 0], [1], True),
        ("FGa", [], [0, 1], False),
        ("a U b", [1, 1], [2], True),
        ("a U b", [], [1], False),
        ("a W b", [], [1], True),
        ("a M b", [2, 3], [0], True),
        ("a M b", [], [2], False),
        ("a R b", [], [2], True),
        ("XXXa", [], [0, 1], True),
        ("G(a -> X!a)", [], [1, 0, 0], True),
        ("G(a -> X!a)", [0, 1], [1, 0], False),
    ],
)
def test_lassos_worked_out_by_hand(text, prefix, cycle, expected) -> None:
    assert satisfies(parsed(text), prefix, cycle, ("a", "b") if "q" not in text else ("q",)) == (
        expected
    )


def test_unrolling_the_cycle_changes_nothing() -> None:
    for formula in random_formulas(2, 60, seed=11):
        names = atoms(formula)
        for prefix, cycle in short_lassos(len(names), 1, 2):
            verdict = satisfies(formula, prefix, cycle, names)
            assert satisfies(formula, prefix + cycle, cycle, names) == verdict
            assert satisfies(formula, prefix, cycle * 3, names) == verdict
            assert satisfies(Connective("not", (formula,)), prefix, cycle, names) != verdict


def test_the_empty_finite_word() -> None:
    assert satisfies_finite(parsed("Ga"), [], ("a",))
    assert not satisfies_finite(parsed("Fa"), [], ("a",))
    assert satisfies_finite(parsed("!Xa & !a"), [], ("a",))


def test_an_infinite_word_needs_a_cycle() -> None:
    with pytest.raises(ValueError, match="cycle"):
        satisfies(Truth(True), [1], [], ())
