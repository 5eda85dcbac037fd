"""A reward compiled by specc as a kernel over batches, with its tables inside. It needs Torch only.

    kernel = Kernel(device="cuda")
    state = kernel.initial(n, first)
    state, reward, done = kernel.step(state, letters)

Letters are truth values of ``PROPOSITIONS``, bool (n, propositions), or, where the tables are those
of a model, numbers of ``TRANSITIONS``, int (n,). Memories and clocks are int32, rewards float64,
flags bool; tensors that are passed in move to the kernel's device. The learner discounts by
``DISCOUNT``. A state that is passed in is never changed, also where an error is raised.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import torch
from torch import Tensor

from specc.emit.torch_programs import run_columns

TABLES = json.loads("{}")

PROPOSITIONS: list[str] = TABLES.get("propositions", [])
INPUTS: list[str] = TABLES.get("inputs", [])
TRANSITIONS: list[list[str]] = TABLES.get("transitions", [])
DISCOUNT: float = TABLES.get("discount", 1.0)

_KINDS = {
    "bool": (torch.bool,),
    "integers": (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    "floats": (torch.float16, torch.bfloat16, torch.float32, torch.float64),
}


class Program(NamedTuple):
    """A reward that reads numbers: rows (operation, argument) for a stack machine."""

    rows: list[list[int]]
    constants: list[float]


class State(NamedTuple):
    """The memories of n runs and the steps they have taken, int32 (n,)."""

    memory: Tensor
    clock: Tensor


class Given(NamedTuple):
    """The checked tensors of a step; ``lucky``: the draw ends the run on an accepting edge."""

    letters: Tensor
    loops: Tensor
    lucky: Tensor
    numbers: Tensor
    ended: Tensor


class Relabelled(NamedTuple):
    """Of every stored step, each (n, T): its ``reward``, whether the episode is ``done`` with it,
    the memory ``before`` and ``after``; ``live`` is False behind an end that the reward put."""

    reward: Tensor
    done: Tensor
    before: Tensor
    after: Tensor
    live: Tensor


class Kernel:
    """The finite memory of the reward, on a device."""

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)

        def table(key: str, kind: torch.dtype) -> Tensor:
            return torch.tensor(TABLES[key], dtype=kind, device=self.device)

        self.next, self.program = table("next", torch.int32), table("reward", torch.int32)
        self.accepting, self.final = table("accepting", torch.bool), table("final", torch.bool)
        self.rest, self.values = table("rest", torch.float64), table("values", torch.float64)
        self.firsts, self.jumps = table("first", torch.int32), table("jumps", torch.int32)
        self.atom, self.low = table("diagram_atom", torch.int32), table("diagram_low", torch.int32)
        self.high, self.roots = table("diagram_high", torch.int32), table("roots", torch.int32)
        self.programs = {int(p): Program(*rows) for p, rows in TABLES["programs"].items()}
        self.memories, self.width = TABLES["memories"], TABLES["width"]

    def to(self, device: str | torch.device) -> Kernel:
        """The kernel on another device."""
        return Kernel(device)

    def letters(self, given: Any, shape: tuple[int, ...] | None = None) -> Tensor:
        """Letter numbers, int32, of truth values of the propositions (or of letter numbers)."""
        return self._letters("letters", given, shape, self.width)

    def _letters(self, name: str, given: Any, shape: tuple[int, ...] | None, count: int) -> Tensor:
        found = self._tensor(given)
        if found.dtype != torch.bool:
            if TABLES["branching"]:
                raise ValueError(f"`{name}` is {found.dtype}; expected: bool, by PROPOSITIONS")
            check(name, found, tuple(found.shape) if shape is None else shape, "integers")
            return within(name, found, count)
        if TRANSITIONS:
            raise ValueError(f"`{name}` is bool; expected: numbers of TRANSITIONS")
        wanted = (*(found.shape[:-1] if shape is None else shape), len(PROPOSITIONS))
        check(name, found, wanted, "bool")
        if TABLES["branching"]:
            return found
        rows = found.reshape(torch.Size(wanted[:-1]).numel(), wanted[-1])
        begin = torch.full((len(rows),), int(self.roots[0]), dtype=torch.int32, device=self.device)
        return self._walk(begin, rows).reshape(wanted[:-1])

    def _walk(self, node: Tensor, rows: Tensor) -> Tensor:
        """Where a decision diagram leads to on truth values, bool (n, propositions)."""
        for _ in range(TABLES["depth"]):
            here = node.clamp(min=0)
            asked = self.atom.index_select(0, here).long().unsqueeze(1)
            holds = rows.gather(1, asked).squeeze(1)
            child = torch.where(
                holds, self.high.index_select(0, here), self.low.index_select(0, here)
            )
            node = torch.where(node >= 0, child, node)
        return -1 - node

    def _edges(self, held: Tensor, letters: Tensor) -> Tensor:
        """The entries of the tables that memories take on letters."""
        if TABLES["branching"]:
            return self._walk(self.roots.index_select(0, held), letters)
        return held * self.width + letters

    def initial(self, n: int, first: Any = None) -> State:
        """n runs before their first step. ``first``: the letters of the start states (for a model:
        the numbers of the states), needed where the memory reads them."""
        memory = self._first(first, (n,))
        return State(memory, torch.zeros(n, dtype=torch.int32, device=self.device))

    def _first(self, first: Any, shape: tuple[int, ...]) -> Tensor:
        if first is None:
            if TABLES["reads_start"]:
                raise ValueError("no `first` was passed; this memory reads the start")
            if TABLES["branching"]:
                first = torch.zeros((*shape, len(PROPOSITIONS)), dtype=torch.bool)
                return self._first(first, shape)
            return self.firsts[:1].expand(shape).clone()
        start = self._letters("first", first, shape, len(self.firsts))
        if TABLES["branching"]:
            begin = torch.full(shape, self.memories, dtype=torch.int32, device=self.device)
            return self.next.index_select(0, self._edges(begin, start))
        memory = self.firsts.index_select(0, start.reshape(-1)).reshape(shape)
        if bool((memory < 0).any()):
            raise ValueError("`first` has states in which no run starts")
        return memory

    def jump(self, state: State, which: Any) -> State:
        """Take epsilon action ``which``, int (n,); -1, or one that a memory has not: stay."""
        held, clock = self._state(state)
        number = self._tensor(which)
        check("which", number, tuple(held.shape), "integers")
        width = self.jumps.shape[1]
        target = self.jumps[held.long(), number.clamp(0, width - 1).long()]
        stay = (number < 0) | (number >= width) | (target < 0)
        return State(torch.where(stay, held, target), clock.clone())

    def step(
        self, state: State, letters: Any, *, numbers: Any = None, draws: Any = None,
        terminated: Any = None, loops: Any = None,
    ) -> tuple[State, Tensor, Tensor]:  # fmt: skip
        """(state, reward, done) of n runs.

        ``numbers``: float (n, inputs), the values of ``INPUTS``; ``draws``: uniform in [0, 1),
        (n,), where the scheme ends runs by chance; ``terminated``: bool (n,), where the environment
        ended the episode; a formula then reads the letters ``loops`` (or ``letters``) for ever.

        :raises ValueError: a tensor of another shape, type or range, or a reward that is NaN or
            infinite.
        """
        held, clock = self._state(state)
        given = self._given(letters, numbers, draws, terminated, loops, tuple(held.shape))
        after, reward, done = self._move(held, clock, given, torch.ones_like(given.ended))
        return State(after, clock + 1), reward, done | given.ended

    def relabel(
        self, letters: Any, first: Any = None, *, terminated: Any = None, truncated: Any = None,
        numbers: Any = None, draws: Any = None, loops: Any = None,
    ) -> Relabelled:  # fmt: skip
        """The rewards of n stored rows of T steps: tensors as in :meth:`step`, each with (n, T) in
        place of (n,). A new episode begins behind ``terminated`` or ``truncated``; ``first`` has
        the letters (for a model: the states) in which steps start."""
        array = self._tensor(letters)
        shape = tuple(array.shape[:2])
        given = self._given(array, numbers, draws, terminated, loops, shape)
        cut = self._flags("truncated", truncated, shape)
        begins = torch.ones(shape, dtype=torch.bool, device=self.device)
        begins[:, 1:] = (given.ended | cut)[:, :-1]
        starts = self._starts(first, begins)
        n = shape[0]
        memory = torch.zeros(n, dtype=torch.int32, device=self.device)
        clock, over = memory.clone(), torch.zeros(n, dtype=torch.bool, device=self.device)
        columns: list[tuple[Tensor, ...]] = []
        for t in range(shape[1]):
            memory = torch.where(begins[:, t], starts[:, t], memory)
            clock = torch.where(begins[:, t], torch.zeros_like(clock), clock)
            live = begins[:, t] | ~over
            here = Given(*(part[:, t] for part in given))
            after, reward, done = self._move(memory, clock, here, live)
            after = torch.where(live, after, memory)
            over = ~live | done
            columns.append((reward, over | here.ended | cut[:, t], memory, after, live))
            memory, clock = after, clock + 1
        if not columns:
            empty = torch.zeros(shape, device=self.device)
            kinds = (torch.float64, torch.bool, torch.int32, torch.int32, torch.bool)
            return Relabelled(*(empty.to(kind) for kind in kinds))
        return Relabelled(*(torch.stack(part, 1) for part in zip(*columns, strict=True)))

    def _starts(self, first: Any, begins: Tensor) -> Tensor:
        """The memories that begin episodes; 0 where none begins."""
        found = torch.zeros(begins.shape, dtype=torch.int32, device=self.device)
        count = int(begins.sum())
        if first is None:
            found[begins] = self._first(None, (count,))
            return found
        array = self._tensor(first)
        if tuple(array.shape[:2]) != tuple(begins.shape):
            raise ValueError(
                f"`first` has the shape {tuple(array.shape)}; expected: {tuple(begins.shape)} first"
            )
        found[begins] = self._first(array[begins], (count,))
        return found

    def _move(
        self, held: Tensor, clock: Tensor, given: Given, live: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(memory after, reward, whether the reward is over); who is not live is paid 0."""
        edge = self._edges(held, given.letters)
        after = self.next.index_select(0, edge)
        if bool(((after < 0) & live).any()):
            raise ValueError("`letters` has a transition that does not leave the run's state")
        after = after.clamp(min=0)
        horizon = TABLES["horizon"]
        paying = live if horizon < 0 else live & (clock < horizon)
        reward = self._paid(self.program.index_select(0, edge), given.numbers, paying)
        done = self.final.index_select(0, after)
        if horizon >= 0:
            done = done | (clock + 1 >= horizon)
        if TABLES["zeta"] < 1:
            hit = self.accepting.index_select(0, edge) & given.lucky & live
            reward, done = torch.where(hit, torch.ones_like(reward), reward), done | hit
        if TABLES["formula"]:
            rest = self._rest(after, given.loops)
            reward = torch.where(given.ended & ~done & live, reward + rest, reward)
        return after, reward, done

    def _rest(self, held: Tensor, letters: Tensor) -> Tensor:
        """What the same letters for ever would still pay, at best by a jump."""
        if not TABLES["branching"]:
            return self.rest.index_select(0, held * self.width + letters)
        best = self._absorbed(held, letters)
        for target in self.jumps.index_select(0, held).unbind(1):
            other = self._absorbed(target.clamp(min=0), letters)
            best = torch.where((target >= 0) & (other.abs() > best.abs()), other, best)
        return best

    def _absorbed(self, held: Tensor, letters: Tensor) -> Tensor:
        """What runs are paid until their memories repeat, or 1 where accepting edges recur."""
        paid = torch.zeros(len(held), dtype=torch.float64, device=self.device)
        recurs = torch.zeros(len(held), dtype=torch.bool, device=self.device)
        for part in ("paid", "recurs"):
            for _ in range(self.memories):
                edge = self._edges(held, letters)
                after = self.next.index_select(0, edge)
                if part == "paid":
                    paid = paid + self.rest.index_select(0, edge)
                else:
                    recurs = recurs | self.accepting.index_select(0, edge)
                if bool((after == held).all()):
                    break
                held = after
        return torch.where(recurs, torch.ones_like(paid), paid)

    def _paid(self, program: Tensor, numbers: Tensor, paying: Tensor) -> Tensor:
        reward = self.values.index_select(0, program)
        for number, rows in self.programs.items():
            chosen = torch.nonzero((program == number) & paying).squeeze(1)
            if len(chosen):
                # Only the rows that count are computed: a gradient must not see the others.
                found = run_columns(rows, numbers.index_select(0, chosen))
                reward = reward.index_copy(0, chosen, found)
        reward = torch.where(paying, reward, torch.zeros_like(reward))
        if self.programs and not bool(torch.isfinite(reward).all()):
            at = torch.nonzero(~torch.isfinite(reward))[0].item()
            raise ValueError(f"the reward is {reward[at].item()} at [{at}]")
        return reward

    def _given(
        self, letters: Any, numbers: Any, draws: Any, terminated: Any, loops: Any,
        shape: tuple[int, ...],
    ) -> Given:  # fmt: skip
        read = self.letters(letters, shape)
        stays = read if loops is None else self._letters("loops", loops, shape, self.width)
        lucky = torch.zeros(shape, dtype=torch.bool, device=self.device)
        if TABLES["zeta"] < 1:
            if draws is None:
                raise ValueError("no `draws` were passed; this scheme draws")
            drawn = self._tensor(draws)
            check("draws", drawn, shape, "floats")
            if not bool(((drawn >= 0) & (drawn < 1)).all()):
                raise ValueError("`draws` leave [0, 1); expected: uniform draws")
            lucky = drawn.double() >= TABLES["zeta"]
        return Given(
            read, stays, lucky, self._numbers(numbers, shape),
            self._flags("terminated", terminated, shape),
        )  # fmt: skip

    def _numbers(self, given: Any, shape: tuple[int, ...]) -> Tensor:
        wanted = (*shape, len(INPUTS))
        if given is None:
            if INPUTS:
                raise ValueError(f"no `numbers` were passed; this reward reads {INPUTS}")
            return torch.zeros(wanted, dtype=torch.float64, device=self.device)
        found = self._tensor(given)
        check("numbers", found, wanted, "floats")
        if not bool(torch.isfinite(found).all()):
            raise ValueError("`numbers` has NaN or infinite numbers; expected: finite ones")
        return found.double()

    def _flags(self, name: str, given: Any, shape: tuple[int, ...]) -> Tensor:
        if given is None:
            return torch.zeros(shape, dtype=torch.bool, device=self.device)
        found = self._tensor(given)
        check(name, found, shape, "bool")
        return found

    def _state(self, state: State) -> tuple[Tensor, Tensor]:
        memory, clock = self._tensor(state.memory), self._tensor(state.clock)
        check("memory", memory, (memory.numel(),), "integers")
        check("clock", clock, tuple(memory.shape), "integers")
        return within("memory", memory, self.memories), clock.to(torch.int32)

    def _tensor(self, given: Any) -> Tensor:
        return torch.as_tensor(given).to(self.device)


def check(name: str, tensor: Tensor, shape: tuple[int, ...], kind: str) -> None:
    """Refuse another type or shape."""
    if tensor.dtype not in _KINDS[kind]:
        raise ValueError(f"`{name}` has the type {tensor.dtype}; expected: {kind}")
    if tuple(tensor.shape) != tuple(shape):
        raise ValueError(f"`{name}` has the shape {tuple(tensor.shape)}; expected: {tuple(shape)}")


def within(name: str, tensor: Tensor, count: int) -> Tensor:
    """The integers as int32; refuse one that is not in [0, count)."""
    if tensor.numel() and not bool(((tensor >= 0) & (tensor < count)).all()):
        least, most = tensor.min().item(), tensor.max().item()
        raise ValueError(f"`{name}` has {least} to {most}; expected: 0 to {count - 1}")
    return tensor.to(torch.int32)
