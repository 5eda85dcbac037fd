"""Dense kernels on a GPU: the launches of :mod:`specc.emit.triton_loops`.

Every method answers None where its loops do not apply, or where they found something wrong; the
tensor code then does the work, and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from specc.emit.batches import Batch, Counterfactual, State, Trajectories
from specc.emit.dense import Dense, dense, rest_of
from specc.emit.torch_reader import TorchReader

__all__ = ["DeviceLoops", "device_loops"]

_BLOCK = 128
"""Runs of a program: few, so that 4,096 runs spread over many processors."""
_TABLED = 14
_WHOLE = (torch.int32, torch.int64)


def device_loops(kernel: TorchReader) -> DeviceLoops | None:
    """The loops for a kernel on a GPU; None for other devices, for rewards that are no constants,
    and without Triton (Torch's builds for GPUs bring it)."""
    if kernel.device.type != "cuda":
        return None
    try:
        return made(kernel)
    except ImportError:
        return None


def made(kernel: TorchReader) -> DeviceLoops | None:
    """The loops on any device; None for rewards that are no constants.

    :raises ImportError: there is no Triton.
    """
    from specc.emit import triton_loops

    layout = dense(kernel.tables, rest_of(kernel.tables))
    return None if layout is None else DeviceLoops(kernel, layout, triton_loops)


class DeviceLoops:
    """A dense layout on a device; ``checked``: whether what is wrong with a batch is noticed, for
    which the device has to be waited for."""

    def __init__(self, kernel: TorchReader, layout: Dense, loops: Any) -> None:
        self.kernel, self.loops, self.checked = kernel, loops, True
        tables = kernel.tables
        self.horizon, self.draws = tables.horizon, tables.zeta < 1
        self.sizes = layout.width, layout.half, layout.count, max(tables.horizon, 0)

        def moved(array: Any, kind: torch.dtype) -> Tensor:
            return torch.tensor(np.asarray(array).ravel(), dtype=kind, device=kernel.device)

        self.next = moved(layout.next.view(np.int32), torch.int32)
        self.edges = (
            moved(layout.after, torch.int32),
            moved(layout.reward, torch.float64),
            moved(layout.accepting, torch.int8),
            moved(layout.rest, torch.float64),
            moved([tables.zeta], torch.float64),
        )
        self.rests = len(layout.rest) > 0
        self.first = moved(tables.first[:1], torch.int32)
        self.classes: Tensor | None = None
        names = len(kernel.propositions)
        if kernel.controller is not None and names <= _TABLED:
            every = np.arange(1 << names)[:, None] >> np.arange(names) & 1
            found = kernel.controller.classes.classify_many(every.astype(np.bool_))
            self.classes = moved(found, torch.int32)

    def step(self, state: State, batch: Batch) -> tuple[State, Tensor, Tensor] | None:
        """As :meth:`specc.emit.torch_kernels.TorchKernel.step`."""
        memory, clock = self._fit(state.memory, _WHOLE, 1), self._fit(state.clock, _WHOLE, 1)
        if memory is None or clock is None or memory.shape != clock.shape:
            return None
        memory, clock = memory.contiguous(), clock.contiguous()
        after, time = torch.empty_like(memory, dtype=torch.int32), torch.empty_like(clock)
        answer = self._move(batch, len(memory), 1, memory, clock, time, after)
        return None if answer is None else (State(after, time.to(torch.int32)), *answer)

    def counterfactual(self, batch: Batch, clock: Any) -> Counterfactual | None:
        """As :meth:`specc.emit.torch_kernels.TorchKernel.counterfactual`."""
        n, count = len(batch.letters), self.sizes[2]
        time = self._fit(clock, _WHOLE, 1)
        if (time is None) != (clock is None) or (time is not None and len(time) != n):
            return None
        if time is None and self.horizon >= 0:
            return None
        after = torch.empty((n, count), dtype=torch.int32, device=self.kernel.device)
        answer = self._move(batch, n, count, None, time, None, after)
        return None if answer is None else Counterfactual(after, *answer)

    def _move(
        self, batch: Batch, n: int, times: int, memory: Tensor | None, clock: Tensor | None,
        time: Tensor | None, after: Tensor,
    ) -> tuple[Tensor, Tensor] | None:  # fmt: skip
        read = self._read(batch, (n,))
        if read is None:
            return None
        letters, draws, ended, loops = (None if x is None else x.contiguous() for x in read)
        reward = torch.empty(after.shape, dtype=torch.float64, device=after.device)
        done = torch.empty(after.shape, dtype=torch.bool, device=after.device)
        wrong = torch.zeros(1, dtype=torch.int32, device=after.device)
        spare = wrong
        self.loops.move[self._grid(after.numel())](
            *self.edges, _or(memory, spare), _or(clock, spare), letters, _or(draws, spare),
            _bytes(ended, spare), loops, after, _or(time, spare), reward, done.view(torch.int8),
            wrong, n, *self.sizes, EVERY=memory is None, DRAWS=self.draws,
            ENDED=ended is not None, REST=self.rests, HORIZON=self.horizon >= 0, BLOCK=_BLOCK,
        )  # fmt: skip
        return None if self.checked and wrong.item() else (reward, done)

    def relabel(
        self, stored: Trajectories, starts: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, ...] | None:
        """(before, after, reward, done, live) of stored steps, each (n, T), time-major in memory.

        ``starts(begins)`` answers the first memories of the episodes that begin where bool (n, T)
        says, int32 (n, T); it is asked where ``stored.first`` was passed.
        """
        shape = tuple(stored.letters.shape[:2])
        if len(shape) != 2 or not all(shape):
            return None
        read = self._read(stored, shape)
        cut = self._fit(stored.truncated, (torch.bool,), 2)
        if read is None or (cut is None) != (stored.truncated is None):
            return None
        if cut is not None and tuple(cut.shape) != shape:
            return None
        letters, draws, ended, loops = read
        begin, kind = self._begin(stored, shape, starts, ended, cut)
        if begin is None:
            return None

        def room(kind: torch.dtype) -> Tensor:
            return torch.empty(shape[::-1], dtype=kind, device=self.kernel.device)

        before, after = room(torch.int32), room(torch.int32)
        reward, done, live = room(torch.float64), room(torch.bool), room(torch.bool)
        wrong = torch.zeros(1, dtype=torch.int32, device=self.kernel.device)
        self.loops.trace[self._grid(shape[0])](
            self.next, *self.edges, begin, letters, _or(draws, wrong), _bytes(ended, wrong),
            _bytes(cut, wrong), loops, before, after, reward, done.view(torch.int8),
            live.view(torch.int8), wrong, *shape, *self.sizes, *_strides(letters),
            *_strides(draws), *_strides(ended), *_strides(cut), *_strides(loops), STARTS=kind,
            DRAWS=self.draws, ENDED=ended is not None, CUT=cut is not None, REST=self.rests,
            HORIZON=self.horizon >= 0, BLOCK=_BLOCK,
        )  # fmt: skip
        if self.checked and wrong.item():
            return None
        return tuple(x.t() for x in (before, after, reward, done, live))

    def _begin(
        self, stored: Trajectories, shape: tuple[int, ...], starts: Callable[[Tensor], Tensor],
        ended: Tensor | None, cut: Tensor | None,
    ) -> tuple[Tensor | None, int]:  # fmt: skip
        """The memories that begin episodes, and how many of them there are."""
        if stored.first is None:
            controller = self.kernel.controller
            return (None if controller is None or controller.reads_start else self.first), 0
        begins = torch.zeros(shape, dtype=torch.bool, device=self.kernel.device)
        begins[:, 0] = True
        if ended is None and cut is None:
            return starts(begins)[:, 0].contiguous(), 1
        for flags in (ended, cut):
            if flags is not None:
                begins[:, 1:] |= flags[:, :-1]
        return starts(begins).t().contiguous(), 2

    def _read(
        self, batch: Batch | Trajectories, shape: tuple[int, ...]
    ) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor] | None:
        """Letters, draws, ends and the letters of absorbing runs; None where one does not fit."""
        letters = self._letters(batch.letters, shape)
        loops = letters if batch.loops is None else self._letters(batch.loops, shape)
        draws = self._fit(batch.draws, (torch.float64,), len(shape)) if self.draws else None
        ended = self._fit(batch.terminated, (torch.bool,), len(shape))
        if letters is None or loops is None or (self.draws and draws is None):
            return None
        if (ended is None) != (batch.terminated is None) or batch.numbers is not None:
            return None
        given = (letters, loops, draws, ended)
        if any(x is not None and tuple(x.shape) != shape for x in given):
            return None
        return letters, draws, ended, loops

    def _letters(self, given: Any, shape: tuple[int, ...]) -> Tensor | None:
        """Letter classes, of these or of propositions."""
        found = self._fit(given, _WHOLE, len(shape))
        truths = self._fit(given, (torch.bool,), len(shape) + 1)
        if found is not None or truths is None or self.classes is None:
            return found
        if tuple(truths.shape) != (*shape, len(self.kernel.propositions)):
            return None
        if truths.shape[-1] == 0:
            return self.classes.expand(shape).contiguous()
        answer = torch.empty(shape, dtype=torch.int32, device=self.kernel.device)
        self.loops.classify[self._grid(answer.numel())](
            self.classes, truths.contiguous().view(torch.int8), answer, answer.numel(),
            WIDTH=truths.shape[-1], BLOCK=_BLOCK,
        )  # fmt: skip
        return answer

    def _fit(self, given: Any, kinds: tuple[torch.dtype, ...], depth: int) -> Tensor | None:
        """The tensor on the device; None for another type or shape."""
        if given is None:
            return None
        found = self.kernel.array(given)
        return found if found.dtype in kinds and found.ndim == depth else None

    @staticmethod
    def _grid(count: int) -> tuple[int]:
        return (max(-(-count // _BLOCK), 1),)


def _or(tensor: Tensor | None, spare: Tensor) -> Tensor:
    """Loops are passed a tensor also where they read none."""
    return spare if tensor is None else tensor


def _bytes(flags: Tensor | None, spare: Tensor) -> Tensor:
    return spare if flags is None else flags.view(torch.int8)


def _strides(tensor: Tensor | None) -> tuple[int, ...]:
    return (0, 0) if tensor is None else tensor.stride()
