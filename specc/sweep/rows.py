"""Rows: what is known of a task, under names that stay the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.sweep.task import Outcome, Task

__all__ = ["COLUMNS", "Row", "columns_of", "is_row", "row_of"]

Row = Mapping[str, Any]
"""First :data:`COLUMNS`, then ``parameters.*``, then the columns of the work: ``check.*``,
``solve.*``, or ``train.*`` for every function."""

COLUMNS = (
    "key",
    "specc",
    "file",
    "spec",
    "environment",
    "work",
    "seed",
    "status",
    "codes",
    "message",
    "seconds",
    "attempts",
)
STATUSES = ("ok", "failed", "timeout", "cancelled")


def row_of(task: Task, outcome: Outcome) -> dict[str, Any]:
    """The row of a task, as JSON's own types; `seconds` to the microsecond."""
    from specc import __version__

    return {
        "key": task.key,
        "specc": __version__,
        "file": task.file,
        "spec": task.spec,
        "environment": task.environment,
        "work": task.work,
        "seed": task.seed,
        "status": outcome.status,
        "codes": list(outcome.codes),
        "message": outcome.message,
        "seconds": round(outcome.seconds, 6),
        "attempts": outcome.attempts,
        **{f"parameters.{name}": value for name, value in task.parameters.items()},
        **outcome.result,
    }


def is_row(value: object) -> bool:
    """Whether a JSON value is a row that a sweep wrote.

    >>> is_row({"key": "ab", "status": "ok"}), is_row({"step": 1})
    (False, False)
    """
    return (
        isinstance(value, dict)
        and set(COLUMNS) <= set(value)
        and isinstance(value["key"], str)
        and value["status"] in STATUSES
    )


def columns_of(rows: tuple[Row, ...]) -> dict[str, list[Any]]:
    """The rows as columns, None where a row has no such value; columns in order of appearance."""
    names = dict.fromkeys((*COLUMNS, *(name for row in rows for name in row)))
    return {name: [row.get(name) for row in rows] for name in names}
