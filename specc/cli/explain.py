"""``specc explain``: the page of a diagnostic."""

from __future__ import annotations

from typing import Annotated

import typer

from specc.cli.outcome import UsageError, command
from specc.cli.terminal import bold, columns, dim, say

__all__ = ["explain"]


@command()
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Such as E201; without one, a list.")
    ] = None,
) -> int:
    """Say what a diagnostic means.

    Its page has a wrong and a right example where the mistake lies in a file.
    """
    from specc.codes import catalogue

    pages = catalogue()
    if code is None:
        for line in columns([[page.code, page.title] for page in pages.values()]):
            say(line)
        return 0
    page = pages.get(code.upper())
    if page is None:
        from specc.model.nearest import did_you_mean

        hint = did_you_mean(code.upper(), list(pages))
        raise UsageError(f"no diagnostic `{code[:40]}`; " + (hint or "`specc explain` lists all"))
    say(bold(f"{page.code}: {page.title}"))
    say()
    say(page.explanation.rstrip())
    for title, example in (("Wrong", page.wrong), ("Right", page.right)):
        if example:
            say()
            say(dim(f"{title}:"))
            say()
            for line in example.rstrip().split("\n"):
                say(f"    {line}".rstrip())
    return 0
