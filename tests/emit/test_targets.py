"""Compiled files: alone in a process without specc, or read back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from emit_specs import environment, spec

from specc.automata.hoa import read_hoa
from specc.automata.semantics import run_lasso
from specc.diagnostics import SpecError
from specc.emit.targets import write_target
from specc.emit.wrapper import wrap

_ALONE = """
import sys, json
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "specc":
            raise ImportError("blocked")
sys.meta_path.insert(0, Blocked())
import gymnasium, importlib.util
spec = importlib.util.spec_from_file_location("alone", sys.argv[1])
alone = importlib.util.module_from_spec(spec); spec.loader.exec_module(alone)
assert not any(name.split(".")[0] == "specc" for name in sys.modules)
env = alone.wrap(gymnasium.make(sys.argv[2], max_episode_steps=60), observe="index")
print(json.dumps(stream(env)))
"""
_STREAM = """
def stream(env):
    rows = []
    for seed in range(25):
        seen, info = env.reset(seed=seed)
        env.action_space.seed(seed)
        rows.append([int(seen[0]), int(seen[1]), info["specc"]["satisfied"]])
        ended = False
        while not ended:
            seen, reward, over, cut, info = env.step(env.action_space.sample())
            own = info["specc"]
            rows.append([int(seen[0]), int(seen[1]), reward, bool(over), bool(cut), own])
            ended = over or cut
    return rows
"""


@pytest.mark.parametrize("name", ["reach", "stay", "often", "prize", "walk", "falls"])
def test_the_module_alone_is_the_wrapper(name: str, tmp_path: Path) -> None:
    (module,) = write_target(spec(name), "gym", tmp_path)
    identifier = "CliffWalking-v1" if name in ("walk", "falls") else "FrozenLake-v1"
    answer = subprocess.run(
        [sys.executable, "-c", _STREAM + _ALONE, str(module), identifier],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    scope: dict = {}
    exec(_STREAM, scope)
    ours = scope["stream"](wrap(environment(name), spec(name), observe="index"))
    assert json.loads(answer.stdout) == json.loads(json.dumps(ours))


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
