"""A process that finds the loops stored compiles specs without Numba, with the same answers."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import specc
from specc.emit import native, numba_dense, numba_loops
from specc.emit.batches import Batch, Trajectories
from specc.emit.bytecode import run
from specc.emit.numba_kernels import Kernel
from specc.resolve.file import load_text

SPECS = {
    "constants": "spec s = E[discounted(tour, 0.9)]",
    "open": "spec s = E[discounted(2*native**1.3 + exp(obs[0])*[a] + tour, 0.9)]",
    "formula": "spec s = P[F (a & F b)]",
    "gadget": "spec s = P[G F a]",
    "horizon": "spec s = E[total(2*[a] + tour, horizon=3)]",
}
TOUR = """
machine tour {
  states u v
  u -> v when a emit 1/3
  v -> done when b & !a emit 2
  final done
}
"""
LATER = """
import json, sys
import numpy as np
from tests.emit.test_ready import answers
found = {name: answers(name) for name in json.loads(sys.argv[1])}
print(json.dumps([found, sorted({"lark", "numba", "scipy", "sympy"} & set(sys.modules))]))
"""


def made(name: str) -> Kernel:
    """The kernel of one of the specs."""
    kernel: Kernel = specc.compile(load_text(TOUR + SPECS[name])["s"])
    return kernel


def given(kernel: Kernel, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Propositions, numbers, draws and ends."""
    rng = np.random.default_rng(3)
    return {
        "letters": rng.random((*shape, len(kernel.propositions))) < 0.4,
        "numbers": rng.random((*shape, len(kernel.inputs))) * 4,
        "draws": rng.random(shape),
        "terminated": rng.random(shape) < 0.1,
    }


def answers(name: str) -> list[str]:
    """The bits of a step's, of all memories' and of stored steps' rewards."""
    kernel = made(name)
    batch = given(kernel, (40,))
    state, reward, done = kernel.step(kernel.initial(40, batch["letters"]), Batch(**batch))
    every = kernel.counterfactual(Batch(**batch), clock=np.zeros(40, dtype=np.int32))
    rows = given(kernel, (7, 30))
    stored = kernel.relabel(Trajectories(**rows, first=rows["letters"]))
    parts = [state.memory, reward, done, every.after, every.reward, every.done]
    parts += [stored.after, stored.reward, stored.done, stored.starts]
    return [part.tobytes().hex() for part in parts]


def interpreted(name: str) -> list[str]:
    """The memory after the step of ``answers``, and its reward, by the interpreter."""
    kernel = made(name)
    control, tables = kernel.controller, kernel.tables
    assert control is not None
    batch = given(kernel, (40,))
    memories, rewards = [], []
    for valuation, inputs, draw, ended in zip(*batch.values(), strict=True):
        letter = int(control.classes.classify_many(valuation[None])[0])
        held = int(tables.first[letter])
        after = int(tables.next[held, letter])
        program = control.programs[tables.reward[held, letter]]
        reward = float(run(program.rows, program.constants, inputs.tolist(), ()))
        if tables.accepting[held, letter] and draw >= tables.zeta:
            reward = 1.0
        elif tables.formula and ended and not tables.final[after]:
            reward += float(kernel.rest[after, letter])
        memories.append(after)
        rewards.append(reward)
    return [
        np.array(memories, dtype=np.int32).tobytes().hex(), np.array(rewards).tobytes().hex()
    ]  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_steps_have_the_bits_of_the_interpreter(name: str) -> None:
    assert answers(name)[:2] == interpreted(name)


@pytest.mark.long
def test_numba_itself_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {name: answers(name) for name in SPECS}
    monkeypatch.setattr(native, "array_layout_fits", lambda: False)
    for loop in [*vars(numba_dense).values(), *vars(numba_loops).values()]:
        if isinstance(loop, native.Native):
            monkeypatch.setattr(loop, "_entry", loop._first)
    assert {name: answers(name) for name in SPECS} == expected
    assert {native.LOADED[name] for name in ("look_up", "relabel", "rest_table")} == {"numba"}


def test_a_later_process_needs_no_numba() -> None:
    expected = {name: answers(name) for name in SPECS}
    found = subprocess.run(
        [sys.executable, "-c", LATER, json.dumps(list(SPECS))],
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(found.stdout) == [expected, []]
