"""Guards and signals against a definition read one transition at a time."""

from __future__ import annotations

from fractions import Fraction
from math import exp, isclose

import pytest
from readings import LoadMdp, steps

from specc.diagnostics import SpecError
from specc.model.distance import covered
from specc.objective import stack
from specc.words import holds, holds_initially, signal_floats, signal_values

_TEXT = (
    "mdp { initial s0\n s0: a -> s1\n b -> 1/2 s0 + 1/2 s1\n s1: a -> s2\n s2: a -> s2\n"
    " label p: s1\n label jump: s0 b s1 }"
)


def test_guards(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(_TEXT)
    p, jump, act = stack.LabelIs("p"), stack.LabelIs("jump"), stack.Action("b")
    at = steps(mdp)
    assert holds(mdp, p).tolist() == [t == "s1" for _, _, t in at]
    assert holds(mdp, stack.Before(p)).tolist() == [s == "s1" for s, _, _ in at]
    assert holds(mdp, act).tolist() == [a == "b" for _, a, _ in at]
    assert holds(mdp, jump).tolist() == [step == ("s0", "b", "s1") for step in at]
    both = stack.AnyOf((stack.AllOf((p, stack.Negation(act))), stack.Here("s2")))
    assert holds(mdp, both).tolist() == [(t == "s1" and a != "b") or t == "s2" for _, a, t in at]
    assert holds_initially(mdp, p).tolist() == [s == "s1" for s in mdp.states]
    for guard in (act, jump, stack.Before(p)):
        assert not holds_initially(mdp, guard).any()


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        (stack.Before(stack.Action("a")), "E391"),
        (stack.Before(stack.LabelIs("jump")), "E391"),
        (stack.Info("done"), "E392"),
        (stack.Comparison(">", stack.Observation(0), stack.Constant(Fraction(0))), "E393"),
        (stack.Comparison(">", stack.Native(), stack.Constant(Fraction(0))), "E394"),
        (stack.LabelIs("q"), "E201"),
    ],
)
def test_guards_that_cannot_be_read(guard: stack.Guard, code: str, load_mdp: LoadMdp) -> None:
    with pytest.raises(SpecError) as caught:
        holds(load_mdp(_TEXT), guard)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_signals(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(_TEXT)
    p = stack.Indicator(stack.LabelIs("p"))
    three = stack.Constant(Fraction(3))
    number = stack.Apply("+", (stack.Apply("*", (three, p)), stack.Constant(Fraction(1, 2))))
    found = signal_values(mdp, number)
    assert found is not None
    expected = [Fraction(7, 2) if t == "s1" else Fraction(1, 2) for _, _, t in steps(mdp)]
    assert found.exact() == expected
    # Only the side that counts is read, so nothing is divided by zero.
    guarded = stack.Choice(stack.LabelIs("p"), stack.Apply("/", (three, p)), three)
    found = signal_values(mdp, guarded)
    assert found is not None
    assert set(found.exact()) == {Fraction(3)}
    with pytest.raises(SpecError) as caught:
        signal_values(mdp, stack.Apply("/", (three, p)))
    assert [d.code for d in caught.value.diagnostics] == ["E395"]
    irrational = stack.Apply("exp", (p,))
    assert signal_values(mdp, irrational) is None
    values = signal_floats(mdp, irrational)
    for value, (_, _, target) in zip(values, steps(mdp), strict=True):
        assert isclose(value, exp(1.0) if target == "s1" else 1.0)


def test_covered(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(_TEXT)
    assert covered(mdp, 0) == [{0}, {1}, {2}]
    assert covered(mdp, 1) == [{0, 1}, {1, 2}, {2}]
    assert covered(mdp, 5) == [{0, 1, 2}, {1, 2}, {2}]
