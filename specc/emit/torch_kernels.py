"""The batch kernel on tensors: the same tables and answers as the Numba kernel, on any device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from specc.emit.batches import Batch, Counterfactual, State, Trajectories
from specc.emit.controller import Controller
from specc.emit.kernel_tables import KernelTables
from specc.emit.plan import SignalScheme
from specc.emit.torch_device import device_loops
from specc.emit.torch_reader import INT, Given, TorchReader, broken
from specc.emit.torch_stored import Scan
from specc.emit.torch_stored import relabel as relabel_stored
from specc.emit.torch_terms import policy_term

__all__ = ["Scan", "TorchKernel"]


class TorchKernel(TorchReader):
    """As :class:`specc.emit.numba_kernels.Kernel`, with tensors in and out; rewards are float64.

    Tables are int32 and live on ``device``; :meth:`to` moves them. Rewards that are constants have
    the bits of the Numba kernel; others differ in the last bits of `exp`, `log`, roots
    and powers, and
    have gradients in ``numbers``. :meth:`policy_terms` is what a regularised objective leaves to
    the learner.
    """

    def __init__(
        self,
        tables: KernelTables,
        controller: Controller | None = None,
        scheme: SignalScheme | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__(tables, controller, device)
        self.scheme = scheme
        self.fast = device_loops(self)

    def to(self, device: str | torch.device) -> TorchKernel:
        """The kernel on another device."""
        return TorchKernel(self.tables, self.controller, self.scheme, device)

    def unchecked(self) -> TorchKernel:
        """A kernel that does not wait for the device to say whether a batch was right, so that its
        steps can be captured in a CUDA graph. A letter that is none is then read as another.

        Only kernels on a GPU whose rewards are constants can do so; others check on.
        """
        made = self.to(self.device)
        if made.fast is not None:
            made.fast.checked = False
        return made

    def __reduce__(self) -> Any:
        return TorchKernel, (self.tables, self.controller, self.scheme, str(self.device))

    def policy_terms(
        self, logits: Tensor, references: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """What the objective adds for the policy itself (entropy, Tsallis entropy, KL), float (n,),
        from its logits (n, actions) in the states left; 0 where it adds nothing. Differentiable.

        ``references`` gives the probabilities of the policies that `kl` names.
        """
        if self.scheme is None or self.scheme.terms is None:
            return torch.zeros(len(logits), dtype=logits.dtype, device=logits.device)
        return policy_term(self.scheme.terms, logits, references or {})

    def jump(self, state: State, which: Any) -> State:
        """Take epsilon action ``which``, int (n,); -1, or one that a memory has not: stay."""
        held, clock = self._state(state)
        number = self.array(which)
        self.check("which", number, held.shape, "integers")
        width = self.jumps.shape[1]
        target = self.jumps[held.long(), number.clamp(0, width - 1).long()]
        stay = (number < 0) | (number >= width) | (target < 0)
        return State(torch.where(stay, held, target), clock.clone())

    def _state(self, state: State) -> tuple[Tensor, Tensor]:
        memory, clock = self.array(state.memory), self.array(state.clock)
        self.check("memory", memory, (memory.numel(),), "integers")
        self.check("clock", clock, memory.shape, "integers")
        return self.numbered("memory", memory, self.memories), clock.to(INT)

    def step(self, state: State, batch: Batch | Any) -> tuple[State, Tensor, Tensor]:
        """The next states, the rewards and which runs are done, each (n,)."""
        if self.fast is not None and (answer := self.fast.step(state, _batch(batch))) is not None:
            return answer
        held, clock = self._state(state)
        given = self.read(batch, (len(held),))
        after, reward, done = self.move(held, clock, given)
        broken(after, given.letters)
        return State(after, clock + 1), reward, done

    def counterfactual(self, batch: Batch | Any, clock: Any = None) -> Counterfactual:
        """The step from every memory at once; see the Numba kernel."""
        full = _batch(batch)
        if self.fast is not None and (answer := self.fast.counterfactual(full, clock)) is not None:
            return answer
        n, count = len(full.letters), self.memories
        time = self.clock(clock, n)
        given = self.read(full, (n,)).repeated(count)
        held = torch.arange(count, dtype=INT, device=self.device).repeat(n)
        parts = self.move(held, time.to(INT).repeat_interleave(count), given)
        return Counterfactual(*(part.reshape(n, count) for part in parts))

    def relabel(self, stored: Trajectories | Any, scan: Scan = "auto") -> Any:
        """Rewards and memories of stored steps; see :mod:`specc.emit.torch_stored`."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        return relabel_stored(self, full, scan, self.fast)

    def move(self, held: Tensor, clock: Tensor, given: Given) -> tuple[Tensor, Tensor, Tensor]:
        """(memory after, reward, done) of one step of n runs; -1 where the model has no move."""
        edge = self.edges(held, given.letters)
        after = self.next.index_select(0, edge)
        there = after >= 0
        behind = after.clamp(min=0)
        horizon = self.tables.horizon
        paying = there if horizon < 0 else there & (clock < horizon)
        reward = self.paid(self.program.index_select(0, edge), given.numbers, paying)
        done = self.final.index_select(0, behind) | ~there
        if horizon >= 0:
            done = done | (clock + 1 >= horizon)
        if self.tables.zeta < 1:
            hit = self.accepting.index_select(0, edge) & given.lucky
            reward, done = torch.where(hit, torch.ones_like(reward), reward), done | hit
        if self.tables.formula and bool(given.ended.any()):
            more = self.rests(behind, given.loops)
            reward = torch.where(given.ended & ~done, reward + more, reward)
        return after, reward, done | given.ended


def _batch(batch: Batch | Any) -> Batch:
    return batch if isinstance(batch, Batch) else Batch(batch)
