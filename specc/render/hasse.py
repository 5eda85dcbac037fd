"""The Hasse diagram of the formalisms, drawn from the derived preorder."""

from __future__ import annotations

from dataclasses import dataclass

from specc.preorder import Preorder
from specc.registry import all_formalisms
from specc.render.escape import dot_text, mermaid_text, xml_text
from specc.render.layers import Size, layered
from specc.render.picture import Picture
from specc.render.svg import curve, document, text, width_of, wrapped

__all__ = ["hasse"]

_MARGIN = 28.0
_NAME_SIZE = 11.5
_SYMBOL_SIZE = 17.0
_PADDING = 14.0
_NAME_WIDTH = 176.0
_HEADING = 66.0
_TITLE = "Formalisms for reinforcement-learning objectives"

# Fill and outline by the layer that a class leaves free; both hold on white and on black.
_TINTS = {
    "signal": ("#d8f0ea", "#1f8f7a"),
    "machine": ("#d8f0ea", "#1f8f7a"),
    "trajectory": ("#d9e8fb", "#2f6fc4"),
    "inner": ("#d9e8fb", "#2f6fc4"),
    "outer": ("#e7e0fa", "#7552c8"),
    "lottery": ("#e7e0fa", "#7552c8"),
    "policy": ("#fde9d0", "#c27414"),
    "order": ("#fbdfe4", "#bf4560"),
}
_PLAIN = ("#e6e9ee", "#66707f")
_GROUPS = (
    ("signal or machine", "signal"),
    ("trajectory", "trajectory"),
    ("lottery, outer", "lottery"),
    ("policy", "policy"),
    ("order", "order"),
)
_STYLE = (
    ".symbol{fill:#16202e}.name{fill:#3d4a5c}.caption{fill:#6c7686}.heading{fill:#39465a}"
    ".line{fill:none;stroke:#8490a2;stroke-width:1.8;stroke-linecap:round}"
    ".stated{stroke-dasharray:1 5.5}.faint{opacity:.28}"
    "@media (prefers-color-scheme:dark){.caption{fill:#9aa5b5}.heading{fill:#d5dce6}}"
)


@dataclass(frozen=True, slots=True)
class _Class:
    members: tuple[str, ...]
    symbols: str
    name: str
    lines: tuple[str, ...]
    definition: str
    fill: str
    outline: str

    @property
    def size(self) -> Size:
        widths = [1.1 * width_of(self.symbols, _SYMBOL_SIZE)]
        widths += [width_of(line, _NAME_SIZE) for line in self.lines]
        return Size(38 + 15 * len(self.lines), max(104.0, max(widths) + 2 * _PADDING))


def hasse(preorder: Preorder, highlight: str | None = None) -> Picture:
    """The Hasse diagram: larger formalisms above, equivalent ones in one box.

    Solid lines rest on lemmas with proofs, which `specc prove` checks; dotted lines on lemmas that
    are only stated. With
    ``highlight`` only that formalism's class and all above it are in full colour. The SVG lists
    classes that no line reaches under the diagram. Raises KeyError
    where ``highlight`` is not in the preorder.
    """
    lit = frozenset(preorder.formalisms if highlight is None else preorder.above(highlight))
    return Picture(
        _TITLE,
        lambda: _svg(preorder, lit),
        lambda: _dot(preorder, lit),
        lambda: _mermaid(preorder, lit),
    )


def _classes(preorder: Preorder) -> tuple[_Class, ...]:
    known = {member.symbol: member for family in all_formalisms() for member in family.members}
    found = []
    for members in preorder.classes:
        head = known[members[0]]
        words = head.free_layer.replace(":", " ").replace(",", " ").split()
        fill, outline = _TINTS.get(words[0], _PLAIN)
        lines = wrapped(head.name, _NAME_SIZE, _NAME_WIDTH)
        definition = "\n".join(
            f"{known[symbol].symbol}, {known[symbol].name}: {known[symbol].definition}"
            for symbol in members
        )
        symbols = " = ".join(members)
        found.append(_Class(members, symbols, head.name, lines, definition, fill, outline))
    return tuple(found)


def _ranks(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """Each class as near to what covers it as it can be; the tops have rank 0."""
    ranks = [0] * count
    for _ in range(count):
        for upper, lower in edges:
            ranks[lower] = max(ranks[lower], ranks[upper] + 1)
    return ranks


def _edges(preorder: Preorder, classes: tuple[_Class, ...]) -> list[tuple[int, int]]:
    place = {entry.members[0]: index for index, entry in enumerate(classes)}
    return [(place[upper], place[lower]) for upper, lower in preorder.covers]


def _status(preorder: Preorder, upper: str, lower: str) -> str:
    """``proved`` where both the line and its strictness have proofs."""
    both = preorder.has_proof(upper, lower) and preorder.has_proof(lower, upper)
    return "proved" if both else "stated"


def _svg(preorder: Preorder, lit: frozenset[str]) -> str:
    ends = {symbol for pair in preorder.covers for symbol in pair} or set(preorder.formalisms)
    classes = tuple(entry for entry in _classes(preorder) if entry.members[0] in ends)
    edges = _edges(preorder, classes)
    ranks = _ranks(len(classes), edges)
    heights = [
        max(entry.size.along for entry, other in zip(classes, ranks, strict=True) if other == rank)
        for rank in ranks
    ]
    sizes = [
        Size(height, entry.size.across) for entry, height in zip(classes, heights, strict=True)
    ]
    layout = layered(
        sizes,
        edges,
        ranks,
        gap_along=46,
        gap_across=26,
        waypoint=20,
        port=22,
    )
    width = max(layout.across, 720.0) + 2 * _MARGIN
    left = (width - layout.across) / 2
    lines = [
        _line(
            route,
            (left, _HEADING),
            _status(preorder, classes[upper].members[0], classes[lower].members[0]),
            faint=not {classes[upper].members[0], classes[lower].members[0]} <= lit,
        )
        for (upper, lower), route in zip(edges, layout.routes, strict=True)
    ]
    boxes = [
        _box(entry, size, left + across, _HEADING + along, faint=entry.members[0] not in lit)
        for entry, size, (along, across) in zip(classes, sizes, layout.centres, strict=True)
    ]
    bottom = _HEADING + layout.along
    head = text(width / 2, 34, _TITLE, size=19, role="heading", bold=True)
    body = head + "".join(lines) + "".join(boxes) + _legend(preorder, width, bottom + 40)
    missing = [members[0] for members in preorder.classes if members[0] not in ends]
    if missing:
        listed = wrapped(f"not placed yet: {', '.join(missing)}", 12, width - 2 * _MARGIN)
        for number, line in enumerate(listed):
            body += text(width / 2, bottom + 118 + 17 * number, line, size=12, role="caption")
        bottom += 17 * len(listed) + 4
    described = "; ".join(f"{upper} is above {lower}" for upper, lower in preorder.covers)
    return document(width, bottom + 112, body, title=_TITLE, description=described, style=_STYLE)


def _line(
    route: tuple[tuple[float, float], ...],
    shift: tuple[float, float],
    status: str,
    *,
    faint: bool,
) -> str:
    points = [(shift[0] + across, shift[1] + along) for along, across in route]
    role = "line" + (" stated" if status == "stated" else "") + (" faint" if faint else "")
    return f'<path class="{role}" d="{curve(points, vertical=True)}"/>\n'


def _box(entry: _Class, size: Size, x: float, y: float, *, faint: bool) -> str:
    left, top = x - size.across / 2, y - size.along / 2
    baseline = y - entry.size.along / 2 + 25
    group = ' class="faint"' if faint else ""
    parts = [
        f"<g{group}><title>{xml_text(entry.definition)}</title>\n",
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{size.across:.1f}" '
        f'height="{size.along:.1f}" rx="11" fill="{entry.fill}" '
        f'stroke="{entry.outline}" stroke-width="1.6"/>\n',
        text(x, baseline, entry.symbols, size=_SYMBOL_SIZE, role="symbol", bold=True),
    ]
    for number, line in enumerate(entry.lines):
        parts.append(text(x, baseline + 18 + 15 * number, line, size=_NAME_SIZE, role="name"))
    return "".join(parts) + "</g>\n"


def _legend(preorder: Preorder, width: float, top: float) -> str:
    """What colours and lines mean, centred under the diagram."""
    entries = [(label, width_of(label, 12) + 40) for label, _ in _GROUPS]
    lead = "free layer:"
    x = (width - sum(extent for _, extent in entries) - width_of(lead, 12) - 12) / 2
    parts = [text(x, top + 4, lead, size=12, role="caption", anchor="start")]
    x += width_of(lead, 12) + 12
    for (label, extent), (_, layer) in zip(entries, _GROUPS, strict=True):
        fill, outline = _TINTS[layer]
        parts.append(
            f'<rect x="{x:.1f}" y="{top - 7:.1f}" width="16" height="12" rx="4" '
            f'fill="{fill}" stroke="{outline}" stroke-width="1.4"/>\n'
        )
        parts.append(text(x + 22, top + 4, label, size=12, role="caption", anchor="start"))
        x += extent
    statuses = {_status(preorder, upper, lower) for upper, lower in preorder.covers}
    meaning = "A line: the upper formalism induces every order that the lower one does, and more."
    parts.append(text(width / 2, top + 30, meaning, size=12, role="caption"))
    for number, status in enumerate(sorted(statuses)):
        words = (
            "stated, not yet proved" if status == "stated" else "proved: `specc prove` checks it"
        )
        start = (
            width / 2 - (width_of(words, 12) + 48) / 2 + (number - (len(statuses) - 1) / 2) * 230
        )
        role = "line stated" if status == "stated" else "line"
        parts.append(f'<path class="{role}" d="M{start:.1f} {top + 50:.1f}h38"/>\n')
        parts.append(text(start + 48, top + 54, words, size=12, role="caption", anchor="start"))
    return "".join(parts)


def _dot(preorder: Preorder, lit: frozenset[str]) -> str:
    lines = ["digraph hasse {", "  rankdir=BT;", '  node [shape=box, style="rounded,filled"];']
    for entry in _classes(preorder):
        label = dot_text(f"{entry.symbols}\n{entry.name}")
        fill = entry.fill if entry.members[0] in lit else "#ffffff"
        lines.append(
            f"  {dot_text(entry.members[0])} [label={label}, fillcolor={dot_text(fill)}, "
            f"color={dot_text(entry.outline)}];"
        )
    for upper, lower in preorder.covers:
        style = "dotted" if _status(preorder, upper, lower) == "stated" else "solid"
        lines.append(f"  {dot_text(lower)} -> {dot_text(upper)} [dir=none, style={style}];")
    return "\n".join([*lines, "}", ""])


def _mermaid(preorder: Preorder, lit: frozenset[str]) -> str:
    place = {members[0]: f"c{number}" for number, members in enumerate(preorder.classes)}
    lines = ["flowchart BT"]
    for entry in _classes(preorder):
        node = place[entry.members[0]]
        label = mermaid_text(f"{entry.symbols}\n{entry.name}")
        lines.append(f"  {node}({label})")
        fill = entry.fill if entry.members[0] in lit else "#ffffff"
        lines.append(f"  style {node} fill:{fill},stroke:{entry.outline},color:#16202e")
    for upper, lower in preorder.covers:
        line = "-.-" if _status(preorder, upper, lower) == "stated" else "---"
        lines.append(f"  {place[lower]} {line} {place[upper]}")
    return "\n".join([*lines, ""])
