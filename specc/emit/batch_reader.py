"""How kernels read a batch: what is asked of its arrays, whatever library they are from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar

from specc.emit.batches import State, refuse_array
from specc.emit.controller import Controller
from specc.emit.kernel_tables import KernelTables

__all__ = ["BatchReader", "Kind"]

A = TypeVar("A")
Kind = Literal["bool", "integers", "floats", "numbers"]


class BatchReader(ABC, Generic[A]):
    """The checks of a kernel's arrays, each said once; a subclass knows the library of arrays.

    Arrays that do not fit raise SpecError E814, which names the array, what was seen and what was
    expected.
    """

    tables: KernelTables
    controller: Controller | None

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
        return self.tables.memories

    @abstractmethod
    def array(self, given: Any) -> A:
        """The library's array of what was passed."""

    @abstractmethod
    def shape(self, array: A) -> tuple[int, ...]:
        """Its shape."""

    @abstractmethod
    def check(self, name: str, array: A, shape: Sequence[int], kind: Kind) -> None:
        """Refuse another type or shape."""

    @abstractmethod
    def is_bool(self, array: A) -> bool:
        """Whether it holds truth values."""

    @abstractmethod
    def numbered(self, name: str, array: A, count: int) -> A:
        """Integers, as int32; refuse one that is not in [0, count)."""

    @abstractmethod
    def classified(self, truths: A) -> A:
        """The letter classes of propositions (.., propositions), int32 (..)."""

    @abstractmethod
    def uniform(self, draws: A) -> bool:
        """Whether all are in [0, 1)."""

    @abstractmethod
    def infinite(self, numbers: A) -> tuple[list[int], float] | None:
        """Place and value of the first that is not finite."""

    @abstractmethod
    def float64(self, array: A) -> A:
        """The numbers as float64."""

    @abstractmethod
    def zeros(self, shape: tuple[int, ...], kind: Literal["bool", "int32", "float64"]) -> A:
        """An array of zeros."""

    @abstractmethod
    def firsts(self, letters: A) -> A:
        """The memories in which runs start that these letters (or states) begin, int32; -1 where
        none does."""

    def letters(self, given: Any, shape: tuple[int, ...] | None = None) -> A:
        """Letter classes (or transitions), int32, of these or of propositions."""
        return self.classes("letters", given, shape, self.tables.next.shape[1])

    def classes(self, name: str, given: Any, shape: tuple[int, ...] | None, count: int) -> A:
        """As :meth:`letters`, of an array with a name of its own."""
        array = self.array(given)
        if not self.is_bool(array):
            self.check(name, array, self.shape(array) if shape is None else shape, "integers")
            return self.numbered(name, array, count)
        if self.controller is None:
            refuse_array(f"`{name}` is an array of propositions", "this kernel reads numbers")
        outer = self.shape(array)[:-1] if shape is None else shape
        self.check(name, array, (*outer, len(self.propositions)), "bool")
        return self.classified(array)

    def initial(self, n: int, first: Any = None) -> State:
        """n runs before their first step; ``first`` holds the letters of the start states (for a
        kernel over a model: the states), needed where the memory reads them."""
        memory: Any = self.starting(first, n)
        if bool((memory < 0).any()):
            wrong: Any = memory if first is None else self.array(first)
            state = wrong[memory < 0][0].tolist()
            refuse_array(f"`first` has state {state}", "initial states of the model")
        return State(memory, self.zeros((n,), "int32"))

    def starting(self, first: Any, n: int) -> A:
        """The first memories, -1 where no run starts."""
        if first is not None:
            return self.firsts(self.classes("first", first, (n,), len(self.tables.first)))
        if self.controller is None or self.controller.reads_start:
            refuse_array("no `first` was passed", "this memory reads the start")
        return self.firsts(self.zeros((n,), "int32"))

    def draws(self, given: Any, shape: tuple[int, ...]) -> A | None:
        """The draws, float64; None where nothing reads them."""
        if given is None:
            if self.tables.zeta < 1:
                refuse_array("no `draws` were passed", "this scheme draws")
            return None
        draws = self.array(given)
        self.check("draws", draws, shape, "floats")
        if not self.uniform(draws):
            refuse_array("`draws` leave [0, 1)", "uniform draws")
        return self.float64(draws) if self.tables.zeta < 1 else None

    def numbers(self, given: Any, shape: tuple[int, ...]) -> A:
        """The natives and observations that rewards read, float64 (.., inputs)."""
        wanted = (*shape, len(self.inputs))
        if given is None:
            if self.inputs:
                refuse_array(
                    "no `numbers` were passed", "this reward reads natives or observations"
                )
            return self.zeros(wanted, "float64")
        numbers = self.array(given)
        self.check("numbers", numbers, wanted, "numbers")
        if (odd := self.infinite(numbers)) is not None:
            refuse_array(f"`numbers` has {odd[1]} at {odd[0]}", "finite numbers")
        return self.float64(numbers)

    def flags(self, name: str, given: Any, shape: tuple[int, ...]) -> A:
        """The flags, or False everywhere."""
        if given is None:
            return self.zeros(shape, "bool")
        flags = self.array(given)
        self.check(name, flags, shape, "bool")
        return flags

    def clock(self, given: Any, n: int) -> A:
        """How many steps each of n runs has taken; 0 where none is passed and none is needed."""
        if given is None:
            if self.tables.horizon >= 0:
                refuse_array("no `clock` was passed", "this reward has a horizon")
            return self.zeros((n,), "int32")
        clock = self.array(given)
        self.check("clock", clock, (n,), "integers")
        return clock
