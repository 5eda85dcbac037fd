"""The same seats, as actors of a Ray cluster."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from typing import Any

from specc.diagnostics import MissingExtra
from specc.sweep.pools import Limits, Outcomes
from specc.sweep.seat import Seat, outcome_of
from specc.sweep.task import Outcome, Task

__all__ = ["Cluster"]


class Cluster:
    """On Ray: each actor has a seat, so tasks are timed, killed and bounded as on one machine.

    A cluster that the program has joined is used, then RAY_ADDRESS; without either Ray starts on
    this machine and ends with the sweep. Nodes need specc, and the modules of your functions.
    Raises MissingExtra where Ray is not installed.
    """

    def __init__(self, limits: Limits) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra("this backend needs ray: pip install 'specc-rl[ray]'") from None
        self._ray: Any = ray
        self._limits = limits
        self._running: dict[Any, tuple[Any, Task, int]] = {}

    @property
    def unfinished(self) -> Sequence[Task]:
        """See :class:`specc.sweep.pools.Pool`."""
        return tuple(task for _, task, _ in self._running.values())

    def outcomes(self, tasks: Sequence[Task]) -> Outcomes:
        """See :class:`specc.sweep.pools.Pool`."""
        ours = not self._ray.is_initialized()
        if ours:
            self._join()
        actors: list[Any] = []
        try:
            yield from self._served(tasks, actors)
        finally:
            for actor in actors:
                # An actor that is killed closes the pipe of its worker, which then ends.
                self._ray.kill(actor)
            if ours:
                self._ray.shutdown()

    def _join(self) -> None:
        if address := os.environ.get("RAY_ADDRESS"):
            self._ray.init(address=address, logging_level="WARNING")
        else:
            self._ray.init(
                address="local",
                num_cpus=self._limits.workers,
                include_dashboard=False,
                logging_level="WARNING",
            )

    def _served(self, tasks: Sequence[Task], actors: list[Any]) -> Outcomes:
        waiting = deque((task, 1) for task in tasks)
        for _ in range(min(self._limits.workers, len(tasks))):
            self._begin(self._actor(actors), waiting)
        while self._running:
            (done,), _ = self._ray.wait(list(self._running), num_returns=1)
            actor, task, attempt = self._running[done]
            outcome: Outcome | None
            try:
                outcome = outcome_of(self._ray.get(done))
            except self._ray.exceptions.RayError as error:
                # The actor's node is gone; Ray finds another place.
                actors.remove(actor)
                actor = self._actor(actors)
                text = " ".join(f"E958: {type(error).__name__}: {error}".split())[:500]
                outcome = Outcome("failed", ("E958",), text, attempts=attempt)
                if attempt <= self._limits.retries:
                    waiting.append((task, attempt + 1))
                    outcome = None
            del self._running[done]
            self._begin(actor, waiting)
            if outcome is not None:
                yield task, outcome
        self._ray.get([actor.close.remote() for actor in actors])

    def _actor(self, actors: list[Any]) -> Any:
        actors.append(self._ray.remote(num_cpus=1)(Seat).remote(self._limits.memory))
        return actors[-1]

    def _begin(self, actor: Any, waiting: deque[tuple[Task, int]]) -> None:
        if waiting:
            task, attempt = waiting.popleft()
            limits = self._limits
            answer = actor.perform.remote(task.message, limits.timeout, limits.retries)
            self._running[answer] = (actor, task, attempt)
