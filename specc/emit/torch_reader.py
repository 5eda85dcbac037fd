"""How Torch kernels read tensors, on any device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from specc.automata.letters import LetterClasses
from specc.diagnostics import SpecError
from specc.emit.batch_reader import BatchReader, Kind
from specc.emit.batches import Batch, Trajectories, refuse_array
from specc.emit.controller import Controller
from specc.emit.dense import rest_of
from specc.emit.kernel_tables import KernelTables
from specc.emit.torch_programs import run_columns

__all__ = ["FLOAT", "INT", "Given", "TorchReader", "broken", "check", "inside"]

INT = torch.int32
FLOAT = torch.float64
_TYPES = {"bool": torch.bool, "int32": INT, "float64": FLOAT}


class TorchReader(BatchReader[Tensor]):
    """A kernel's tables as tensors, and the tensors that are read with them."""

    def __init__(
        self,
        tables: KernelTables,
        controller: Controller | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self.tables, self.controller = tables, controller
        self.device = torch.device(device)
        self.width = tables.next.shape[1]

        def flat(array: Any, kind: torch.dtype) -> Tensor:
            # A copy: arrays that were read from a file may not be written.
            return torch.tensor(np.asarray(array).ravel(), dtype=kind, device=self.device)

        self.next, self.program = flat(tables.next, INT), flat(tables.reward, INT)
        self.values = flat(np.where(tables.known, tables.values, 0.0), FLOAT)
        self.accepting = flat(tables.accepting, torch.bool)
        self.final, self.first = flat(tables.final, torch.bool), flat(tables.first, INT)
        self.jumps = torch.tensor(tables.jumps, dtype=INT, device=self.device)
        self.rest = flat(rest_of(tables), FLOAT)
        self.open = [int(p) for p in np.flatnonzero(~tables.known)]
        if controller is not None and isinstance(controller.classes, LetterClasses):
            by = controller.classes
            self.root = by.root
            self.diagram = flat(by.atom, INT), flat(by.low, INT), flat(by.high, INT)

    def array(self, given: Any) -> Tensor:
        """The array on the kernel's device."""
        found = given if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
        return found.to(self.device)

    def shape(self, array: Tensor) -> tuple[int, ...]:
        return tuple(array.shape)

    def is_bool(self, array: Tensor) -> bool:
        return bool(array.dtype == torch.bool)

    def check(self, name: str, array: Tensor, shape: Sequence[int], kind: Kind) -> None:
        check(name, array, tuple(shape), kind)

    def numbered(self, name: str, array: Tensor, count: int) -> Tensor:
        inside(name, array, count)
        return array.to(INT).contiguous()

    def uniform(self, draws: Tensor) -> bool:
        return bool(((draws >= 0) & (draws < 1)).all())

    def infinite(self, numbers: Tensor) -> tuple[list[int], float] | None:
        if bool(torch.isfinite(numbers).all()):
            return None
        place = torch.nonzero(~torch.isfinite(numbers))[0].tolist()
        return place, numbers[tuple(place)].item()

    def float64(self, array: Tensor) -> Tensor:
        return array.to(FLOAT)

    def zeros(self, shape: tuple[int, ...], kind: Literal["bool", "int32", "float64"]) -> Tensor:
        return torch.zeros(shape, dtype=_TYPES[kind], device=self.device)

    def firsts(self, letters: Tensor) -> Tensor:
        return self.first.index_select(0, letters)

    def classified(self, truths: Tensor) -> Tensor:
        outer, width = tuple(truths.shape[:-1]), truths.shape[-1]
        rows = truths.reshape(math.prod(outer), width)
        if not width:
            rows = truths.new_zeros(math.prod(outer), 1)
        atom, low, high = self.diagram
        node = torch.full((len(rows),), self.root, dtype=INT, device=self.device)
        for _ in range(len(self.propositions) if len(atom) else 0):
            here = node.clamp(min=0)
            holds = rows.gather(1, atom.index_select(0, here).long().unsqueeze(1)).squeeze(1)
            child = torch.where(holds, high.index_select(0, here), low.index_select(0, here))
            node = torch.where(node >= 0, child, node)
        return (-1 - node).reshape(outer)

    def edges(self, held: Tensor, letters: Tensor) -> Tensor:
        """Where tables keep what memories do on letters, int32 of their common shape."""
        return held * self.width + letters

    def rests(self, held: Tensor, letters: Tensor) -> Tensor:
        """What the same letters for ever would still pay a formula."""
        edge = held * self.width + letters
        return self.rest.index_select(0, edge.reshape(-1)).reshape(edge.shape)

    def read(self, batch: Batch | Trajectories | Any, shape: tuple[int, ...]) -> Given:
        """The arrays of a batch, checked, as tensors."""
        full = batch if isinstance(batch, Batch | Trajectories) else Batch(batch)
        letters = self.letters(full.letters, shape)
        loops = letters if full.loops is None else self.letters(full.loops, shape)
        draws = self.draws(full.draws, shape)
        lucky = self.zeros(shape, "bool") if draws is None else draws >= self.tables.zeta
        return Given(letters, loops, lucky, self.numbers(full.numbers, shape),
                     self.flags("terminated", full.terminated, shape))  # fmt: skip

    def paid(self, program: Tensor, numbers: Tensor, paying: Tensor) -> Tensor:
        """What the programs pay where ``paying``, else 0.

        :raises SpecError: E809 a value is not finite.
        """
        reward = self.values.index_select(0, program)
        for p in self.open:
            rows = torch.nonzero((program == p) & paying).squeeze(1)
            if self.controller is not None and len(rows):
                # Only the rows that count are computed: a gradient must not see the others.
                found = run_columns(self.controller.programs[p], numbers.index_select(0, rows))
                reward = reward.index_copy(0, rows, found)
        reward = torch.where(paying, reward, torch.zeros_like(reward))
        if (self.open or not np.isfinite(self.tables.values).all()) and not bool(
            torch.isfinite(reward).all()
        ):
            place = torch.nonzero(~torch.isfinite(reward))[0].item()
            texts = " or ".join(dict.fromkeys(text for text in self.tables.texts if text))
            raise SpecError.of("E809", f"the reward `{texts}` is not finite at [{place}]")
        return reward


class Given:
    """The checked arrays of a batch."""

    def __init__(
        self, letters: Tensor, loops: Tensor, lucky: Tensor, numbers: Tensor, ended: Tensor
    ) -> None:
        self.letters, self.loops, self.lucky = letters, loops, lucky
        self.numbers, self.ended = numbers, ended

    def repeated(self, count: int) -> Given:
        """Every run ``count`` times."""
        parts = self.letters, self.loops, self.lucky, self.numbers, self.ended
        return Given(*(part.repeat_interleave(count, 0) for part in parts))

    def at(self, time: int) -> Given:
        """The arrays of one step of stored rows."""
        parts = self.letters, self.loops, self.lucky, self.numbers, self.ended
        return Given(*(part[:, time] for part in parts))


def _kind(tensor: Tensor) -> str:
    if tensor.dtype == torch.bool:
        return "bool"
    if tensor.is_complex():
        return "complex"
    return "floats" if tensor.is_floating_point() else "integers"


def check(name: str, tensor: Tensor, shape: tuple[int, ...], kind: Kind) -> None:
    """Refuse another type or shape."""
    found = _kind(tensor)
    if found != kind and not (kind == "numbers" and found in ("floats", "integers")):
        refuse_array(f"`{name}` has the type {tensor.dtype}", kind)
    if tuple(tensor.shape) != tuple(shape):
        refuse_array(f"`{name}` has the shape {tuple(tensor.shape)}", f"{tuple(shape)}")


def inside(name: str, tensor: Tensor, count: int) -> None:
    """Refuse a number that is not in [0, count)."""
    if tensor.numel() and not bool(((tensor >= 0) & (tensor < count)).all()):
        least, most = tensor.min().item(), tensor.max().item()
        refuse_array(f"`{name}` has {least} to {most}", f"0 to {count - 1}")


def broken(after: Tensor, letters: Tensor) -> None:
    """Refuse moves that the model has not."""
    if bool((after < 0).any()):
        place = torch.nonzero(after < 0)[0].tolist()
        at = ", ".join(map(str, place))
        refuse_array(
            f"transition {letters[tuple(place)].item()} at [{at}]",
            "one that leaves the state the run is in",
        )
