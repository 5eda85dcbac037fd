"""The part of ``specc prove`` on the extensions: where each stands, and which lemmas say so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from specc.cli.terminal import bold, columns, say
from specc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from specc.preorder import Preorder

__all__ = ["extension_gaps", "show_extensions"]


def extension_gaps(extended: Preorder, seventeen: Preorder) -> tuple[Diagnostic, ...]:
    """Lemmas about extensions that add nothing: E916. That a pair is open is no fault.

    Lemmas among the seventeen are needed there, whatever else would prove them here.
    """
    core = {lemma.id for lemma in seventeen.lemmas}
    spare = dict.fromkeys((*extended.redundant, *extended.unused))
    return tuple(
        Diagnostic("E916", f"`{name}` adds nothing to the other lemmas")
        for name in spare
        if name not in core
    )


def show_extensions(extended: Preorder, seventeen: Preorder) -> None:
    """What each extension covers and is covered by, counts of pairs and lemmas, open pairs."""
    added = [symbol for symbol in extended.formalisms if symbol not in seventeen.formalisms]
    if not added:
        return
    say()
    say(bold(f"{len(added)} extensions"))
    rows = [["", "just above", "just below"]]
    rows += [[symbol, *_neighbours(extended, symbol)] for symbol in added]
    for line in columns(rows):
        say("  " + line)
    say()
    symbols = extended.formalisms
    answers = Counter(
        extended.geq(upper, lower)
        for upper in symbols
        for lower in symbols
        if upper in added or lower in added
    )
    say(f"{answers[True]} of the {answers.total()} pairs with an extension hold, "
        f"{answers[False]} do not, {answers[None]} are open.")  # fmt: skip
    for upper, lower in extended.undecided:
        if upper in added or lower in added:
            say(f"  open: {upper} >= {lower}")
    _show_lemmas(extended, seventeen)


def _neighbours(extended: Preorder, symbol: str) -> tuple[str, str]:
    """The classes just above and just below the symbol's own; its equals come first."""
    head = extended.representative(symbol)
    equal = [f"= {head}"] if head != symbol else []
    above = [upper for upper, lower in extended.covers if lower == head]
    below = [lower for upper, lower in extended.covers if upper == head]
    return ", ".join([*equal, *above]) or "-", ", ".join([*equal, *below]) or "-"


def _show_lemmas(extended: Preorder, seventeen: Preorder) -> None:
    core = {lemma.id for lemma in seventeen.lemmas}
    counts = Counter(
        (lemma.kind, lemma.status) for lemma in extended.lemmas if lemma.id not in core
    )
    say()
    say(bold(f"{counts.total()} lemmas on extensions"))
    for kind in ("positive", "negative"):
        parts = [f"{n} {status}" for (of, status), n in sorted(counts.items()) if of == kind]
        say(f"  {kind}: {', '.join(parts) or 'none'}")
