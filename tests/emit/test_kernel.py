"""The compiled batch kernel against the Python interpreter of the same tables, bit for bit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from emit_specs import environment, spec
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.diagnostics import SpecError
from specc.emit.compiled import compile_spec
from specc.emit.kernel import numbered_kernel
from specc.emit.numba_kernels import Batch, Kernel, Trajectories
from specc.emit.tables import letters_of
from specc.emit.wrapped import wrap
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


def test_no_such_backend() -> None:
    file = load_text("spec s = E[discounted([a], 0.9)]")
    with pytest.raises(SpecError, match=r"E813.*`jax`"):
        compile_spec(file["s"], backend="jax")


class Interpreter:
    """One run of a kernel's controller in plain Python, the tables read one by one."""

    def __init__(self, kernel: Kernel, first: int) -> None:
        self.kernel, self.control = kernel, kernel.controller
        self.memory, self.clock = self.control.first[first], 0

    def absorbed(self, memory: int, letter: int) -> float:
        """The last of many repetitions decides; pays come once at most."""
        control, paid, late = self.control, 0.0, False
        for time in range(4 * len(control.states)):
            late = late or (time >= 2 * len(control.states) and control.accepting[memory][letter])
            paid += float(control.values[control.reward[memory][letter]])
            memory = control.next[memory][letter]
        return 1.0 if late else paid

    def step(self, letter: int, numbers: list[float], draw: float, ended: bool) -> tuple:
        control, horizon = self.control, self.kernel.tables.horizon
        held, program = self.memory, control.reward[self.memory][letter]
        paid = 0.0
        if horizon < 0 or self.clock < horizon:
            exact = control.values[program]
            paid = float(exact) if exact is not None else control.programs[program].value(numbers)
        self.memory, self.clock = control.next[held][letter], self.clock + 1
        done = control.final[self.memory] or 0 <= horizon <= self.clock
        if control.accepting[held][letter] and draw >= control.zeta:
            return 1.0, True
        if ended and not done and self.kernel.tables.formula:
            openings = [self.memory, *control.jumps[self.memory]]
            paid += max((self.absorbed(m, letter) for m in openings), key=abs)
        return paid, done or ended


KERNELS = (
    "P[F a & F b]", "P[G !a]", "P[G F a & G !b]", "P[F G a]", "P[LTLf[4](a U b)]",
    "E[discounted([a]*obs[0] + native, 0.9)]", "E[total([a] - [from(b)]/3, horizon=5)]",
    "E[average(m + sqrt(abs(obs[1])))]",
)  # fmt: skip
_MACHINE = "machine m { states u v\nu -> v when a emit 1/3\nv -> done when b emit 2\nfinal done }\n"


def kernel_of(text: str) -> Kernel:
    file = load_text(_MACHINE * ("(m" in text) + f"spec s = {text}")
    assert not file.has_errors, file.diagnostics
    return compile_spec(file["s"])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KERNELS), st.integers(0, 2**32 - 1), st.integers(0, 9), st.integers(1, 12))
def test_relabel_is_the_interpreter(text: str, seed: int, count: int, length: int) -> None:
    kernel = kernel_of(text)
    rng = np.random.default_rng(seed)
    width, inputs = len(kernel.propositions), len(kernel.inputs)
    shape = count, length
    letters, first = (rng.random((*shape, width)) < 0.5 for _ in range(2))
    numbers, draws = rng.normal(size=(*shape, inputs)), rng.random(shape)
    ended, cut = rng.random(shape) < 0.15, rng.random(shape) < 0.15
    given_arrays = Trajectories(letters, first, ended, cut, numbers, draws)
    found = kernel.relabel(given_arrays)
    classes, starts = (kernel.letters(x, shape) for x in (letters, first))
    for i in range(count):
        run, over = Interpreter(kernel, starts[i, 0]), False
        for t in range(length):
            assert found.before[i, t] == run.memory and found.live[i, t] == (not over)
            reward, done = 0.0, True
            if not over:
                reward, done = run.step(
                    classes[i, t], numbers[i, t].tolist(), draws[i, t], bool(ended[i, t])
                )
            over = done
            assert found.reward[i, t].hex() == float(reward).hex()
            assert found.after[i, t] == run.memory
            assert found.done[i, t] == (done or cut[i, t])
            if (ended[i, t] or cut[i, t]) and t + 1 < length:
                run, over = Interpreter(kernel, starts[i, t + 1]), False


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KERNELS), st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_counterfactual_is_a_step_from_every_memory(text: str, seed: int, count: int) -> None:
    kernel = kernel_of(text)
    rng = np.random.default_rng(seed)
    letters = rng.integers(kernel.tables.next.shape[1], size=count)
    numbers, draws = rng.normal(size=(count, len(kernel.inputs))), rng.random(count)
    ended, clock = rng.random(count) < 0.3, rng.integers(7, size=count)
    batch = Batch(letters, numbers, draws, ended)
    found = kernel.counterfactual(batch, clock)
    for i in range(count):
        for memory in range(kernel.memories):
            run = Interpreter(kernel, 0)
            run.memory, run.clock = memory, int(clock[i])
            reward, done = run.step(int(letters[i]), numbers[i].tolist(), draws[i], bool(ended[i]))
            assert found.reward[i, memory].hex() == float(reward).hex()
            assert (found.after[i, memory], found.done[i, memory]) == (run.memory, done)


RECORDED = (
    *("reach", "stay", "often", "settle", "patrol", "prize", "deliver", "soon"),
    *("cover", "power", "worst", "twice", "guarded", "rise", "ever", "spread"),
)


@pytest.mark.parametrize("name", RECORDED)
def test_stored_episodes_relabel_as_they_were_paid(name: str) -> None:
    kernel = numbered_kernel(spec(name))
    model = spec(name).environment
    over_model = kernel.controller is None
    if not over_model:
        by_transition, by_state = letters_of(model, kernel.controller)
    wrapped = wrap(environment(name, steps=20), spec(name), observe="index")
    actions = wrapped.env.action_space.n
    columns: dict[str, list] = {key: [] for key in ("t", "s", "end", "cut", "m", "r", "x")}
    for seed in range(15):
        (_, memory), info = wrapped.reset(seed=seed)
        wrapped.env.action_space.seed(seed)
        ended = False
        while not ended:
            state, mask = wrapped._state, info.get("action_mask", np.ones(actions, dtype=np.int8))
            action = wrapped.env.action_space.sample(mask)
            (_, memory), reward, over, cut, info = wrapped.step(action)
            steps = [
                t for c in model.choices(state) for t in model.transitions(c)
                if model.actions[c] == model.action_names()[action]
                and model.successors[t] == wrapped._state
            ]  # fmt: skip
            values = steps[0], state, over, cut and not over, memory, reward, wrapped._state
            for key, value in zip(columns, values, strict=True):
                columns[key].append(value)
            ended = over or cut
    row = {key: np.array([values]) for key, values in columns.items()}
    loops = model.transition_starts[model.choice_starts[:-1]][row["x"]]
    # Behind a decided formula or a horizon the row goes on with the next episode, too.
    letters, first, after = row["t"], row["s"], loops
    if not over_model:
        letters, first, after = by_transition[row["t"]], by_state[row["s"]], by_transition[loops]
    gadget = kernel.tables.zeta < 1
    lucky = (row["r"] == 1.0) & ~model.stopped[row["x"]]
    draws = np.where(lucky, 0.999, 0.0) if gadget else None
    terminated = model.stopped[row["x"]]
    found = kernel.relabel(
        Trajectories(letters, first, terminated, (row["end"] & ~terminated) | row["cut"],
                     None if not kernel.inputs else row_numbers(kernel, model, row["t"]),
                     draws, after)
    )  # fmt: skip
    assert found.live.all()
    assert found.after.tolist() == row["m"].tolist()
    assert found.reward.tolist() == [pytest.approx(row["r"][0].tolist(), abs=1e-9)]
    assert found.done.tolist() == (row["end"] | row["cut"]).tolist()


def row_numbers(kernel: Kernel, model: object, transitions: np.ndarray) -> np.ndarray:
    """What rewards read of the environment on these transitions."""
    return model.rewards[""].floats()[transitions][..., None]


def test_a_kernel_over_a_model() -> None:
    kernel = numbered_kernel(spec("cover"))
    model = spec("cover").environment
    start = model.initial[0][0]
    state = kernel.initial(3, np.full(3, start))
    leaving = model.transitions(model.choices(start).start).start
    after, reward, done = kernel.step(state, np.full(3, leaving))
    assert reward.tolist() == [float(model.successors[leaving] != start)] * 3 and not done.any()
    every = kernel.counterfactual(np.array([leaving]), np.array([0]))
    assert every.after[0, state.memory[0]] == after.memory[0]
    assert (every.after == -1).any() and not every.reward[every.after == -1].any()
    elsewhere = next(t for t, s in enumerate(model.transition_sources()) if s != start)
    with pytest.raises(SpecError, match=r"E814.*leaves the state"):
        kernel.step(state, np.array([leaving, elsewhere, leaving]))
    with pytest.raises(SpecError, match=r"E814.*initial"):
        kernel.initial(1, np.array([start + 1]))
    with pytest.raises(SpecError, match=r"E814.*reads the start"):
        kernel.initial(1)


def test_epsilon_actions() -> None:
    kernel = kernel_of("P[F G a]")
    control = kernel.controller
    assert control.jump_count
    state = kernel.initial(4, np.zeros((4, 1), dtype=bool))
    moved = kernel.jump(state, np.array([-1, 0, 99, 0]))
    held = int(state.memory[0])
    assert moved.memory.tolist() == [held, control.jumps[held][0], held, control.jumps[held][0]]


_OBSERVED = "E[discounted([a]*obs[0] + native, 0.9)]"
_ONES = np.ones((2, 1), dtype=bool)
_PAIRS = np.zeros((2, 2))


@pytest.mark.parametrize(
    ("text", "batch", "seen"),
    [
        (_OBSERVED, Batch(_ONES[:1], _PAIRS), r"`letters` has the shape \(1, 1\)"),
        (_OBSERVED, Batch(_ONES, _PAIRS[:1]), r"`numbers` has the shape \(1, 2\)"),
        (_OBSERVED, Batch(_ONES.astype(float), _PAIRS), "`letters` has the type float64"),
        (_OBSERVED, Batch(np.array([0, 7]), _PAIRS), "`letters` has 0 to 7; expected: 0 to 1"),
        (_OBSERVED, Batch(_ONES), "no `numbers` were passed"),
        (_OBSERVED, Batch(_ONES, _PAIRS + np.nan), "`numbers` has nan"),
        (_OBSERVED, Batch(_ONES, _PAIRS / [1, np.inf] + [0, np.inf]), "`numbers` has inf"),
        (_OBSERVED, Batch(_ONES, _PAIRS.astype(str)), "`numbers` has the type"),
        (_OBSERVED, Batch(_ONES, _PAIRS, terminated=np.zeros(2)), "`terminated` has the type"),
        ("P[G F a]", Batch(_ONES), "no `draws` were passed"),
        ("P[G F a]", Batch(_ONES, draws=np.array([0.5, 1.0])), r"`draws` leave"),
        ("P[G F a]", Batch(_ONES, draws=np.array([0.5])), r"`draws` has the shape"),
    ],
)
def test_arrays_that_do_not_fit(text: str, batch: Batch, seen: str) -> None:
    kernel = kernel_of(text)
    state = kernel.initial(2, np.zeros((2, 1), dtype=bool))
    held, clock = state.memory.copy(), state.clock.copy()
    with pytest.raises(SpecError, match=f"E814.*{seen}"):
        kernel.step(state, batch)
    assert (state.memory == held).all() and (state.clock == clock).all()


def test_stored_rows_that_do_not_fit() -> None:
    kernel = kernel_of("P[F a]")
    letters = np.zeros((2, 3, 1), dtype=bool)
    with pytest.raises(SpecError, match=r"E814.*reads the start"):
        kernel.relabel(letters)
    ends = np.array([[True, False, False], [False, False, True]])
    with pytest.raises(SpecError, match=r"E814.*second episode"):
        kernel.relabel(Trajectories(letters, letters[:, 0], ends))
    with pytest.raises(SpecError, match=r"E814.*dimensions"):
        kernel.relabel(Trajectories(letters[0], letters[:, 0]))
    assert kernel.relabel(
        Trajectories(letters, letters[:, 0], ends & [False, True, True])
    ).live.all()
    with pytest.raises(SpecError, match=r"E814.*no `clock`"):
        kernel_of("E[total([a], horizon=2)]").counterfactual(np.zeros(1, dtype=int))


def test_an_infinite_reward_is_named() -> None:
    kernel = kernel_of("E[discounted(log(obs[0]), 0.9)]")
    state = kernel.initial(2)
    with pytest.raises(SpecError, match=r"E809.*log\(obs\[0\]\).*at \[1\]"):
        kernel.step(state, Batch(np.zeros(2, dtype=int), np.array([[1.0], [0.0]])))
