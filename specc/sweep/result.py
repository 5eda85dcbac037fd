"""What a sweep found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specc.sweep.rows import Row, columns_of

__all__ = ["Sweep"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One row for every task, in the order of specs, environments, work, parameters and seeds.

    ``path`` is the file of the rows (None: none was asked for), ``resumed`` how many of them an
    earlier sweep had found.
    """

    rows: tuple[Row, ...]
    path: Path | None = None
    resumed: int = 0

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows of the tasks that did not end well."""
        return tuple(row for row in self.rows if row["status"] != "ok")

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows have each status; a status that no row has is not there."""
        return dict(Counter(str(row["status"]) for row in self.rows))

    def table(self) -> dict[str, list[Any]]:
        """The rows as columns: what ``pandas.DataFrame`` and ``pyarrow.table`` take."""
        return columns_of(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)
