"""The graphs that are drawn: labelled states and edges, whatever they came from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Edge", "Graph", "Node"]


@dataclass(frozen=True, slots=True)
class Node:
    """A state; ``final`` ones have a double border."""

    label: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between node numbers; ``marks`` are drawn as numbered dots."""

    source: int
    target: int
    label: str
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """``caption`` stands on top (an acceptance condition); ``initial`` nodes get an arrow."""

    title: str
    caption: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    initial: tuple[int, ...]
