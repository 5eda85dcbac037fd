"""Large machines, many propositions and long rows, against the tables read one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kernel import Interpreter, kernel_of

import specc
from specc.diagnostics import SpecError
from specc.emit.numba_kernels import Batch, Kernel, State, Trajectories
from specc.resolve.file import load_text

GUARDS = [" & ".join(f"p{5 * g + i}" for i in range(5)) for g in range(3)]
GUARDS.append(" | ".join(f"p{15 + i}" for i in range(5)))


def ring(states: int) -> Kernel:
    """A ring of states over twenty propositions, each left by one of four guards."""
    lines = [
        f"s{i} -> s{(i + 1) % states} when {GUARDS[i % 4]} emit 1/{i + 1}" for i in range(states)
    ]
    text = "machine ring {\n  states " + " ".join(f"s{i}" for i in range(states)) + "\n"
    text += "\n".join(lines) + "\n}\nspec s = E[ discounted(ring, 0.99) ]"
    file = load_text(text)
    assert not file.has_errors, file.diagnostics
    kernel: Kernel = specc.compile(file["s"])
    return kernel


def test_twenty_propositions_and_many_states() -> None:
    kernel = ring(240)
    names = [p.name for p in kernel.propositions]
    assert len(names) == 20 and kernel.tables.next.shape == (240, 16)
    rng = np.random.default_rng(0)
    letters = rng.random((10, 300, 20)) < rng.random((10, 300, 1))
    found = kernel.relabel(letters)
    for i in range(10):
        held = 0
        for t in range(300):
            here = [holds for _, holds in sorted(zip(names, letters[i, t], strict=True),
                                                 key=lambda pair: int(pair[0][1:]))]  # fmt: skip
            some = here[5 * (held % 4) : 5 * (held % 4) + 5]
            paid = 0.0
            if any(some) if held % 4 == 3 else all(some):
                paid, held = 1 / (held + 1), (held + 1) % 1000
            assert (found.reward[i, t], found.after[i, t]) == (paid, held)
    assert found.after.max() > 20


DENSE = [
    "P[G F a & G !b]", "P[F G a]", "P[G F a | F G b]", "P[F (a & X b)]", "P[G (a -> X b)]",
    "E[total([a] - [from(b)]/3, horizon=7)]", "E[total([a], horizon=0)]", "E[discounted(m, 0.9)]",
    "E[average(m + [a]/7)]",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DENSE), st.integers(0, 2**32 - 1), st.integers(1, 11), st.integers(1, 60),
       st.floats(0, 0.3))  # fmt: skip
def test_long_rows(text: str, seed: int, count: int, length: int, often: float) -> None:
    kernel = kernel_of(text)
    assert kernel.layout is not None
    rng = np.random.default_rng(seed)
    shape = count, length
    width = kernel.tables.next.shape[1]
    letters, first, loops = (rng.integers(width, size=shape) for _ in range(3))
    draws = np.where(rng.random(shape) < 0.5, 0.0, rng.random(shape) / 50 + 0.98)
    ended, cut = rng.random(shape) < often, rng.random(shape) < often
    found = kernel.relabel(Trajectories(letters, first, ended, cut, None, draws, loops))
    again = kernel.relabel(Trajectories(letters, first, ended, cut, None, draws, loops), found)
    assert again is found
    state, over = kernel.initial(count, first[:, 0]), np.zeros(count, dtype=bool)
    for t in range(length):
        batch = Batch(letters[:, t], None, draws[:, t], ended[:, t], loops[:, t])
        every = kernel.counterfactual(batch, state.clock)
        after, reward, done = kernel.step(state, batch)
        rows = np.arange(count), state.memory
        assert (every.after[rows] == after.memory).all() and (every.done[rows] == done).all()
        assert every.reward[rows].tobytes() == reward.tobytes()
        assert (found.live[:, t] == ~over).all() and (found.before[:, t] == state.memory).all()
        held = np.where(over, state.memory, after.memory)
        assert (found.after[:, t] == held).all()
        assert found.reward[:, t].tobytes() == np.where(over, 0.0, reward).tobytes()
        over = over | done
        assert (found.done[:, t] == (over | cut[:, t])).all()
        begins = ended[:, t] | cut[:, t]
        if t + 1 < length:
            fresh = kernel.initial(count, first[:, t + 1]).memory
            clock = np.where(begins, 0, after.clock)
            state, over = State(np.where(begins, fresh, held), clock), over & ~begins


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(DENSE), st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_a_step_is_the_interpreter(text: str, seed: int, count: int) -> None:
    kernel = kernel_of(text)
    rng = np.random.default_rng(seed)
    letters = rng.integers(kernel.tables.next.shape[1], size=count)
    state = State(rng.integers(kernel.memories, size=count), rng.integers(9, size=count))
    draws, ended = rng.random(count) / 50 + 0.98, rng.random(count) < 0.3
    after, reward, done = kernel.step(state, Batch(letters, None, draws, ended))
    for i in range(count):
        run = Interpreter(kernel, 0)
        run.memory, run.clock = int(state.memory[i]), int(state.clock[i])
        paid, over = run.step(int(letters[i]), [], draws[i], bool(ended[i]))
        assert reward[i].hex() == float(paid).hex()
        assert (after.memory[i], after.clock[i], done[i]) == (run.memory, run.clock, over)


def test_answers_are_reused() -> None:
    kernel = kernel_of("E[discounted(m, 0.9)]")
    letters = np.zeros(5, dtype=np.int32)
    answer = kernel.step(kernel.initial(5), letters)
    again = kernel.step(answer[0], letters)
    into = kernel.step(again[0], letters, out=answer)
    assert into[0].memory is answer[0].memory and into[1] is answer[1]
    every = kernel.counterfactual(letters)
    assert kernel.counterfactual(letters, out=every) is every
    with pytest.raises(SpecError, match=r"E814.*out\.after"):
        kernel.step(kernel.initial(4), letters[:4], out=answer)
    with pytest.raises(SpecError, match=r"E814.*`out` is the state"):
        kernel.step(answer[0], letters, out=answer)


@pytest.mark.parametrize("wrong", [-1, 99, 2**31, 2**40, -(2**40)])
def test_numbers_that_are_no_letters(wrong: int) -> None:
    kernel = kernel_of("E[discounted(m, 0.9)]")
    letters = np.array([0, wrong, 1])
    with pytest.raises(SpecError, match=rf"E814.*`letters` has .*{wrong}"):
        kernel.step(kernel.initial(3), letters)
    with pytest.raises(SpecError, match=r"E814.*`memory`"):
        kernel.step(State(letters, np.zeros(3, dtype=int)), np.zeros(3, dtype=int))
