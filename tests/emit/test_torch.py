"""The Torch kernel against the Numba kernel, and gradients against differences."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch
from emit_specs import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kernel import KERNELS, kernel_of

import specc
from specc.diagnostics import SpecError
from specc.emit.batches import Batch, State, Trajectories
from specc.emit.compiled import compile_spec
from specc.emit.kernel import numbered_kernel
from specc.emit.torch_kernels import TorchKernel
from specc.emit.torch_terms import entropy, kl, log_determinant, tsallis
from specc.resolve.file import load_text

ALL = (*KERNELS, "P[G F a | F G b]", "E[total([a] - [b]/3, horizon=0)]", "E[discounted(m, 0.9)]")


def both(text: str) -> tuple:
    kernel = kernel_of(text)
    tensors = pickle.loads(pickle.dumps(TorchKernel(kernel.tables, kernel.controller)))
    return kernel, tensors


def same(found: torch.Tensor, expected: np.ndarray, text: str = "") -> None:
    if "sqrt" in text and found.dtype == torch.float64:
        # Roots of Torch's vector library are not always the nearest doubles.
        np.testing.assert_array_max_ulp(found.numpy(), expected, 2)
        return
    assert found.numpy().astype(expected.dtype).tobytes() == expected.tobytes()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 2**32 - 1), st.integers(0, 6), st.integers(1, 20),
       st.sampled_from(["sequential", "parallel"]))  # fmt: skip
def test_relabel(text: str, seed: int, count: int, length: int, scan: str) -> None:
    kernel, tensors = both(text)
    rng = np.random.default_rng(seed)
    shape = count, length
    letters, first, loops = (rng.random((*shape, len(kernel.propositions))) < 0.5 for _ in "123")
    numbers, draws = rng.normal(size=(*shape, len(kernel.inputs))), rng.random(shape) / 50 + 0.98
    ended, cut = rng.random(shape) < 0.15, rng.random(shape) < 0.15
    stored = Trajectories(letters, first, ended, cut, numbers, draws, loops)
    expected = kernel.relabel(stored)
    found = tensors.relabel(stored, scan)
    for name in ("before", "after", "reward", "done", "live"):
        same(getattr(found, name), getattr(expected, name), text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_step_and_counterfactual(text: str, seed: int, count: int) -> None:
    kernel, tensors = both(text)
    rng = np.random.default_rng(seed)
    letters = rng.random((count, len(kernel.propositions))) < 0.5
    batch = Batch(letters, rng.normal(size=(count, len(kernel.inputs))),
                  rng.random(count) / 50 + 0.98, rng.random(count) < 0.3)  # fmt: skip
    state = State(rng.integers(kernel.memories, size=count), rng.integers(7, size=count))
    same(tensors.letters(letters), kernel.letters(letters))
    for one, other in zip(tensors.step(state, batch), kernel.step(state, batch), strict=True):
        if isinstance(other, State):
            same(one.memory, other.memory)
            same(one.clock, other.clock)
        else:
            same(one, other, text)
    every = kernel.counterfactual(batch, state.clock)
    found = tensors.counterfactual(batch, state.clock)
    for name in ("after", "reward", "done"):
        same(getattr(found, name), getattr(every, name), text)


def test_long_rows_are_composed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    import specc.emit.torch_stored as stored

    monkeypatch.setattr(stored, "_MOST", 200)
    kernel, tensors = both("E[discounted(m, 0.9)]")
    letters = np.random.default_rng(0).random((3, 100, 2)) < 0.1
    same(tensors.relabel(letters, "parallel").reward, kernel.relabel(letters).reward)


def test_a_kernel_over_a_model() -> None:
    tensors = numbered_kernel(spec("cover"), "torch")
    kernel = numbered_kernel(spec("cover"))
    model = spec("cover").environment
    start = model.initial[0][0]
    leaving = model.transitions(model.choices(start).start).start
    same(tensors.counterfactual(np.array([leaving]), [0]).reward,
         kernel.counterfactual(np.array([leaving]), np.array([0])).reward)  # fmt: skip
    elsewhere = next(t for t, s in enumerate(model.transition_sources()) if s != start)
    with pytest.raises(SpecError, match=r"E814.*leaves the state"):
        tensors.step(tensors.initial(1, np.array([start])), np.array([elsewhere]))
    for scan in ("sequential", "parallel"):
        row = Trajectories(np.array([[elsewhere]]), np.array([start]))
        with pytest.raises(SpecError, match=r"E814.*leaves the state"):
            tensors.relabel(row, scan)
    with pytest.raises(SpecError, match=r"E814.*initial"):
        tensors.initial(1, np.array([start + 1]))


NUMBERS = [
    "obs[0]*obs[1] + native", "max(obs[0], obs[1])", "exp(-abs(obs[0]))", "abs(obs[0])**3",
    "log(1 + obs[0]*obs[0])", "sqrt(1 + abs(obs[1]))", "(if a then log(abs(obs[0])) else obs[1])",
    "obs[0]/(2 + obs[1]*obs[1])", "min(obs[0], 1/3)",
]  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_gradients_in_numbers(text: str) -> None:
    file = load_text(f"spec s = E[discounted([a]*obs[1] + {text}, 0.9)]")
    kernel, tensors = compile_spec(file["s"]), compile_spec(file["s"], "torch")
    rng = np.random.default_rng(1)
    letters = np.arange(20)[:, None] % 2 == 0
    numbers = rng.normal(size=(20, len(kernel.inputs)))
    leaf = torch.tensor(numbers, requires_grad=True)
    reward = tensors.step(tensors.initial(20), Batch(letters, leaf))[1]
    expected = kernel.step(kernel.initial(20), Batch(letters, numbers))[1]
    np.testing.assert_allclose(reward.detach().numpy(), expected, rtol=1e-14)
    reward.sum().backward()
    for column in range(numbers.shape[1]):
        step = np.zeros_like(numbers)
        step[:, column] = 1e-6
        ends = [kernel.step(kernel.initial(20), Batch(letters, numbers + s))[1]
                for s in (step, -step)]  # fmt: skip
        np.testing.assert_allclose(leaf.grad[:, column], (ends[0] - ends[1]) / 2e-6, atol=1e-6)


def test_policy_terms() -> None:
    file = load_text("""
    env coin = mdp { initial s
      s: heads -> s
         tails -> s }
    spec s in coin = E[ discounted(native + 1/10*entropy - 2*kl(uniform) + tsallis(2)/3, 0.9) ]
    """)
    task = "spec s = E[ discounted(native + 1/10*entropy - 2*kl(uniform) + tsallis(2)/3, 0.9) ]"
    tensors = specc.compile(load_text(task)["s"] if file.has_errors else file["s"], "torch")
    logits = torch.tensor([[0.3, -1.0], [5.0, -float("inf")]], dtype=torch.float64,
                          requires_grad=True)  # fmt: skip
    found = tensors.policy_terms(logits)
    for row, value in zip(logits.detach().softmax(-1).tolist(), found.tolist(), strict=True):
        nats = -sum(p * math.log(p) for p in row if p)
        divergence = sum(p * math.log(2 * p) for p in row if p)
        twice = 1 - sum(p * p for p in row)
        assert value == pytest.approx(nats / 10 - 2 * divergence + twice / 3)
    found.sum().backward()
    assert torch.isfinite(logits.grad).all() and logits.grad[0].abs().max() > 0
    with pytest.raises(SpecError, match=r"E814.*`logits` has NaN"):
        tensors.policy_terms(logits.detach() * float("nan"))
    with pytest.raises(SpecError, match=r"E814.*shape"):
        tensors.policy_terms(logits.detach()[0])
    plain = specc.compile(load_text("spec s = E[discounted([a], 0.9)]")["s"], "torch")
    assert plain.policy_terms(torch.zeros(3, 2)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("function", [entropy, lambda x: tsallis(x, 1.5),
                                      lambda x: kl(x, torch.tensor([0.2, 0.3, 0.5]))])  # fmt: skip
def test_slopes_of_terms(function: object) -> None:
    logits = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, (logits,))


def test_log_determinants() -> None:
    points = torch.randn(5, 2, dtype=torch.float64)
    gaps = ((points[:, None] - points[None]) ** 2).sum(-1).numpy()
    expected = np.linalg.slogdet(np.eye(5) + np.exp(-gaps / 2 / 0.49) / 0.3).logabsdet
    assert log_determinant(points, 0.7, 0.3).item() == pytest.approx(expected)
    there = torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    part = log_determinant(points[there == 1], 0.7, 0.3)
    assert log_determinant(points, 0.7, 0.3, there).item() == pytest.approx(part.item())
    weights = torch.rand(5, dtype=torch.float64, requires_grad=True)
    leaf = points.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w: log_determinant(x, 0.7, 0.3, w), (leaf, weights))


_OBSERVED = "E[discounted([a]*obs[0] + native, 0.9)]"
_ONES = torch.ones(2, 1, dtype=torch.bool)
_PAIRS = torch.zeros(2, 2)


@pytest.mark.parametrize(
    ("text", "batch", "seen"),
    [
        (_OBSERVED, Batch(_ONES[:1], _PAIRS), r"`letters` has the shape \(1, 1\)"),
        (_OBSERVED, Batch(_ONES, _PAIRS[:1]), r"`numbers` has the shape \(1, 2\)"),
        (_OBSERVED, Batch(_ONES.float(), _PAIRS), "`letters` has the type torch.float32"),
        (_OBSERVED, Batch(torch.tensor([0, 7]), _PAIRS), "`letters` has 0 to 7; expected: 0 to 1"),
        (_OBSERVED, Batch(_ONES), "no `numbers` were passed"),
        (_OBSERVED, Batch(_ONES, _PAIRS + float("nan")), "`numbers` has nan"),
        (_OBSERVED, Batch(_ONES, _PAIRS, terminated=_PAIRS[0]), "`terminated` has the type"),
        ("P[G F a]", Batch(_ONES), "no `draws` were passed"),
        ("P[G F a]", Batch(_ONES, draws=torch.tensor([0.5, 1.0])), r"`draws` leave"),
    ],
)
def test_tensors_that_do_not_fit(text: str, batch: Batch, seen: str) -> None:
    _, tensors = both(text)
    state = tensors.initial(2, torch.zeros(2, 1, dtype=torch.bool))
    held = state.memory.clone()
    with pytest.raises(SpecError, match=f"E814.*{seen}"):
        tensors.step(state, batch)
    assert torch.equal(state.memory, held)


def test_an_infinite_reward_is_named() -> None:
    _, tensors = both("E[discounted(log(obs[0]), 0.9)]")
    with pytest.raises(SpecError, match=r"E809.*log\(obs\[0\]\).*at \[1\]"):
        tensors.step(tensors.initial(2), Batch(np.zeros(2, dtype=int), np.array([[1.0], [0.0]])))


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [n for n in sys.modules if n.startswith("specc.emit.torch_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    from specc.diagnostics import MissingExtra

    with pytest.raises(MissingExtra, match=r"specc-rl\[torch\]"):
        specc.compile(load_text("spec s = E[discounted([a], 0.9)]")["s"], backend="torch")
