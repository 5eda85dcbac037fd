"""Kernels over visited sets against the interpreter, and against definitions over plain sets."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

import specc
from specc.diagnostics import SpecError
from specc.emit.batches import Batch, Trajectories
from specc.emit.meter import Context, ReturnMeter
from specc.emit.model_env import ModelEnv
from specc.emit.planned import plan
from specc.emit.reading import Tracker
from specc.emit.readings import Step
from specc.emit.sets.kernel import SetKernel
from specc.emit.sets.states import SetState
from specc.emit.sets.torch_kernel import TorchSetKernel
from specc.resolve.file import Spec, load_text

CAVE = '''
machine m {
  states u v
  u -> v when a | b emit 1/3
  v -> u when !a & !b
}
env cave = grid {
  map """
    a.#..a....
    ..#.......
    @...#..b..
    .a..#.....
  """
  legend { @: start  a: a  b: b }
  actions north south east west
  slip 1/10
}
env toss = mdp {
  initial 1/3 s0 + 2/3 s1
  s0: flip -> 1/2 s0 + 1/3 s1 + 1/6 s2
  s1: flip -> s0
      keep -> s1
  s2: keep -> s2
  label a: s1
  label b: s2
}
'''
WHOLE = (
    "coverage(horizon=9)", "coverage(horizon=7, radius=1)", "distinct(a | b, horizon=8)",
    "weighted_coverage(1/3 + 2/7*[a] - 5/2*[b], horizon=8, radius=1)",
    "2*coverage(horizon=5, radius=2) - distinct(a, horizon=9)/3",
    "min(coverage(horizon=6), 4) + 1/10*coverage(horizon=3, radius=1)",
    "sqrt(coverage(horizon=8, radius=1))",
    "coverage(horizon=8, radius=1) - total(1/3 + [a] + 2*m, horizon=6)",
    "distinct(a | b, horizon=5) * total([from(a)] - 1/7, horizon=9)",
    "coverage(horizon=6) + discounted(1/3*[b] - 1/10*m, 9/10)",
)  # fmt: skip
SMOOTH = (
    "facility_location(horizon=7)", "logdet(kernel=rbf(3/2), noise=1/2, horizon=8)",
    "logdet(kernel=rbf(1), noise=1/10, horizon=6) + coverage(horizon=4)",
)  # fmt: skip


@lru_cache
def task(text: str, where: str = "cave") -> Spec:
    file = load_text(f"{CAVE}\nspec s in {where} = E[ {text} ]")
    assert not file.has_errors, file.diagnostics
    return file["s"]


def walks(spec: Spec, n: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Start states (n,) and the transitions (n, length) of random runs."""
    mdp, rng = spec.environment, np.random.default_rng(seed)
    starts = rng.choice([s for s, _ in mdp.initial], size=n)
    letters = np.zeros((n, length), dtype=np.int64)
    for i, state in enumerate(starts.tolist()):
        for t in range(length):
            choice = rng.choice(list(mdp.choices(state)))
            letters[i, t] = rng.choice(list(mdp.transitions(int(choice))))
            state = int(mdp.successors[letters[i, t]])
    return starts, letters


def interpreted(spec: Spec, start: int, letters: list[int]) -> list[tuple[float, bool]]:
    """What the step by step interpreter pays, and where it ends."""
    mdp = spec.environment
    scheme = plan(spec).scheme
    meter = ReturnMeter(scheme, Context(ModelEnv(mdp), Tracker(mdp), {}))
    meter.start(Step(None, None, start, 0.0, {}, -1, start))
    paid = []
    for letter in letters:
        if meter.final:
            paid.append((0.0, True))
            continue
        after = int(mdp.successors[letter])
        step = Step(None, None, after, 0.0, {}, letter, -1)
        paid.append((meter.step(step, False, lambda: 0.0), meter.final))
    return paid


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([*WHOLE, *SMOOTH]), st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_steps_and_stored_runs_are_the_interpreter(text: str, seed: int, length: int) -> None:
    spec = task(text)
    kernel: SetKernel = pickle.loads(pickle.dumps(specc.compile(spec)))
    tensors: TorchSetKernel = pickle.loads(pickle.dumps(specc.compile(spec, backend="torch")))
    starts, letters = walks(spec, 3, length, seed)
    expected = [
        interpreted(spec, int(s), row.tolist()) for s, row in zip(starts, letters, strict=True)
    ]
    near = 0.0 if text in WHOLE else 1e-9
    stored, on_tensors = (k.relabel(Trajectories(letters, starts)) for k in (kernel, tensors))
    state, other = kernel.initial(3, starts), tensors.initial(3, starts)
    for t in range(length):
        asked = kernel.tables.targets[letters[:, t]][:, None]
        promised: tuple = ()
        if kernel.tables.by_state:
            promised = kernel.gains(state, asked)[:, 0], tensors.gains(other, asked)[:, 0].numpy()
        state, reward, done = kernel.step(state, letters[:, t])
        other, also, ended = tensors.step(other, letters[:, t])
        for i in range(3):
            paid, over = expected[i][t]
            answers = (
                reward[i], also[i].item(), *(gain[i] for gain in promised), stored.reward[i, t],
                on_tensors.reward[i, t].item(),
            )  # fmt: skip
            assert all(abs(answer - paid) <= near for answer in answers), (t, i, paid, answers)
            ends = done[i], bool(ended[i]), stored.done[i, t], bool(on_tensors.done[i, t])
            assert ends == (over,) * 4
            lived = not t or not expected[i][t - 1][1]
            assert (stored.live[i, t], bool(on_tensors.live[i, t])) == (lived,) * 2


def reach(spec: Spec, state: int, radius: int) -> set[int]:
    mdp, near = spec.environment, {state}
    for _ in range(radius):
        near |= {
            int(mdp.successors[t])
            for s in near for c in mdp.choices(s) for t in mdp.transitions(c)
        }  # fmt: skip
    return near


def test_values_are_their_definitions() -> None:
    starts, letters = walks(task(WHOLE[0]), 6, 6, 3)
    mdp = task(WHOLE[0]).environment
    points = mdp.coordinates.astype(float)
    weigh = np.array([
        Fraction(1, 3) + Fraction(2, 7) * int(a) - Fraction(5, 2) * int(b)
        for a, b in zip(mdp.labels["a"].holds, mdp.labels["b"].holds, strict=True)
    ])  # fmt: skip
    for i in range(6):
        been = {int(starts[i]), *mdp.successors[letters[i]].tolist()}
        covered = set().union(*(reach(task(WHOLE[0]), s, 1) for s in been))
        likeness = np.exp(-((points[:, None] - points[sorted(been)]) ** 2).sum(-1) / 2)
        inner = points[sorted(been)]
        kernel = np.exp(-((inner[:, None] - inner) ** 2).sum(-1) / 8) / 0.5
        expected = {
            "coverage(horizon=6)": len(been),
            "coverage(horizon=6, radius=1)": len(covered),
            "distinct(a, horizon=6)": sum(bool(mdp.labels["a"].holds[s]) for s in been),
            "weighted_coverage(1/3 + 2/7*[a] - 5/2*[b], horizon=6, radius=1)":
                float(sum(weigh[s] for s in covered)),
            "facility_location(horizon=6)": likeness.max(1).sum(),
            "logdet(kernel=rbf(2), noise=1/2, horizon=6)":
                np.linalg.slogdet(np.eye(len(inner)) + kernel)[1],
        }  # fmt: skip
        for text, value in expected.items():
            row = Trajectories(letters[i : i + 1], starts[i : i + 1])
            for made in ("numba", "torch"):
                found = specc.compile(task(text), backend=made).relabel(row).value[0, -1]
                assert float(found) == pytest.approx(value, abs=1e-9), text


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([*WHOLE, *SMOOTH]), st.integers(0, 2**32 - 1))
def test_rows_of_several_episodes(text: str, seed: int) -> None:
    spec = task(text, "cave" if text in SMOOTH else "toss")
    rng = np.random.default_rng(seed)
    rows = [[walks(spec, 1, int(rng.integers(1, 6)), int(rng.integers(2**32))) for _ in range(4)]
            for _ in range(3)]  # fmt: skip
    length = min(sum(x[1].shape[1] for x in row) for row in rows)
    letters, first, ended, cut = [], [], [], []
    alone: list[list[float]] = []
    for row in rows:
        letters.append(np.concatenate([x[1][0] for x in row])[:length])
        first.append(spec.environment.transition_sources()[letters[-1]])
        ends = np.zeros(length, dtype=bool)
        ends[[k for k in np.cumsum([x[1].shape[1] for x in row]) - 1 if k < length]] = True
        which = rng.random(length) < 0.5
        ended.append(ends & which)
        cut.append(ends & ~which)
        paid = [p for s, x in row for p, _ in interpreted(spec, int(s[0]), x[0].tolist())]
        alone.append(paid[:length])
    stored = Trajectories(*map(np.array, (letters, first, ended, cut)))
    for made in ("numba", "torch"):
        found = specc.compile(spec, backend=made).relabel(stored)
        np.testing.assert_allclose(np.asarray(found.reward), alone, atol=1e-9)
        assert np.asarray(found.done)[np.array(ended) | np.array(cut)].all()


def test_large_grids_need_no_tables() -> None:
    line = "." * 40
    rows = "\n".join(f"    {line}" for _ in range(39))
    text = f'env g = grid {{ map """\n    @{line[1:]}\n{rows}\n  """\n actions north east stay }}'
    spec = load_text(f"{text}\nspec s in g = E[ coverage(horizon=60, radius=3) ]")["s"]
    starts, letters = walks(spec, 7, 60, 1)
    found = specc.compile(spec).relabel(letters)
    for i in range(7):
        been = {int(starts[i]), *spec.environment.successors[letters[i]].tolist()}
        covered = set().union(*(reach(spec, s, 3) for s in been))
        assert found.value[i, -1] == len(covered)


def test_out_is_reused_and_may_be_the_state() -> None:
    spec = task(WHOLE[3])
    starts, letters = walks(spec, 6, 8, 5)
    kernel = specc.compile(spec)
    expected = kernel.relabel(Trajectories(letters, starts))
    again = kernel.relabel(Trajectories(letters, starts), out=expected)
    assert again is expected
    state, out, spare = kernel.initial(6, starts), None, None
    own = kernel.step(kernel.initial(6, starts), letters[:, 0])
    for t in range(8):
        answer = kernel.step(state, letters[:, t], out=spare)
        assert answer[1].tolist() == expected.reward[:, t].tolist()
        if t:
            own = kernel.step(own[0], letters[:, t], out=own)
        assert own[1].tolist() == answer[1].tolist() and own[2].tolist() == answer[2].tolist()
        state, spare, out = answer[0], out, answer
    assert own[0].memory[0][0].tolist() == state.memory[0][0].tolist()
    assert own[0].clock.tolist() == [8] * 6 and own[0].place.tolist() == state.place.tolist()


def test_visits_and_what_was_covered() -> None:
    spec = task("coverage(horizon=9, radius=1)")
    for made in ("numba", "torch"):
        kernel = specc.compile(spec, backend=made)
        state, gain, _ = kernel.visit(kernel.initial(2), np.array([5, 7]))
        start = spec.environment.initial[0][0]
        for i, entered in enumerate((5, 7)):
            covered = reach(spec, start, 1) | reach(spec, entered, 1)
            assert set(np.flatnonzero(np.asarray(kernel.visited(state)[i]))) == covered
            assert float(gain[i]) == len(covered) - len(reach(spec, start, 1))
        one = kernel.gains(state, np.arange(3))
        assert tuple(one.shape) == (2, 3) and float(one[0, 0]) == len(
            reach(spec, 0, 1) - reach(spec, start, 1) - reach(spec, 5, 1)
        )


def test_counted_states_are_those_where_the_condition_holds() -> None:
    spec = task("distinct(a, horizon=60)")
    kernel = specc.compile(spec)
    every = np.arange(spec.environment.state_count)
    state = kernel.initial(1)
    for s in every.tolist():
        state, _, _ = kernel.visit(state, np.array([s]))
    assert (kernel.visited(state)[0] == spec.environment.labels["a"].holds).all()


def frozen(state: SetState) -> list[bytes]:
    arrays = [a for part in state.memory for a in part]
    return [a.tobytes() for a in (*arrays, state.total, state.value, state.clock, state.place)]


def test_mistakes_are_named_and_change_nothing() -> None:
    spec = task("log(coverage(horizon=9) - 1)")
    for made in ("numba", "torch"):
        with pytest.raises(SpecError, match=r"E809.*log"):
            specc.compile(spec, backend=made).initial(1)
    spec = task("coverage(horizon=9)")
    kernel = specc.compile(spec)
    mdp = spec.environment
    start = mdp.initial[0][0]
    leaving = mdp.transitions(mdp.choices(start).start).start
    elsewhere = next(t for t, s in enumerate(mdp.transition_sources()) if s != start)
    state = kernel.initial(2)
    held = frozen(state)
    batch, answer = np.array([leaving, leaving]), kernel.step(state, np.array([leaving] * 2))
    wrong = [
        (np.array([leaving, elsewhere]), r"E814.*at \[1\].*leaves the state"),
        (np.array([leaving, mdp.transition_count]), "E814.*letters"),
        (np.array([leaving, -1]), "E814.*letters"),
        (np.array([leaving]), r"E814.*shape \(1,\)"),
        (np.array([0.0, 1.0]), "E814.*float64"),
        (Batch(batch, terminated=np.array([True])), "E814.*terminated"),
    ]
    for given_batch, message in wrong:
        for out in (None, (state, answer[1], answer[2])):
            with pytest.raises(SpecError, match=message):
                kernel.step(state, given_batch, out=out)
    other = specc.compile(spec, backend="torch")
    for k in (kernel, other):
        with pytest.raises(SpecError, match=r"E814.*leaves the state"):
            k.step(k.initial(2), wrong[0][0])
        with pytest.raises(SpecError, match=r"E814.*initial"):
            k.initial(1, np.array([start + 1]))
        with pytest.raises(SpecError, match=r"E814.*leaves the state"):
            k.relabel(np.array([[elsewhere]]))
        with pytest.raises(SpecError, match=r"E814.*2 dimensions"):
            k.relabel(np.array([leaving]))
        with pytest.raises(SpecError, match=r"E814.*SetState"):
            k.step(answer, batch)
        with pytest.raises(SpecError, match=r"E814.*states"):
            k.visit(k.initial(1), np.array([mdp.state_count]))
        with pytest.raises(SpecError, match=r"E814.*states"):
            k.gains(k.initial(2), np.array([[0]]))
        with pytest.raises(SpecError, match=r"E812.*set of states visited"):
            k.counterfactual(batch)
        with pytest.raises(SpecError, match=r"E814.*several"):
            specc.compile(task("coverage(horizon=3)", "toss")).initial(1)
    assert frozen(state) == held
    with pytest.raises(SpecError, match=r"E814.*arrays of the shapes"):
        kernel.step(specc.compile(task(SMOOTH[0])).initial(2), batch)
    apart = specc.compile(task(WHOLE[4]))
    state = apart.initial(1)
    answer = apart.step(state, np.array([leaving]))
    with pytest.raises(SpecError, match=r"E814.*`out` is the state"):
        apart.step(state, np.array([leaving]), out=(state, *answer[1:]))
    with pytest.raises(SpecError, match=r"E814.*`facility_location`"):
        far = specc.compile(task(SMOOTH[0]))
        far.visited(far.initial(1))


def test_sums_are_not_asked_by_states() -> None:
    for made in ("numba", "torch"):
        kernel = specc.compile(task(WHOLE[7]), backend=made)
        state = kernel.initial(2)
        for ask in (kernel.visit, kernel.gains):
            with pytest.raises(SpecError, match=r"E812.*transitions pay"):
                ask(state, np.array([0, 1]))
        with pytest.raises(SpecError, match=r"E812.*`coverage`"):
            kernel.counterfactual(np.array([0, 1]))


def test_weights_that_doubles_do_not_hold_take_the_tables() -> None:
    text = f"weighted_coverage([a]/{2**60 + 1} + [b]/3, horizon=2)"
    assert not isinstance(specc.compile(task(text)), SetKernel)


def test_extrema_beside_sets_take_the_tables() -> None:
    kernel = specc.compile(task("coverage(horizon=2) - sup([a])/4"))
    assert kernel.memories > 1 and math.isfinite(kernel.tables.values.sum())


def test_on_another_device() -> None:
    kernel = specc.compile(task(SMOOTH[2]), backend="torch")
    moved = kernel.to("cpu")
    a, b = kernel.initial(3), moved.initial(3)
    assert torch.equal(a.total, b.total) and str(moved.device) == "cpu"


FIELD = load_text(
    'env field = grid {\n  map """\n    @' + "." * 29 + ("\n    " + "." * 30) * 29 + '\n  """\n'
    "  actions north south east west\n}\nspec s in field = E[ coverage(horizon=12, radius=2) ]"
)["s"]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_vectors_over_a_large_grid(mode: AutoresetMode) -> None:
    envs = SyncVectorEnv([lambda: ModelEnv(FIELD.environment)] * 3, autoreset_mode=mode)
    vector = specc.wrap_vector(envs, FIELD)
    vector.action_space.seed(1)
    cells, _ = vector.reset(seed=0)
    been = [{int(cell)} for cell in cells]
    ends = np.zeros(3, dtype=bool)
    for t in range(40):
        before = [len(set().union(*(reach(FIELD, s, 2) for s in row))) for row in been]
        if mode == AutoresetMode.DISABLED and ends.any():
            cells, _ = vector.reset(options={"reset_mask": ends.copy()})
            for i in np.flatnonzero(ends):
                been[i] = {int(cells[i])}
            before = [len(set().union(*(reach(FIELD, s, 2) for s in row))) for row in been]
        fresh = ends if mode == AutoresetMode.NEXT_STEP else np.zeros(3, dtype=bool)
        cells, reward, ends, cut, infos = vector.step(vector.action_space.sample())
        assert infos["specc"]["machine"].tolist() == [0] * 3 and not cut.any()
        shown = infos.get("final_obs", cells)
        for i in range(3):
            if fresh[i]:
                been[i], paid = {int(cells[i])}, 0
            else:
                been[i].add(int(shown[i] if ends[i] and shown[i] is not None else cells[i]))
                paid = len(set().union(*(reach(FIELD, s, 2) for s in been[i]))) - before[i]
            assert reward[i] == paid, (t, i)
            if ends[i] and mode == AutoresetMode.SAME_STEP:
                been[i] = {int(cells[i])}
    assert t == 39


def test_stored_arrays_over_a_large_grid() -> None:
    env = specc.wrap(ModelEnv(FIELD.environment), FIELD)
    env.action_space.seed(3)
    rows: dict[str, list] = {
        key: [] for key in ("observation", "action", "next_observation", "terminated", "truncated")
    }
    paid = []
    for _ in range(3):
        cell, _ = env.reset(seed=0)
        over = False
        while not over:
            action = env.action_space.sample()
            after, reward, over, _, _ = env.step(action)
            # The environment goes on where the reward ends: a truncation to what stores it.
            for key, value in zip(rows, (cell, action, after, False, over), strict=True):
                rows[key].append(value)
            paid.append(reward)
            cell = after
    found = specc.relabel({key: np.array(values) for key, values in rows.items()}, FIELD)
    assert found.reward[0].tolist() == paid and found.live.all()
    assert found.terminated.sum() == 3 and not found.before.any()
