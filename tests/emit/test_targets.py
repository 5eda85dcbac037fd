"""Compiled files: alone in a process without specc, or read back."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from emit_specs import spec, unlimited
from gymnasium.utils.env_checker import check_env

from specc.automata.hoa import read_hoa
from specc.automata.semantics import run_lasso
from specc.diagnostics import SpecError
from specc.emit.targets import write_target
from specc.emit.wrapped import wrap

_ALONE = """
import sys, json
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "specc":
            raise ImportError("blocked")
sys.meta_path.insert(0, Blocked())
import gymnasium, importlib
sys.path.insert(0, sys.argv[1])
answer = {}
for name in sys.argv[2:]:
    alone = importlib.import_module(name)
    env = gymnasium.wrappers.TimeLimit(alone.make(), 60)
    answer[name] = stream(alone.wrap(env, observe="index"))
    answer[name + " none"] = len(stream(alone.wrap(env)))
assert not any(name.split(".")[0] == "specc" for name in sys.modules)
print(json.dumps(answer))
"""
_STREAM = """
def stream(env):
    rows = []
    for seed in range(12):
        seen, info = env.reset(seed=seed)
        env.action_space.seed(seed)
        rows.append([str(seen), info["specc"]["satisfied"]])
        ended = False
        while not ended:
            mask = info.get("action_mask")
            action = env.action_space.sample()
            if mask is not None and action < len(mask) and not mask[action]:
                action = list(mask).index(1)
            seen, reward, over, cut, info = env.step(action)
            told = {key: info["specc"][key] for key in ("formalism", "machine", "satisfied")}
            rows.append([str(seen), reward, bool(over), bool(cut), told])
            ended = over or cut
    return rows
"""
_EXACT = (
    *("reach", "stay", "fail", "next", "often", "prize", "walk", "falls", "fare", "deliver"),
    *("both", "patrol", "settle", "rate", "soon", "near", "paid", "coin"),
)
_RETURNS = ("cover", "power", "worst", "twice", "guarded", "rise", "ever", "spread")


def test_the_modules_alone_are_the_wrappers(tmp_path: Path) -> None:
    names = (*_EXACT, *_RETURNS)
    for name in names:
        (module,) = write_target(spec(name), "gym", tmp_path)
        assert module == tmp_path / f"{name}.py"
    command = [sys.executable, "-c", _STREAM + _ALONE, str(tmp_path), *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    alone = json.loads(answer.stdout)
    scope: dict = {}
    exec(_STREAM, scope)
    for name in names:
        env = unlimited(name)
        ours = scope["stream"](wrap(env, spec(name), observe="index"))
        theirs = alone[name]
        if name in _RETURNS:
            # Gains are differences of doubles here and of rationals there.
            assert [r[1] for r in theirs] == pytest.approx([r[1] for r in ours], abs=1e-9), name
            for row in (*ours, *theirs):
                row[1] = 0.0
        assert theirs == json.loads(json.dumps(ours)), name
        if not wrap(env, spec(name))._jumps:
            # Without an observed memory nothing else changes.
            assert alone[name + " none"] == len(ours)


def test_a_module_refuses_another_environment(tmp_path: Path) -> None:
    (module,) = write_target(spec("reach"), "gym", tmp_path)
    scope: dict = {}
    exec(compile(module.read_text(), str(module), "exec"), scope)
    wrapped = scope["wrap"](gymnasium.make("FrozenLake-v1", map_name="8x8"))
    wrapped.reset(seed=0)
    with pytest.raises(ValueError, match="not the environment of the tables"):
        for _ in range(200):
            wrapped.step(1)
    with pytest.raises(ValueError, match="observe"):
        scope["wrap"](scope["make"](), observe="onehot")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["cover", "settle", "reach"])
def test_a_module_keeps_the_contract(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_target(spec(name), "gym", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    alone = importlib.import_module(name)
    made = gymnasium.wrappers.TimeLimit(alone.make(), 50)
    check_env(alone.wrap(made, observe="index"), skip_render_check=True)
    check_env(alone.make(), skip_render_check=True)


def test_a_module_that_would_be_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specc.emit.module._MOST_MOVES", 100)
    for name in ("cover", "patrol"):
        with pytest.raises(SpecError, match="E804"):
            write_target(spec(name), "gym", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_automaton_file(tmp_path: Path) -> None:
    (path,) = write_target(spec("patrol"), "hoa", tmp_path)
    automaton = read_hoa(path.read_text())
    bit = {name: 1 << i for i, name in enumerate(automaton.atoms)}
    assert run_lasso(automaton, [], [bit["coffee"], bit["mail"]])
    assert not run_lasso(automaton, [bit["plant"]], [bit["coffee"], bit["mail"]])
    with pytest.raises(SpecError, match="E812"):
        write_target(spec("deliver"), "hoa", tmp_path)


def test_reward_machine_file_reads_back(tmp_path: Path) -> None:
    from fractions import Fraction

    from emit_specs import TEXT

    from specc.evaluate.evaluation import evaluate
    from specc.model.policy import uniform
    from specc.resolve.file import load_text

    (path,) = write_target(spec("deliver"), "rm", tmp_path)
    text = (
        TEXT + f'machine again = rm "{path.name}"\nspec back in office = E[discounted(again, 0.99)]'
    )
    file = load_text(text, path=tmp_path / "x.spec")
    assert not file.has_errors, file.diagnostics
    value = evaluate(file["back"], uniform(file["back"].environment)).value
    assert isinstance(value, Fraction)
    assert value == evaluate(file["deliver"], uniform(file["deliver"].environment)).value


@pytest.mark.parametrize("target", ["drn", "json"])
def test_product_files_keep_the_value(target: str, tmp_path: Path) -> None:
    from specc.evaluate.evaluation import evaluate
    from specc.model.policy import uniform
    from specc.resolve.file import load_text

    (path,) = write_target(spec("deliver"), target, tmp_path)
    native = "native"
    file = load_text(
        f'env e = file "{path.name}"\nspec s = E[discounted({native}, 0.99)]',
        path=tmp_path / "x.spec",
    )
    assert not file.has_errors, file.diagnostics
    value = evaluate(file["s"], uniform(file["s"].environment)).value
    assert value == evaluate(spec("deliver"), uniform(spec("deliver").environment)).value


def test_tables_load_without_pickle(tmp_path: Path) -> None:
    table, page = write_target(spec("deliver"), "numba", tmp_path)
    loaded = np.load(table, allow_pickle=False)
    assert loaded["next"].shape == loaded["reward"].shape
    assert set(np.unique(loaded["reward"])) == {-1.0, 0.0, 1.0}
    assert "coffee" in page.read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deliver.md", "deliver.npz"]


@pytest.mark.parametrize("scheme", ["auto", "gadget", "two-discounts", "average"])
@pytest.mark.parametrize("name", ["patrol", "settle", "reach"])
def test_the_page_of_the_tables_says_how_to_read_them(
    name: str, scheme: str, tmp_path: Path
) -> None:
    """A reader written from the page alone pays what the kernel pays."""
    import specc
    from specc.emit.batches import Batch
    from specc.emit.schemes.choice import with_scheme

    zeta = "9/10" if scheme in {"gadget", "two-discounts"} else None
    task = with_scheme(spec(name), scheme, zeta)
    table, _ = write_target(task, "numba", tmp_path)
    read = dict(np.load(table, allow_pickle=False))
    kernel, rng = specc.compile(task), np.random.default_rng(0)

    def letter(held: np.ndarray) -> int:
        node = int(read["diagram_root"])
        while node >= 0:
            high = held[read["diagram_atom"][node]]
            node = int(read["diagram_high" if high else "diagram_low"][node])
        return -1 - node

    names = len(kernel.propositions)
    first, held = rng.random((60, names)) < 0.4, rng.random((60, names)) < 0.4
    ended, draws = rng.random(60) < 0.3, rng.random(60)
    state = kernel.jump(kernel.initial(60, first), np.zeros(60, dtype=int))
    _, reward, done = kernel.step(state, Batch(held, None, draws, ended))
    paid = set()
    for i in range(60):
        place = read["first"][letter(first[i])]
        place = read["jumps"][place][0] if read["jumps"][place][0] >= 0 else place
        seen = letter(held[i])
        after, mine = read["next"][place, seen], read["reward"][place, seen]
        hit = read["accepting"][place, seen] and draws[i] >= read["zeta"]
        over = hit or read["final"][after]
        if hit:
            mine = 1.0
        elif ended[i] and not over and read["rest"].size:
            mine += read["rest"][after, seen]
        paid.add(mine)
        assert (mine, bool(over or ended[i])) == (reward[i], done[i])
    assert len(paid) > 1
