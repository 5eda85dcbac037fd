"""The compiled batch kernel against the Python interpreter of the same tables, bit for bit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.diagnostics import SpecError
from specc.emit.kernel import compile_spec
from specc.emit.numba_kernels import Batch
from specc.resolve.file import load_text

_NUMBERS = st.recursive(
    st.sampled_from(["obs[0]", "obs[1]", "native", "1/3", "-2", "7/10", "[goal]", "[from(goal)]"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("min({}, {})".format, inner, inner),
        st.builds("abs({})".format, inner),
        st.builds("exp(-abs({}))".format, inner),
        st.builds("sqrt(abs({}))".format, inner),
        st.builds("log(1 + abs({}))".format, inner),
        st.builds("({})**3".format, inner),
        st.builds("(if goal & !hole then {} else {})".format, inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(_NUMBERS, st.integers(0, 2**32 - 1))
def test_same_bits(text: str, seed: int) -> None:
    file = load_text(f"spec s = E[discounted({text}, 0.9)]")
    assert not file.has_errors, (text, file.diagnostics)
    kernel = pickle.loads(pickle.dumps(compile_spec(file["s"])))
    control = kernel.controller
    rng = np.random.default_rng(seed)
    count = 64
    letters = rng.random((count, len(kernel.propositions))) < 0.5
    numbers = rng.normal(size=(count, len(kernel.inputs)))
    state = kernel.initial(count)
    _, rewards, _ = kernel.step(state, Batch(letters, numbers))
    classes = kernel.letters(letters)
    for i in range(count):
        program = control.programs[control.reward[state.memory[i]][classes[i]]]
        assert program.value(numbers[i].tolist()).hex() == float(rewards[i]).hex()


@pytest.mark.parametrize("formula", ["G F a & G !b", "F a", "G a", "a U (b & X a)", "F G a"])
def test_memory_and_ends(formula: str) -> None:
    kernel = compile_spec(load_text(f"spec s = P[{formula}]")["s"])
    control = kernel.controller
    rng = np.random.default_rng(1)
    names = len(kernel.propositions)
    first = rng.random((200, names)) < 0.5
    state = kernel.initial(200, first)
    for _ in range(8):
        letters, draws = rng.random((200, names)) < 0.5, rng.random(200)
        after, rewards, done = kernel.step(state, Batch(letters, draws=draws))
        for i, letter in enumerate(kernel.letters(letters).tolist()):
            held = int(state.memory[i])
            hit = control.accepting[held][letter] and draws[i] >= control.zeta
            value = control.values[control.reward[held][letter]]
            assert after.memory[i] == control.next[held][letter]
            assert rewards[i] == (1.0 if hit else float(value))
            assert done[i] == (hit or control.final[after.memory[i]])
        state = after


def test_rounded_once() -> None:
    kernel = compile_spec(load_text("spec s = E[discounted(1/10*[a] + 2/10*[b], 0.9)]")["s"])
    _, rewards, _ = kernel.step(kernel.initial(1), np.ones((1, 2), dtype=bool))
    # 1/10 + 2/10 in doubles is not the double nearest to 3/10.
    assert rewards[0] == 0.3 != 0.1 + 0.2


def test_torch_is_refused_plainly() -> None:
    file = load_text("spec s = E[discounted([a], 0.9)]")
    with pytest.raises(SpecError, match=r"E813.*Torch"):
        compile_spec(file["s"], backend="torch")
