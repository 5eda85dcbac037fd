"""The batch kernel on tensors of rewards whose letters have no classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from specc.automata.blocks import ATOMS
from specc.emit.controller import Controller
from specc.emit.dense import rest_paid
from specc.emit.kernel_tables import KernelTables
from specc.emit.plan import SignalScheme
from specc.emit.torch_kernels import TorchKernel
from specc.emit.torch_reader import FLOAT, INT, inside

__all__ = ["BranchingTorchKernel"]


class BranchingTorchKernel(TorchKernel):
    """As :class:`specc.emit.torch_kernels.TorchKernel`; a letter is the bit mask of its
    propositions, int64. Every diagram is walked as many steps as the deepest needs, so that nothing
    branches."""

    def __init__(
        self,
        tables: KernelTables,
        controller: Controller | None = None,
        scheme: SignalScheme | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__(tables, controller, scheme, device)
        d = tables.diagram
        assert d is not None
        # An empty diagram keeps a node, which no way leads to.
        asked, behind = (x if len(x) else np.zeros(16, np.int32) for x in (d.asked, d.behind))
        self.asked = torch.tensor(asked, dtype=torch.int64, device=self.device)
        self.behind = torch.tensor(behind, dtype=INT, device=self.device)
        self.roots = torch.tensor(d.roots, dtype=INT, device=self.device)
        self.depth = d.depth
        self.resting = torch.tensor(rest_paid(tables)[0], dtype=FLOAT, device=self.device)

    def to(self, device: str | torch.device) -> BranchingTorchKernel:
        """The kernel on another device."""
        return BranchingTorchKernel(self.tables, self.controller, self.scheme, device)

    def __reduce__(self) -> Any:
        parts = self.tables, self.controller, self.scheme, str(self.device)
        return BranchingTorchKernel, parts

    def letters(self, given: Any, shape: tuple[int, ...] | None = None) -> Tensor:
        """Letters as bit masks, int64, of these or of propositions."""
        return self.classes("letters", given, shape, 0)

    def numbered(self, name: str, array: Tensor, count: int) -> Tensor:
        if count:
            return super().numbered(name, array, count)
        inside(name, array, 1 << len(self.propositions))
        return array.to(torch.int64).contiguous()

    def classified(self, truths: Tensor) -> Tensor:
        letters = torch.zeros(truths.shape[:-1], dtype=torch.int64, device=self.device)
        for place in range(truths.shape[-1]):
            letters |= truths[..., place].to(torch.int64) << place
        return letters

    def firsts(self, letters: Tensor) -> Tensor:
        start = torch.full((len(letters),), self.memories, dtype=INT, device=self.device)
        return self.next.index_select(0, self.edges(start, letters.to(torch.int64)))

    def edges(self, held: Tensor, letters: Tensor) -> Tensor:
        """The edges that memories take on letters, int32 of their common shape."""
        held, letters = torch.broadcast_tensors(held, letters)
        shape = held.shape
        bits = letters.reshape(-1)
        node = self.roots.index_select(0, held.reshape(-1))
        for _ in range(self.depth):
            here = node.clamp(min=0)
            places = self.asked.index_select(0, here)
            taken = bits >> (places & 63) & 1
            for byte in range(1, ATOMS):
                taken |= (bits >> (places >> 8 * byte & 63) & 1) << byte
            child = self.behind.index_select(0, (here.long() << ATOMS) + taken)
            node = torch.where(node >= 0, child, node)
        return (-1 - node).reshape(shape)

    def rests(self, held: Tensor, letters: Tensor) -> Tensor:
        """What the same letters for ever would still pay a formula: the best over a memory and its
        jumps."""
        shape, letters = held.shape, letters.reshape(-1)
        flat = held.reshape(-1)
        best = self._absorbed(flat, letters)
        targets = self.jumps.index_select(0, flat)
        for target in targets.unbind(1) if bool((targets >= 0).any()) else ():
            other = self._absorbed(target.clamp(min=0), letters)
            best = torch.where((target >= 0) & (other.abs() > best.abs()), other, best)
        return best.reshape(shape)

    def _absorbed(self, held: Tensor, letters: Tensor) -> Tensor:
        """What runs are paid until their memories repeat, or 1 where accepting edges recur."""
        total = torch.zeros(len(held), dtype=FLOAT, device=self.device)
        for _ in range(self.memories):
            edge = self.edges(held, letters)
            after = self.next.index_select(0, edge)
            # Only the entry of a decided state pays, and none is left: loops pay nothing.
            total = total + self.resting.index_select(0, edge)
            if bool((after == held).all()):
                break
            held = after
        if self.tables.formula != "buchi":
            return total
        recurs = torch.zeros(len(held), dtype=torch.bool, device=self.device)
        for _ in range(self.memories):
            edge = self.edges(held, letters)
            recurs = recurs | self.accepting.index_select(0, edge)
            after = self.next.index_select(0, edge)
            if bool((after == held).all()):
                break
            held = after
        return torch.where(recurs, torch.ones_like(total), total)
