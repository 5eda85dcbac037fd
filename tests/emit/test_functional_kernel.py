"""The batch kernel of an outer function pays what the wrapper pays."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from functional_models import room
from test_functional_wrapper import wrapped

import specc
from specc.diagnostics import SpecError
from specc.emit.batches import Batch, Trajectories
from specc.emit.functional.kernel import FunctionalKernel
from specc.emit.functional.meter import FunctionalMeter
from specc.emit.model_env import ModelEnv
from specc.emit.reading import Step
from specc.emit.step_classes import Context
from specc.resolve.file import Spec
from specc.words import holds, holds_initially, signal_floats

SPECS = room("""
machine seen {
  states never once
  never -> once when y
  once -> once when x emit 1
}
spec fair in room = E[discounted([x], 0.9)] * E[discounted(seen, 0.9)]
spec mixed in room = E[discounted([x], 0.9)] * E[discounted([y], 0.8)] * E[total([x], horizon=2)]
spec rates in room = min(E[average([x])], E[average([from(x)])])
spec events in room = P[F (y & X x)] * P[ G !(x & X x) ] + E[total([y], horizon=3)]**2
spec sets in room = E[distinct(x | y, horizon=4)] * E[discounted([x], 0.9)] * P[F (x & X y)]
spec again in room = P[G F x] * E[discounted([x], 0.9)]
spec short in room = E[total([x], horizon=2)] * E[total([y], horizon=3)]
spec tail in room = cvar(1/2, discounted([x], 0.9)) - variance(total([y], horizon=6))
spec spread in room = E[discounted([x], 0.9)] - variance(distinct(x | y, horizon=4))
spec held in room = maximise E[discounted([x], 0.9)] subject to P[G !(x & X y)] >= 1/2
""")
NAMES = ["fair", "mixed", "rates", "events", "sets", "tail", "spread", "held"]


def recorded(spec: Spec, rows: int = 12, steps: int = 9) -> tuple[Any, Any, Any, Any]:
    """Stored runs with cut episodes: transitions, starts, cuts, and the wrapper's rewards of them
    once its weights are those of the first half of the rows."""
    env = wrapped(spec, steps=5)
    rng = np.random.default_rng(3)
    moves = np.zeros((rows, steps), dtype=np.int64)
    starts = np.zeros((rows, steps), dtype=np.int64)
    cuts = np.zeros((rows, steps), dtype=np.bool_)
    paid = np.zeros((rows, steps))
    for row in range(rows):
        if row == rows // 2:
            env.update(smoothing=0.3)
        over = True
        for step in range(steps):
            if over:
                state, _ = env.reset(seed=int(rng.integers(1 << 30)))
            starts[row, step] = state
            state, reward, ended, cut, info = env.step(int(rng.integers(2)))
            over = ended or cut
            # A run that the reward ends goes on in stored data only where the environment does.
            cuts[row, step] = over
            moves[row, step], paid[row, step] = info["transition"], reward
    return moves, starts, cuts, paid


def letters(kernel: FunctionalKernel, spec: Spec, moves: Any, starts: Any) -> tuple[Any, Any, Any]:
    """What the kernel reads of transitions and start states."""
    if not kernel.propositions:
        return moves, starts, None
    mdp = spec.environment
    table = np.array([holds(mdp, g) for g in kernel.propositions]).T
    first = np.array([holds_initially(mdp, g) for g in kernel.propositions]).T
    numbers = None
    if kernel.inputs:
        numbers = np.array([signal_floats(mdp, x) for x in kernel.inputs]).T[moves]
    return table[moves], first[starts], numbers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_as_the_wrapper(name: str, backend: str) -> None:
    spec = SPECS[name]
    kernel = specc.compile(spec, backend=backend)
    assert isinstance(kernel, FunctionalKernel)
    moves, starts, cuts, paid = recorded(spec)
    read, first, numbers = letters(kernel, spec, moves, starts)
    half = len(moves) // 2

    def rows(which: slice) -> Trajectories:
        given = (read, first, None, cuts, numbers)
        return Trajectories(*(None if x is None else tensor(x[which], backend) for x in given))

    before = kernel.relabel(rows(slice(half)))
    assert not np.asarray(before.reward).any()
    standing = kernel.update(rows(slice(half)), smoothing=0.3)
    assert any(standing.weights)
    found = kernel.relabel(rows(slice(half, None)))
    assert np.asarray(found.reward) == pytest.approx(paid[half:], abs=1e-12)
    assert np.asarray(found.live).all()
    walked = np.array([walk(kernel, read[r], first[r], cuts[r], backend) for r in range(half, 12)])
    assert walked == pytest.approx(paid[half:], abs=1e-12)


def tensor(array: Any, backend: str) -> Any:
    if backend == "numba":
        return array
    import torch

    return torch.as_tensor(array)


def walk(kernel: FunctionalKernel, read: Any, first: Any, cuts: Any, backend: str) -> list[float]:
    """Step by step."""
    paid, state = [], None
    for t in range(len(read)):
        if state is None:
            state = kernel.initial(1, tensor(first[t : t + 1], backend))
        state, reward, _ = kernel.step(state, Batch(tensor(read[t : t + 1], backend)))
        paid.append(float(reward[0]))
        if cuts[t]:
            state = None
    return paid


def test_a_part_that_a_draw_ended_pays_no_more() -> None:
    spec = SPECS["again"]
    kernel = specc.compile(spec)
    kernel.update(np.array([[1.0, 1.0]]))
    place = next(i for i, k in enumerate(kernel.kernels) if k.tables.zeta < 1)
    meter = FunctionalMeter(
        kernel.pseudo, Context(ModelEnv(spec.environment), None, {"x": entered})
    )
    always = np.ones((1, len(kernel.propositions)), dtype=bool)
    state = kernel.initial(1, ~always)
    meter.start(Step(None, None, 0, 0.0, {}, -1, 0))
    paid = []
    for _ in range(3):
        state, reward, done = kernel.step(state, Batch(always, draws=np.array([0.9999])))
        told = meter.step(Step(0, 0, 1, 0.0, {}, -1), False, lambda: 0.9999)
        assert told == pytest.approx(reward[0]) and not done[0] and not meter.final
        paid.append(float(reward[0]))
    assert state.numbers[place].tolist() == [1.0] and meter.numbers[place] == 1.0
    assert paid == pytest.approx([2.0, 0.9, 0.81])  # the formula pays once, the sum goes on


def entered(obs: Any, action: Any, after: Any, info: Any) -> bool:
    """True after the start."""
    return action is not None


def test_episodes_that_the_reward_ends_are_measured_once() -> None:
    spec = SPECS["short"]
    kernel = specc.compile(spec)
    read = np.zeros((2, 6, len(kernel.propositions)), dtype=bool)
    read[:, 0] = True
    cut = np.zeros((2, 6), dtype=bool)
    cut[0, 4] = True  # the environment goes on for two steps and cuts there
    found = kernel.measure(Trajectories(read, truncated=cut))
    assert found.numbers.tolist() == [[1.0, 1.0]] * 2 and found.lengths.tolist() == [3.0, 3.0]
    live = kernel.relabel(Trajectories(read, truncated=cut)).live
    assert live.tolist() == [[True, True, True, False, False, True], [True] * 3 + [False] * 3]


def test_counterfactual_is_every_joint_memory() -> None:
    spec = SPECS["fair"]
    kernel = specc.compile(spec)
    kernel.update(np.array([[1.5, 0.5], [0.5, 1.0]]))
    read = np.array([[a, b] for a in (False, True) for b in (False, True)])
    every = kernel.counterfactual(read)
    assert every.reward.shape == (4, kernel.memories) and kernel.memories == 2
    for letter, row in enumerate(read):
        for memory in range(2):
            state = kernel.initial(1)
            y = [str(p).find("'y'") >= 0 for p in kernel.propositions]
            if memory:
                state, _, _ = kernel.step(state, np.array([y]))
            after, reward, _ = kernel.step(state, row[None])
            assert every.reward[letter, memory] == reward[0]
            joint = [int(p.memory[0]) for p in after.parts]
            assert every.after[letter, memory] == joint[0] * kernel.kernels[1].memories + joint[1]
    for name in ("mixed", "tail"):
        with pytest.raises(SpecError, match="E812"):
            specc.compile(SPECS[name]).counterfactual(read)


def test_arrays_that_do_not_fit() -> None:
    kernel = specc.compile(SPECS["fair"])
    for given in (np.zeros((2, 3), dtype=bool), np.zeros((2, 2), dtype=int)):
        with pytest.raises(SpecError, match="E814"):
            kernel.step(kernel.initial(2), given)
    model = specc.compile(SPECS["sets"])
    with pytest.raises(SpecError, match="E814"):
        model.initial(1)
    with pytest.raises(SpecError, match="E814"):
        model.step(model.initial(1, np.array([0])), np.array([99]))
    with pytest.raises(SpecError, match="E814"):
        kernel.update(Trajectories(np.zeros((1, 3, 2), dtype=bool)))  # no episode ends


def test_pickles() -> None:
    kernel = specc.compile(SPECS["fair"])
    kernel.update(np.array([[2.0, 3.0]]))
    twin = pickle.loads(pickle.dumps(kernel))
    read = np.ones((1, 5, 2), dtype=bool)
    assert twin.relabel(read).reward.tolist() == kernel.relabel(read).reward.tolist()
