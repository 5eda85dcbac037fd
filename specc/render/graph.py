"""Small labelled graphs as pictures: the common ground of automata, machines and products."""

from __future__ import annotations

from specc.diagnostics import SpecError
from specc.render.escape import one_line, xml_text
from specc.render.graph_text import dot, mermaid
from specc.render.labelled import Edge, Graph
from specc.render.layers import Layout, Size, layered
from specc.render.picture import Picture
from specc.render.svg import curve, document, text, width_of

__all__ = ["picture"]

_MAXIMUM_ITEMS = 600
_MARGIN = 30.0
_TEXT = 13.0
_MARK = 8.0
_LOOP = 30.0
_LABEL_HEIGHT = 22.0

# Spot's order of mark colours, dark enough for white figures.
_MARK_COLOURS = ("#1f78b4", "#e0457b", "#d9730d", "#6a3d9a", "#2a8f3c", "#b15928", "#0f8f8f")
_STYLE = (
    ".label{fill:#46536a}.state{fill:#16202e}.heading{fill:#39465a}.figure{fill:#fff}"
    ".circle{fill:#e4edf9;stroke:#3f6fae;stroke-width:1.6}"
    ".inner{fill:none;stroke:#3f6fae;stroke-width:1.2}"
    ".line{fill:none;stroke:#7e8a9c;stroke-width:1.5}.tip{fill:#7e8a9c}"
    "@media (prefers-color-scheme:dark){.label{fill:#b6c0ce}.heading{fill:#d5dce6}}"
)


def picture(graph: Graph) -> Picture:
    """The graph as a picture, from left to right.

    Making the SVG raises :class:`SpecError` (E903) for more than 600 states and edges.
    """
    return Picture(graph.title, lambda: _svg(graph), lambda: dot(graph), lambda: mermaid(graph))


def _forward(graph: Graph) -> tuple[list[int], list[bool]]:
    """A rank for each node, and whether each edge runs against the ranks (loops do not)."""
    out: list[list[int]] = [[] for _ in graph.nodes]
    for number, edge in enumerate(graph.edges):
        if edge.source != edge.target:
            out[edge.source].append(number)
    state = [0] * len(graph.nodes)
    backwards = [False] * len(graph.edges)
    finished: list[int] = []
    for root in (*graph.initial, *range(len(graph.nodes))):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(out[root]))]
        while stack:
            node, pending = stack[-1]
            for number in pending:
                target = graph.edges[number].target
                if state[target] == 1:
                    backwards[number] = True
                elif not state[target]:
                    state[target] = 1
                    stack.append((target, iter(out[target])))
                    break
            else:
                state[node] = 2
                finished.append(node)
                stack.pop()
    return _longest_paths(graph, out, backwards, finished), backwards


def _longest_paths(
    graph: Graph, out: list[list[int]], backwards: list[bool], finished: list[int]
) -> list[int]:
    incoming: list[list[int]] = [[] for _ in graph.nodes]
    for node, numbers in enumerate(out):
        for number in numbers:
            target = graph.edges[number].target
            if backwards[number]:
                incoming[node].append(target)
            else:
                incoming[target].append(node)
    ranks = [0] * len(graph.nodes)
    for node in reversed(finished):
        ranks[node] = max((ranks[other] + 1 for other in incoming[node]), default=0)
    return ranks


def _state_size(graph: Graph, number: int) -> Size:
    node = graph.nodes[number]
    loops = [edge for edge in graph.edges if edge.source == edge.target == number]
    width = max(38.0, width_of(one_line(node.label), _TEXT) + 24)
    labels = max((_label_width(edge) for edge in loops), default=0.0)
    room = _LOOP + _LABEL_HEIGHT * len(loops) if loops else 0.0
    return Size(max(width, labels), 38.0 + 2 * room)


def _label_width(edge: Edge) -> float:
    dots = len(edge.marks) * (2 * _MARK + 3)
    return max(16.0, width_of(one_line(edge.label), 12) + dots + 10)


def _layout(graph: Graph) -> tuple[Layout, list[int], list[int]]:
    """Places for states and for labels: a label is a box of its own on the way of its edge.

    Also the box number of each edge's label, and the route number of its first half.
    """
    ranks, backwards = _forward(graph)
    sizes = [_state_size(graph, number) for number in range(len(graph.nodes))]
    all_ranks = [2 * rank for rank in ranks]
    links: list[tuple[int, int]] = []
    boxes = [-1] * len(graph.edges)
    halves = [-1] * len(graph.edges)
    for number, edge in enumerate(graph.edges):
        if edge.source == edge.target:
            continue
        ends = (edge.target, edge.source) if backwards[number] else (edge.source, edge.target)
        boxes[number], halves[number] = len(sizes), len(links)
        links += [(ends[0], len(sizes)), (len(sizes), ends[1])]
        sizes.append(Size(_label_width(edge), _LABEL_HEIGHT))
        all_ranks.append(ranks[ends[0]] + ranks[ends[1]])
    layout = layered(sizes, links, all_ranks, gap_along=26, gap_across=16, waypoint=14, port=11)
    return layout, boxes, halves


def _svg(graph: Graph) -> str:
    if len(graph.nodes) + len(graph.edges) > _MAXIMUM_ITEMS:
        raise SpecError.of(
            "E903",
            f"a picture of {len(graph.nodes)} states and {len(graph.edges)} edges cannot be read; "
            f"at most {_MAXIMUM_ITEMS} are drawn",
            help="write a .dot file and let Graphviz place it",
        )
    layout, boxes, halves = _layout(graph)
    top = 78.0 if graph.caption else 54.0
    title_width = 1.1 * width_of(one_line(graph.title, 90), 16)
    caption_width = width_of(one_line(graph.caption, 110), 13)
    width = max(layout.along + 28, title_width, caption_width) + 2 * _MARGIN
    shift = ((width - layout.along) / 2 + 14, top)
    parts = [text(width / 2, 30, one_line(graph.title, 90), size=16, role="heading", bold=True)]
    if graph.caption:
        caption = one_line(graph.caption, 110)
        parts.append(text(width / 2, 54, caption, size=13, role="label"))
    loops = [0] * len(graph.nodes)
    for number, edge in enumerate(graph.edges):
        if edge.source == edge.target:
            x, y = _at(layout.centres[edge.source], shift)
            parts.append(_loop(edge, x, y, loops[edge.source]))
            loops[edge.source] += 1
        else:
            parts.append(_link(graph, layout, number, halves[number], shift))
            parts.append(_label(edge, *_at(layout.centres[boxes[number]], shift)))
    for number in range(len(graph.nodes)):
        parts.append(_state(graph, number, *_at(layout.centres[number], shift)))
    counted = f"{len(graph.nodes)} states, {len(graph.edges)} edges. {graph.caption}"
    height = top + layout.across + _MARGIN
    return document(
        width, height, "".join(parts), title=graph.title, description=counted, style=_STYLE
    )


def _at(point: tuple[float, float], shift: tuple[float, float]) -> tuple[float, float]:
    return point[0] + shift[0], point[1] + shift[1]


def _half_width(graph: Graph, number: int) -> float:
    return max(38.0, width_of(one_line(graph.nodes[number].label), _TEXT) + 24) / 2


def _link(graph: Graph, layout: Layout, number: int, half: int, shift: tuple[float, float]) -> str:
    """The line of an edge through its label's place, with its arrow head."""
    edge = graph.edges[number]
    points = [_at(point, shift) for route in layout.routes[half : half + 2] for point in route]
    left_to_right = layout.centres[edge.source][0] < layout.centres[edge.target][0]
    first, last = (edge.source, edge.target) if left_to_right else (edge.target, edge.source)
    start = _at(layout.centres[first], shift)[0] + _half_width(graph, first)
    stop = _at(layout.centres[last], shift)[0] - _half_width(graph, last)
    points[0] = (start, _clamped(points[0][1], layout.centres[first][1] + shift[1]))
    points[-1] = (stop, _clamped(points[-1][1], layout.centres[last][1] + shift[1]))
    tip = points[-1] if left_to_right else points[0]
    way = 1 if left_to_right else -1
    line = f'<path class="line" d="{curve(points, vertical=False)}"/>\n'
    return line + _tip(*tip, way, 0)


def _clamped(y: float, centre: float) -> float:
    return min(max(y, centre - 13), centre + 13)


def _tip(x: float, y: float, along: float, down: float) -> str:
    """An arrow head with its point at (x, y), looking along (along, down)."""
    back_x, back_y = x - 9 * along, y - 9 * down
    side_x, side_y = 4 * down, 4 * along
    return (
        f'<path class="tip" d="M{x:.1f} {y:.1f}L{back_x + side_x:.1f} {back_y + side_y:.1f}'
        f'L{back_x - side_x:.1f} {back_y - side_y:.1f}Z"/>\n'
    )


def _loop(edge: Edge, x: float, y: float, place: int) -> str:
    """A loop above its state; further loops only add their labels on top of the first's."""
    label = _label(edge, x, y - 19 - _LOOP - 10 - _LABEL_HEIGHT * place, plate=False)
    if place:
        return label
    top = y - 19
    line = (
        f'<path class="line" d="M{x - 9:.1f} {top + 2:.1f}C{x - 22:.1f} {top - _LOOP - 6:.1f} '
        f'{x + 22:.1f} {top - _LOOP - 6:.1f} {x + 9:.1f} {top + 2:.1f}"/>\n'
    )
    return line + _tip(x + 8.6, top + 1.5, -0.26, 0.966) + label


def _label(edge: Edge, x: float, y: float, *, plate: bool = True) -> str:
    """A label and its marks, centred on (x, y); where the line passes, it passes underneath."""
    shown = one_line(edge.label)
    words = width_of(shown, 12) if shown else 0.0
    dots = len(edge.marks) * (2 * _MARK + 3)
    parts = [f"<g><title>{xml_text(edge.label)}</title>\n"] if edge.label else ["<g>\n"]
    left = x - (words + dots) / 2
    lift = 9.0 if plate else 0.0
    parts.append(text(left + words / 2, y + 4 - lift, shown, size=12, role="label"))
    for place, mark in enumerate(edge.marks):
        centre = left + words + 4 + _MARK + place * (2 * _MARK + 3)
        colour = _MARK_COLOURS[mark % len(_MARK_COLOURS)]
        parts.append(
            f'<circle cx="{centre:.1f}" cy="{y - lift:.1f}" r="{_MARK:g}" fill="{colour}"/>\n'
        )
        parts.append(text(centre, y + 3.8 - lift, str(mark), size=10.5, role="figure", bold=True))
    return "".join(parts) + "</g>\n"


def _state(graph: Graph, number: int, x: float, y: float) -> str:
    node, half = graph.nodes[number], _half_width(graph, number)
    parts = [f"<g><title>{xml_text(node.label)}</title>\n"]
    if number in graph.initial:
        parts.append(f'<path class="line" d="M{x - half - 24:.1f} {y:.1f}h18"/>\n')
        parts.append(_tip(x - half, y, 1, 0))
    for role, inset in (("circle", 0.0), ("inner", 4.0)) if node.final else (("circle", 0.0),):
        parts.append(
            f'<rect class="{role}" x="{x - half + inset:.1f}" y="{y - 19 + inset:.1f}" '
            f'width="{2 * (half - inset):.1f}" height="{38 - 2 * inset:.1f}" '
            f'rx="{19 - inset:g}"/>\n'
        )
    parts.append(text(x, y + 4.5, one_line(node.label), size=_TEXT, role="state"))
    return "".join(parts) + "</g>\n"
