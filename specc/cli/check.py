"""``specc check``: infer, place, say how it is solved and trained, judge the assertions."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specc.cli.files import budget_seconds, read_file
from specc.cli.outcome import UsageError, command, diagnosed, document, print_json, status_of
from specc.cli.terminal import Progress, bold, columns, dim, say, show_diagnostics, tint
from specc.cli.words import seconds_text

if TYPE_CHECKING:
    from specc.check import FileCheck
    from specc.check.certificates import Folder
    from specc.resolve.file import TaskFile
    from specc.verdict.evidence import Refutation
    from specc.verdict.judge import Verdict

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
        typer.Option(metavar="DIR", help="Write the proofs of `cannot be` here."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Infer formalisms, judge assertions.

    For every spec: its formalism and what forces it, where else it can be expressed, how it is
    solved and trained.
    """
    wanted = _formalisms(against)
    seconds = budget_seconds(budget)
    folder = _folder(certificates)
    progress = Progress()
    documents: list[dict[str, Any]] = []
    status = 0
    for path in files:
        progress.show(f"checking {path}")
        file, result, diagnostics, worst = _checked(path, wanted, seconds, progress)
        progress.clear()
        if folder is not None and result is not None:
            result = folder.write(result)
        status = max(status, worst)
        if as_json:
            documents.append(_entry(path, result, diagnostics))
            continue
        if file is not None and result is not None:
            _show(file, result, len(files) > 1, wanted is not None)
        show_diagnostics(diagnostics)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else document(files=documents))
    return status


def _folder(path: Path | None) -> Folder | None:
    if path is None:
        return None
    from specc.check.certificates import Folder

    path.mkdir(parents=True, exist_ok=True)
    return Folder(path)


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
    path: Path, against: tuple[str, ...] | None, budget: float | None, progress: Progress
) -> tuple[TaskFile | None, FileCheck | None, tuple[Any, ...], int]:
    file, diagnostics, status = read_file(path)
    if file is None:
        return None, None, diagnostics, status
    from specc.check import check_file

    try:
        result = check_file(
            file,
            against=against,
            budget=budget,
            report=lambda name: progress.show(f"checking {path}: {name}"),
        )
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


def _show(file: TaskFile, result: FileCheck, is_one_of_many: bool, is_asked: bool) -> None:
    """Print what was found.

    Stories are told in full where formalisms were asked for or there is only one spec.
    """
    in_full = is_asked or (len(result.specs) == 1 and not is_one_of_many)
    from specc.reports import relative_path

    if is_one_of_many:
        say(bold(relative_path(file.source.name)))
        say()
    for found in result.specs:
        _show_spec(file, found, result)
        if in_full:
            path = relative_path(file.source.name)
            _show_stories(path, found, result.refutations.get(found.name, {}))
    for claim in result.assertions:
        _show_assertion(claim)
    if result.assertions:
        say()
    if not in_full and any(result.refutations.values()):
        say(dim(f"why something cannot be, in full: specc check {file.source.name} --against MR"))
    count = len(result.specs)
    seconds = seconds_text(result.seconds)
    say(dim(f"{count} spec{'s' if count != 1 else ''} checked in {seconds}"))


def _show_spec(file: TaskFile, found: Any, result: FileCheck) -> None:
    from specc.registry import formalism

    place = f" in {found.environment}" if found.environment else ""
    say(f"{bold(found.name)}{place}")
    say(f"  {dim(_shortened(file[found.name].text))}")
    members = {member.symbol: member.name for member in formalism(found.formalism).members}
    say(_row("formalism", f"{found.formalism}, {members[found.formalism]}", "cyan"))
    say(_row("", found.because))
    if found.also:
        say(_row("also", ", ".join(found.also)))
    proofs = result.refutations.get(found.name, {})
    _show_verdicts(found.verdicts, proofs)
    if found.training is not None:
        say(_row("training", _parts(found.training.interface, found.training.scheme)))
        if found.training.guarantee:
            say(_row("", found.training.guarantee))
    if found.optimise is not None:
        say(_row("optimum", _parts(found.optimise.method, found.optimise.promise)))
    say()


def _show_verdicts(verdicts: Mapping[str, Verdict], proofs: Mapping[str, Refutation]) -> None:
    """One row per answer and reason, with what stands behind it."""
    for name, title in _TITLES.items():
        groups: dict[tuple[str, str], list[str]] = {}
        for symbol, verdict in verdicts.items():
            if verdict.verdict == name:
                groups.setdefault(_reason(symbol, verdict, proofs), []).append(symbol)
        for (trust, why), symbols in groups.items():
            behind = f"  ({trust})" if trust else ""
            say(_row(title, " ".join(symbols) + behind, _MARKS[name]))
            if why:
                say(_row("", why))
            title = ""


def _reason(symbol: str, verdict: Verdict, proofs: Mapping[str, Refutation]) -> tuple[str, str]:
    """What formalisms are grouped by: trust, and why unless the form itself says so."""
    match verdict.verdict:
        case "expressible" if not any(r.startswith("realiser") for r in verdict.rests_on):
            return "", ""
        case "expressible":
            return verdict.trust, verdict.rests_on[0].replace("realiser", "by the rule", 1)
        case "inexpressible":
            return verdict.trust, proofs[symbol].why
        case "unknown":
            return "", "the search was cut short" if "cut short" in verdict.why else ""


def _show_stories(path: str, found: Any, proofs: Mapping[str, Refutation]) -> None:
    """For every certificate its story, and then what can say the spec."""
    from specc.preorder import load_preorder
    from specc.render.story import story_lines
    from specc.verdict.story import story

    groups: dict[str, list[str]] = {}
    for symbol, proof in proofs.items():
        groups.setdefault(proof.certificate, []).append(symbol)
    for symbols in groups.values():
        say(tint(f"  not in {', '.join(symbols)}", "red"))
        for line in story_lines(story(proofs[symbols[0]], symbols), columns):
            say(f"    {line}")
        say()
    if groups:
        fits = [s for s, v in found.verdicts.items() if v.verdict == "expressible"]
        fits = list(dict.fromkeys([found.formalism, *fits]))
        geq = load_preorder().geq
        least = [s for s in fits if not any(geq(s, o) and not geq(o, s) for o in fits)]
        say(f"  what can say it: {' or '.join(least)}")
        others = [s for s in least if s != found.formalism]
        for symbol in others[:1]:
            say(dim(f"    specc translate {path} --spec {found.name} --to {symbol}"))
        if found.training is not None and found.training.scheme != "none":
            say(dim(f"    specc compile {path} --target gym --spec {found.name}"))
        say()


def _parts(head: str | None, tail: str | None) -> str:
    return ": ".join(part for part in (head, tail) if part) or "-"


def _show_assertion(claim: Any) -> None:
    marks = {True: ("holds", "green"), False: ("fails", "red"), None: ("unknown", "yellow")}
    word, colour = marks[claim.holds]
    say(f"{tint(word.ljust(8), colour)}{_shortened(claim.text)}  {dim(f'(line {claim.line})')}")
    for line in textwrap.wrap(claim.why, _WIDTH, break_long_words=False, break_on_hyphens=False):
        say(f"        {dim(line)}")


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
