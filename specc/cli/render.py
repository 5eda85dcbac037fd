"""``specc render``: pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from specc.cli.outcome import UsageError, command
from specc.cli.terminal import say

__all__ = ["render"]


class Subject(StrEnum):
    """What can be drawn."""

    hasse = "hasse"
    atlas = "atlas"
    automaton = "automaton"
    machine = "machine"
    product = "product"


@command()
def render(
    subject: Annotated[Subject, typer.Argument(help="What to draw.")],
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="A .spec file (with --spec), or for an automaton a .hoa file or a formula.",
        ),
    ] = None,
    *,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT.svg", help=".svg .html .dot .mmd .pdf .png")
    ],
    spec: Annotated[str | None, typer.Option(metavar="NAME", help="The spec to draw.")] = None,
    highlight: Annotated[
        str | None, typer.Option(metavar="RM", help="This formalism and all above it.")
    ] = None,
) -> int:
    """Draw formalisms, automata, products.

    hasse and atlas (with the extensions) take no file; a machine or a product takes a .spec file.
    """
    from specc.cli import pictures
    from specc.files import write_whole
    from specc.render.picture import UnknownFormat, encode

    match subject:
        case Subject.hasse | Subject.atlas:
            everything = subject is Subject.atlas
            picture = pictures.hasse_picture(highlight, extensions=everything)
        case _ if file is None:
            raise UsageError(f"`specc render {subject.value}` takes a file")
        case Subject.automaton:
            picture = pictures.automaton_of(file, spec)
        case Subject.machine:
            picture = pictures.machine_of(file, spec)
        case Subject.product:
            picture = pictures.product_of(file, spec)
    try:
        content = encode(picture, out.suffix)
    except UnknownFormat as error:
        raise UsageError(f"-o: {error}") from None
    write_whole(out, content)
    say(str(out))
    return 0
