"""How deep syntax nests, measured without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from specc.source import Span
from specc.syntax import tree

__all__ = ["MAXIMUM_NESTING", "nesting"]

MAXIMUM_NESTING = 120
"""Most levels that names inside names may add; later stages recurse over the whole."""


def nesting(node: tree.Node) -> tuple[int, frozenset[str]]:
    """The levels of a syntax tree, and the names that occur in it.

    >>> from specc.source import Source
    >>> from specc.syntax.parse import parse
    >>> (prop,) = parse(Source("a.spec", "prop p = !a & b"))[0].declarations
    >>> deep, names = nesting(prop)
    >>> deep, sorted(names)
    (4, ['a', 'b'])
    """
    names: set[str] = set()
    deepest = 0
    pending = [(node, 1)]
    while pending:
        item, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(item, tree.Name):
            names.add(item.name)
        pending.extend((inner, depth + 1) for inner in _inside(item))
    return deepest, frozenset(names)


def _inside(node: tree.Node) -> Iterator[tree.Node]:
    pending = [getattr(node, field.name) for field in fields(node)]
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(value)
        elif isinstance(value, tree.Node) and not isinstance(value, tree.Text | Span):
            yield value
