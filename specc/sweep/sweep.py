"""The front of sweeps: plan, skip what is done, run the rest, keep every row."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from specc.diagnostics import SpecError
from specc.sweep.crews import Cluster, Processes
from specc.sweep.environments import Environments
from specc.sweep.functions import is_reading_script
from specc.sweep.journal import Journal
from specc.sweep.parquet import need_parquet, write_parquet
from specc.sweep.perform import described
from specc.sweep.plan import planned
from specc.sweep.pools import Here, Limits, Pool, Workers
from specc.sweep.progress import Progress
from specc.sweep.result import Sweep
from specc.sweep.rows import Row, row_of
from specc.sweep.specs import Specs
from specc.sweep.task import Outcome, Task
from specc.sweep.work import Work

__all__ = ["Backend", "sweep"]

Backend = Literal["processes", "ray", "here"]


def sweep(
    specs: Specs | Iterable[Specs],
    environments: Environments = None,
    seeds: Iterable[int] = (0,),
    work: Work | Iterable[Work] = ("check", "solve"),
    out: str | Path | None = None,
    workers: int | None = None,
    backend: Backend = "processes",
    *,
    timeout: float | None = None,
    retries: int = 0,
    resume: bool = True,
    retry_failed: bool = False,
    memory: int | None = None,
) -> Sweep:
    """Do every kind of work for every spec in every environment, functions for every seed too.

    ``specs`` are paths, patterns, ``FILE:NAME``, or what :func:`specc.load` gave. ``environments``
    are names or patterns of environments that each file declares, right sides of a declaration,
    or settings of a `gym` or `file` environment (:func:`specc.sweep.grid.grid` makes many); a
    dictionary of these names them. ``work`` lists ``"check"``, ``"solve"``, ``"train"`` (tabular
    learning), functions ``(spec, seed, **parameters) -> dict`` or ``"module:name"``; a pair
    ``(work, parameters)`` sets parameters.

    ``out`` ends in `.jsonl` or `.parquet`; rows that are there already are not computed again
    (``resume``), except failed ones with ``retry_failed``. ``timeout`` (seconds) and ``memory``
    (bytes of address space) bound each task, ``retries`` are for workers that die and functions
    that raise. ``workers`` is by default the number of cores, on Ray that of the cluster. A task
    that fails, dies or takes too long is a row with that status; the others are not affected.

    :raises SpecError: E951-E955, before any work.
    :raises MissingExtra: Ray or PyArrow is not installed, before any work.

    >>> from specc.resolve.file import load_text
    >>> file = load_text('''
    ... env coin = mdp { initial s
    ...   s: heads -> t
    ...      tails -> s
    ...   t: heads -> t
    ...   label goal: t }
    ... spec soon in coin = E[discounted([goal], 1/2)]
    ... ''')
    >>> for row in sweep(file, work=("solve", {"exact": True}), backend="here"):
    ...     print(row["spec"], row["status"], row["solve.exact"])
    soon ok 2
    """
    if is_reading_script():
        raise SpecError.of(
            "E953",
            "specc.sweep was called while a worker imports this script",
            help='put the call under `if __name__ == "__main__":`',
        )
    pool = _pool(backend, _limits(workers, timeout, retries, memory))
    tasks = planned(specs, environments, seeds, work)
    _judge_functions(backend, tasks)
    table, lines = _places(out, resume)
    with Journal(lines, resume=resume) as journal:
        done = {task.key for task in tasks if _is_done(journal.rows.get(task.key), retry_failed)}
        try:
            _run(pool, [task for task in tasks if task.key not in done], journal)
        finally:
            if table is not None:
                write_parquet(table, journal.rows.values())
        rows = tuple(journal.rows[task.key] for task in tasks)
    return Sweep(rows, None if out is None else Path(out), len(done))


def _judge_functions(backend: Backend, tasks: Sequence[Task]) -> None:
    """A notebook, or a program read from standard input, is in no file that workers could read."""
    for task in tasks:
        if backend != "here" and task.function.startswith("__main__:"):
            raise SpecError.of(
                "E953",
                f"workers cannot import `{task.function.partition(':')[2]}`: it is in no file",
                help='put it into a module beside, or take backend="here"',
            )


def _run(pool: Pool, tasks: Sequence[Task], journal: Journal) -> None:
    for task in tasks:
        if task.refusal:
            codes, text = described(task.refusal)
            journal.add(row_of(task, Outcome("failed", codes, text)))
    sound = [task for task in tasks if not task.refusal]
    with Progress(len(sound)) as progress, closing(pool.outcomes(sound)) as outcomes:
        try:
            for task, outcome in outcomes:
                journal.add(row_of(task, outcome))
                progress.ended(outcome.status)
        except KeyboardInterrupt:
            stopped = Outcome("cancelled", ("E959",), "E959: the sweep was interrupted")
            for task in pool.unfinished:
                journal.add(row_of(task, stopped))
            raise


def _is_done(row: Row | None, retry_failed: bool) -> bool:
    match row and row["status"]:
        case "ok":
            return True
        case "failed" | "timeout":
            return not retry_failed
        case _:
            return False


def _places(out: str | Path | None, resume: bool) -> tuple[Path | None, Path | None]:
    """The Parquet file, if one is wanted, and the file of lines: a Parquet file has one beside."""
    if out is None:
        return None, None
    path = Path(out)
    match path.suffix:
        case ".jsonl":
            return None, path
        case ".parquet":
            need_parquet()
        case _:
            raise SpecError.of("E954", f"`{path}` ends in neither .jsonl nor .parquet")
    lines = path.with_name(f"{path.name}.jsonl")
    if path.is_dir() or not os.access(path if path.exists() else _nearest(path), os.W_OK):
        raise SpecError.of("E954", f"cannot write `{path}`", help="name another file")
    if resume and path.exists() and not lines.exists():
        raise SpecError.of(
            "E954",
            f"`{path}` is there, but not `{lines.name}`, from which sweeps go on",
            help="move it away, or overwrite it: resume=False",
        )
    return path, lines


def _nearest(path: Path) -> Path:
    """The closest folder above that exists."""
    return next(folder for folder in path.absolute().parents if folder.exists())


def _limits(
    workers: int | None,
    timeout: float | None,
    retries: int,
    memory: int | None,
) -> Limits:
    _judge("workers", workers, _is_count(workers) and workers != 0, "a count, at least 1")
    _judge("retries", retries, _is_count(retries), "a count, at least 0")
    _judge("memory", memory, _is_count(memory) and memory != 0, "a number of bytes")
    seconds = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    positive = seconds and timeout is not None and 0 < timeout < math.inf
    _judge("timeout", timeout, positive, "a positive number of seconds")
    return Limits(workers, timeout, memory, retries)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _judge(name: str, value: object, good: bool, wanted: str) -> None:
    if value is not None and not good:
        raise SpecError.of("E955", f"`{name}` is {value!r}", help=f"it is {wanted}")


def _pool(backend: Backend, limits: Limits) -> Pool:
    match backend:
        case "processes":
            if not hasattr(os, "killpg"):
                raise SpecError.of(
                    "E955", "worker processes need a POSIX system", help='take backend="here"'
                )
            return Workers(Processes(limits), limits)
        case "ray":
            return Workers(Cluster(limits), limits)
        case "here":
            if limits.timeout is not None or limits.memory is not None:
                raise SpecError.of(
                    "E955",
                    "a task that runs here can be neither stopped nor bounded",
                    help='leave out timeout and memory, or take backend="processes"',
                )
            return Here(limits)
    raise SpecError.of(
        "E955", f"no backend {backend!r}", help='there is: "processes", "ray", "here"'
    )
