"""Batch kernels beside the least that such a loop can do, on this machine, one thread each.

    python benchmarks/kernels_against_loops.py

Every line is the best of several runs. "ideal" is a hand-written Numba loop over four interleaved
streams that checks nothing and keeps one running sum: no memory, reward or end is stored.

"ready" is a process that compiles a spec which no process has seen, where an earlier one has
stored the loops: from its first line (Python itself has started) to the end of the first step.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numba
import numpy as np

import specc
from specc.emit.numba_kernels import Batch, Kernel, Trajectories
from specc.resolve.file import load_text

TOUR = """
machine tour {
  states u v w
  u -> v when coffee
  v -> w when mail & !plant emit 1/3
  w -> done when office emit 2
  * -> done when plant emit -1
  final done
}
spec s = E[ discounted(tour, 0.99) ]
"""
PARTS = ("import numpy", "import specc", "read the spec", "compile", "first step")
READY = """
import sys, time
times = [time.perf_counter()]
import numpy
times.append(time.perf_counter())
import specc
from specc.resolve.file import load_text
times.append(time.perf_counter())
spec = load_text(open(0).read())["s"]
times.append(time.perf_counter())
kernel = specc.compile(spec)
times.append(time.perf_counter())
kernel.step(kernel.initial(4096), numpy.zeros(4096, dtype=numpy.int32))
times.append(time.perf_counter())
print(*(after - before for before, after in zip(times, times[1:])))
print("numba" in sys.modules)
"""


def best(work: Callable[[], object], tries: int = 40) -> float:
    """Seconds of the fastest try, after one that is not counted."""
    work()
    found = float("inf")
    for _ in range(tries):
        begin = time.perf_counter()
        work()
        found = min(found, time.perf_counter() - begin)
    return found


@numba.njit
def ideal(following, reward, letters):  # type: ignore[no-untyped-def]
    """Four dependent streams at a time, the rewards summed."""
    total = 0.0
    for i in range(0, letters.shape[0], 4):
        a = b = c = d = np.int32(0)
        for t in range(letters.shape[1]):
            e, f, g, h = a + letters[i, t], b + letters[i + 1, t], c + letters[i + 2, t], \
                d + letters[i + 3, t]  # fmt: skip
            total += reward[e] + reward[f] + reward[g] + reward[h]
            a, b, c, d = following[e], following[f], following[g], following[h]
    return total


def streams(kernel: Kernel, letters: np.ndarray) -> None:
    """A million stored steps, a thousand runs of them."""
    width = kernel.tables.next.shape[1]
    following = (kernel.tables.next * width).ravel()
    reward = kernel.tables.values[kernel.tables.reward].ravel()
    least = best(lambda: ideal(following, reward, letters))
    out = kernel.relabel(letters)
    report("ideal interleaved loop", letters.size / least, least)
    for name, given in (("relabel", letters), ("relabel, episodes of 50", cut(letters))):
        spent = best(lambda given=given: kernel.relabel(given, out=out))
        report(f"{name}, answer reused", letters.size / spent, least)
        spent = best(lambda given=given: kernel.relabel(given))
        report(f"{name}, new answer", letters.size / spent, least)


def cut(letters: np.ndarray) -> Trajectories:
    """The steps with an end behind every fiftieth."""
    ends = np.zeros(letters.shape, dtype=np.bool_)
    ends[:, 49::50] = True
    return Trajectories(letters, terminated=ends)


def every_memory(kernel: Kernel, letters: np.ndarray, truths: np.ndarray) -> None:
    """A million stored transitions, the reward for every memory."""
    out = kernel.counterfactual(letters)
    count = f"{len(letters):,} transitions x {kernel.memories} memories"
    for name, given in (("classes", letters), ("propositions", truths)):
        spent = best(lambda given=given: kernel.counterfactual(given, out=out))
        print(f"{count}, {name}, answer reused: {1e3 * spent:6.1f} ms")
        spent = best(lambda given=given: kernel.counterfactual(given))
        print(f"{count}, {name}, new answer:    {1e3 * spent:6.1f} ms")


def vector(kernel: Kernel, letters: np.ndarray, truths: np.ndarray) -> None:
    """Steps of 1 to 4,096 environments at once."""
    for n in (1, 16, 256, 4096):
        ends = np.zeros(n, dtype=np.bool_)
        state = kernel.initial(n)
        for name, given in (
            ("step", Batch(letters[:n])),
            ("step with ends", Batch(letters[:n], terminated=ends)),
            ("step, propositions", Batch(truths[:n])),
        ):
            spent = best(lambda given=given, state=state: kernel.step(state, given), 500)
            speed = n / spent / 1e6
            print(f"{name:20s} of {n:5,} environments: {1e6 * spent:6.1f} us, {speed:6.1f} M/s")


def report(name: str, speed: float, least: float) -> None:
    """A line of steps per second beside the ideal loop."""
    print(f"{name:40s} {speed / 1e9:6.2f} G steps/s, {speed * least / 1e6:5.2f} of the ideal")


def tensors(kernel: Kernel, letters: np.ndarray) -> None:
    """The Torch kernel on this machine's CPU, 4,096 to a million runs."""
    try:
        import torch
    except ImportError:
        print("torch is not installed")
        return
    made = specc.compile(load_text(TOUR)["s"], backend="torch")
    for n in (4096, 65_536, 1_000_000):
        state, batch = made.initial(n), Batch(torch.from_numpy(letters[:n]))
        spent = best(lambda state=state, batch=batch: made.step(state, batch), 20)
        print(f"torch on {made.device}, {n:9,} runs: {n / spent / 1e6:6.0f} M steps/s")


def ready() -> None:
    """Seconds until a new process has compiled a spec and made a step."""
    for number in range(4):
        text = TOUR.replace("emit 2", f"emit {number + 2}")
        found = subprocess.run(
            [sys.executable, "-c", READY], input=text, text=True, capture_output=True, check=True
        )
        times, numba_too = found.stdout.splitlines()
        parts = [float(part) for part in times.split()]
        said = ", ".join(f"{name} {part:.2f}" for name, part in zip(PARTS, parts, strict=True))
        print(f"ready after {sum(parts):.2f} s ({said}); Numba imported: {numba_too}")


def main() -> None:
    """All measurements."""
    kernel = specc.compile(load_text(TOUR)["s"])
    rng = np.random.default_rng(0)
    truths = rng.random((1_000_000, len(kernel.propositions))) < 0.1
    letters = kernel.letters(truths)
    streams(kernel, letters.reshape(1000, 1000))
    every_memory(kernel, letters, truths)
    vector(kernel, letters, truths)
    tensors(kernel, letters)
    ready()


if __name__ == "__main__":
    main()
