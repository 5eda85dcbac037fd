"""Where tasks run: all pools give the same outcomes, in the order in which tasks end."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from specc.sweep.perform import perform
from specc.sweep.seat import Seat, outcome_of
from specc.sweep.task import Outcome, Task

__all__ = ["Here", "Limits", "Outcomes", "Pool", "Processes"]

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
        """Every task once, with what became of it. Closing the iterator early ends the workers;
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


class Processes:
    """In worker processes of this machine, each fed by a thread.

    Not `concurrent.futures`: there, one worker that dies takes all other tasks with it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seats: list[Seat] = []
        self._begun: dict[int, Task] = {}

    @property
    def unfinished(self) -> Sequence[Task]:
        """See :class:`Pool`."""
        return tuple(self._begun.values())

    def outcomes(self, tasks: Sequence[Task]) -> Outcomes:
        """See :class:`Pool`."""
        waiting = deque(enumerate(tasks))
        answers: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()
        stopped = threading.Event()
        count = min(self._limits.workers, len(tasks))
        self._seats = [Seat(self._limits.memory) for _ in range(count)]
        threads = [
            threading.Thread(target=self._serve, args=(seat, waiting, answers, stopped))
            for seat in self._seats
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in tasks:
                number, outcome = answers.get()
                del self._begun[number]
                yield tasks[number], outcome
        except BaseException:
            stopped.set()
            for seat in self._seats:
                seat.stop()
            raise
        finally:
            for thread in threads:
                if thread.ident is not None:
                    thread.join()

    def _serve(
        self,
        seat: Seat,
        waiting: deque[tuple[int, Task]],
        answers: queue.SimpleQueue[tuple[int, Outcome]],
        stopped: threading.Event,
    ) -> None:
        limits = self._limits
        try:
            while not stopped.is_set():
                try:
                    number, task = waiting.popleft()
                except IndexError:
                    break
                self._begun[number] = task
                fields = seat.perform(task.message, limits.timeout, limits.retries)
                answers.put((number, outcome_of(fields)))
        finally:
            seat.close()
