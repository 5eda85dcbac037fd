"""Strongly connected and end components, compiled; imported only where a model is large.

All signatures are explicit, so that a cached function is loaded and never compiled twice.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["maximal", "strong_components"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@njit(
    "Tuple((int64[::1], int64[::1]))(int64[::1], int64[::1], boolean[::1], int64[::1],int64[::1])",
    cache=True,
)
def strong_components(
    first: IntArray, successors: IntArray, kept: BoolArray, roots: IntArray, number: IntArray
) -> tuple[IntArray, IntArray]:
    """The strongly connected components over the ``kept`` edges, sinks first: the vertices in
    that order, and where each component ends in it.

    The edges of vertex v are ``first[v] : first[v + 1]``; ``number`` is room for one entry per
    vertex, negative at the ``roots``, which are all the vertices that count (Tarjan, "Depth-first
    search and linear graph algorithms", 1972, without recursion).
    """
    n = len(first) - 1
    low = np.empty(n, np.int64)
    edge = np.empty(n, np.int64)
    path = np.empty(len(roots) + 1, np.int64)
    stack = np.empty(len(roots) + 1, np.int64)
    order = np.empty(len(roots), np.int64)
    ends = np.empty(len(roots), np.int64)
    met = height = written = count = 0
    for root in roots:
        if number[root] >= 0:
            continue
        path[0] = root
        depth = 1
        while depth > 0:
            v = path[depth - 1]
            if number[v] < 0:
                number[v] = met
                low[v] = met
                met += 1
                edge[v] = first[v]
                stack[height] = v
                height += 1
            deeper = False
            while edge[v] < first[v + 1]:
                t = edge[v]
                edge[v] += 1
                if not kept[t]:
                    continue
                w = successors[t]
                if number[w] < 0:
                    path[depth] = w
                    depth += 1
                    deeper = True
                    break
                low[v] = min(low[v], number[w])
            if deeper:
                continue
            depth -= 1
            if depth > 0:
                low[path[depth - 1]] = min(low[path[depth - 1]], low[v])
            if low[v] == number[v]:
                while True:
                    height -= 1
                    w = stack[height]
                    number[w] = n  # beyond all others, so that edges to it no longer count
                    order[written] = w
                    written += 1
                    if w == v:
                        break
                ends[count] = written
                count += 1
    return order, ends[:count].copy()


@njit("Tuple((int64[::1], int64[::1]))(int64[::1], int64[::1], int64)", cache=True)
def _backward(starts: IntArray, successors: IntArray, states: int) -> tuple[IntArray, IntArray]:
    """The choices that lead to each state, as compressed rows."""
    begins = np.zeros(states + 1, np.int64)
    for t in range(len(successors)):
        begins[successors[t] + 1] += 1
    for s in range(states):
        begins[s + 1] += begins[s]
    place = begins[:states].copy()
    choices = np.empty(len(successors), np.int64)
    for c in range(len(starts) - 1):
        for t in range(starts[c], starts[c + 1]):
            choices[place[successors[t]]] = c
            place[successors[t]] += 1
    return begins, choices


@njit(
    "int64[::1](int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1])",
    cache=True,
)
def maximal(
    choice_starts: IntArray,
    starts: IntArray,
    successors: IntArray,
    sources: IntArray,
    allowed: BoolArray,
) -> IntArray:
    """The maximal end components: a number per state, equal in one component (states without an
    allowed choice lie in none); ``allowed`` is narrowed, in place, to the choices that stay.

    A block of states is cut up anew only when it has lost a choice.
    """
    n = len(choice_starts) - 1
    begins, leading = _backward(starts, successors, n)
    first = starts[choice_starts]
    kept = np.ones(len(successors), np.bool_)
    left = np.zeros(n, np.int64)
    block = np.zeros(n, np.int64)
    number = np.empty(n, np.int64)
    dirty = np.zeros(n, np.bool_)
    queue = np.empty(n, np.int64)
    waiting = position = 0
    for c in range(len(sources)):
        if allowed[c]:
            left[sources[c]] += 1
        else:
            kept[starts[c] : starts[c + 1]] = False
    for s in range(n):
        if left[s] == 0:
            queue[waiting] = s
            waiting += 1
    active = np.arange(n)
    while True:
        # Choices that can lead to a state without a choice go.
        while position < waiting:
            s = queue[position]
            position += 1
            for i in range(begins[s], begins[s + 1]):
                c = leading[i]
                if allowed[c]:
                    allowed[c] = False
                    kept[starts[c] : starts[c + 1]] = False
                    left[sources[c]] -= 1
                    if left[sources[c]] == 0:
                        queue[waiting] = sources[c]
                        waiting += 1
        active = active[left[active] > 0]
        if len(active) == 0:
            return block
        number[active] = -1
        order, ends = strong_components(first, successors, kept, active, number)
        begin = 0
        for end in ends:
            block[order[begin:end]] = order[begin]
            dirty[order[begin]] = False
            begin = end
        for i in range(len(active)):
            s = int(active[i])
            for c in range(choice_starts[s], choice_starts[s + 1]):
                if not allowed[c]:
                    continue
                for t in range(starts[c], starts[c + 1]):
                    if block[successors[t]] != block[s]:
                        allowed[c] = False
                        kept[starts[c] : starts[c + 1]] = False
                        left[s] -= 1
                        dirty[block[s]] = True
                        if left[s] == 0:
                            queue[waiting] = s
                            waiting += 1
                        break
        active = active[dirty[block[active]]]
