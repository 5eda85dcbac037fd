"""Rows as a Parquet file, with the same types whatever the rows are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from specc.diagnostics import MissingExtra
from specc.files import write_whole
from specc.sweep.rows import Row, columns_of

__all__ = ["need_parquet", "write_parquet"]

_TEXTS = ("key", "specc", "file", "spec", "environment", "work", "status", "message")
_WHOLE = ("seed", "attempts", "solve.states", "solve.product_states", "parameters.steps",
          "parameters.length", "parameters.seed", "solve.policy.memory", "train.steps")  # fmt: skip
_LARGEST = 2**63


def need_parquet() -> None:
    """Raises MissingExtra where PyArrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingExtra("Parquet files need pyarrow: pip install 'specc-rl[parquet]'") from None


def write_parquet(path: Path, rows: Iterable[Row]) -> None:
    """Write all rows, sorted by key, as one file or not at all.

    Numbers are 64-bit floats, those that count 64-bit integers; rationals are texts, as they are
    in the rows; lists, and columns of several kinds, are JSON texts. Raises OSError.
    """
    import pyarrow
    import pyarrow.parquet

    ordered = tuple(sorted(rows, key=lambda row: str(row["key"])))
    names, arrays = [], []
    for name, values in columns_of(ordered).items():
        names.append(name)
        arrays.append(_array(pyarrow, name, values))
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, names=names), sink)
    write_whole(path, sink.getvalue().to_pybytes())


def _array(pyarrow: Any, name: str, values: list[Any]) -> Any:
    if name == "codes":
        return pyarrow.array(values, pyarrow.list_(pyarrow.string()))
    kinds = {_kind(value) for value in values if value is not None}
    if name in _WHOLE and kinds <= {"whole"}:
        return pyarrow.array(values, pyarrow.int64())
    if name == "seconds" or (kinds and kinds <= {"whole", "number"}):
        return pyarrow.array(
            [None if value is None else float(value) for value in values], pyarrow.float64()
        )
    if kinds == {"truth"}:
        return pyarrow.array(values, pyarrow.bool_())
    plain = name in _TEXTS or kinds <= {"text"}
    return pyarrow.array(
        [value if plain or value is None else _json(value) for value in values], pyarrow.string()
    )


def _kind(value: object) -> str:
    match value:
        case bool():
            return "truth"
        case int():
            return "whole" if -_LARGEST <= value < _LARGEST else "large"
        case float():
            return "number"
        case str():
            return "text"
        case _:
            return "nested"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
