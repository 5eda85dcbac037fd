"""Simplified objectives against a slow evaluation of the same text, run by run, in fractions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from specc.evaluate.evaluation import evaluate_objective
from specc.model.mdp import Mdp
from specc.model.policy import uniform
from specc.objective import stack
from specc.objective.infer import infer
from specc.objective.ranges import range_of
from specc.resolve.file import load_text

_MODEL = """\
env e = mdp {
  initial 1/2 s0 + 1/2 s1
  s0: a -> s1
      b -> 1/3 s0 + 2/3 s1
  s1: a -> s1
      b -> s0
  label g: s1
  label jump: s0 b s1
}
"""
_HORIZON = 3
Step = tuple[str, str, str]
_CHANCES = {
    ("s0", "a"): {"s1": Fraction(1)},
    ("s0", "b"): {"s0": Fraction(1, 3), "s1": Fraction(2, 3)},
    ("s1", "a"): {"s1": Fraction(1)},
    ("s1", "b"): {"s0": Fraction(1)},
}


def _runs() -> list[tuple[Fraction, tuple[Step, ...]]]:
    """Every run of three steps under the uniform policy, with its probability."""
    runs: list[tuple[Fraction, tuple[Step, ...]]] = []
    for start in ("s0", "s1"):
        for actions in product("ab", repeat=_HORIZON):
            open_runs: list[tuple[Fraction, str, tuple[Step, ...]]] = [
                (Fraction(1, 2 * 2**_HORIZON), start, ())
            ]
            for action in actions:
                open_runs = [
                    (mass * chance, target, (*steps, (state, action, target)))
                    for mass, state, steps in open_runs
                    for target, chance in _CHANCES[state, action].items()
                ]
            runs.extend((mass, steps) for mass, _, steps in open_runs)
    return runs


_RUNS = _runs()


@dataclass(frozen=True)
class Written:
    """A piece of text, and what it means on the steps that it reads (or on all runs)."""

    text: str
    meaning: Callable[..., Fraction]


def _indicators() -> st.SearchStrategy[Written]:
    return st.sampled_from(
        [
            Written("[g]", lambda step: Fraction(step[2] == "s1")),
            Written("[!g]", lambda step: Fraction(step[2] != "s1")),
            Written("[from(g)]", lambda step: Fraction(step[0] == "s1")),
            Written("[action = b]", lambda step: Fraction(step[1] == "b")),
            Written("[jump]", lambda step: Fraction(step == ("s0", "b", "s1"))),
            Written("[at(s0) | action = b]", lambda s: Fraction(s[2] == "s0" or s[1] == "b")),
        ]
    )


def _arithmetic(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    def joined(sign: str, left: Written, right: Written) -> Written:
        apply: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
            "+": lambda x, y: x + y,
            "-": lambda x, y: x - y,
            "*": lambda x, y: x * y,
            "min": min,
            "max": max,
            ">": lambda x, y: Fraction(x > y),
            "if": lambda x, y: x if x >= y else 2 * y,
        }
        shown = {
            "min": "min({0}, {1})",
            "max": "max({0}, {1})",
            ">": "[({0}) > ({1})]",
            "if": "(if ({0}) >= ({1}) then {0} else 2*({1}))",
        }.get(sign, "(({0}) " + sign + " ({1}))")
        return Written(
            shown.format(left.text, right.text),
            lambda *at: apply[sign](left.meaning(*at), right.meaning(*at)),
        )

    squares = inner.map(lambda w: Written(f"(({w.text})**2)", lambda *at: w.meaning(*at) ** 2))
    negated = inner.map(lambda w: Written(f"(-({w.text}))", lambda *at: -w.meaning(*at)))
    signs = st.sampled_from(["+", "-", "*", "min", "max", ">", "if"])
    return st.builds(joined, signs, inner, inner) | squares | negated


_CONSTANTS = st.fractions(-2, 2, max_denominator=3).map(
    lambda value: Written(f"({value})", lambda *at: value)
)
_SIGNALS = st.recursive(_indicators() | _CONSTANTS, _arithmetic, max_leaves=4)


def _total(signal: Written) -> Written:
    text = f"total({signal.text}, horizon={_HORIZON})"
    return Written(text, lambda run: sum((signal.meaning(s) for s in run), Fraction(0)))


def _first(signal: Written) -> Written:
    return Written(f"discounted({signal.text}, 0)", lambda run: signal.meaning(run[0]))


def _verdicts() -> st.SearchStrategy[Written]:
    def states(run: tuple[Step, ...]) -> list[str]:
        return [run[0][0], *(step[2] for step in run)]

    return st.sampled_from(
        [
            Written("sat(LTLf[4](F g))", lambda run: Fraction("s1" in states(run))),
            Written("sat(LTLf[4](G g))", lambda run: Fraction("s0" not in states(run))),
            Written("sat(X !g)", lambda run: Fraction(run[0][2] == "s0")),
            Written("sat(g -> X X g)", lambda r: Fraction(r[0][0] != "s1" or r[1][2] == "s1")),
            Written("sat(X jump)", lambda run: Fraction(run[0] == ("s0", "b", "s1"))),
            Written("sat(!(g & X g))", lambda r: Fraction(r[0][0] == "s0" or r[0][2] == "s0")),
            Written("coverage(horizon=3)", lambda run: Fraction(len(set(states(run))))),
        ]
    )


# A function of numbers that are decided at different times is refused (E705), so one kind each.
_ONE_KIND = (
    st.recursive(_SIGNALS.map(_total) | _CONSTANTS, _arithmetic, max_leaves=2)
    | st.recursive(_SIGNALS.map(_first) | _CONSTANTS, _arithmetic, max_leaves=2)
    | st.recursive(_verdicts() | _CONSTANTS, _arithmetic, max_leaves=3)
)


def _mean(inner: Written) -> Written:
    return Written(
        f"E[{inner.text}]",
        lambda: sum((mass * inner.meaning(run) for mass, run in _RUNS), Fraction(0)),
    )


_OBJECTIVES = st.recursive(_ONE_KIND.map(_mean), _arithmetic, max_leaves=3)


@settings(max_examples=60, deadline=None)
@given(_OBJECTIVES)
def test_values(written: Written) -> None:
    file = load_text(_MODEL + f"spec x in e = {written.text}\n")
    assert file.diagnostics == ()
    spec = file["x"]
    assert isinstance(spec.environment, Mdp)
    assert isinstance(spec.objective, stack.Scalar)
    expected = written.meaning()
    found = evaluate_objective("x", spec.objective, spec.environment, uniform(spec.environment), {})
    assert found.value == expected
    assert expected in range_of(spec.objective.number)
    inference = infer(spec.objective)
    assert isinstance(inference.objective, stack.Scalar)
    assert expected in range_of(inference.objective.number)
    again = evaluate_objective(
        "x", inference.objective, spec.environment, uniform(spec.environment), {}
    )
    assert again.value == expected


@settings(max_examples=100, deadline=None)
@given(_OBJECTIVES)
def test_what_horizons_decide_is_a_reward_machine_or_above(written: Written) -> None:
    """The class never depends on the sign, and a constant never changes it."""
    text = f"spec x in e = {written.text}\nspec y in e = 3 - 2*({written.text})\n"
    file = load_text(_MODEL + text)
    assert infer(file["x"].objective).formalism == infer(file["y"].objective).formalism
