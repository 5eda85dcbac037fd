"""The batch kernel of set functions on tensors."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from specc.diagnostics import SpecError
from specc.emit.batches import Batch, Trajectories, refuse_array
from specc.emit.sets.episodes import episodes
from specc.emit.sets.refused import refuse_counterfactual, refuse_states
from specc.emit.sets.states import SetRelabelled, SetState
from specc.emit.sets.tables import SetTables
from specc.emit.sets.torch_parts import TorchCovered, torch_part
from specc.emit.torch_programs import run_columns
from specc.emit.torch_reader import check, inside

__all__ = ["TorchSetKernel"]

FLOAT = torch.float64


class TorchSetKernel:
    """As :class:`specc.emit.sets.kernel.SetKernel`, with tensors in and out, on any device;
    :meth:`to` moves it. Counts and weighted counts have the same bits, the rest is within 1e-9."""

    controller = None
    inputs: tuple[Any, ...] = ()
    propositions: tuple[Any, ...] = ()
    memories = 0

    def __init__(self, tables: SetTables, device: str | torch.device = "cpu") -> None:
        self.tables = tables
        self.device = torch.device(device)
        self.parts = [torch_part(part, self.device) for part in tables.parts]
        self.sources = torch.tensor(tables.sources, dtype=torch.int64, device=self.device)
        self.targets = torch.tensor(tables.targets, dtype=torch.int64, device=self.device)
        self.opens = torch.tensor(tables.opens, device=self.device)

    def to(self, device: str | torch.device) -> TorchSetKernel:
        """The kernel on another device."""
        return TorchSetKernel(self.tables, device)

    def __reduce__(self) -> Any:
        return TorchSetKernel, (self.tables, str(self.device))

    def _numbers(self, name: str, given: Any, shape: tuple[int, ...] | None, count: int) -> Tensor:
        found = given if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
        found = found.to(self.device)
        check(name, found, tuple(found.shape) if shape is None else shape, "integers")
        inside(name, found, count)
        return found.to(torch.int64)

    def letters(self, given: Any, shape: tuple[int, ...] | None = None) -> Tensor:
        """Transition numbers."""
        return self._numbers("letters", given, shape, len(self.targets))

    def first(self, first: Any, n: int) -> Tensor:
        """The states in which n runs start."""
        if first is None:
            only = torch.nonzero(self.opens).squeeze(1)
            if len(only) > 1:
                refuse_array("no `first` was passed", "the start states: the model has several")
            return only.expand(n)
        states = self._numbers("first", first, (n,), self.tables.states)
        if not bool(self.opens[states].all()):
            wrong = states[~self.opens[states]][0].item()
            refuse_array(f"`first` has state {wrong}", "initial states of the model")
        return states

    def initial(self, n: int, first: Any = None) -> SetState:
        """n runs before their first step; see the Numba kernel."""
        return self._started(self.first(first, n))

    def _started(self, states: Tensor) -> SetState:
        n = len(states)
        memory = tuple(part.nothing(n) for part in self.parts)
        every = torch.ones(n, dtype=torch.bool, device=self.device)
        sums = [part.enter(held, states, None, every) for part, held in self._pairs(memory)]
        total = torch.stack(sums)
        clock = torch.zeros(n, dtype=torch.int32, device=self.device)
        return SetState(memory, total, self._value(total), clock, states)

    def _pairs(self, memory: tuple[Any, ...]) -> Any:
        return zip(self.parts, memory, strict=True)

    def _value(self, total: Tensor) -> Tensor:
        """The function (n,) of sums (parts, n)."""
        numbers = torch.stack(
            [total[p] / part.denominator for p, part in enumerate(self.parts)], dim=1
        )
        if self.tables.plain:
            return numbers[:, 0]
        value = run_columns(self.tables.program, numbers)
        if not bool(torch.isfinite(value).all()):
            place = int(torch.nonzero(~torch.isfinite(value))[0])
            raise SpecError.of(
                "E809", f"the reward `{self.tables.program.text}` is not finite at [{place}]"
            )
        return value

    def _state(self, state: SetState) -> SetState:
        if not isinstance(state, SetState):
            refuse_array(f"the state is a {type(state).__name__}", "a SetState of this kernel")
        n = len(state.clock)
        check("value", state.value, (n,), "floats")
        check("total", state.total, (len(self.parts), n), "floats")
        return state

    def step(self, state: SetState, batch: Batch | Any) -> tuple[SetState, Tensor, Tensor]:
        """The next states, the gains and which runs are done, each (n,)."""
        full = batch if isinstance(batch, Batch) else Batch(batch)
        held = self._state(state)
        n = len(held.clock)
        letters = self.letters(full.letters, (n,))
        self._follow(letters, held.place)
        after, reward, done = self._moved(held, self.targets[letters], letters)
        if full.terminated is not None:
            ended = torch.as_tensor(full.terminated).to(self.device)
            check("terminated", ended, (n,), "bool")
            done = done | ended
        return after, reward, done

    def _follow(self, letters: Tensor, place: Tensor) -> None:
        """Refuse a transition that leaves another state than the run's."""
        wrong = torch.nonzero(self.sources[letters] != place)
        if len(wrong):
            first = wrong[0].tolist()
            refuse_array(
                f"transition {letters[tuple(first)].item()} at {first}",
                "one that leaves the state the run is in",
            )

    def visit(self, state: SetState, states: Any) -> tuple[SetState, Tensor, Tensor]:
        """As :meth:`step`, where runs enter these ``states``, int (n,), however they came there;
        see the Numba kernel."""
        refuse_states(self.tables)
        held = self._state(state)
        entered = self._numbers("states", states, tuple(held.clock.shape), self.tables.states)
        return self._moved(held, entered, entered)

    def _moved(
        self, state: SetState, entered: Tensor, letters: Tensor
    ) -> tuple[SetState, Tensor, Tensor]:
        memory = tuple(tuple(array.clone() for array in held) for held in state.memory)
        every = torch.ones_like(entered, dtype=torch.bool)
        after = self._entered(memory, state, entered, letters, every)
        done = after.clock >= self.tables.horizon if self.tables.horizon >= 0 else ~every
        return after, after.value - state.value, done

    def _entered(
        self, memory: Any, state: SetState, entered: Tensor, letters: Tensor, alive: Tensor
    ) -> SetState:
        """The state behind one more state of every run; changes ``memory``. Runs that are not
        ``alive`` gain nothing."""
        sums = []
        for p, (part, held) in enumerate(self._pairs(memory)):
            live = alive if part.horizon < 0 else alive & (state.clock < part.horizon)
            sums.append(state.total[p] + part.enter(held, entered, letters, live))
        total = torch.stack(sums)
        return SetState(memory, total, self._value(total), state.clock + 1, entered)

    def gains(self, state: SetState, states: Any) -> Tensor:
        """What each of ``states``, int (n, k) or (k,), alone would add to the function of run i:
        the marginal gains f(S + s) - f(S), float (n, k); see the Numba kernel."""
        refuse_states(self.tables)
        held = self._state(state)
        asked = self._numbers("states", states, None, self.tables.states)
        n = len(held.clock)
        if asked.ndim == 1:
            asked = asked.expand(n, len(asked))
        check("states", asked, (n, asked.shape[-1]), "integers")
        total = []
        for p, (part, memory) in enumerate(self._pairs(held.memory)):
            more = part.gains(memory, asked)
            if part.horizon >= 0:
                more = more * (held.clock < part.horizon).unsqueeze(1)
            total.append(held.total[p].unsqueeze(1) + more)
        value = self._value(torch.stack(total).flatten(1)).view(asked.shape)
        return value - held.value.unsqueeze(1)

    def visited(self, state: SetState, part: int = 0) -> Tensor:
        """What was covered or counted so far, bool (n, states); see the Numba kernel."""
        held, found = self._state(state), self.parts[part]
        if not isinstance(found, TorchCovered):
            refuse_array(f"part {part} is `{self.tables.kinds[part]}`", "a coverage")
        return held.memory[part][0][:, found.bits.clamp(min=0)] & (found.bits >= 0)

    def relabel(self, stored: Trajectories | Any) -> SetRelabelled:
        """The gains of stored steps, all episodes side by side; see
        :class:`specc.emit.batches.Trajectories`."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        letters = self.letters(full.letters)
        if letters.ndim != 2:
            refuse_array(f"`letters` has the shape {tuple(letters.shape)}", "2 dimensions")
        shape = tuple(letters.shape)
        cut = episodes(
            shape, _host(full.first), _host(full.terminated), _host(full.truncated),
            lambda first, n: self.first(first, n).cpu().numpy(),
        )  # fmt: skip
        places = torch.tensor(cut.places, device=self.device)
        before = self.targets[letters].flatten().roll(1)
        before[places] = torch.tensor(cut.first, dtype=torch.int64, device=self.device)
        self._follow(letters, before.view(shape))
        lengths = torch.tensor(cut.lengths, device=self.device)
        flat, entered = letters.flatten(), self.targets[letters].flatten()
        state = self._started(torch.tensor(cut.first, dtype=torch.int64, device=self.device))
        reward = torch.zeros(shape, dtype=FLOAT, device=self.device).flatten()
        value, begins = reward.clone(), torch.zeros_like(reward, dtype=torch.bool)
        done = torch.tensor(cut.ends, device=self.device).flatten()
        begins[places] = True
        horizon = self.tables.horizon
        for t in range(int(lengths.max()) if len(places) else 0):
            live = t < lengths
            here = (places + t)[live]
            # An episode that is over takes its last step again.
            step = places + torch.clamp(lengths - 1, max=t)
            after = self._entered(state.memory, state, entered[step], flat[step], live)
            value[here] = after.value[live]
            if horizon < 0 or t < horizon:
                reward[here] = (after.value - state.value)[live]
            if 0 <= horizon <= t + 1:
                done[here] = True
            state = after
        parts = (part.view(shape) for part in (reward, value, done, begins))
        return SetRelabelled(*parts)

    def counterfactual(self, batch: Any, clock: Any = None) -> NoReturn:
        """There is none; see the Numba kernel."""
        refuse_counterfactual(self.tables)


def _host(array: Any) -> Any:
    return array.cpu().numpy() if isinstance(array, Tensor) else array
