"""``specc prove``: check the lemmas, and print the preorder that they give."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specc.cli.outcome import command, document, print_json, status_of
from specc.cli.prove_extensions import extension_gaps, show_extensions
from specc.cli.terminal import bold, columns, dim, say, show_diagnostics
from specc.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from specc.lemma import Lemma
    from specc.preorder import Preorder

__all__ = ["prove"]

_MARKS = {True: ">=", False: ".", None: "?"}
_KINDS = ("positive", "negative")
_STANDING = {
    "kernel": "checked by the kernel",
    "written proof": "with a written proof, agreeing on all its instances",
    "stated": "stated, not yet proved",
    "failed": "failed",
}
_TRUST = {
    "definition": "=",
    "kernel": "k",
    "written proof": "w",
    "kernel + written proof": "kw",
    "stated": "s",
    "failed": "!",
}
_MAXIMUM_BYTES = 8_000_000


@command(formalisms=[], geq=[], status=[], trust=[], lemmas=[], classes=[], covers=[], undecided=[])
def prove(
    lemmas: Annotated[
        list[Path] | None, typer.Argument(metavar="LEMMA.json...", help="Only these lemmas.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Check the lemmas, derive the preorder.

    The kernel checks the certificate of every negative lemma in proofs/, the translation of every
    positive one is tried on its instances; the preorder of the formalisms is their closure.
    """
    from specc.lemma import packaged_lemmas
    from specc.preorder import derive, load_preorder
    from specc.prove import prove_all
    from specc.registry import symbols

    found, diagnostics = prove_all(_read(lemmas) if lemmas else packaged_lemmas())
    preferred = load_preorder().preferred
    seventeen = derive(symbols(), found, preferred)
    extended = derive(symbols(extensions=True), found, preferred)
    diagnostics += _contradictions(extended)
    if not lemmas:
        diagnostics += _gaps(seventeen) + extension_gaps(extended, seventeen)
    if as_json:
        content = {**seventeen.to_json(), "extensions": extended.to_json()}
        print_json(document(**content, diagnostics=diagnostics))
    else:
        _show(seventeen)
        show_extensions(extended, seventeen)
        show_diagnostics(diagnostics)
    return status_of(diagnostics)


def _read(paths: list[Path]) -> tuple[Lemma, ...]:
    from specc.lemma import read_lemma
    from specc.source import Source

    found = []
    for path in paths:
        with path.open("rb") as stream:
            data = stream.read(_MAXIMUM_BYTES)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise SpecError.of("E901", f"`{path}` is not a lemma: not UTF-8") from None
        found.append(read_lemma(Source(str(path), text)))
    return tuple(found)


def _contradictions(preorder: Preorder) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic("E904", f"the lemmas both state and refute {upper} >= {lower}")
        for upper, lower in preorder.contradictions
    )


def _gaps(preorder: Preorder) -> tuple[Diagnostic, ...]:
    """What makes the lemmas of proofs/ too few or too many."""
    found = []
    if preorder.undecided:
        pairs = ", ".join(f"{upper} >= {lower}" for upper, lower in preorder.undecided)
        found.append(Diagnostic("E915", f"the lemmas leave open: {pairs}"))
    for lemma in preorder.lemmas:
        if lemma.status == "stated":
            found.append(Diagnostic("E920", f"`{lemma.id}` ({lemma.file}) only states"))
    for name in dict.fromkeys((*preorder.redundant, *preorder.unused)):
        found.append(Diagnostic("E916", f"`{name}` adds nothing to the other lemmas"))
    return tuple(found)


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
    kinds = {kind: [one for one in preorder.lemmas if one.kind == kind] for kind in _KINDS}
    say(bold(f"{len(preorder.lemmas)} lemmas"))
    for kind, lemmas in kinds.items():
        counts = Counter(lemma.trust or lemma.status for lemma in lemmas)
        parts = [f"{counts[trust]} {words}" for trust, words in _STANDING.items() if counts[trust]]
        say(f"  {len(lemmas)} {kind}: {', '.join(parts) or 'none'}")
    say()
    say(bold("What each answer rests on"))
    symbols = preorder.formalisms
    rows = [["", *symbols]]
    found: Counter[str | None] = Counter()
    for upper in symbols:
        trusts: list[str | None] = [preorder.trust(upper, lower) for lower in symbols]
        found.update(trusts)
        rows.append([upper, *(_TRUST[trust] if trust else "?" for trust in trusts)])
    for line in columns(rows):
        say(line)
    say()
    for trust, mark in _TRUST.items():
        if found[trust]:
            say(f"  {mark:2} {trust}: {found[trust]} pairs")
    say("A pair is as good as the weakest lemma that it rests on.")
