"""``specc prove``: the preorder that the lemmas give."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specc.cli.outcome import command, document, print_json
from specc.cli.terminal import bold, columns, dim, say, show_diagnostics
from specc.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from specc.preorder import Preorder

__all__ = ["prove"]

_MARKS = {True: ">=", False: ".", None: "?"}
_MAXIMUM_BYTES = 8_000_000


@command(formalisms=[], geq=[], lemmas=[], classes=[], covers=[], undecided=[])
def prove(
    lemmas: Annotated[
        list[Path] | None, typer.Argument(metavar="LEMMA.json...", help="Only these lemmas.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Derive the preorder of formalisms.

    It is the closure of the lemmas in proofs/.
    """
    seventeen, extended = _preorders(lemmas)
    contradictions = tuple(
        Diagnostic("E904", f"the lemmas both state and refute {upper} >= {lower}")
        for upper, lower in extended.contradictions
    )
    if as_json:
        content = {**seventeen.to_json(), "extensions": extended.to_json()}
        print_json(document(**content, diagnostics=contradictions))
        return int(bool(contradictions))
    _show(seventeen)
    show_diagnostics(contradictions)
    return int(bool(contradictions))


def _preorders(paths: list[Path] | None) -> tuple[Preorder, Preorder]:
    from specc.lemma import read_lemma
    from specc.preorder import derive, load_preorder
    from specc.registry import symbols
    from specc.source import Source

    if not paths:
        return load_preorder(), load_preorder(extensions=True)
    found = []
    for path in paths:
        with path.open("rb") as stream:
            data = stream.read(_MAXIMUM_BYTES)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise SpecError.of("E901", f"`{path}` is not a lemma: not UTF-8") from None
        found.append(read_lemma(Source(str(path), text)))
    preferred = load_preorder().preferred
    return (
        derive(symbols(), found, preferred),
        derive(symbols(extensions=True), found, preferred),
    )


def _show(preorder: Preorder) -> None:
    symbols = preorder.formalisms
    width = max(len(symbol) for symbol in symbols)
    say(f"{'':{width}}  {dim('the row can express all that the column can: >=   cannot: .')}")
    say()
    rows = [["", *symbols]]
    for upper in symbols:
        rows.append([upper, *(_MARKS[preorder.geq(upper, lower)] for lower in symbols)])
    lines = columns(rows)
    say(bold(lines[0]))
    for line in lines[1:]:
        say(line)
    holds = sum(preorder.geq(upper, lower) is True for upper in symbols for lower in symbols)
    fails = sum(preorder.geq(upper, lower) is False for upper in symbols for lower in symbols)
    say()
    say(f"{holds} of the {len(symbols) ** 2} pairs hold, {fails} do not, "
        f"{len(preorder.undecided)} are undecided.")  # fmt: skip
    say()
    say(bold(f"{len(preorder.classes)} classes"))
    for members in preorder.classes:
        say("  " + " = ".join(members))
    say()
    say(bold(f"{len(preorder.covers)} covering edges"))
    for upper, lower in preorder.covers:
        say(f"  {upper} > {lower}")
    say()
    _show_lemmas(preorder)


def _show_lemmas(preorder: Preorder) -> None:
    counts: dict[str, int] = {}
    for lemma in preorder.lemmas:
        counts[lemma.status] = counts.get(lemma.status, 0) + 1
    positive = sum(lemma.kind == "positive" for lemma in preorder.lemmas)
    shown = ", ".join(f"{count} {status}" for status, count in counts.items())
    say(f"From {positive} positive and {len(preorder.lemmas) - positive} negative lemmas: {shown}.")
    if counts.get("stated"):
        say("Stated, not yet proved: specc has no kernel that checks their proofs yet.")
