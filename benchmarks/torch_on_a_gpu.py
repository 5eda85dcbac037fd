"""Torch kernels on a GPU beside the card's memory bandwidth, and beside one CPU thread.

    python benchmarks/torch_on_a_gpu.py

Medians of device time, letters on the device. "bytes" are those that any kernel has to move: each
input once, each answer once. "of a copy" is that traffic over time, relative to a device-to-device
copy of the same run. "tensors" is the code that CPUs and non-constant rewards use.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import specc
from specc.emit.batches import Batch, Trajectories
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
STEP = 4 + 4 + 4 + 4 + 4 + 8 + 1
"""memory, clock and letter in; memory, clock, reward and end out."""
STORED = 4 + 4 + 4 + 8 + 1 + 1
"""letter in; memory before and after, reward, end and whether it counts out."""
GRAPH = 20
STREAMS = (4096, 16_384, 65_536, 262_144, 1_000_000)


def median(work: Callable[[], object], tries: int = 30) -> float:
    """Seconds of device time, after three runs that are not counted."""
    for _ in range(3):
        work()
    found = []
    for _ in range(tries):
        torch.cuda.synchronize()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in "12")
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        found.append(begin.elapsed_time(end) / 1e3)
    return statistics.median(found)


def copy() -> float:
    """Bytes per second of a large copy, read and written."""
    source = torch.randint(0, 100, (1 << 28,), dtype=torch.int32, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.numel() * 4 / median(lambda: target.copy_(source))


def captured(kernel: object, letters: torch.Tensor, state: object) -> torch.cuda.CUDAGraph:
    """Steps, each from the state of the one before, as one graph."""
    kernel.step(state, letters)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(GRAPH):
            state, _, _ = kernel.step(state, letters)
    return graph


def line(name: str, runs: int, steps: int, seconds: float, each: int, most: float) -> None:
    """One measurement."""
    rate = steps / seconds
    print(
        f"{name:34s}{runs:10,} runs {1e6 * seconds:10.0f} us {rate / 1e9:8.3f} G steps/s "
        f"{rate * each / most:7.3f} of a copy",
        flush=True,
    )


def main() -> int:
    """All measurements."""
    if not torch.cuda.is_available():
        print("no GPU here")
        return 1
    print(torch.cuda.get_device_name(), f"torch {torch.__version__}")
    most = copy()
    print(f"a copy moves {most / 1e12:.2f} TB/s")
    file = load_text(TOUR)
    kernel = specc.compile(file["s"], backend="torch").to("cuda")
    plain = specc.compile(file["s"], backend="torch").to("cuda")
    plain.fast = None
    for n in STREAMS:
        letters = torch.randint(0, kernel.width, (n,), dtype=torch.int32, device="cuda")
        state = kernel.initial(n)
        for name, made in (("step", kernel), ("step, tensors", plain)):
            batch = Batch(letters)
            spent = median(lambda made=made, batch=batch, state=state: made.step(state, batch))
            line(name, n, n, spent, STEP, most)
        graph = captured(kernel.unchecked(), letters, state)
        line("step, unchecked, in a CUDA graph", n, n, median(graph.replay) / GRAPH, STEP, most)
    for n in STREAMS:
        length = max(min((1 << 28) // n, 4096), 16)
        stored = torch.randint(0, kernel.width, (length, n), dtype=torch.int32, device="cuda")
        rows = stored.t().contiguous()
        for name, given in (("relabel, by time", stored.t()), ("relabel, by run", rows)):
            spent = median(lambda given=given: kernel.relabel(given), 10)
            line(f"{name} ({length} steps)", n, n * length, spent, STORED, most)
        cut = Trajectories(rows, terminated=torch.rand(rows.shape, device="cuda") < 0.02)
        spent = median(lambda cut=cut: kernel.relabel(cut), 10)
        line("relabel, by run, with ends", n, n * length, spent, STORED + 1, most)
        short = rows[:, : max((1 << 22) // n, 1)].contiguous()
        for scan in ("parallel", "sequential"):
            spent = median(lambda scan=scan, short=short: plain.relabel(short, scan), 3)
            line(f"tensors, {scan} ({short.shape[1]} steps)", n, short.numel(), spent, STORED, most)
    truths = torch.rand((1_000_000, len(kernel.propositions)), device="cuda") < 0.1
    spent = median(lambda: kernel.counterfactual(truths))
    print(f"1,000,000 transitions x {kernel.memories} memories, propositions: {1e3 * spent:.3f} ms")
    numba = specc.compile(file["s"])
    cpu = np.random.default_rng(0).integers(0, kernel.width, (1000, 1000), dtype=np.int32)
    out = numba.relabel(cpu)
    best = np.inf
    for _ in range(20):
        begin = time.perf_counter()
        numba.relabel(cpu, out=out)
        best = min(best, time.perf_counter() - begin)
    print(f"one CPU thread of that machine, Numba: {cpu.size / best / 1e9:.2f} G steps/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
