"""Labelled graphs as DOT and as Mermaid text."""

from __future__ import annotations

from specc.render.escape import dot_text, mermaid_text
from specc.render.labelled import Edge, Graph

__all__ = ["dot", "mermaid"]


def dot(graph: Graph) -> str:
    """The graph for Graphviz; marks stand in braces after the label."""
    heading = f"{graph.title}\n{graph.caption}" if graph.caption else graph.title
    lines = [
        "digraph picture {",
        "  rankdir=LR;",
        f"  label={dot_text(heading)}; labelloc=t;",
        '  node [shape=box, style="rounded"];',
    ]
    for number, node in enumerate(graph.nodes):
        border = ", peripheries=2" if node.final else ""
        lines.append(f"  s{number} [label={dot_text(node.label)}{border}];")
    for place, number in enumerate(graph.initial):
        lines.append(f'  i{place} [shape=point, label=""];')
        lines.append(f"  i{place} -> s{number};")
    lines += [
        f"  s{edge.source} -> s{edge.target} [label={dot_text(_label(edge))}];"
        for edge in graph.edges
    ]
    return "\n".join([*lines, "}", ""])


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart; marks stand in braces after the label."""
    lines = ["flowchart LR"]
    if graph.caption:
        lines.append(f"  caption[{mermaid_text(graph.caption)}]")
        lines.append("  style caption fill:none,stroke:none")
    for number, node in enumerate(graph.nodes):
        left, right = ("(((", ")))") if node.final else ("(", ")")
        lines.append(f"  s{number}{left}{mermaid_text(node.label or ' ')}{right}")
    for place, number in enumerate(graph.initial):
        lines.append(f'  i{place}[" "] --> s{number}')
        lines.append(f"  style i{place} fill:none,stroke:none")
    for edge in graph.edges:
        label = _label(edge)
        words = f"|{mermaid_text(label)}|" if label.strip() else ""
        lines.append(f"  s{edge.source} -->{words} s{edge.target}")
    return "\n".join([*lines, ""])


def _label(edge: Edge) -> str:
    if not edge.marks:
        return edge.label
    marks = "{" + ",".join(str(mark) for mark in edge.marks) + "}"
    return f"{edge.label} {marks}".strip()
