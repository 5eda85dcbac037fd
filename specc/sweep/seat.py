"""A place where tasks run one after the other, in a process of their own."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from specc.sweep.task import Outcome

__all__ = ["Seat", "outcome_of"]

_SERVE = "import sys; sys.path[:] = sys.argv[2:]; from specc.sweep.worker import main; " \
         "main(int(sys.argv[1]) or None)"  # fmt: skip
_GLANCE = 0.5
"""Seconds after which a silent worker is looked at: a child of it may hold its pipe open."""

_LEAVE = 5.0
"""Seconds that an idle worker has for leaving by itself."""

# As many workers as cores: threads inside a worker would only take turns. Hashing with a fixed
# seed makes the order of sets, and so what is found first, the same in every worker.
_SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class Seat:
    """Runs tasks in one worker process, which is started when the first task comes, and anew after
    it died or was killed. ``memory`` bounds its address space, in bytes; ``path`` are folders to
    import from, behind those of this process.

    Asked one thing at a time; only :meth:`stop` may come from elsewhere meanwhile.
    """

    def __init__(self, memory: int | None = None, path: Sequence[str] = ()) -> None:
        self._memory = memory
        self._path = tuple(dict.fromkeys((*sys.path, *path)))
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def arrived(self) -> None:
        """Nothing: whoever gets this answer knows that the seat is there."""

    def perform(
        self, message: Mapping[str, Any], timeout: float | None, retries: int
    ) -> dict[str, Any]:
        """The fields of the task's :class:`specc.sweep.task.Outcome`; never raises.

        A worker that dies, or a function that raises, has ``retries`` more attempts.
        """
        outcome = self._once(message, timeout)
        for attempt in range(2, retries + 2):
            if not outcome.get("again"):
                break
            outcome = {**self._once(message, timeout), "attempts": attempt}
        return outcome

    def stop(self) -> None:
        """End the worker and all that it started, now; the task that runs is cancelled."""
        self._stopped = True
        process = self._process
        if process is not None and process.returncode is None:
            _kill(process)

    def close(self) -> None:
        """Let an idle worker leave by itself, else end it."""
        process, self._process = self._process, None
        if process is not None:
            _close_pipes(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LEAVE)
            _kill(process)
            process.wait()

    def _once(self, message: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        started = time.monotonic()
        if self._stopped:
            return asdict(Outcome("cancelled", ("E959",), "E959: the sweep was interrupted"))
        try:
            process = self._process = self._living()
        except OSError as error:
            return _died(f"no worker can be started: {error.strerror}", started)
        if self._stopped:
            _kill(process)
        line = _ask(process, json.dumps(message).encode("utf-8") + b"\n", timeout)
        if line is not None and line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            return answer
        _kill(process)
        status = process.wait()
        _close_pipes(process)
        self._process = None
        seconds = time.monotonic() - started
        if self._stopped:
            text = "E959: the sweep was interrupted"
            return asdict(Outcome("cancelled", ("E959",), text, seconds))
        if line is None:
            text = f"E959: stopped after {timeout:g} seconds"
            return asdict(Outcome("timeout", ("E959",), text, seconds))
        return _died(_ending(status), started)

    def _living(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            if self._process.poll() is None:
                return self._process
            _close_pipes(self._process)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE, str(self._memory or 0), *self._path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**_SETTINGS, **os.environ},
            # Its own group: an interrupt from the keyboard is the parent's, and what the task
            # itself starts ends with the worker.
            start_new_session=True,
        )
        # What a worker imports before it is ready is not the first task's time.
        _ask(process, b"", None)
        return process


def outcome_of(fields: Mapping[str, Any]) -> Outcome:
    """The outcome that was sent as JSON."""
    return Outcome(**{**fields, "codes": tuple(fields["codes"])})


def _ask(process: subprocess.Popen[bytes], request: bytes, timeout: float | None) -> bytes | None:
    """The worker's line; a part of it where the worker died, None where time ran out."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None
    deadline = None if timeout is None else time.monotonic() + timeout
    received = bytearray()
    try:
        stdin.write(request)
        stdin.flush()
    except OSError:
        return b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while not received.endswith(b"\n"):
            left = _GLANCE if deadline is None else min(_GLANCE, deadline - time.monotonic())
            if left <= 0:
                return None
            if not selector.select(left):
                if process.poll() is not None:
                    break
                continue
            piece = os.read(stdout.fileno(), 1 << 16)
            if not piece:
                break
            received += piece
    return bytes(received)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _ending(status: int) -> str:
    if status >= 0:
        return f"the worker left with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    more = "; did the memory run out?" if -status == signal.SIGKILL else ""
    return f"the worker was ended by {name}{more}"


def _died(what: str, started: float) -> dict[str, Any]:
    seconds = time.monotonic() - started
    return asdict(Outcome("failed", ("E958",), f"E958: {what}", seconds, again=True))
