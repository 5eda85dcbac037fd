"""One warm worker process per process, asked under a time limit and ended when it overruns."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

__all__ = ["TimeOut", "WorkerDied", "ask", "worker_process_id"]

_MAXIMUM_ANSWER_BYTES = 512 << 20


class TimeOut(Exception):
    """The worker did not answer in time and was ended."""


class WorkerDied(Exception):
    """The worker ended before it answered."""


class _Worker:
    def __init__(self) -> None:
        self.owner = os.getpid()
        # -P keeps the working directory off the path: a file `json.py` there must not be run.
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join([root, *(entry for entry in sys.path if entry)])
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "specc.automata.worker", str(self.owner)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )

    def ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            raise WorkerDied from error
        answer: dict[str, Any] = json.loads(_line(stdout.fileno(), deadline))
        return answer

    def end(self) -> None:
        if self.owner != os.getpid():
            return
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue


def _line(descriptor: int, deadline: float) -> bytes:
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not received.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeOut
            piece = os.read(descriptor, 1 << 16)
            if not piece or len(received) > _MAXIMUM_ANSWER_BYTES:
                raise WorkerDied
            received += piece
    return bytes(received)


_lock = threading.Lock()
_worker: _Worker | None = None


def ask(request: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The worker's answer to one request; starts the worker where none is running.

    :raises TimeOut: no answer within ``seconds``; the worker has been ended.
    :raises WorkerDied: the worker ended by itself (memory, a crash); the next call starts another.
    """
    global _worker
    deadline = time.monotonic() + seconds
    with _lock:
        if _worker is not None and (
            _worker.owner != os.getpid() or _worker.process.poll() is not None
        ):
            _worker.end()
            _worker = None
        if _worker is None:
            _worker = _Worker()
        try:
            return _worker.ask({**request, "seconds": seconds}, deadline)
        except BaseException:
            # After an interrupt, too, a half-read answer must not be taken for the next one.
            _worker.end()
            _worker = None
            raise


def worker_process_id() -> int | None:
    """The process id of this process's worker, or None while there is none."""
    worker = _worker
    return None if worker is None or worker.owner != os.getpid() else worker.process.pid


def _end_worker() -> None:
    if _worker is not None:
        _worker.end()


def _after_fork() -> None:
    # The lock may have been held by another thread of the parent.
    global _lock
    _lock = threading.Lock()


atexit.register(_end_worker)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
