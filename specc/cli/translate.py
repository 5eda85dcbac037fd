"""``specc translate``: the same order in another formalism, as a `.spec` file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specc.cli.files import budget_seconds, read_file
from specc.cli.outcome import UsageError, command, document, print_json, status_of
from specc.cli.terminal import Progress, note, show_diagnostics
from specc.diagnostics import SpecError

if TYPE_CHECKING:
    from specc.translate.translation import Translated

__all__ = ["translate"]

_EMPTY: dict[str, Any] = {
    "name": None, "environment": None, "to": None, "text": None, "same_text": None,
    "preserves": None, "trust": None, "rests_on": [], "why": None, "policies": None, "path": None,
}  # fmt: skip


@command(**_EMPTY)
def translate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .spec file.")],
    to: Annotated[str, typer.Option(metavar="RM", help="The formalism.")],
    spec: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which spec; the only one by default.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="The .spec file to write.")
    ] = None,
    budget: Annotated[str, typer.Option(metavar="10s", help="Time for the search.")] = "10s",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """The same order in another formalism.

    Along the lemmas of proofs/, or by what holds in this environment. The text goes to OUT, or to
    standard output; why it is the same goes to standard error.
    """
    seconds = budget_seconds(budget)
    if out is not None and out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"-o: `{out}` is the file that is translated")
    loaded, diagnostics, status = read_file(file)
    if not as_json:
        show_diagnostics(diagnostics)
    if loaded is None or not loaded.specs:
        if as_json:
            print_json(document(**_EMPTY, diagnostics=diagnostics))
        return status or 1
    if spec is None and len(loaded.specs) > 1:
        raise UsageError(f"--spec: choose one of {', '.join(loaded.specs)}")
    chosen = loaded[spec] if spec is not None else next(iter(loaded.specs.values()))
    from specc.files import write_whole
    from specc.translate.translation import translate as translated

    progress = Progress()
    progress.show(f"translating {chosen.name}")
    try:
        folder = Path() if out is None else out.parent
        found = translated(chosen, to.strip().upper(), budget=seconds, folder=folder)
    except SpecError as error:
        from specc.cli.solve import placed

        raise SpecError(placed(error.diagnostics, chosen)) from None
    finally:
        progress.clear()
    if out is not None:
        write_whole(out, found.text)
    _show(found, out, diagnostics if as_json else None)
    return max(status, status_of(diagnostics))


def _show(found: Translated, out: Path | None, diagnostics: object) -> None:
    from specc.reports import plain

    if diagnostics is not None:
        print_json(document(**plain(found), path=plain(out), diagnostics=diagnostics))
        return
    if out is None:
        typer.echo(found.text, nl=False)
    else:
        typer.echo(str(out))
    if found.same_text:
        note(f"{found.name} stands as it was: {found.why}")
    else:
        note(f"{found.name}: {found.why}")
    kept = "the same values" if found.preserves == "value" else "the same order, other values"
    compared = f", compared exactly on {found.policies} policies" if found.policies else ""
    note(f"{kept}; trust: {found.trust}{compared}")
