"""Seats on this machine, and on a Ray cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self

from specc.diagnostics import MissingExtra
from specc.sweep.pools import Limits, SeatLost
from specc.sweep.seat import Seat

__all__ = ["Cluster", "Processes"]

_Asked = Future[dict[str, Any]]


class Processes:
    """Seats of this machine, each waited for by a thread. See :class:`specc.sweep.pools.Crew`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seats: list[Seat] = []
        self._threads = ThreadPoolExecutor(limits.workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            for seat in self._seats:
                seat.stop()
        self._threads.shutdown()
        for seat in self._seats:
            seat.close()

    def seat(self) -> Seat:
        """A process of its own, once it is asked something."""
        self._seats.append(Seat(self._limits.memory))
        return self._seats[-1]

    def ask(self, seat: Seat, message: Mapping[str, Any]) -> _Asked:
        """What a thread waits for."""
        return self._threads.submit(
            seat.perform, message, self._limits.timeout, self._limits.retries
        )

    def wait(self, asked: Sequence[_Asked]) -> _Asked:
        """The first that is there."""
        return next(iter(wait(asked, return_when=FIRST_COMPLETED).done))

    def answer(self, asked: _Asked) -> Mapping[str, Any]:
        """What the seat said; a seat of this machine is never lost."""
        return asked.result()


class Cluster:
    """Seats inside Ray actors, so tasks are timed, killed and bounded as on one machine.

    A cluster that the program has joined is used, else that of RAY_ADDRESS; without either Ray
    starts on this machine and ends with the sweep. Nodes need specc, and the modules of your
    functions. Raises MissingExtra where Ray is not installed.
    """

    def __init__(self, limits: Limits) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra("this backend needs ray: pip install 'specc-rl[ray]'") from None
        self._ray: Any = ray
        self._limits = limits
        self._seats: list[Any] = []
        self._is_ours = False

    def __enter__(self) -> Self:
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours and (address := os.environ.get("RAY_ADDRESS")):
            self._ray.init(address=address, logging_level="WARNING")
        elif self._is_ours:
            self._ray.init(
                address="local",
                num_cpus=self._limits.workers,
                include_dashboard=False,
                logging_level="WARNING",
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._ray.wait(
                    [s.close.remote() for s in self._seats], num_returns=len(self._seats)
                )
        finally:
            for seat in self._seats:
                # With its actor gone, a worker reads to the end of its pipe, and ends too.
                self._ray.kill(seat)
            if self._is_ours:
                self._ray.shutdown()

    def seat(self) -> Any:
        """An actor on one core. It imports from where this program does, if its node has that."""
        kind = self._ray.remote(num_cpus=1)(Seat)
        self._seats.append(kind.remote(self._limits.memory, tuple(sys.path)))
        return self._seats[-1]

    def ask(self, seat: Any, message: Mapping[str, Any]) -> Any:
        """A reference to what the actor will say."""
        return seat.perform.remote(message, self._limits.timeout, self._limits.retries)

    def wait(self, asked: Sequence[Any]) -> Any:
        """The first that is there."""
        return self._ray.wait(list(asked), num_returns=1)[0][0]

    def answer(self, asked: Any) -> Mapping[str, Any]:
        """What the actor said. Raises SeatLost: it, or its node, is gone."""
        try:
            said: Mapping[str, Any] = self._ray.get(asked)
        except self._ray.exceptions.RayError as error:
            raise SeatLost(" ".join(f"{type(error).__name__}: {error}".split())[:500]) from None
        return said
