"""Strongly connected components of a directed graph, and the bottom ones."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["bottom_components", "components"]


def components(successors: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strongly connected components, each before every component that leads into it.

    ``successors[i]`` lists the vertices that ``i`` points to. Time and memory are linear in the
    arcs; no recursion. Tarjan, "Depth-first search and linear graph algorithms", 1972.

    >>> components([[1], [2], [1], [0]])
    [[2, 1], [0], [3]]
    """
    count = len(successors)
    number = [-1] * count
    low = [0] * count
    on_stack = bytearray(count)
    stack: list[int] = []
    found: list[list[int]] = []
    clock = 0
    for root in range(count):
        if number[root] >= 0:
            continue
        number[root] = low[root] = clock
        clock += 1
        stack.append(root)
        on_stack[root] = 1
        path = [(root, iter(successors[root]))]
        while path:
            vertex, rest = path[-1]
            for following in rest:
                if number[following] < 0:
                    number[following] = low[following] = clock
                    clock += 1
                    stack.append(following)
                    on_stack[following] = 1
                    path.append((following, iter(successors[following])))
                    break
                if on_stack[following]:
                    low[vertex] = min(low[vertex], number[following])
            else:
                path.pop()
                if path:
                    parent = path[-1][0]
                    low[parent] = min(low[parent], low[vertex])
                if low[vertex] == number[vertex]:
                    found.append(_popped(stack, on_stack, vertex))
    return found


def bottom_components(successors: Sequence[Sequence[int]]) -> list[list[int]]:
    """The components that no arc leaves, in the order of :func:`components`.

    >>> bottom_components([[1], [2], [1], [0, 3]])
    [[2, 1]]
    """
    found = components(successors)
    home = [0] * len(successors)
    for index, members in enumerate(found):
        for vertex in members:
            home[vertex] = index
    return [
        members
        for index, members in enumerate(found)
        if all(home[following] == index for vertex in members for following in successors[vertex])
    ]


def _popped(stack: list[int], on_stack: bytearray, root: int) -> list[int]:
    members = []
    while True:
        vertex = stack.pop()
        on_stack[vertex] = 0
        members.append(vertex)
        if vertex == root:
            return members
