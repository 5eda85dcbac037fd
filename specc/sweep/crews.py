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

_LEAVE = 10.0
"""Seconds that actors have for leaving by themselves."""

_Token = Future[dict[str, Any] | None]


class Processes:
    """Seats of this machine, each waited for by a thread. See :class:`specc.sweep.pools.Crew`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seats: list[Seat] = []
        self._threads = ThreadPoolExecutor(self.size)

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
        tuple(self._threads.map(Seat.close, self._seats))
        self._threads.shutdown()

    @property
    def size(self) -> int:
        """As many as asked for, else one for each core that this process may use."""
        return self._limits.workers or _cores()

    def seat(self) -> Seat:
        """A process of its own, once it is asked something."""
        self._seats.append(Seat(self._limits.memory))
        return self._seats[-1]

    def arrival(self, seat: Seat) -> _Token:
        """Its process starts when it is asked something."""
        token: _Token = Future()
        token.set_result(None)
        return token

    def ask(self, seat: Seat, message: Mapping[str, Any]) -> _Token:
        """What a thread waits for."""
        limits = self._limits
        return self._threads.submit(seat.perform, message, limits.timeout, limits.retries)

    def wait(self, tokens: Sequence[_Token]) -> _Token:
        """The first that is there."""
        return next(iter(wait(tokens, return_when=FIRST_COMPLETED).done))

    def answer(self, token: _Token) -> Mapping[str, Any] | None:
        """What the seat said; a seat of this machine is never lost."""
        return token.result()


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
        # Actors that never found a core would never answer, and are not asked to leave.
        self._asked: dict[Any, None] = {}
        self._is_ours = False

    def __enter__(self) -> Self:
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours and (address := os.environ.get("RAY_ADDRESS")):
            self._ray.init(address=address, logging_level="WARNING")
        elif self._is_ours:
            self._ray.init(
                address="local",
                num_cpus=self._limits.workers or _cores(),
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
            # Ray ends an actor and its worker, not what the worker has started: the seat does that.
            leaving = [
                seat.close.remote() if kind is None else seat.stop.remote() for seat in self._asked
            ]
            if leaving:
                self._ray.wait(leaving, num_returns=len(leaving), timeout=_LEAVE)
        finally:
            for seat in self._seats:
                self._ray.kill(seat)
            if self._is_ours:
                self._ray.shutdown()

    @property
    def size(self) -> int:
        """As many as asked for, else one for each core of the cluster, as it is now. Actors that
        have no core yet wait for one, and tasks do not wait for them."""
        return self._limits.workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def seat(self) -> Any:
        """An actor on one core. It imports from where this program does, if its node has that."""
        # Two calls at once: a seat can be stopped while it is at a task.
        kind = self._ray.remote(num_cpus=1, max_concurrency=2)(Seat)
        self._seats.append(kind.remote(self._limits.memory, tuple(sys.path)))
        return self._seats[-1]

    def arrival(self, seat: Any) -> Any:
        """A reference to what the actor says once it has a core."""
        return seat.arrived.remote()

    def ask(self, seat: Any, message: Mapping[str, Any]) -> Any:
        """A reference to what the actor will say."""
        self._asked[seat] = None
        return seat.perform.remote(message, self._limits.timeout, self._limits.retries)

    def wait(self, tokens: Sequence[Any]) -> Any:
        """The first that is there."""
        return self._ray.wait(list(tokens), num_returns=1)[0][0]

    def answer(self, token: Any) -> Mapping[str, Any] | None:
        """What the actor said. Raises SeatLost: it, or its node, is gone."""
        try:
            said: Mapping[str, Any] | None = self._ray.get(token)
        except self._ray.exceptions.RayError as error:
            raise SeatLost(" ".join(f"{type(error).__name__}: {error}".split())[:500]) from None
        return said


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
