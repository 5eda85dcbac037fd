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
    """``workers`` at once (None: one for each core); seconds and bytes that a task may have;
    attempts behind the first."""

    workers: int | None = None
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
    where it is left by an exception. Tokens are hashable and stand for what is waited for."""

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def size(self) -> int:
        """How many seats there can be at once."""
        ...

    def seat(self) -> Any:
        """A new seat, which may be long in coming."""
        ...

    def arrival(self, seat: Any) -> Any:
        """A token for the seat itself: it is there."""
        ...

    def ask(self, seat: Any, message: Mapping[str, Any]) -> Any:
        """A token for the outcome of a task that the seat begins now."""
        ...

    def wait(self, tokens: Sequence[Any]) -> Any:
        """One of the tokens, for what is there or has failed."""
        ...

    def answer(self, token: Any) -> Mapping[str, Any] | None:
        """The outcome's fields, None for an arrival. Raises SeatLost."""
        ...


class Workers:
    """On the seats of a crew, each with one task at a time.

    Not a pool of `concurrent.futures`: there, one worker that dies takes all other tasks with it.
    """

    def __init__(self, crew: Crew, limits: Limits) -> None:
        self._crew, self._limits = crew, limits
        self._waiting: deque[tuple[Task, int]] = deque()
        self._running: dict[Any, tuple[Any, Task | None, int]] = {}

    @property
    def unfinished(self) -> Sequence[Task]:
        """See :class:`Pool`."""
        return tuple(task for _, task, _ in self._running.values() if task is not None)

    def outcomes(self, tasks: Sequence[Task]) -> Outcomes:
        """See :class:`Pool`."""
        if not tasks:
            return
        self._waiting.extend((task, 1) for task in tasks)
        left = len(tasks)
        with self._crew:
            for _ in range(min(self._crew.size, left)):
                self._expect(self._crew.seat())
            while left:
                ended = self._ended()
                if ended is not None:
                    left -= 1
                    yield ended

    def _ended(self) -> tuple[Task, Outcome] | None:
        """Wait for one token, and give its seat the next task."""
        token = self._crew.wait(tuple(self._running))
        seat, task, attempt = self._running[token]
        try:
            fields = self._crew.answer(token)
        except SeatLost as lost:
            del self._running[token]
            self._expect(self._crew.seat())
            return self._lost(task, attempt, str(lost))
        del self._running[token]
        if self._waiting:
            following, attempt = self._waiting.popleft()
            self._running[self._crew.ask(seat, following.message)] = (seat, following, attempt)
        return None if task is None or fields is None else (task, outcome_of(fields))

    def _expect(self, seat: Any) -> None:
        self._running[self._crew.arrival(seat)] = (seat, None, 0)

    def _lost(self, task: Task | None, attempt: int, how: str) -> tuple[Task, Outcome] | None:
        """The task's outcome, where it has no further attempt. A seat that was lost before it came
        costs a task too: where none can come, the sweep must end."""
        if task is None:
            if not self._waiting:
                return None
            task, attempt = self._waiting.popleft()
        if attempt <= self._limits.retries:
            self._waiting.append((task, attempt + 1))
            return None
        return task, Outcome("failed", ("E958",), f"E958: {how}", attempts=attempt)
