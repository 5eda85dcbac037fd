"""``specc compile``: a spec in a form that something else reads."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from specc.cli.files import chosen_specs, read_file
from specc.cli.outcome import UsageError, command
from specc.cli.terminal import Progress, note, say, show_diagnostics
from specc.diagnostics import SpecError

__all__ = ["compile_command"]


class Target(StrEnum):
    """What ``--target`` takes."""

    gym = "gym"
    numba = "numba"
    hoa = "hoa"
    rm = "rm"
    drn = "drn"
    json = "json"


@command()
def compile_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .spec file.")],
    target: Annotated[Target, typer.Option(help="What to write.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write to.")
    ] = Path(),
    spec: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this spec (may be repeated).")
    ] = None,
) -> int:
    """Write rewards, automata or models."""
    loaded, diagnostics, status = read_file(file)
    show_diagnostics(diagnostics)
    if loaded is None:
        return status
    if out.exists() and not out.is_dir():
        raise UsageError(f"-o: `{out}` is not a folder")
    from specc.emit.targets import write_target

    progress = Progress()
    for one in chosen_specs(loaded, spec):
        progress.show(f"compiling {one.name}")
        try:
            losses: list[str] = []
            written = write_target(one, target.value, out, losses.append)
        except SpecError as error:
            from specc.cli.solve import placed

            progress.clear()
            show_diagnostics(placed(error.diagnostics, one))
            status = max(status, 1)
            continue
        progress.clear()
        for loss in losses:
            note(f"{one.name}: in this format {loss}")
        for path in written:
            say(str(path))
    return status
