"""Where tasks run: all pools give the same outcomes, in the order in which tasks end."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Protocol

from specc.sweep.perform import perform
from specc.sweep.seat import outcome_of
from specc.sweep.task import Outcome, Task

__all__ = ["Crew", "Here", "Limits", "Outcomes", "Pool", "SeatLost", "Workers"]

Outcomes = Generator[tuple[Task, Outcome], None, None]


@dataclass(frozen=True, slots=True)
class Limits:
    """``workers`` at once; seconds and bytes that a task may have; attempts behind the first."""

    workers: int
    timeout: float | None = None
    memory: int | None = None
    retries: int = 0


class Pool(Protocol):
    """Runs tasks."""

    def outcomes(self, tasks: Sequence[Task]) -> Outcomes:
        """Every task once, with what became of it. Closing the generator early ends the workers;
        what they were at is then in :attr:`unfinished`."""
        ...

    @property
    def unfinished(self) -> Sequence[Task]:
        """The tasks that were begun and given no outcome."""
        ...


class Here:
    """In this process, one after the other."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.unfinished: list[Task] = []

    def outcomes(self, tasks: Sequence[Task]) -> Outcomes:
        """See :class:`Pool`."""
        for task in tasks:
            self.unfinished = [task]
            outcome = perform(task.message)
            for attempt in range(2, self._limits.retries + 2):
                if outcome.again:
                    outcome = replace(perform(task.message), attempts=attempt)
            self.unfinished = []
            yield task, outcome


class SeatLost(Exception):
    """A seat is gone with what it was asked; the message says how."""


class Crew(Protocol):
    """Seats (:class:`specc.sweep.seat.Seat`) somewhere; leaving the context ends them, at once
    where it is left by an exception."""

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def seat(self) -> Any:
        """A new seat."""
        ...

    def ask(self, seat: Any, message: Mapping[str, Any]) -> Any:
        """A hashable token for the outcome of a task that the seat begins now."""
        ...

    def wait(self, asked: Sequence[Any]) -> Any:
        """One of the tokens, whose task has ended."""
        ...

    def answer(self, asked: Any) -> Mapping[str, Any]:
        """The outcome's fields. Raises SeatLost."""
        ...


class Workers:
    """On the seats of a crew, each with one task at a time.

    Not a pool of `concurrent.futures`: there, one worker that dies takes all other tasks with it.
    """

    def __init__(self, crew: Crew, limits: Limits) -> None:
        self._crew, self._limits = crew, limits
        self._running: dict[Any, tuple[Any, Task, int]] = {}

    @property
    def unfinished(self) -> Sequence[Task]:
        """See :class:`Pool`."""
        return tuple(task for _, task, _ in self._running.values())

    def outcomes(self, tasks: Sequence[Task]) -> Outcomes:
        """See :class:`Pool`."""
        if not tasks:
            return
        waiting = deque((task, 1) for task in tasks)
        with self._crew:
            for _ in range(min(self._limits.workers, len(tasks))):
                self._begin(self._crew.seat(), waiting)
            while self._running:
                asked = self._crew.wait(tuple(self._running))
                seat, task, attempt = self._running[asked]
                outcome: Outcome | None = None
                try:
                    outcome = outcome_of(self._crew.answer(asked))
                except SeatLost as lost:
                    seat = self._crew.seat()
                    if attempt <= self._limits.retries:
                        waiting.append((task, attempt + 1))
                    else:
                        outcome = Outcome("failed", ("E958",), f"E958: {lost}", attempts=attempt)
                del self._running[asked]
                self._begin(seat, waiting)
                if outcome is not None:
                    yield task, outcome

    def _begin(self, seat: Any, waiting: deque[tuple[Task, int]]) -> None:
        if waiting:
            task, attempt = waiting.popleft()
            self._running[self._crew.ask(seat, task.message)] = (seat, task, attempt)
