"""``specc doctor``: is everything there, and does it work."""

from __future__ import annotations

from typing import Annotated

import typer

from specc.cli.outcome import command, document, print_json
from specc.cli.terminal import columns, say, tint

__all__ = ["doctor"]

_WORDS = {"fine": ("ok", "green"), "missing": ("--", "yellow"), "broken": ("!!", "red")}


@command(findings=[])
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """See that everything is there and works."""
    from specc.doctor import examine

    findings = examine()
    status = 2 if any(finding.state == "broken" for finding in findings) else 0
    if as_json:
        print_json(document(findings=findings, diagnostics=()))
        return status
    rows = [[_WORDS[f.state][0], f.name, f.text] for f in findings]
    for line, finding in zip(columns(rows), findings, strict=True):
        word, colour = _WORDS[finding.state]
        say(tint(word, colour) + line.removeprefix(word))
    say()
    say("Something is broken." if status else "Everything needed is there.")
    return status
