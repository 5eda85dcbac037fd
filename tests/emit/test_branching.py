"""Machines whose states tell many letters apart: diagrams against the first edge that matches."""

from __future__ import annotations

import copy
import pickle
import random
from fractions import Fraction
from typing import Any

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.diagnostics import SpecError
from specc.emit import controller as controllers
from specc.emit.batches import Batch, Trajectories
from specc.emit.branching_kernel import BranchingKernel
from specc.emit.compiled import compile_spec
from specc.emit.plan import SignalScheme
from specc.emit.planned import plan
from specc.emit.torch_branching import BranchingTorchKernel
from specc.emit.vector import wrap_vector
from specc.emit.wrapped import wrap
from specc.objective import stack
from specc.objective.walk import leaves
from specc.resolve.file import Spec, load_text

PROPOSITIONS = [f"p{i}" for i in range(20)]


def _guard(draw: random.Random, depth: int = 2) -> str:
    if depth == 0 or draw.random() < 0.3:
        return draw.choice(["", "!"]) + draw.choice(PROPOSITIONS)
    sign = draw.choice([" & ", " | "])
    parts = [_guard(draw, depth - 1) for _ in range(draw.randint(2, 3))]
    return draw.choice(["", "!"]) + "(" + sign.join(parts) + ")"


_EMITS = ["1", "-1/3", "7/10", "[p3]", "1/3*[p1] - [p2 & !p4]", "(if p5 then 2/7 else [p6])"]
_SIGNALS = ["m", "2*m - 1/10*[p1 & p7]", "(if p2 then m else 1/3)", "max(m, [p8]/3)",
            "[p0] + [p1]/2 + m", "m*m"]  # fmt: skip


def _machine(draw: random.Random, states: int, edges: int, natives: bool = False) -> Spec:
    """A random machine; every state is entered, and no guard is always false."""
    emits = [*_EMITS, "native/3", "native*[p9]"] if natives else _EMITS
    lines = [f"  u{i} -> u{i + 1} when {_guard(draw)} emit 1" for i in range(states - 1)]
    for _ in range(edges):
        source = draw.choice([*(f"u{i}" for i in range(states)), "*"])
        target = draw.choice([*(f"u{i}" for i in range(states)), "end"])
        lines.append(f"  {source} -> {target} when {_guard(draw)} emit {draw.choice(emits)}")
    names = " ".join(f"u{i}" for i in range(states))
    ending = "  u0 -> end when p19 & p18 & !p17"
    body = "\n".join([f"  states {names}", *lines, ending, "  final end"])
    text = f"machine m {{\n{body}\n}}\nspec s = E[discounted({draw.choice(_SIGNALS)}, 0.9)]"
    return load_text(text)["s"]


def _holds(guard: stack.Guard, letter: set[str]) -> bool:
    match guard:
        case stack.Truth(value):
            return value
        case stack.Negation(part):
            return not _holds(part, letter)
        case stack.AllOf(parts):
            return all(_holds(part, letter) for part in parts)
        case stack.AnyOf(parts):
            return any(_holds(part, letter) for part in parts)
        case stack.LabelIs(name):
            return name in letter
        case _:
            raise AssertionError(guard)


def _value(number: stack.Number, letter: set[str], emitted: Fraction | None) -> Fraction:
    match number:
        case stack.Constant(value):
            return value
        case stack.MachineOutput():
            assert emitted is not None
            return emitted
        case stack.Indicator(guard):
            return Fraction(_holds(guard, letter))
        case stack.Choice(guard, then, otherwise):
            return _value(then if _holds(guard, letter) else otherwise, letter, emitted)
        case stack.Apply(function, operands):
            values = [_value(part, letter, emitted) for part in operands]
            match function:
                case "+":
                    return sum(values, Fraction(0))
                case "*":
                    return values[0] * _product(values[1:])
                case "/":
                    return values[0] / values[1]
                case "max":
                    return max(values)
                case "**":
                    return values[0] ** int(values[1])
        case _:
            pass
    raise AssertionError(number)


def _product(values: list[Fraction]) -> Fraction:
    found = Fraction(1)
    for value in values:
        found *= value
    return found


def _run(spec: Spec, letters: list[set[str]]) -> list[tuple[str, float]]:
    """The states and rewards of a run, straight from the machine's edges."""
    scheme = plan(spec).scheme
    assert isinstance(scheme, SignalScheme)
    machine = next(n.machine for n in leaves(scheme.signal) if isinstance(n, stack.MachineOutput))
    state, found = 0, []
    for letter in letters:
        emit: stack.Number = stack.Constant(Fraction(0))
        if state not in machine.final:
            for step in machine.steps:
                if step.source == state and _holds(step.guard, letter):
                    state, emit = step.target, step.emit
                    break
        paid = _value(scheme.signal, letter, _value(emit, letter, None))
        found.append((machine.states[state], float(paid)))
    return found


def _stream(draw: random.Random, length: int) -> list[set[str]]:
    return [{p for p in PROPOSITIONS if draw.random() < 0.5} for _ in range(length)]


def _rows(control: Any, letters: list[set[str]]) -> np.ndarray[Any, Any]:
    names = [guard.name for guard in control.guards]
    return np.array([[name in letter for name in names] for letter in letters], dtype=np.bool_)


@pytest.fixture
def no_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Diagrams also where classes are few."""
    monkeypatch.setattr(controllers, "_MOST_CLASSES", 0)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(8, 30))
def test_the_first_edge_that_matches(seed: int, states: int, edges: int) -> None:
    draw = random.Random(seed)
    spec = _machine(draw, states, edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controllers, "_MOST_CLASSES", 0)
        kernel = compile_spec(spec)
    tensors = BranchingTorchKernel(kernel.tables, kernel.controller)
    letters = [_stream(draw, 40) for _ in range(3)]
    expected = [_run(spec, row) for row in letters]
    names, given = (
        kernel.controller.states,
        np.stack([_rows(kernel.controller, r) for r in letters]),
    )
    ends = [names[m] for m, final in enumerate(kernel.tables.final) if final]
    stored = kernel.relabel(Trajectories(given))
    walked = tensors.relabel(Trajectories(given), scan="sequential")
    composed = tensors.relabel(Trajectories(given), scan="parallel")
    state = kernel.initial(3)
    over = np.zeros(3, dtype=np.bool_)
    for t in range(40):
        every = kernel.counterfactual(given[:, t])
        before = state.memory
        state, reward, done = kernel.step(state, given[:, t])
        for i in range(3):
            name, paid = expected[i][t]
            assert every.reward[i, before[i]] == reward[i] == paid
            assert names[state.memory[i]] == names[every.after[i, before[i]]] == name
            if not over[i]:
                assert stored.reward[i, t] == walked.reward[i, t] == composed.reward[i, t] == paid
                assert stored.after[i, t] == walked.after[i, t] == state.memory[i]
            over[i] |= done[i]
            assert bool(done[i]) == (name in ends)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_as_letter_classes(seed: int) -> None:
    draw = random.Random(seed)
    text = "machine a {\n  states a0 a1\n  a0 -> a1 when p0 & !p1 emit 1/3\n  * -> a0 when p2\n}\n"
    text += (
        "machine b {\n  states b0 b1\n  b0 -> b1 when p1 | p3 emit native\n  b1 -> b0 when p0\n}\n"
    )
    spec = load_text(text + "spec s = E[discounted(a + [p2]*b/7 - native*[p3 & !p0], 0.9)]")["s"]
    dense = compile_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controllers, "_MOST_CLASSES", 0)
        kernel, tensors = compile_spec(spec), compile_spec(spec, backend="torch")
    assert isinstance(kernel, BranchingKernel) and dense.controller.branching is None
    letters = [_stream(draw, 60) for _ in range(4)]
    numbers = np.array([[[draw.gauss(0, 3)] for _ in row] for row in letters])
    ended = np.array([[draw.random() < 0.1 for _ in row] for row in letters])

    def stored(k: Any) -> Trajectories:
        rows = np.stack([_rows(k.controller, row) for row in letters])
        return Trajectories(rows, numbers=numbers, terminated=ended)

    one, two, three = (k.relabel(stored(k)) for k in (dense, kernel, tensors))
    assert np.array_equal(one.reward, two.reward) and np.array_equal(one.reward, three.reward)
    assert np.array_equal(one.done, two.done) and np.array_equal(one.done, three.done)
    held = [[k.controller.states[m] for m in found.after.ravel().tolist()]
            for k, found in ((dense, one), (kernel, two), (tensors, three))]  # fmt: skip
    assert held[0] == held[1] == held[2]


_FORMULAS = ["F p0 & F p1 & F p2", "G (p0 -> X !p1)", "p0 U (p1 & X p2)", "G F p0 & G F p1",
             "F G p0 | G F p1", "G F (p0 & p1)"]  # fmt: skip


@pytest.mark.parametrize("formula", _FORMULAS)
def test_formulas_as_letter_classes(formula: str) -> None:
    draw = random.Random(formula)
    spec = load_text(f"spec s = P[{formula}]")["s"]
    dense = compile_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controllers, "_MOST_CLASSES", 0)
        kernel, tensors = compile_spec(spec), compile_spec(spec, backend="torch")
    assert kernel.controller.branching is not None
    letters = [_stream(draw, 30) for _ in range(20)]
    draws = np.array([[draw.random() for _ in row] for row in letters])
    ended = np.array([[draw.random() < 0.15 for _ in row] for row in letters])

    def stored(k: Any) -> Trajectories:
        rows = np.stack([_rows(k.controller, row) for row in letters])
        return Trajectories(rows, first=rows, draws=draws, terminated=ended)

    one, two, three = (k.relabel(stored(k)) for k in (dense, kernel, tensors))
    for found in (two, three):
        assert np.array_equal(one.reward, found.reward)
        assert np.array_equal(one.after, found.after) and np.array_equal(one.done, found.done)
    held = dense.initial(20, stored(dense).first[:, 0])
    batch = [Batch(stored(k).letters[:, 0], draws=draws[:, 0], terminated=ended[:, 0],
                   loops=stored(k).letters[:, 1]) for k in (dense, kernel, tensors)]  # fmt: skip
    steps = [k.step(held, b) for k, b in zip((dense, kernel, tensors), batch, strict=True)]
    every = [k.counterfactual(b) for k, b in zip((dense, kernel, tensors), batch, strict=True)]
    for (state, reward, done), all_of in zip(steps[1:], every[1:], strict=True):
        assert np.array_equal(state.memory, steps[0][0].memory)
        assert np.array_equal(reward, steps[0][1]) and np.array_equal(done, steps[0][2])
        assert np.array_equal(all_of.reward, every[0].reward)
        assert np.array_equal(all_of.after, every[0].after)


class _Lights(gymnasium.Env[Any, Any]):
    """Shows and acts nothing; the labels read its letters."""

    observation_space = gymnasium.spaces.Discrete(2)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, letters: list[set[str]]) -> None:
        self.letters, self.time = letters, -1

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.time = -1
        return 0, {"on": set()}

    def step(self, action: Any) -> Any:
        self.time += 1
        return 0, 0.0, False, False, {"on": self.letters[self.time]}


def _label(name: str) -> Any:
    return lambda obs, action, after, info: name in info["on"]


def test_wrapper() -> None:
    draw = random.Random(7)
    spec = _machine(draw, 6, 25)
    letters = _stream(draw, 200)
    expected = _run(spec, letters)
    labels = {name: _label(name) for name in PROPOSITIONS}
    env = wrap(_Lights(letters), spec, labels=labels, observe="index")
    assert env._quick is not None
    env.reset(seed=0)
    env = copy.deepcopy(env)
    for name, paid in expected:
        (_, memory), reward, over, *_ = env.step(0)
        assert reward == paid
        assert env._meter.controller.states[memory] == name
        if over:
            break


def test_vector_wrapper() -> None:
    draw = random.Random(8)
    spec = _machine(draw, 6, 25)
    letters = [_stream(draw, 60) for _ in range(3)]
    expected = [_run(spec, row) for row in letters]
    envs = gymnasium.vector.SyncVectorEnv([lambda row=row: _Lights(row) for row in letters])

    def label(name: str) -> Any:
        return lambda obs, action, after, infos: np.array([name in on for on in infos["on"]])

    env = wrap_vector(envs, spec, labels={name: label(name) for name in PROPOSITIONS})
    env.reset(seed=0)
    over = np.zeros(3, dtype=np.bool_)
    for t in range(60):
        _, reward, ended, *_ = env.step(np.zeros(3, dtype=np.int64))
        assert all(over[i] or reward[i] == expected[i][t][1] for i in range(3))
        over |= ended


def test_small_tables_and_pickles() -> None:
    lines = [
        f"  u{i} -> u{(7 * i + j + 1) % 120} when p{j} & !p{(j + i % 3 + 1) % 20} emit {j}"
        for i in range(120)
        for j in range(20)
    ]
    names = " ".join(f"u{i}" for i in range(120))
    text = "machine m {\n  states " + names + "\n" + "\n".join(lines) + "\n}\n"
    spec = load_text(text + "spec s = E[discounted(m, 0.9)]")["s"]
    kernel = compile_spec(spec)
    diagram = kernel.tables.diagram
    assert diagram.asked.nbytes + diagram.behind.nbytes + kernel.tables.next.nbytes < 400_000
    again = pickle.loads(pickle.dumps(kernel))
    rows = np.array([[draw == i % 20 for draw in range(20)] for i in range(50)])
    assert again.step(again.initial(50), rows)[1].tolist() == (
        kernel.step(kernel.initial(50), rows)[1].tolist()
    )


def test_too_many_for_diagrams() -> None:
    # Whether two halves are equal takes 2**n nodes in this order of propositions.
    equal = " & ".join(f"((a{i} & b{i}) | (!a{i} & !b{i}))" for i in range(20))
    first = " | ".join(f"a{i}" for i in range(20))
    text = f"machine m {{\n  states u v\n  u -> v when {first}\n  v -> u when {equal} emit 1\n}}\n"
    spec = load_text(text + "spec s = E[discounted(m, 0.9)]")["s"]
    with pytest.raises(SpecError) as error:
        compile_spec(spec)
    assert error.value.diagnostics[0].code == "E504"
    assert "state `v` of machine `m`" in error.value.diagnostics[0].message


def test_letters_out_of_range(no_classes: None) -> None:
    kernel = compile_spec(load_text("spec s = E[discounted([a] - [b], 0.9)]")["s"])
    assert kernel.step(kernel.initial(1), np.array([1]))[1].tolist() == [1.0]
    with pytest.raises(SpecError, match="E814"):
        kernel.step(kernel.initial(1), np.array([4]))


def test_sums_of_many_indicators_stay_small() -> None:
    total = " + ".join(f"[p{i}]" for i in range(20))
    kernel = compile_spec(load_text(f"spec s = E[discounted({total}, 0.9)]")["s"])
    rows = np.random.default_rng(0).random((200, 20)) < 0.5
    assert kernel.step(kernel.initial(200), rows)[1].tolist() == rows.sum(axis=1).tolist()
    assert len(kernel.controller.branching.nodes) < 400
