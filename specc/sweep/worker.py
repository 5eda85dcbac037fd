"""A worker process: a task a line on standard input, its outcome a line on standard output.

Messages are JSON; nothing is pickled. What tasks print goes to standard error.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
from dataclasses import asdict
from typing import IO, Any

from specc.sweep.perform import perform

__all__ = ["main"]


def main(memory: int | None) -> None:
    """Serve until standard input ends; ``memory`` bounds the address space, in bytes."""
    if memory is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    requests, answers = _channels()
    answers.write(b"ready\n")
    answers.flush()
    tasks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_listen, args=(requests, tasks, busy), daemon=True).start()
    while (task := tasks.get()) is not None:
        line = json.dumps(asdict(perform(task)), allow_nan=False).encode("utf-8") + b"\n"
        busy.clear()
        answers.write(line)
        answers.flush()


def _channels() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the parent, out of reach of what tasks print, read and start."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _listen(
    requests: IO[bytes],
    tasks: queue.SimpleQueue[dict[str, Any] | None],
    busy: threading.Event,
) -> None:
    for line in requests:
        busy.set()
        tasks.put(json.loads(line))
    if busy.is_set():
        # The parent is gone: nobody will read what this task finds. The group is this worker's.
        os.killpg(0, signal.SIGKILL)
    tasks.put(None)
