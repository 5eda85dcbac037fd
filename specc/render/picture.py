"""A picture in any of its formats, by the ending of a file's name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from specc.diagnostics import MissingExtra
from specc.render.escape import xml_text

__all__ = ["FORMATS", "Picture", "UnknownFormat", "encode", "save"]

FORMATS = ("svg", "html", "dot", "mmd", "pdf", "png")


class UnknownFormat(ValueError):
    """The file's ending names no format that pictures are written in."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A titled picture; each text is made when it is asked for."""

    title: str
    svg: Callable[[], str]
    dot: Callable[[], str]
    mermaid: Callable[[], str]


def encode(picture: Picture, ending: str) -> bytes:
    """The bytes of a file with this ending (``svg``, ``.svg``, ...).

    Raises :class:`UnknownFormat`, and :class:`MissingExtra` where pdf or png lacks CairoSVG.
    """
    match ending.lower().removeprefix("."):
        case "svg":
            return picture.svg().encode()
        case "html":
            return _page(picture).encode()
        case "dot":
            return picture.dot().encode()
        case "mmd":
            return picture.mermaid().encode()
        case "pdf" | "png" as raster:
            return _rasterised(picture.svg(), raster)
        case other:
            known = ", ".join(f".{name}" for name in FORMATS)
            shown = f"`.{other}`" if other else "a name without an ending"
            raise UnknownFormat(f"expected a file name ending in {known}; found {shown}")


def save(picture: Picture, path: str | os.PathLike[str]) -> None:
    """Write the picture; the file appears whole or not at all.

    Raises what :func:`encode` raises, and OSError.
    """
    target = Path(path)
    content = encode(picture, target.suffix)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _page(picture: Picture) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{xml_text(picture.title)}</title>\n"
        "<style>body{margin:2rem;text-align:center}svg{max-width:100%;height:auto}</style>\n"
        f"</head>\n<body>\n{picture.svg()}</body>\n</html>\n"
    )


def _rasterised(svg: str, ending: str) -> bytes:
    try:
        import cairosvg  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except (ImportError, OSError):
        raise MissingExtra(
            f"writing .{ending} needs CairoSVG: pip install cairosvg (or write .svg)"
        ) from None
    convert = cairosvg.svg2pdf if ending == "pdf" else cairosvg.svg2png
    options = {} if ending == "pdf" else {"scale": 2, "background_color": "white"}
    return bytes(convert(bytestring=svg.encode(), **options))
