"""``specc check``: infer, place, say how it is solved and trained, judge the assertions."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specc.cli.files import budget_seconds, read_file
from specc.cli.outcome import UsageError, command, diagnosed, document, print_json, status_of
from specc.cli.terminal import Progress, bold, dim, note, say, show_diagnostics, tint
from specc.cli.words import seconds_text

if TYPE_CHECKING:
    from specc.check import FileCheck
    from specc.resolve.file import TaskFile

__all__ = ["check"]

_WIDTH = 86
_MARKS = {"expressible": "green", "inexpressible": "red", "unknown": "yellow"}
_TITLES = {
    "expressible": "fits",
    "inexpressible": "cannot be",
    "unknown": "not known",
}


@command(specs=[], assertions=[])
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The .spec files.")],
    against: Annotated[
        str | None, typer.Option(metavar="MR,RM", help="Judge only against these formalisms.")
    ] = None,
    budget: Annotated[str | None, typer.Option(metavar="10s", help="Time per file.")] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where certificates go; this version makes none."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Infer formalisms, judge assertions.

    For every spec: its formalism and what forces it, where else it can be expressed, how it is
    solved and trained.
    """
    wanted = _formalisms(against)
    seconds = budget_seconds(budget)
    if certificates is not None:
        note("this version refutes nothing, so there are no certificates to write")
    progress = Progress()
    documents: list[dict[str, Any]] = []
    status, rests_on_lemmas = 0, False
    for path in files:
        progress.show(f"checking {path}")
        file, result, diagnostics, worst = _checked(path, wanted, seconds)
        progress.clear()
        status = max(status, worst)
        if as_json:
            documents.append(_entry(path, result, diagnostics))
            continue
        if file is not None and result is not None:
            rests_on_lemmas |= _show(file, result, len(files) > 1)
        show_diagnostics(diagnostics)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else document(files=documents))
    elif rests_on_lemmas:
        say(dim("The preorder's positive lemmas are stated, not yet proved."))
    return status


def _formalisms(against: str | None) -> tuple[str, ...] | None:
    if against is None:
        return None
    from specc.registry import symbols

    known = symbols()
    wanted = tuple(part.strip().upper() for part in against.split(",") if part.strip())
    for symbol in wanted:
        if symbol not in known:
            raise UsageError(f"--against: no formalism `{symbol}`; there is: {', '.join(known)}")
    return wanted


def _checked(
    path: Path, against: tuple[str, ...] | None, budget: float | None
) -> tuple[TaskFile | None, FileCheck | None, tuple[Any, ...], int]:
    file, diagnostics, status = read_file(path)
    if file is None:
        return None, None, diagnostics, status
    from specc.check import check_file

    try:
        result = check_file(file, against=against, budget=budget)
    except Exception as error:
        more, worst = diagnosed(error)
        return file, None, (*diagnostics, *more), max(status, worst)
    status = max(status, status_of(result.diagnostics))
    if any(assertion.holds is not True for assertion in result.assertions):
        status = max(status, 1)
    return file, result, result.diagnostics, status


def _entry(path: Path, result: FileCheck | None, diagnostics: tuple[Any, ...]) -> dict[str, Any]:
    from specc.reports import plain, relative_path

    entry: dict[str, Any] = document(file=relative_path(str(path)))
    if result is None:
        return {**entry, "specs": [], "assertions": [], "diagnostics": plain(diagnostics),
                "seconds": None}  # fmt: skip
    for key in ("specs", "assertions", "diagnostics", "seconds"):
        entry[key] = plain(getattr(result, key))
    return entry


def _show(file: TaskFile, result: FileCheck, is_one_of_many: bool) -> bool:
    """Print what was found; whether any of it rests on the lemmas."""
    from specc.reports import relative_path

    if is_one_of_many:
        say(bold(relative_path(file.source.name)))
        say()
    for found in result.specs:
        _show_spec(file, found)
    for claim in result.assertions:
        _show_assertion(claim)
    if result.assertions:
        say()
    count = len(result.specs)
    seconds = seconds_text(result.seconds)
    say(dim(f"{count} spec{'s' if count != 1 else ''} checked in {seconds}"))
    return any(len(found.verdicts) > 0 for found in result.specs)


def _show_spec(file: TaskFile, found: Any) -> None:
    from specc.registry import formalism

    place = f" in {found.environment}" if found.environment else ""
    say(f"{bold(found.name)}{place}")
    say(f"  {dim(_shortened(file[found.name].text))}")
    members = {member.symbol: member.name for member in formalism(found.formalism).members}
    say(_row("formalism", f"{found.formalism}, {members[found.formalism]}", "cyan"))
    say(_row("", found.because))
    if found.also:
        say(_row("also", ", ".join(found.also)))
    groups: dict[str, list[str]] = {name: [] for name in _TITLES}
    for symbol, verdict in found.verdicts.items():
        groups[verdict.verdict].append(symbol)
    for name, title in _TITLES.items():
        if groups[name]:
            say(_row(title, " ".join(groups[name]), _MARKS[name]))
    if found.training is not None:
        say(_row("training", _parts(found.training.interface, found.training.scheme)))
        if found.training.guarantee:
            say(_row("", found.training.guarantee))
    if found.optimise is not None:
        say(_row("optimum", _parts(found.optimise.method, found.optimise.promise)))
    say()


def _parts(head: str | None, tail: str | None) -> str:
    return ": ".join(part for part in (head, tail) if part) or "-"


def _show_assertion(claim: Any) -> None:
    marks = {True: ("holds", "green"), False: ("fails", "red"), None: ("unknown", "yellow")}
    word, colour = marks[claim.holds]
    say(f"{tint(word.ljust(8), colour)}{_shortened(claim.text)}  {dim(f'(line {claim.line})')}")
    if claim.why:
        say(f"        {dim(claim.why)}")


def _row(title: str, text: str, tinted: str | None = None) -> str:
    """A title and its text, wrapped beside it; the whole text may be coloured."""
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    if tinted is not None:
        lines = [tint(line, tinted) for line in lines]
    heads = [title, *[""] * (len(lines) - 1)]
    return "\n".join(f"  {head:<11}{line}" for head, line in zip(heads, lines, strict=True))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else text[:87] + "..."
