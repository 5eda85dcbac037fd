"""The pieces of SVG that all our pictures share: the frame, text, smooth lines, text widths."""

from __future__ import annotations

from collections.abc import Sequence

from specc.render.escape import xml_text

__all__ = ["FONT", "curve", "document", "text", "width_of", "wrapped"]

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

_NARROW = frozenset("iljtfrI.,:;!|'()[] ")
_WIDE = frozenset("mwMWGOQ@%")


def document(
    width: float, height: float, body: str, *, title: str, description: str, style: str
) -> str:
    """A whole SVG document with its accessible title and description."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
        f'aria-labelledby="title description" font-family="{FONT}">\n'
        f'<title id="title">{xml_text(title)}</title>\n'
        f'<desc id="description">{xml_text(description)}</desc>\n'
        f"<style>{style}</style>\n{body}</svg>\n"
    )


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float,
    role: str,
    anchor: str = "middle",
    bold: bool = False,
) -> str:
    """One line of text; ``role`` is its CSS class, ``y`` its baseline."""
    weight = ' font-weight="650"' if bold else ""
    return (
        f'<text class="{role}" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" '
        f'text-anchor="{anchor}"{weight}>{xml_text(content)}</text>\n'
    )


def width_of(content: str, size: float) -> float:
    """A generous estimate of the width of a line of text, in pixels."""
    ems = sum(
        0.36 if char in _NARROW else 0.88 if char in _WIDE else 0.68 if char.isupper() else 0.6
        for char in content
    )
    return ems * size


def wrapped(content: str, size: float, width: float) -> tuple[str, ...]:
    """The text in as few lines as this width allows, of about equal width.

    A single long word may stand out.
    """
    lines = _filled(content, size, width)
    low, high = 0.0, width
    while high - low > 2:
        middle = (low + high) / 2
        narrower = _filled(content, size, middle)
        fits = len(narrower) == len(lines) and all(
            width_of(line, size) <= width for line in narrower
        )
        low, high = (low, middle) if fits else (middle, high)
    return _filled(content, size, high)


def _filled(content: str, size: float, width: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in content.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def curve(points: Sequence[tuple[float, float]], *, vertical: bool) -> str:
    """SVG path data through the points, leaving and entering each along the ranks' axis."""
    (x, y), *rest = points
    parts = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in rest:
        if vertical:
            bend = (next_y - y) / 2
            handles = f"{x:.1f} {y + bend:.1f} {next_x:.1f} {next_y - bend:.1f}"
        else:
            bend = (next_x - x) / 2
            handles = f"{x + bend:.1f} {y:.1f} {next_x - bend:.1f} {next_y:.1f}"
        parts.append(f"C{handles} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    return " ".join(parts)
