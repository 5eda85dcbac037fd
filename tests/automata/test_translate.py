"""Every acceptance of every formula against the meaning of the formula, word by word."""

from __future__ import annotations

import pytest
from automata_formulas import hand_picked, pattern_formulas, random_formulas

from specc.automata.automaton import Automaton
from specc.automata.formula import Atom, Connective, Formula, Truth, atoms, show
from specc.automata.judge import sampled_lassos, short_lassos
from specc.automata.limit import run_limit_deterministic
from specc.automata.semantics import run_lasso, satisfies
from specc.automata.translate import Acceptances, classify_formula, translate
from specc.diagnostics import SpecError


def _words(atom_count: int, longer: bool):
    if atom_count <= 1:
        yield from short_lassos(atom_count, 3, 3)
    elif atom_count == 2:
        yield from short_lassos(atom_count, 2, 3 if longer else 2)
    yield from sampled_lassos(atom_count, 300 if longer else 40, seed=7)


def _check(formula: Formula, longer: bool = False) -> None:
    names = atoms(formula)
    words = [
        (prefix, cycle, satisfies(formula, prefix, cycle, names))
        for prefix, cycle in _words(len(names), longer)
    ]
    kinds: list[Acceptances] = ["generic", "parity", "ldba"]
    found = classify_formula(formula)
    for kind, exists in (
        ("buchi", found.is_recurrence),
        ("dfa", found.is_safety or found.is_cosafety),
    ):
        if exists:
            kinds.append(kind)
        else:
            with pytest.raises(SpecError) as error:
                translate(formula, kind)
            assert error.value.diagnostics[0].code == ("E505" if kind == "buchi" else "E506")
    for kind in kinds:
        automaton = translate(formula, kind)
        assert automaton.atoms == names
        run = run_lasso if isinstance(automaton, Automaton) else run_limit_deterministic
        for prefix, cycle, verdict in words:
            assert run(automaton, prefix, cycle) == verdict, (show(formula), kind, prefix, cycle)


@pytest.mark.parametrize("formula", hand_picked(), ids=show)
def test_hand_picked_formulas(formula: Formula) -> None:
    _check(formula, longer=True)


def test_pattern_families() -> None:
    formulas = list(pattern_formulas(largest=2, maximum_atoms=4))
    assert len(formulas) >= 80
    for formula in formulas:
        _check(formula)


@pytest.mark.parametrize(("atom_count", "count"), [(1, 80), (2, 150), (3, 40)])
def test_random_formulas_with_xor_and_iff(atom_count: int, count: int) -> None:
    formulas = list(random_formulas(atom_count, count, seed=atom_count))
    assert len(formulas) == count
    for formula in formulas:
        _check(formula)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_many_random_formulas(seed: int) -> None:
    for formula in random_formulas(2, 300, seed=1000 + seed, size=18):
        _check(formula, longer=True)


@pytest.mark.long
def test_larger_patterns() -> None:
    for formula in pattern_formulas(largest=3, maximum_atoms=6):
        _check(formula, longer=True)


def _with(operator: str, *operands: Formula) -> Formula:
    return Connective(operator, operands)


A, B = Atom("a"), Atom("b")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        # safety, co-safety, recurrence, persistence, horizon
        (_with("G", A), (True, False, True, True, None)),
        (_with("F", A), (False, True, True, True, None)),
        (_with("G", _with("F", A)), (False, False, True, False, None)),
        (_with("F", _with("G", A)), (False, False, False, True, None)),
        (_with("X", _with("X", A)), (True, True, True, True, 3)),
        (_with("and", _with("G", A), _with("F", B)), (False, False, True, True, None)),
        (
            _with("->", _with("G", _with("F", A)), _with("G", _with("F", B))),
            (False, False, False, False, None),
        ),
        # Written as if it were liveness, yet decided by one letter.
        (_with("F", _with("and", A, _with("not", A))), (True, True, True, True, 0)),
        (_with("or", A, _with("G", _with("F", Truth(False)))), (True, True, True, True, 1)),
    ],
    ids=lambda value: show(value) if isinstance(value, Connective) else None,
)
def test_classification(formula: Formula, expected: tuple[bool, bool, bool, bool, int | None]):
    found = classify_formula(formula)
    flags = (found.is_safety, found.is_cosafety, found.is_recurrence, found.is_persistence)
    assert (*flags, found.bounded_horizon) == expected


def test_names_of_atoms_may_be_any_text() -> None:
    formula = _with("U", Atom('say "X" & !1'), Atom("G"))
    automaton = translate(formula)
    assert automaton.atoms == ('say "X" & !1', "G")
    assert run_lasso(automaton, [0b01], [0b10])
    assert not run_lasso(automaton, [], [0b01])


def test_deciding_automata_mark_their_sinks_only() -> None:
    for formula in (_with("U", A, B), _with("W", A, B)):
        automaton = translate(formula, "dfa")
        for state, row in enumerate(automaton.edges):
            marked = [edge for edge in row if edge.marks]
            assert all(edge.target == state and len(row) == 1 for edge in marked)


def test_jumps_lead_into_a_part_that_is_never_left() -> None:
    automaton = translate(_with("F", _with("G", A)), "ldba")
    assert any(automaton.jumps)
    for state, row in enumerate(automaton.edges):
        if state >= automaton.final_part:
            assert not automaton.jumps[state]
            assert all(edge.target >= automaton.final_part for edge in row)
