"""``specc compile --target torch``: a module alone pays what the kernels pay, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from emit_specs import spec
from test_kernel import KERNELS

import specc
from specc.diagnostics import SpecError
from specc.emit.batches import Batch, State, Trajectories
from specc.emit.kernel import numbered_kernel
from specc.emit.schemes.choice import with_scheme
from specc.emit.targets import write_target
from specc.resolve.file import Spec, load_text

FIELDS = ("reward", "done", "before", "after", "live")


def alone(task: Spec, folder: Path) -> ModuleType:
    """The module of a spec, run."""
    (path,) = write_target(task, "torch", folder)
    text = path.read_text()
    assert "from specc" not in text and "import specc" not in text
    module = ModuleType(task.name)
    sys.modules[task.name] = module
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def arrays(kernel: object, shape: tuple[int, ...], seed: int) -> dict:
    """Random letters, numbers, draws and ends."""
    rng = np.random.default_rng(seed)
    found = {
        "letters": rng.random((*shape, len(kernel.propositions))) < 0.5,
        "numbers": rng.normal(size=(*shape, len(kernel.inputs))),
        "draws": rng.random(shape) / 50 + 0.98,
        "terminated": rng.random(shape) < 0.2,
        "loops": rng.random((*shape, len(kernel.propositions))) < 0.5,
    }
    found["first"] = rng.random((*shape, len(kernel.propositions))) < 0.5
    found["truncated"] = rng.random(shape) < 0.15
    return found


def same(found: torch.Tensor, expected: torch.Tensor) -> None:
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert found.numpy().tobytes() == expected.numpy().tobytes()


def compare(module: ModuleType, kernel: object, seed: int) -> set[float]:
    """Steps and stored rows of both; the rewards that were seen."""
    ours = module.Kernel()
    held = arrays(kernel, (50,), seed)
    first, _ = held.pop("first"), held.pop("truncated")
    begin, state = ours.initial(50, first), kernel.initial(50, first)
    same(begin.memory, state.memory)
    for _ in range(3):
        begin, reward, done = ours.step(begin, held["letters"], **dict(list(held.items())[1:]))
        state, expected, over = kernel.step(state, Batch(**held))
        for one, other in zip(begin, (state.memory, state.clock), strict=True):
            same(one, other)
        same(reward, expected)
        same(done, over)
    which = np.arange(50) % 3 - 1
    same(ours.jump(begin, which).memory, kernel.jump(state, which).memory)
    rows = arrays(kernel, (7, 23), seed)
    found = ours.relabel(**rows)
    expected = kernel.relabel(Trajectories(**rows), "sequential")
    for name in FIELDS:
        same(getattr(found, name), getattr(expected, name))
    return set(found.reward.unique().tolist())


@pytest.mark.parametrize("text", [*KERNELS, "E[total([a] - [b]/3, horizon=3)]", "P[G F a | F G b]"])
def test_the_module_is_the_kernel(text: str, tmp_path: Path) -> None:
    machine = (
        "machine m { states u v\n u -> v when a emit 1\n v -> u when b emit obs[0] - native }\n"
    )
    task = load_text(f"{machine}spec s = {text}")["s"]
    seen = compare(alone(task, tmp_path), specc.compile(task, backend="torch"), 3)
    assert len(seen) > 1


@pytest.mark.parametrize(
    "text",
    ["E[discounted(m + [a & !b]*native, 0.9)]", "E[total(m, horizon=3)]", "P[G F a & G F b]",
     "P[a U (b & X a)]", "P[G (a -> X !b)]", "P[F G a | G F b]", "P[F G b]"],
)  # fmt: skip
def test_states_that_tell_many_letters_apart(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their memories have diagrams in place of tables over letter classes."""
    monkeypatch.setattr("specc.emit.controller._MOST_CLASSES", 0)
    machine = "machine m {\n states u v\n u -> v when a emit 1\n v -> u when b & !a emit 1/3 }\n"
    task = load_text(f"{machine}spec s = {text}")["s"]
    module, kernel = alone(task, tmp_path), specc.compile(task, backend="torch")
    assert module.TABLES["branching"] and kernel.controller.branching is not None
    assert len(compare(module, kernel, 4)) > 1
    letters = kernel.letters(np.zeros((2, len(kernel.propositions)), dtype=bool))
    with pytest.raises(ValueError, match="expected: bool"):
        module.Kernel().step(module.State([0, 0], [0, 0]), letters)


@pytest.mark.parametrize("scheme", ["exact", "gadget", "two-discounts", "average"])
@pytest.mark.parametrize("name", ["patrol", "settle", "reach", "stay"])
def test_schemes(name: str, scheme: str, tmp_path: Path) -> None:
    if scheme == "exact" and name in {"patrol", "settle"}:
        with pytest.raises(SpecError, match="E816"):
            write_target(with_scheme(spec(name), scheme), "torch", tmp_path)
        return
    zeta = "0.99" if scheme in {"gadget", "two-discounts"} else None
    task = with_scheme(spec(name), scheme, zeta)
    module = alone(task, tmp_path)
    assert (0.9999 if scheme == "two-discounts" else 1.0) == module.DISCOUNT
    compare(module, specc.compile(task, backend="torch"), 5)


@pytest.mark.parametrize("name", ["cover", "rise", "spread", "worst"])
def test_gains_read_the_transitions_of_the_model(name: str, tmp_path: Path) -> None:
    module, kernel = alone(spec(name), tmp_path), numbered_kernel(spec(name), "torch")
    mdp, rng = spec(name).environment, np.random.default_rng(1)
    assert len(module.TRANSITIONS) == mdp.transition_count
    starts = np.array([s for s, _ in mdp.initial])[rng.integers(len(mdp.initial), size=20)]
    begin, state = module.Kernel().initial(20, starts), kernel.initial(20, starts)
    place, paid = starts, 0.0
    for _ in range(8):
        choice = [rng.choice(list(mdp.choices(s))) for s in place]
        taken = np.array([rng.choice(list(mdp.transitions(c))) for c in choice])
        names = module.TRANSITIONS[taken[0]]
        place = mdp.successors[taken]
        assert names[2] == mdp.states[place[0]] and names[1] == mdp.actions[choice[0]]
        begin, reward, done = module.Kernel().step(begin, taken)
        state, expected, over = kernel.step(state, taken)
        same(reward, expected)
        same(done, over)
        paid += abs(reward).sum().item()
    assert paid
    with pytest.raises(ValueError, match="does not leave"):
        held, wrong = np.argwhere(kernel.tables.next < 0)[0]
        module.Kernel().step(module.State([held], [0]), [wrong])
    with pytest.raises(ValueError, match="numbers of TRANSITIONS"):
        module.Kernel().step(begin, np.ones((20, 0), dtype=bool))


SCRIPT = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("specc", "gymnasium", "numba"):
            raise ImportError("blocked")
sys.meta_path.insert(0, Blocked())
sys.path.insert(0, sys.argv[1])
import deliver_torch as deliver, torch
kernel = deliver.Kernel()
names = deliver.PROPOSITIONS
letters = torch.zeros(1, 4, len(names), dtype=torch.bool)
letters[0, 1, names.index("coffee")] = letters[0, 3, names.index("office")] = True
print(kernel.relabel(letters).reward.tolist(), deliver.DISCOUNT)
"""


def test_the_module_runs_without_specc(tmp_path: Path) -> None:
    write_target(spec("deliver"), "torch", tmp_path)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[[0.0, 0.0, 0.0, 1.0]] 0.99"


def test_gradients_reach_the_numbers(tmp_path: Path) -> None:
    task = load_text("spec s = E[discounted([a] * obs[0]**2, 0.9)]")["s"]
    module = alone(task, tmp_path)
    kernel, numbers = module.Kernel(), torch.tensor([[3.0], [2.0]], requires_grad=True)
    letters = torch.tensor([[True], [False]])
    _, reward, _ = kernel.step(kernel.initial(2), letters, numbers=numbers)
    reward.sum().backward()
    assert reward.tolist() == [9.0, 0.0] and numbers.grad.tolist() == [[6.0], [0.0]]


def test_what_does_not_fit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = alone(load_text("spec s = E[discounted([a] / obs[0], 0.9)]")["s"], tmp_path)
    kernel = module.Kernel().to("cpu")
    state = kernel.initial(2)
    good = torch.tensor([[True], [True]])
    one = torch.ones(2, 1)
    for letters, numbers, said in (
        (good[:1], one, "shape"), (good, None, "obs"), (good, one * float("nan"), "finite"),
        (good, one * 0, "reward is"), (good.float(), one, "type"),
        (torch.tensor([0, 9]), one, "0 to 1"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            kernel.step(state, letters, numbers=numbers)
    assert kernel.step(state, good, numbers=one)[1].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="memory"):
        kernel.step(State(torch.tensor([0, 5]), torch.tensor([0, 0])), good, numbers=one)
    formula = alone(load_text("spec t = P[G F a]")["t"], tmp_path).Kernel()
    with pytest.raises(ValueError, match="first"):
        formula.initial(2)
    with pytest.raises(ValueError, match="draws"):
        formula.step(formula.initial(2, good), good)
    with pytest.raises(ValueError, match="uniform"):
        formula.step(formula.initial(2, good), good, draws=torch.ones(2))
    monkeypatch.setattr("specc.emit.torch_module._MOST_ENTRIES", 1)
    with pytest.raises(SpecError, match="E804"):
        write_target(spec("deliver"), "torch", tmp_path)
