"""Files, models and wrappers of rewards whose letters have no classes, as of those with classes."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specc.emit import controller as controllers
from specc.emit.compiled import compile_spec
from specc.emit.compiled_model import compiled_model
from specc.emit.kernel import control
from specc.emit.model_env import ModelEnv
from specc.emit.module import module_text
from specc.emit.targets import write_target
from specc.emit.wrapped import wrap
from specc.lint.lint import lint
from specc.resolve.file import Spec, load_text

_FILE = """
env town = mdp {
  initial 1/2 a + 1/2 b
  a: go -> 1/3 b + 2/3 c
     stay -> a
  b: go -> c
     back -> 1/2 a + 1/2 b
  c: go -> a
  label p: a
  label q: b, c
  label r: a go b
}
machine m {
  states u v w
  u -> v when p & !q emit 1/3
  u -> w when r emit 1/2
  v -> w when q | r emit 7/10
  w -> end when p & q
  *  -> u when q & !p emit -1
  final end
}
spec pays in town = E[discounted(m + [p & r]/7, 0.9)]
spec reach in town = P[F p & F (q & X p)]
spec often in town = P[G F p & G F q]
"""


def _both(name: str, made: Any) -> tuple[Any, Any]:
    """With letter classes, and without."""
    dense = made(load_text(_FILE)[name])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controllers, "_MOST_CLASSES", 0)
        spec = load_text(_FILE)[name]
        assert control(spec)[0].branching is not None
        return dense, made(spec)


@pytest.mark.parametrize("name", ["pays", "reach", "often"])
def test_wrappers_of_a_model(name: str) -> None:
    def stream(spec: Spec) -> list[Any]:
        env = wrap(ModelEnv(spec.environment), spec)
        found: list[Any] = []
        draw = random.Random(3)
        for seed in range(10):
            env.reset(seed=seed)
            info = env.reset(seed=seed)[1]
            for _ in range(40):
                legal = np.flatnonzero(info["action_mask"]).tolist()
                _, reward, ended, cut, info = env.step(draw.choice(legal))
                found.append((reward, ended, cut, info["specc"]["satisfied"]))
                if ended or cut:
                    break
        return found

    dense, branching = _both(name, stream)
    assert dense == branching


@pytest.mark.parametrize("name", ["pays", "reach"])
def test_products(name: str) -> None:
    dense, branching = _both(name, compiled_model)
    pairs = {(s, t) for (s, _), (t, _) in zip(dense.initial, branching.initial, strict=True)}
    pending = list(pairs)
    for one, other in pending:  # grows while it is read
        assert dense.states[one].split("|")[0] == branching.states[other].split("|")[0]
        for c, d in zip(dense.choices(one), branching.choices(other), strict=True):
            for t, u in zip(dense.transitions(c), branching.transitions(d), strict=True):
                assert dense.rewards[""][t] == branching.rewards[""][u]
                assert dense.probabilities[t] == branching.probabilities[u]
                pair = int(dense.successors[t]), int(branching.successors[u])
                if pair not in pairs:
                    pairs.add(pair)
                    pending.append(pair)
    assert len({one for one, _ in pairs}) == dense.state_count == branching.state_count
    assert len(pairs) == dense.state_count


def test_standalone_module() -> None:
    dense, branching = _both("reach", module_text)
    sizes = [len(re.findall(r"\[\d+, [-\d.]+, (?:true|false)\]", m)) for m in (dense, branching)]
    assert sizes[0] == sizes[1] > 0


def test_findings_of_the_lint() -> None:
    dense, branching = _both("pays", lint)
    assert [str(f) for f in dense] == [str(f) for f in branching]


def _npz_run(path: Path, letters: list[int]) -> list[float]:
    """The rewards that the page of the file says."""
    t = np.load(path, allow_pickle=False)

    def edge(root: int, letter: int) -> int:
        node = root
        while node >= 0:
            held = letter >> int(t["diagram_atom"][node]) & 1
            node = int((t["diagram_high"] if held else t["diagram_low"])[node])
        return -1 - node

    state = int(t["next"][edge(int(t["first_root"]), letters[0])])
    paid = []
    for letter in letters[1:]:
        found = edge(int(t["roots"][state]), letter)
        paid.append(float(t["reward"][found]))
        state = int(t["next"][found])
    return paid


def test_tables_and_reward_machines_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controllers, "_MOST_CLASSES", 0)
    text = _FILE.replace("/7", "/8").replace("1/3\n", "1/4\n")
    text = text.replace("label r: a go b", "label r: c")
    spec = load_text(text)["pays"]
    kernel = compile_spec(spec)
    npz, page = write_target(spec, "numba", tmp_path)
    assert "first_root" in page.read_text()
    draw = np.random.default_rng(4)
    letters = draw.integers(0, 8, 200)
    state, paid = kernel.initial(1), []
    for letter in letters[1:]:
        state, reward, _ = kernel.step(state, letter[None])
        paid.append(float(reward[0]))
    assert _npz_run(npz, letters.tolist()) == paid

    (file,) = write_target(spec, "rm", tmp_path)
    machine = f'machine back = rm "{file.name}"\nspec again = E[discounted(back, 0.9)]\n'
    (tmp_path / "again.spec").write_text(machine)
    from specc.resolve.file import load

    again = compile_spec(load(tmp_path / "again.spec")["again"])
    names = [guard.name for guard in kernel.propositions]
    order = [names.index(guard.name) for guard in again.propositions]
    bits = (letters[1:, None] >> np.arange(len(names)) & 1).astype(np.bool_)
    found = again.relabel(bits[None][:, :, order])
    assert found.reward[0].tolist() == paid
