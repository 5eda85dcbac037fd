"""Marginal gains of coverage a second: kernels, the step by step interpreter, and SubPO's script.

    python benchmarks/coverage_against_subpo.py [--subpo CHECKOUT]

The task is that of SubPO's coverage experiments (Prajapat et al., "Submodular Reinforcement
Learning", 2024): 30 x 30 cells, 80 steps, five actions, 500 runs a batch. ``--subpo`` names a
checkout of https://github.com/manish-pra/non-additive-RL; then its own ``weighted_traj_return`` is
timed as its ``main.py`` calls it, once after every step on all states so far, with the cells that
``radius=1`` covers. Without a checkout the same computation is timed as restated below, which is
ours, not theirs. All gains are compared. Times are of the processor, one thread, the best of
several runs; a gain is one f(S + s) - f(S) of one run.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import specc
from specc.emit.meter import Context, ReturnMeter
from specc.emit.model_env import ModelEnv
from specc.emit.planned import plan
from specc.emit.reading import Tracker
from specc.emit.readings import Step
from specc.model.distance import covered
from specc.resolve.file import Spec, load_text

SIDE, HORIZON, BATCH, RUNS = 30, 80, 500, 4096
ROWS = "\n".join("    " + ("." if row != 1 else "....@").ljust(SIDE, ".") for row in range(SIDE))
TASKS = load_text(f'''
env field = grid {{
  map """
{ROWS}
  """
  legend {{ @: start }}
  actions north south east west stay
}}
spec cells in field = E[ coverage(horizon={HORIZON}, radius=1) ]
spec weights in field = E[ weighted_coverage(1/3 + [start], horizon={HORIZON}, radius=1) ]
spec places in field = E[ facility_location(horizon={HORIZON}) ]
spec spread in field = E[ logdet(kernel=rbf(2), noise=1, horizon={HORIZON}) ]
''')

Gains = np.ndarray


def best(work: Callable[[], Any], tries: int) -> tuple[float, Any]:
    """Seconds of the fastest try, and the answer."""
    answer, found = work(), float("inf")
    for _ in range(tries):
        begin = time.process_time()
        answer = work()
        found = min(found, time.process_time() - begin)
    return found, answer


def walks(spec: Spec, runs: int) -> np.ndarray:
    """The transitions (runs, HORIZON) of uniformly random walks."""
    mdp, rng = spec.environment, np.random.default_rng(0)
    state = np.full(runs, mdp.initial[0][0])
    letters = np.empty((runs, HORIZON), dtype=np.int32)
    for t in range(HORIZON):
        choices = mdp.choice_starts[state + 1] - mdp.choice_starts[state]
        choice = mdp.choice_starts[state] + (rng.random(runs) * choices).astype(np.int64)
        letters[:, t] = mdp.transition_starts[choice]
        state = mdp.successors[letters[:, t]]
    return letters


def interpreter(spec: Spec, letters: np.ndarray) -> Gains:
    """The gains as ``specc.wrap`` pays them, without an environment around."""
    mdp, found = spec.environment, np.empty(letters.shape)
    context = Context(ModelEnv(mdp), Tracker(mdp), {})
    meter = ReturnMeter(plan(spec).scheme, context)
    start, targets = mdp.initial[0][0], mdp.successors.tolist()
    for i, row in enumerate(letters.tolist()):
        meter.start(Step(None, None, start, 0.0, {}, -1, start))
        for t, letter in enumerate(row):
            step = Step(None, None, targets[letter], 0.0, {}, letter, -1)
            found[i, t] = meter.step(step, False, lambda: 0.0)
    return found


class Restated:
    """What SubPO's script computes, in our words: after every step, for every run, the cells that
    all its states so far cover are gathered and the weights of the different ones summed."""

    def __init__(self, cells: list[list[int]]) -> None:
        self.cells, self.weight = cells, [1] * len(cells)

    def value(self, visited: list[Any]) -> Any:
        """The function of every run (runs,); ``visited`` has a tensor (runs,) a step."""
        import torch

        found = []
        for run in torch.vstack(visited).T.tolist():
            seen = {cell for state in run for cell in self.cells[state]}
            found.append(np.sum([self.weight[cell] for cell in seen]))
        return torch.from_numpy(np.hstack(found))


class Theirs:
    """SubPO's own environment class from a checkout, with these cells."""

    def __init__(self, checkout: Path, cells: list[list[int]]) -> None:
        module = _loaded(checkout / "utils" / "environment.py")
        self.env = module.GridWorld.__new__(module.GridWorld)
        self.env.env_params = {"node_weight": "constant"}
        self.env.coverage_map = dict(enumerate(cells))
        self.env.weight = dict.fromkeys(range(len(cells)), 1)

    def value(self, visited: list[Any]) -> Any:
        """The function of every run (runs,)."""
        return self.env.weighted_traj_return(visited, type="M")


def _loaded(path: Path) -> Any:
    """Their module; what it imports for other experiments and is not installed stays empty."""
    for name, words in {
        "gpytorch": (), "gpytorch.kernels": ("ScaleKernel", "MaternKernel"), "botorch": (),
        "botorch.models": ("SingleTaskGP",), "dill": (), "yaml": (),
    }.items():  # fmt: skip
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = empty = ModuleType(name)
            for word in words:
                setattr(empty, word, None)
    found = importlib.util.spec_from_file_location("subpo_environment", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def scripted(peer: Restated | Theirs, start: int, targets: np.ndarray) -> Gains:
    """A batch of runs as SubPO's ``main.py`` collects it, and the differences of its returns."""
    import torch

    visited = [torch.full((len(targets),), start)]
    # Their function takes two states or more: the first is entered twice.
    values = [peer.value([*visited, *visited])]
    for t in range(targets.shape[1]):
        visited.append(torch.from_numpy(targets[:, t]))
        values.append(peer.value(visited))
    return np.diff(torch.stack(values).double().numpy(), axis=0).T


def report(name: str, count: int, seconds: float, least: float | None = None) -> float:
    """A line of gains a second, and how many times the last argument that is."""
    speed = count / seconds
    ratio = "" if least is None else f", {speed / least:10,.0f} times the script"
    print(f"{name:58s} {speed / 1e6:10.4f} M gains/s{ratio}", flush=True)
    return speed


def episode(kernel: Any, places: np.ndarray, kept: bool) -> Any:
    """All steps of all runs, (steps, runs): into two states by turns, or into one."""
    answer = kernel.visit(kernel.initial(places.shape[1]), places[0])
    spare = kernel.visit(answer[0], places[0])
    for place in places[1:]:
        if kept:
            answer, spare = kernel.visit(answer[0], place, out=spare), answer
        else:
            answer = kernel.visit(answer[0], place, out=answer)
    return answer[0]


def kernels(spec: Spec, letters: np.ndarray, script: float | None) -> Gains:
    """All ways to ask a Numba kernel."""
    kernel = specc.compile(spec)
    runs, states = len(letters), spec.environment.state_count
    out = kernel.relabel(letters)
    seconds, stored = best(lambda: kernel.relabel(letters, out=out), 20)
    report("  stored runs (relabel), answer reused", letters.size, seconds, script)
    places = np.ascontiguousarray(spec.environment.successors[letters].T.astype(np.int32))
    middle = episode(kernel, places[: HORIZON // 2], True)
    asked = np.tile(np.arange(states, dtype=np.int32), (runs // 8, 1))
    some = middle.take(np.arange(runs // 8))
    seconds, _ = best(lambda: kernel.gains(some, asked), 5)
    report("  every state asked of half-finished runs (gains)", asked.size, seconds, script)
    for name, kept in (("kept", True), ("overwritten", False)):
        seconds, _ = best(lambda kept=kept: episode(kernel, places, kept), 3)
        report(f"  {runs:,} runs step by step (visit), states {name}", places.size, seconds, script)
    return stored.reward


def tensors(
    spec: Spec, letters: np.ndarray, gains: Gains, device: str, script: float
) -> None:  # fmt: skip
    """Stored runs on the Torch kernel, more and more of them on a GPU; by the clock on the wall."""
    import torch

    kernel = specc.compile(spec, backend="torch").to(device)
    name = torch.cuda.get_device_name() if device.startswith("cuda") else device
    for times in (1,) if device == "cpu" else (1, 4, 16):
        many = torch.from_numpy(np.tile(letters, (times, 1))).to(device)
        found = float("inf")
        for _ in range(4):
            begin = time.perf_counter()
            reward = kernel.relabel(many).reward
            total = reward.sum().item()
            found = min(found, time.perf_counter() - begin)
        assert (reward[: len(gains)].cpu().numpy() == gains).all() and total == gains.sum() * times
        report(f"coverage, Torch on {name}, {len(many):,} stored runs", many.numel(), found, script)


def main() -> None:
    """All measurements."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subpo", type=Path, default=None, help="checkout of SubPO's repository")
    parser.add_argument("--device", default="cpu", help="of the Torch kernel, as in cuda")
    asked = parser.parse_args()
    checkout = asked.subpo
    torch.set_num_threads(1)
    spec = TASKS["cells"]
    mdp, letters = spec.environment, walks(spec, RUNS)
    cells = [sorted(near) for near in covered(mdp, 1)]
    few = letters[:BATCH]
    peer = Restated(cells) if checkout is None else Theirs(checkout, cells)
    name = "restated by us" if checkout is None else "its own function"
    start, targets = mdp.initial[0][0], mdp.successors[few]
    seconds, scripted_gains = best(lambda: scripted(peer, start, targets), 2)
    script = report(f"SubPO's script, {name}, {BATCH} runs", few.size, seconds)
    seconds, plain = best(lambda: interpreter(spec, few[:50]), 2)
    report("specc's interpreter, 50 runs", plain.size, seconds, script)
    print("coverage, Numba")
    gains = kernels(spec, letters, script)
    assert (gains[:BATCH] == scripted_gains).all() and (gains[:50] == plain).all()
    tensors(spec, letters, gains, asked.device, script)
    for task in ("weights", "places", "spread"):
        print(f"{TASKS[task].name}, Numba")
        kernels(TASKS[task], letters[: RUNS // (1 if task == "weights" else 8)], None)
    print("all gains of coverage are equal")


if __name__ == "__main__":
    main()
