"""Comparisons as functions against the bytecode, and what labels answer."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import specc
from specc.diagnostics import SpecError
from specc.emit.bytecode import BINARY, UNARY, compile_guard
from specc.emit.conditions import condition
from specc.emit.readings import Component, Composed, Step
from specc.objective import stack
from specc.resolve.file import load_text

OBSERVED = [stack.Observation(i) for i in range(3)]
NUMBERS = st.recursive(
    st.sampled_from(OBSERVED)
    | st.fractions(-3, 3, max_denominator=4).map(stack.Constant)
    | st.just(stack.Constant(Fraction(10) ** 400)),
    lambda inner: (
        st.tuples(st.sampled_from([*BINARY]), inner, inner).map(
            lambda t: stack.Apply(t[0], (t[1], t[2]))
        )
        | st.tuples(st.sampled_from([*UNARY]), inner).map(lambda t: stack.Apply(t[0], (t[1],)))
    ),
    max_leaves=6,
)
GUARDS = st.builds(
    stack.Comparison, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), NUMBERS, NUMBERS
)
VALUES = st.lists(st.floats(width=32, allow_nan=True) | st.integers(-3, 3).map(float),
                  min_size=3, max_size=3)  # fmt: skip


def answer(ask: object) -> object:
    try:
        return ask()
    except SpecError as error:
        return str(error)


@given(GUARDS, VALUES, st.sampled_from([np.float32, np.float64]))
def test_conditions_answer_as_the_bytecode(
    guard: stack.Comparison, values: list[float], kind: type
) -> None:
    inputs = {number: i for i, number in enumerate(OBSERVED)}
    program = compile_guard(guard, inputs, {}, "a comparison")
    read = {i: Component(i) for i in range(3)}
    used = {row[1] for row in program.rows if row[0] == 1}
    numbers = [read[i] if i in used else lambda step: 0.0 for i in range(3)]
    seen = np.array(values, dtype=kind)
    expected = answer(lambda: Composed(program, [], numbers)(Step(None, 0, seen, 0.0, {})))
    found = answer(lambda: condition(guard, "a comparison")(None, 0, seen, {}))
    if isinstance(expected, bool):
        assert found is expected
    else:
        # Which of several numbers is not finite may be said of another.
        assert isinstance(found, str) and found[:4] == expected[:4] == "E809"


class Counting(gymnasium.Env):
    """Observations 0, 1, 2, ... as scalars or rows."""

    observation_space = gymnasium.spaces.Box(-math.inf, math.inf, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple:
        self.time = 0
        return np.zeros(1, dtype=np.float32), {}

    def step(self, action: int) -> tuple:
        self.time += 1
        return np.full(1, self.time, dtype=np.float32), 0.0, False, False, {}


def test_observations_are_read_without_bytecode_and_survive_pickling() -> None:
    spec = load_text("spec s = E[discounted([abs(obs[0] - 2) < 1] + 3*[obs[0] >= 3], 0.9)]")["s"]
    env = specc.wrap(Counting(), spec)
    assert env._quick is not None
    env.reset()
    env.step(0)
    again = pickle.loads(pickle.dumps(env))
    assert [env.step(0)[1] for _ in range(3)] == [again.step(0)[1] for _ in range(3)] == [1, 3, 3]


@pytest.mark.parametrize("wrong", [None, "yes", 0.5, np.zeros(2)])
def test_a_label_that_answers_no_truth_value(wrong: object) -> None:
    spec = load_text("spec s = E[discounted([a], 0.9)]")["s"]
    label = {"a": lambda obs, action, after, info: after[0] > 0 if after[0] < 2 else wrong}
    env = specc.wrap(Counting(), spec, label)
    env.reset()
    assert env.step(0)[1] == 1.0
    with pytest.raises(SpecError, match=r"E817.*`a` answers"):
        env.step(0)
