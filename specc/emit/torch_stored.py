"""Stored runs on tensors: step by step, or all times at once by composing what steps do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from specc.emit.batches import Trajectories, refuse_array
from specc.emit.torch_device import DeviceLoops
from specc.emit.torch_reader import INT, Given, TorchReader, broken

__all__ = ["RelabelledTensors", "Scan", "relabel"]

Scan = Literal["auto", "sequential", "parallel"]

_MOST = 1 << 28
"""Entries of step functions that are composed at once; longer rows are cut."""


@dataclass(frozen=True, slots=True, eq=False)
class RelabelledTensors:
    """Of every stored step, each (n, T), as :class:`specc.emit.batches.Relabelled`."""

    before: Tensor
    after: Tensor
    reward: Tensor
    done: Tensor
    live: Tensor


def relabel(
    kernel: TorchReader, stored: Trajectories, scan: Scan, fast: DeviceLoops | None
) -> RelabelledTensors:
    """Rewards and memories of stored steps.

    ``scan`` composes the steps' functions in log T rounds (Hillis and Steele 1986; "parallel"), or
    goes through time ("sequential"); "auto" composes on a GPU only, and there uses the loops
    ``fast`` first.
    """
    letters = kernel.array(stored.letters)
    depth = 3 if letters.dtype == torch.bool else 2
    if letters.ndim != depth:
        refuse_array(f"`letters` has the shape {tuple(letters.shape)}", f"{depth} dimensions")
    shape = letters.shape[0], letters.shape[1]
    if scan == "auto" and fast is not None:

        def starts_of(begins: Tensor) -> Tensor:
            return _starts(kernel, stored.first, shape, begins)

        found = fast.relabel(replace(stored, letters=letters), starts_of)
        if found is not None:
            return RelabelledTensors(*found)
    given = kernel.read(stored, shape)
    cut = kernel.flags("truncated", stored.truncated, shape)
    begins = torch.ones(shape, dtype=torch.bool, device=kernel.device)
    begins[:, 1:] = (given.ended | cut)[:, :-1]
    starts = _starts(kernel, stored.first, shape, begins)
    clock = _clock(begins)
    parallel = scan == "parallel" or (scan == "auto" and kernel.device.type != "cpu")
    rows = (_composed if parallel else _walked)(kernel, given, begins, starts, clock)
    return _answers(kernel, rows, given, cut, begins, clock)


def _starts(kernel: TorchReader, first: object, shape: tuple[int, int], begins: Tensor) -> Tensor:
    """The memory that begins an episode, (n, T); 0 where none begins."""
    found = torch.zeros(shape, dtype=INT, device=kernel.device)
    count = int(begins.sum())
    if first is None:
        found[begins] = kernel.starting(None, count)
        return found
    array = kernel.array(first)
    features = int(array.dtype == torch.bool)
    if array.ndim > 1 + features:
        if tuple(array.shape[:2]) != shape:
            refuse_array(f"`first` has the shape {tuple(array.shape)}", f"{shape}")
        array = array[begins]
    elif bool(begins[:, 1:].any()):
        refuse_array("`first` holds one start a row, and a row has a second episode", "(n, T)")
    elif not count:
        array = array[:0]
    found[begins] = kernel.starting(array, count)
    if bool((found < 0).any()):
        at = torch.nonzero(found < 0)[0].tolist()
        refuse_array(f"the episode that begins at {at}", "an initial state of the model in `first`")
    return found


def _clock(begins: Tensor) -> Tensor:
    """Steps since the episode began."""
    times = torch.arange(begins.shape[1], dtype=torch.int64, device=begins.device)
    last = torch.where(begins, times, torch.zeros_like(times)).cummax(1).values if (
        begins.shape[1]
    ) else times.expand(begins.shape)  # fmt: skip
    return (times - last).to(INT)


# A row is a memory, or, plus the number of memories, one that an ended run stays in.


def _function(kernel: TorchReader, given: Given, clock: Tensor, held: Tensor) -> Tensor:
    """The row behind one step from each of the rows ``held``; -1: no such move."""
    count = kernel.memories
    over = held >= count
    memory = torch.where(over, held - count, held)
    edge = kernel.edges(memory, given.letters)
    after = kernel.next.index_select(0, edge.reshape(-1)).reshape(edge.shape)
    ends = kernel.final.index_select(0, after.clamp(min=0).reshape(-1)).reshape(edge.shape)
    if kernel.tables.horizon >= 0:
        ends = ends | (clock + 1 >= kernel.tables.horizon)
    if kernel.tables.zeta < 1:
        hit = kernel.accepting.index_select(0, edge.reshape(-1)).reshape(edge.shape)
        ends = ends | (hit & given.lucky)
    moved = torch.where(after < 0, after, after + count * ends.to(INT))
    return torch.where(over, held, moved)


def _walked(
    kernel: TorchReader, given: Given, begins: Tensor, starts: Tensor, clock: Tensor
) -> tuple[Tensor, Tensor]:
    """The rows before and behind every step, one time after the other."""
    before, after = torch.empty_like(starts), torch.empty_like(starts)
    row = torch.zeros(len(starts), dtype=INT, device=kernel.device)
    for t in range(starts.shape[1]):
        row = torch.where(begins[:, t], starts[:, t], row)
        before[:, t] = row
        row = _function(kernel, given.at(t), clock[:, t], row)
        broken(row.unsqueeze(1), given.letters[:, t : t + 1])
        after[:, t] = row
    return before, after


def _composed(
    kernel: TorchReader, given: Given, begins: Tensor, starts: Tensor, clock: Tensor
) -> tuple[Tensor, Tensor]:
    """The same, all times at once: a step is a function of rows, and composition associates."""
    n, length = starts.shape
    rows = 2 * kernel.memories + 1
    block = max(_MOST // max(n * rows, 1), 1)
    behind = torch.empty_like(starts)
    row = torch.zeros(n, 1, dtype=torch.int64, device=kernel.device)
    for begin in range(0, length, block):
        part = slice(begin, begin + block)
        steps = _functions(kernel, given, begins, starts, clock, part)
        reach = 1
        while reach < steps.shape[1]:
            # Each entry is read before it is written: the right side is a new tensor.
            later = steps[:, reach:].gather(2, steps[:, :-reach].long())
            steps = torch.cat([steps[:, :reach], later], 1)
            reach *= 2
        found = steps.gather(2, row.unsqueeze(1).expand(n, steps.shape[1], 1)).squeeze(2)
        behind[:, part] = found
        row = found[:, -1:].long()
    dead = 2 * kernel.memories
    wrong = torch.where(behind == dead, torch.full_like(behind, -1), behind)
    broken(wrong, given.letters)
    before = starts.clone()
    before[:, 1:] = torch.where(begins[:, 1:], starts[:, 1:], behind[:, :-1])
    return before, behind


def _functions(
    kernel: TorchReader, given: Given, begins: Tensor, starts: Tensor, clock: Tensor, part: slice
) -> Tensor:
    """The rows behind each step from every row, int32 (n, times, rows); the last row is where runs
    go that the model has not."""
    dead = 2 * kernel.memories
    every = torch.arange(dead + 1, dtype=INT, device=kernel.device)
    start = starts[:, part].unsqueeze(2)
    held = torch.where(begins[:, part].unsqueeze(2), start, every)
    lost = held == dead
    here = Given(*(x[:, part].unsqueeze(2) for x in (
        given.letters, given.loops, given.lucky, given.letters, given.ended)))  # fmt: skip
    time = clock[:, part].unsqueeze(2)
    found = _function(kernel, here, time, torch.where(lost, torch.zeros_like(held), held))
    return torch.where(lost | (found < 0), torch.full_like(found, dead), found)


def _answers(
    kernel: TorchReader, rows: tuple[Tensor, Tensor], given: Given, cut: Tensor, begins: Tensor,
    clock: Tensor,
) -> RelabelledTensors:  # fmt: skip
    """Rewards and ends of all steps, from the rows around them."""
    count = kernel.memories
    before, behind = rows
    live = before < count
    held = torch.where(live, before, before - count)
    after = torch.where(behind < count, behind, behind - count)
    edge = kernel.edges(held, given.letters)
    program = kernel.program.index_select(0, edge.reshape(-1))
    paying = live if kernel.tables.horizon < 0 else live & (clock < kernel.tables.horizon)
    numbers = given.numbers.reshape(program.shape[0], len(kernel.inputs))
    reward = kernel.paid(program, numbers, paying.reshape(-1)).reshape(edge.shape)
    over = behind >= count
    if kernel.tables.zeta < 1:
        hit = kernel.accepting.index_select(0, edge.reshape(-1)).reshape(edge.shape)
        reward = torch.where(hit & given.lucky & live, torch.ones_like(reward), reward)
    if kernel.tables.formula and bool(given.ended.any()):
        rest = kernel.rests(after, given.loops)
        open_end = given.ended & ~over & live
        reward = torch.where(open_end, reward + rest, reward)
    return RelabelledTensors(held, after, reward, over | given.ended | cut, live)
