"""``specc fmt``: one layout for `.spec` files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from specc.cli.outcome import command, diagnosed, status_of
from specc.cli.terminal import say, show_diagnostics
from specc.diagnostics import SpecError
from specc.source import Source

__all__ = ["fmt"]

_MAXIMUM_BYTES = 8_000_000


@command()
def fmt(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="The .spec files; - for stdin.")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; status 1 where a file would change.")
    ] = False,
) -> int:
    """Tidy the layout of .spec files.

    In place; comments and meaning stay.
    """
    status = 0
    for path in files:
        try:
            status = max(status, _tidy(path, check))
        except (OSError, SpecError) as error:
            diagnostics, worst = diagnosed(error)
            show_diagnostics(diagnostics)
            status = max(status, worst)
    return status


def _tidy(path: Path, check: bool) -> int:
    from specc.files import write_whole
    from specc.syntax.format import format_text

    is_stdin = str(path) == "-"
    original = _read(path, is_stdin)
    tidy, diagnostics = format_text(Source("<stdin>" if is_stdin else str(path), original))
    if tidy is None:
        show_diagnostics(diagnostics)
        return status_of(diagnostics) or 1
    if check:
        if tidy != original:
            say(f"would reformat {path}")
        return int(tidy != original)
    if is_stdin:
        sys.stdout.write(tidy)
    elif tidy != original:
        write_whole(path, tidy)
    return 0


def _read(path: Path, is_stdin: bool) -> str:
    if is_stdin:
        data = sys.stdin.buffer.read(_MAXIMUM_BYTES + 1)
    else:
        with path.open("rb") as stream:
            data = stream.read(_MAXIMUM_BYTES + 1)
    if len(data) > _MAXIMUM_BYTES:
        raise SpecError.of("E200", f"{path}: the file is over {_MAXIMUM_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path}: the file is not UTF-8 (byte {error.start})"
        raise SpecError.of("E200", message) from None
