"""Letter classes against plain evaluation of the guards."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.automata.automaton import Automaton, Cube, Edge, Inf
from specc.automata.formula import Atom, Connective
from specc.automata.letters import (
    Boolean,
    Combined,
    Constant,
    Variable,
    automaton_classes,
    classes_of_cubes,
    classes_of_expressions,
    few_classes,
    tables,
)
from specc.automata.translate import translate
from specc.diagnostics import SpecError


def _value(expression: Boolean, letter: int) -> bool:
    match expression:
        case Constant(value):
            return value
        case Variable(atom, positive):
            return bool(letter >> atom & 1) == positive
        case Combined("not", (operand,)):
            return not _value(operand, letter)
        case Combined("and", operands):
            return all(_value(operand, letter) for operand in operands)
        case Combined("or", operands):
            return any(_value(operand, letter) for operand in operands)
        case Combined("xor", operands):
            return sum(_value(operand, letter) for operand in operands) % 2 == 1
    raise AssertionError(expression)


def _random_expression(generator: random.Random, atoms: int, depth: int) -> Boolean:
    if depth == 0 or generator.random() < 0.2:
        if generator.random() < 0.05:
            return Constant(generator.random() < 0.5)
        return Variable(generator.randrange(atoms), generator.random() < 0.5)
    operator = generator.choice(("and", "or", "xor", "not"))
    count = 1 if operator == "not" else generator.randrange(2, 4)
    return Combined(
        operator, tuple(_random_expression(generator, atoms, depth - 1) for _ in range(count))
    )


@pytest.mark.parametrize("seed", range(40))
def test_classes_are_the_coarsest_partition(seed: int) -> None:
    generator = random.Random(seed)
    guards = [_random_expression(generator, 5, 3) for _ in range(generator.randrange(1, 5))]
    classes = classes_of_expressions(guards, 5)
    vectors = {tuple(_value(guard, letter) for guard in guards) for letter in range(32)}
    assert classes.class_count == len(vectors)
    valuations = np.array([[bool(letter >> i & 1) for i in range(5)] for letter in range(32)])
    many = classes.classify_many(valuations)
    for letter in range(32):
        found = classes.classify(letter)
        assert many[letter] == found
        assert list(classes.truth[found]) == [_value(guard, letter) for guard in guards]
    assert [classes.classify(r) for r in classes.representative] == list(range(len(vectors)))


def test_twenty_propositions_of_parity() -> None:
    odd = Combined("xor", tuple(Variable(i) for i in range(20)))
    both = Combined("and", (Variable(3), Variable(17)))
    classes = classes_of_expressions([odd, both], 20)
    assert classes.class_count == 4
    assert len(classes.atom) < 200
    valuations = np.random.default_rng(0).random((500, 20)) < 0.5
    truth = classes.truth[classes.classify_many(valuations)]
    assert (truth[:, 0] == (valuations.sum(axis=1) % 2 == 1)).all()
    assert (truth[:, 1] == (valuations[:, 3] & valuations[:, 17])).all()


def test_twenty_propositions_of_an_automaton() -> None:
    some = Connective("or", tuple(Atom(f"p{i}") for i in range(20)))
    automaton = translate(Connective("U", (Connective("not", (Atom("p0"),)), some)))
    classes = automaton_classes(automaton)
    assert classes.atom_count == 20
    assert classes.class_count <= 3
    successor, marks = tables(automaton, classes)
    generator = random.Random(1)
    for _ in range(200):
        letter = generator.getrandbits(20)
        column = classes.classify(letter)
        for state in range(automaton.state_count):
            edge = automaton.step(state, letter)
            assert (successor[state, column], marks[state, column]) == (edge.target, edge.marks)


def test_one_guard_that_always_holds_has_one_class() -> None:
    classes = classes_of_cubes([(Cube(0, 0),)], 3)
    assert classes.class_count == 1
    assert classes.classify(5) == 0
    assert classes.classify_many(np.zeros((4, 3), dtype=bool)).tolist() == [0] * 4


def test_too_many_classes_are_an_error() -> None:
    with pytest.raises(SpecError) as error:
        classes_of_expressions([Variable(i) for i in range(24)], 24)
    assert error.value.diagnostics[0].code == "E504"


def test_few_classes_or_none() -> None:
    atoms = [Variable(i) for i in range(24)]
    assert few_classes(atoms, 24, 4096) is None
    assert few_classes(atoms[:10], 24, 4096, work=100) is None
    found, whole = few_classes(atoms[:5], 24, 32), classes_of_expressions(atoms[:5], 24)
    assert found is not None and found.representative == whole.representative
    assert few_classes(atoms[:5], 24, 31) is None


def test_tables_refuse_an_incomplete_automaton() -> None:
    automaton = Automaton(("a",), 0, ((Edge((Cube(1, 1),), 0, 0),),), Inf(0), 1)
    with pytest.raises(ValueError, match="complete"):
        tables(automaton, automaton_classes(automaton))


@given(st.integers(0, 3), st.data())
def test_many_guards_are_told_apart_as_few_are(count: int, data: st.DataObject) -> None:
    masks = st.integers(0, (1 << count) - 1)
    cubes = st.builds(lambda care, value: Cube(care, care & value), masks, masks)
    guards = data.draw(st.lists(st.lists(cubes, max_size=2).map(tuple), min_size=1 << count))
    found = classes_of_cubes(guards, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specc.automata.letters._MOST_TABLED", 0)
        expected = classes_of_cubes(guards, count)
    for letter in range(1 << count):
        assert found.classify(letter) == expected.classify(letter)
    assert (found.truth == expected.truth).all()
