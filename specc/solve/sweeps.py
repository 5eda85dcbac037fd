"""Compiled loops of the solvers on large models; imported only where a model is large.

All signatures are explicit, so that a cached function is loaded and never compiled twice.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["shrink", "strong_components", "sweep"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@njit(
    "boolean(int64[::1], int64[::1], int64[::1], float64[::1], float64[::1], int64[::1],"
    "int64[::1], float64[::1], int64[::1], float64, float64, int64)",
    cache=True,
)
def sweep(
    choice_starts: IntArray,
    transition_starts: IntArray,
    successors: IntArray,
    weights: FloatArray,
    reward: FloatArray,
    order: IntArray,
    ends: IntArray,
    values: FloatArray,
    policy: IntArray,
    still: float,
    threshold: float,
    limit: int,
) -> bool:
    """Gauss-Seidel sweeps to and fro over one strongly connected component after the other, in
    place, until no value of it moves by more than ``still`` (relative) or for ``limit`` sweeps.

    ``order`` lists the states, component by component from the sinks up; component k ends before
    ``ends[k]``. A state changes its policy where that gains more than ``threshold`` (relative).
    Returns whether all components came to rest.
    """
    settled = True
    begin = 0
    for k in range(len(ends)):
        end = ends[k]
        moving = True
        for turn in range(limit):
            moving = False
            for i in range(begin, end):
                s = order[i] if turn % 2 == 0 else order[begin + end - 1 - i]
                best = -np.inf
                current = -np.inf
                top = -1
                for c in range(choice_starts[s], choice_starts[s + 1]):
                    q = reward[c]
                    for t in range(transition_starts[c], transition_starts[c + 1]):
                        q += weights[t] * values[successors[t]]
                    if c == policy[s]:
                        current = q
                    if q > best:
                        best = q
                        top = c
                if best - current > threshold * abs(best) + 1e-300:
                    policy[s] = top
                if abs(best - values[s]) > still * abs(best) + 1e-300:
                    moving = True
                values[s] = best
            if not moving or end - begin == 1:
                moving = False
                break
        settled = settled and not moving
        begin = end
    return settled


@njit("Tuple((int64[::1], int64[::1]))(int64[::1], int64[::1], boolean[::1])", cache=True)
def strong_components(
    first: IntArray, successors: IntArray, kept: BoolArray
) -> tuple[IntArray, IntArray]:
    """The strongly connected components over the ``kept`` edges, sinks first: the vertices in
    that order, and where each component ends in it.

    The edges of vertex v are ``first[v] : first[v + 1]`` (Tarjan, "Depth-first search and linear
    graph algorithms", 1972, without recursion).
    """
    n = len(first) - 1
    number = np.full(n, -1, np.int64)
    low = np.zeros(n, np.int64)
    edge = np.zeros(n, np.int64)
    path = np.empty(n, np.int64)
    stack = np.empty(n, np.int64)
    waiting = np.zeros(n, np.bool_)
    order = np.empty(n, np.int64)
    ends = np.empty(n, np.int64)
    met = depth = height = written = count = 0
    for root in range(n):
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
                waiting[v] = True
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
                if waiting[w] and number[w] < low[v]:
                    low[v] = number[w]
            if deeper:
                continue
            depth -= 1
            if depth > 0 and low[v] < low[path[depth - 1]]:
                low[path[depth - 1]] = low[v]
            if low[v] == number[v]:
                while True:
                    height -= 1
                    w = stack[height]
                    waiting[w] = False
                    order[written] = w
                    written += 1
                    if w == v:
                        break
                ends[count] = written
                count += 1
    return order, ends[:count].copy()


@njit(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1])",
    cache=True,
)
def shrink(
    choice_starts: IntArray,
    sources: IntArray,
    transition_choices: IntArray,
    successors: IntArray,
    back_starts: IntArray,
    back: IntArray,
    allowed: BoolArray,
) -> None:
    """Disallow, in place, every choice that can lead to a state without an allowed one.

    ``back[back_starts[s] : back_starts[s + 1]]`` are the transitions into state s.
    """
    n = len(choice_starts) - 1
    left = np.zeros(n, np.int64)
    for c in range(len(sources)):
        if allowed[c]:
            left[sources[c]] += 1
    queue = np.empty(n, np.int64)
    waiting = 0
    for s in range(n):
        if left[s] == 0:
            queue[waiting] = s
            waiting += 1
    position = 0
    while position < waiting:
        s = queue[position]
        position += 1
        for i in range(back_starts[s], back_starts[s + 1]):
            c = transition_choices[back[i]]
            if allowed[c]:
                allowed[c] = False
                left[sources[c]] -= 1
                if left[sources[c]] == 0:
                    queue[waiting] = sources[c]
                    waiting += 1
