"""Products and other explicit graphs as pictures, from their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.render.graph import picture
from specc.render.labelled import Edge, Graph, Node
from specc.render.picture import Picture

__all__ = ["product_picture"]


def product_picture(
    title: str,
    states: Sequence[str],
    edges: Iterable[tuple[int, int, str, tuple[int, ...]]],
    initial: Iterable[int],
    *,
    final: Iterable[int] = (),
    caption: str = "",
) -> Picture:
    """States by their labels; an edge is (source, target, label, acceptance marks).

    Edges with the same ends and marks are drawn as one, their labels joined. Raises ValueError
    for a state number that is out of range.
    """
    double = frozenset(final)
    merged: dict[tuple[int, int, tuple[int, ...]], dict[str, None]] = {}
    for source, target, label, marks in edges:
        if not (0 <= source < len(states) and 0 <= target < len(states)):
            raise ValueError(f"the edge {source} -> {target} leaves the {len(states)} states")
        merged.setdefault((source, target, marks), {})[label] = None
    drawn = tuple(
        Edge(source, target, ", ".join(label for label in labels if label), marks)
        for (source, target, marks), labels in merged.items()
    )
    nodes = tuple(Node(label, number in double) for number, label in enumerate(states))
    return picture(Graph(title, caption, nodes, drawn, tuple(initial)))
