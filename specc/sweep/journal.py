"""The file of rows: one JSON object a line, added as tasks end, read back to go on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from specc.diagnostics import SpecError
from specc.sweep.rows import Row, is_row

__all__ = ["Journal"]

_BEGINNING = b'{"key": "'


class Journal:
    """Rows by key, the last one of a key; with a path each is on disk before `add` returns.

    A crash of this process loses no row that was added: a line goes out in one write. What a crash
    of the machine, or a full disk, cut short is dropped when the file is read again.

    :raises SpecError: E954 the file cannot be written, is written by another sweep, or holds
        something else than rows; it is left as it was.
    """

    def __init__(self, path: Path | None, *, resume: bool) -> None:
        self.path = path
        self.rows: dict[str, Row] = {}
        self._stream: IO[bytes] | None = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("a+b", buffering=0)
        except OSError as error:
            raise SpecError.of(
                "E954",
                f"cannot write `{path}`: {error.strerror}",
                help="name a file in a folder that you may write to",
            ) from None
        try:
            self._begin(path, self._stream, resume)
        except BaseException:
            self._stream.close()
            raise

    def _begin(self, path: Path, stream: IO[bytes], resume: bool) -> None:
        _lock(path, stream)
        stream.seek(0)
        data = stream.read()
        whole = data.rfind(b"\n") + 1
        rows = {str(row["key"]): row for row in _rows(path, data[:whole])}
        torn = data[whole:]
        if torn and not (torn.startswith(_BEGINNING) or _BEGINNING.startswith(torn)):
            raise _foreign(path, data.count(b"\n") + 1)
        if not resume:
            stream.truncate(0)
            return
        if torn:
            stream.truncate(whole)
        self.rows = rows

    def add(self, row: Row) -> None:
        """Keep the row, on disk too. Raises OSError: the disk is full, say."""
        self.rows[str(row["key"])] = row
        if self._stream is None:
            return
        line = json.dumps(row, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
        written = self._stream.write(line)
        while written < len(line):
            line = line[written:]
            written = self._stream.write(line)

    def close(self) -> None:
        """Bring everything to the disk itself, and let other sweeps have the file."""
        if self._stream is not None:
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._stream = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _rows(path: Path, data: bytes) -> Iterator[Row]:
    for number, line in enumerate(data.splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            raise _foreign(path, number) from None
        if not is_row(row):
            raise _foreign(path, number)
        yield row


def _foreign(path: Path, line: int) -> SpecError:
    return SpecError.of(
        "E954",
        f"line {line} of `{path}` is no row of a sweep",
        help="name another file; nothing was changed",
    )


def _lock(path: Path, stream: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # not on this system: two sweeps must then not share a file
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SpecError.of(
            "E954",
            f"another sweep writes to `{path}` now",
            help="wait for it, or name another file",
        ) from None
