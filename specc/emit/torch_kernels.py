"""The batch kernel on tensors: the same tables and answers as the Numba kernel, on any device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from specc.diagnostics import SpecError
from specc.emit.batches import Batch, Counterfactual, State, Trajectories, refuse_array
from specc.emit.controller import Controller
from specc.emit.dense import rest_of
from specc.emit.kernel_tables import KernelTables
from specc.emit.plan import SignalScheme
from specc.emit.torch_device import device_loops
from specc.emit.torch_programs import run_columns
from specc.emit.torch_terms import policy_term

__all__ = ["Scan", "TorchKernel"]

Scan = Literal["auto", "sequential", "parallel"]
INT = torch.int32
FLOAT = torch.float64


class TorchKernel:
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
        self.tables, self.controller, self.scheme = tables, controller, scheme
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
        if controller is not None:
            by = controller.classes
            self.diagram = flat(by.atom, INT), flat(by.low, INT), flat(by.high, INT)
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

    @property
    def propositions(self) -> tuple[Any, ...]:
        """The propositions that a letter consists of; none for a kernel over a model."""
        return () if self.controller is None else self.controller.guards

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The native rewards and observations that rewards read."""
        return () if self.controller is None else self.controller.inputs

    @property
    def memories(self) -> int:
        """How many states the memory has."""
        return len(self.tables.next)

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

    def letters(self, given: Any, shape: tuple[int, ...] | None = None) -> Tensor:
        """Letter classes (or transitions), int32, of these or of propositions."""
        return self.classes("letters", given, shape, self.width)

    def classes(self, name: str, given: Any, shape: tuple[int, ...] | None, count: int) -> Tensor:
        """As :meth:`letters`, of an array with a name of its own."""
        found = self.tensor(given)
        if found.dtype != torch.bool:
            check(name, found, tuple(found.shape) if shape is None else shape, "integers")
            inside(name, found, count)
            return found.to(INT).contiguous()
        if self.controller is None:
            refuse_array(f"`{name}` is an array of propositions", "this kernel reads numbers")
        wanted = (*(found.shape[:-1] if shape is None else shape), len(self.propositions))
        check(name, found, wanted, "bool")
        rows = found.reshape(-1, max(wanted[-1], 1)) if wanted[-1] else found.new_zeros(
            int(np.prod(wanted[:-1])), 1)  # fmt: skip
        atom, low, high = self.diagram
        node = torch.full((len(rows),), self.controller.classes.root, dtype=INT, device=self.device)
        for _ in range(len(self.propositions) if len(atom) else 0):
            here = node.clamp(min=0)
            holds = rows.gather(1, atom.index_select(0, here).long().unsqueeze(1)).squeeze(1)
            child = torch.where(holds, high.index_select(0, here), low.index_select(0, here))
            node = torch.where(node >= 0, child, node)
        return (-1 - node).reshape(wanted[:-1])

    def tensor(self, given: Any) -> Tensor:
        """The array on the kernel's device."""
        found = given if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
        return found.to(self.device)

    def initial(self, n: int, first: Any = None) -> State:
        """n runs before their first step; ``first`` as in the Numba kernel."""
        memory = self.starting(first, n)
        if bool((memory < 0).any()):
            refuse_array("`first` has states where no run starts", "initial states of the model")
        return State(memory, torch.zeros(n, dtype=INT, device=self.device))

    def starting(self, first: Any, n: int) -> Tensor:
        """The first memories, -1 where no run starts."""
        if first is None:
            if self.controller is None or self.controller.reads_start:
                refuse_array("no `first` was passed", "this memory reads the start")
            return self.first[:1].expand(n).clone()
        return self.first.index_select(0, self.classes("first", first, (n,), len(self.first)))

    def jump(self, state: State, which: Any) -> State:
        """Take epsilon action ``which``, int (n,); -1, or one that a memory has not: stay."""
        held, clock = self._state(state)
        number = self.tensor(which)
        check("which", number, tuple(held.shape), "integers")
        width = self.jumps.shape[1]
        target = self.jumps[held.long(), number.clamp(0, width - 1).long()]
        stay = (number < 0) | (number >= width) | (target < 0)
        return State(torch.where(stay, held, target), clock.clone())

    def _state(self, state: State) -> tuple[Tensor, Tensor]:
        memory, clock = self.tensor(state.memory), self.tensor(state.clock)
        check("memory", memory, (memory.numel(),), "integers")
        check("clock", clock, tuple(memory.shape), "integers")
        inside("memory", memory, self.memories)
        return memory.to(INT), clock.to(INT)

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
        if clock is None and self.tables.horizon >= 0:
            refuse_array("no `clock` was passed", "this reward has a horizon")
        time = torch.zeros(n, dtype=INT) if clock is None else clock
        time = self.tensor(time)
        check("clock", time, (n,), "integers")
        given = self.read(full, (n,)).repeated(count)
        held = torch.arange(count, dtype=INT, device=self.device).repeat(n)
        parts = self.move(held, time.to(INT).repeat_interleave(count), given)
        return Counterfactual(*(part.reshape(n, count) for part in parts))

    def relabel(self, stored: Trajectories | Any, scan: Scan = "auto") -> Any:
        """Rewards and memories of stored steps; see :mod:`specc.emit.torch_stored`."""
        from specc.emit.torch_stored import relabel

        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        return relabel(self, full, scan)

    def read(self, batch: Batch | Trajectories | Any, shape: tuple[int, ...]) -> Given:
        """The arrays of a batch, checked, as tensors."""
        full = batch if isinstance(batch, Batch | Trajectories) else Batch(batch)
        letters = self.letters(full.letters, shape)
        loops = letters if full.loops is None else self.letters(full.loops, shape)
        if full.draws is None and self.tables.zeta < 1:
            refuse_array("no `draws` were passed", "this scheme draws")
        lucky = torch.zeros(shape, dtype=torch.bool, device=self.device)
        if full.draws is not None:
            draws = self.tensor(full.draws)
            check("draws", draws, shape, "floats")
            if draws.numel() and not bool(((draws >= 0) & (draws < 1)).all()):
                refuse_array("`draws` leave [0, 1)", "uniform draws")
            lucky = draws.to(FLOAT) >= self.tables.zeta
        return Given(letters, loops, lucky, self._numbers(full.numbers, shape),
                     self.flags("terminated", full.terminated, shape))  # fmt: skip

    def _numbers(self, given: Any, shape: tuple[int, ...]) -> Tensor:
        wanted = (*shape, len(self.inputs))
        if given is None and self.inputs:
            refuse_array("no `numbers` were passed", "this reward reads natives or observations")
        if given is None:
            return torch.zeros(wanted, dtype=FLOAT, device=self.device)
        found = self.tensor(given)
        check("numbers", found, wanted, "numbers")
        if not bool(torch.isfinite(found).all()):
            place = torch.nonzero(~torch.isfinite(found))[0].tolist()
            refuse_array(f"`numbers` has {found[tuple(place)].item()} at {place}", "finite numbers")
        return found.to(FLOAT)

    def flags(self, name: str, given: Any, shape: tuple[int, ...]) -> Tensor:
        """The flags, or False everywhere."""
        if given is None:
            return torch.zeros(shape, dtype=torch.bool, device=self.device)
        found = self.tensor(given)
        check(name, found, shape, "bool")
        return found

    def move(self, held: Tensor, clock: Tensor, given: Given) -> tuple[Tensor, Tensor, Tensor]:
        """(memory after, reward, done) of one step of n runs; -1 where the model has no move."""
        edge = held * self.width + given.letters
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
        if self.tables.formula:
            more = self.rest.index_select(0, behind * self.width + given.loops)
            reward = torch.where(given.ended & ~done, reward + more, reward)
        return after, reward, done | given.ended

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


def _batch(batch: Batch | Any) -> Batch:
    return batch if isinstance(batch, Batch) else Batch(batch)


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


def check(name: str, tensor: Tensor, shape: tuple[int, ...], kind: str) -> None:
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
