"""The loops for GPUs against the Numba kernel; interpreted, but for SPECC_TEST_DEVICE=cuda."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from emit_specs import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kernel import KERNELS, kernel_of

from specc.diagnostics import SpecError
from specc.emit.batches import Batch, State, Trajectories
from specc.emit.compiled import compile_spec
from specc.emit.torch_device import made
from specc.emit.torch_kernels import TorchKernel

DEVICE = os.environ.get("SPECC_TEST_DEVICE", "cpu")
MORE = ("P[G F a | F G b]", "E[total([a] - [b]/3, horizon=0)]", "E[total([a], horizon=3)]")
ALL = tuple(text for text in (*KERNELS, *MORE) if kernel_of(text).layout is not None)


def both(text: str) -> tuple:
    kernel = kernel_of(text)
    return kernel, on_device(TorchKernel(kernel.tables, kernel.controller, device=DEVICE))


def on_device(tensors: TorchKernel) -> TorchKernel:
    """The kernel, with a mark that is set where its own loops gave the answer."""
    tensors.fast = made(tensors)
    assert tensors.fast is not None
    for name in ("step", "counterfactual", "relabel"):
        setattr(tensors.fast, name, _answering(tensors.fast, getattr(tensors.fast, name)))
    return tensors


def _answering(loops: object, method: object) -> object:
    def answered(*given: object) -> object:
        found = method(*given)
        loops.answered = found is not None
        return found

    return answered


def same(found: torch.Tensor, expected: np.ndarray) -> None:
    assert found.cpu().numpy().astype(expected.dtype).tobytes() == expected.tobytes()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 20),
       st.booleans(), st.booleans(), st.booleans())  # fmt: skip
def test_relabel(
    text: str, seed: int, count: int, length: int, ends: bool, cuts: bool, many: bool
) -> None:
    kernel, tensors = both(text)
    rng = np.random.default_rng(seed)
    shape = count, length
    letters, first, loops = (rng.random((*shape, len(kernel.propositions))) < 0.5 for _ in "123")
    draws = rng.random(shape) / 50 + 0.98
    ended = rng.random(shape) < 0.15 if ends else None
    cut = rng.random(shape) < 0.15 if cuts else None
    begins = first if many or ends or cuts else first[:, 0]
    stored = Trajectories(letters, begins, ended, cut, None, draws, loops)
    expected, found = kernel.relabel(stored), tensors.relabel(stored)
    assert tensors.fast.answered
    for name in ("before", "after", "reward", "done", "live"):
        same(getattr(found, name), getattr(expected, name))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 2**32 - 1), st.integers(0, 300), st.booleans())
def test_step_and_counterfactual(text: str, seed: int, count: int, ends: bool) -> None:
    kernel, tensors = both(text)
    rng = np.random.default_rng(seed)
    letters = rng.random((count, len(kernel.propositions))) < 0.5
    ended = rng.random(count) < 0.3 if ends else None
    batch = Batch(letters, None, rng.random(count) / 50 + 0.98, ended)
    state = State(rng.integers(kernel.memories, size=count), rng.integers(7, size=count))
    (held, *answer), (wanted, *expected) = tensors.step(state, batch), kernel.step(state, batch)
    assert tensors.fast.answered
    same(held.memory, wanted.memory)
    same(held.clock, wanted.clock)
    for one, other in zip(answer, expected, strict=True):
        same(one, other)
    found, every = (k.counterfactual(batch, state.clock) for k in (tensors, kernel))
    assert tensors.fast.answered
    for name in ("after", "reward", "done"):
        same(getattr(found, name), getattr(every, name))


def test_stored_runs_that_lie_by_time_are_read_as_they_lie() -> None:
    kernel, tensors = both("E[discounted(m, 0.9)]")
    letters = np.random.default_rng(0).integers(kernel.tables.next.shape[1], size=(7, 3))
    lying = torch.as_tensor(letters, device=DEVICE).t()
    found = tensors.relabel(lying)
    assert tensors.fast.answered and found.reward.t().is_contiguous()
    same(found.reward, kernel.relabel(letters.T).reward)


WRONG = [
    (Batch(np.array([0, 99])), "`letters` has 0 to 99"),
    (Batch(np.array([2**40, 0])), "`letters` has 0 to 1099511627776"),
    (Batch(np.array([-1, 0])), "`letters` has -1 to 0"),
    (Batch(np.array([0.5, 0])), "`letters` has the type"),
    (Batch(np.zeros(3, dtype=np.int64)), "`letters` has the shape"),
    (Batch(np.zeros(2, dtype=np.int64), terminated=np.zeros(3, dtype=np.bool_)), "`terminated`"),
]  # fmt: skip


@pytest.mark.parametrize("batch, message", WRONG)
def test_what_is_wrong_is_said_as_elsewhere(batch: Batch, message: str) -> None:
    _, tensors = both("E[discounted(m, 0.9)]")
    with pytest.raises(SpecError, match=f"E814.*{message}"):
        tensors.step(tensors.initial(2), batch)


@pytest.mark.parametrize("batch, message", [case for case in WRONG if "shape" not in case[1]])
def test_the_same_of_stored_runs(batch: Batch, message: str) -> None:
    _, tensors = both("E[discounted(m, 0.9)]")
    ended = None if batch.terminated is None else batch.terminated[None]
    with pytest.raises(SpecError, match=f"E814.*{message}"):
        tensors.relabel(Trajectories(batch.letters[None], None, ended))


def test_draws_outside_their_range() -> None:
    _, tensors = both("P[G F a | F G b]")
    shape = 2, len(tensors.propositions)
    for wrong in (1.0, -0.5, np.nan):
        batch = Batch(np.zeros(shape, dtype=np.bool_), draws=np.array([0.5, wrong]))
        with pytest.raises(SpecError, match=r"E814.*`draws` leave"):
            tensors.step(tensors.initial(2, np.zeros(shape, dtype=np.bool_)), batch)


def test_a_kernel_over_a_model() -> None:
    tensors, kernel = compile_spec(spec("rise"), "torch"), compile_spec(spec("rise"))
    tensors = on_device(tensors.to(DEVICE))
    model = spec("rise").environment
    start = model.initial[0][0]
    leaving = model.transitions(model.choices(start).start).start
    same(tensors.counterfactual(np.array([leaving]), [0]).reward,
         kernel.counterfactual(np.array([leaving]), np.array([0])).reward)  # fmt: skip
    elsewhere = next(t for t, s in enumerate(model.transition_sources()) if s != start)
    with pytest.raises(SpecError, match=r"E814.*leaves the state"):
        tensors.step(tensors.initial(1, np.array([start])), np.array([elsewhere]))
    with pytest.raises(SpecError, match=r"E814.*leaves the state"):
        tensors.relabel(Trajectories(np.array([[elsewhere]]), np.array([start])))
