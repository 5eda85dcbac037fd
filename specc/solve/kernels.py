"""The compiled loops of products and solvers; imported only where a problem is large.

All signatures are explicit, so that a cached function is loaded and never compiled twice.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["explore"]

IntArray = NDArray[np.int64]


@njit("int64(int64[::1], int64[::1], int64, int64)", cache=True)
def _slot(keys: IntArray, values: IntArray, key: int, mask: int) -> int:
    """The slot of the key in an open-addressing table, or the free one where it belongs."""
    mixed = key * 0x61C8864680B583EB
    place = (mixed ^ (mixed >> 32)) & mask
    while values[place] >= 0 and keys[place] != key:
        place = (place + 1) & mask
    return place


@njit("Tuple((int64[::1], int64[::1]))(int64[::1], int64[::1], int64, int64)", cache=True)
def _table(state: IntArray, memory: IntArray, total: int, count: int) -> tuple[IntArray, IntArray]:
    """A hash table of the first ``count`` pairs, a quarter full at most."""
    size = 1024
    while size < 4 * count:
        size *= 2
    keys = np.empty(size, np.int64)
    values = np.full(size, -1, np.int64)
    for number in range(count):
        key = state[number] * total + memory[number]
        place = _slot(keys, values, key, size - 1)
        keys[place] = key
        values[place] = number
    return keys, values


@njit(
    "Tuple((boolean, int64[::1], int64[::1], int64[::1]))(int64[::1], int64[::1], int64[:,::1],"
    "int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64)",
    cache=True,
)
def explore(
    first: IntArray,
    targets: IntArray,
    classes: IntArray,
    table: IntArray,
    offsets: IntArray,
    widths: IntArray,
    sizes: IntArray,
    strides: IntArray,
    roots: IntArray,
    root_memories: IntArray,
    limit: int,
) -> tuple[bool, IntArray, IntArray, IntArray]:
    """Breadth-first product exploration; see :func:`specc.product.product`.

    ``first[s] : first[s + 1]`` are the transitions of MDP state ``s``. Component k moves by
    ``table[offsets[k] + memory * widths[k] + classes[k, t]]``; a combined memory is the sum of
    ``memory * strides[k]``. Returns whether the product fits the limit, the MDP state and the
    combined memory of each product state, and the product successors in order.
    """
    components = len(offsets)
    total = 1
    for k in range(components):
        total *= sizes[k]
    empty = np.empty(0, np.int64)
    count = len(roots)
    if count > limit:
        return False, empty, empty, empty
    state = np.empty(2 * count + 512, np.int64)
    memory = np.empty(2 * count + 512, np.int64)
    state[:count] = roots
    memory[:count] = root_memories
    keys, values = _table(state, memory, total, count)
    mask = len(keys) - 1
    successors = np.empty(1024, np.int64)
    base = np.empty(components, np.int64)
    written = 0
    position = 0
    while position < count:
        s = state[position]
        m = memory[position]
        position += 1
        for k in range(components):
            base[k] = offsets[k] + (m // strides[k] % sizes[k]) * widths[k]
        for t in range(first[s], first[s + 1]):
            after = 0
            for k in range(components):
                after += strides[k] * table[base[k] + classes[k, t]]
            key = targets[t] * total + after
            place = _slot(keys, values, key, mask)
            if written >= len(successors):
                successors = np.concatenate((successors, np.empty_like(successors)))
            successors[written] = count if values[place] < 0 else values[place]
            written += 1
            if values[place] < 0:
                if count >= limit:
                    return False, empty, empty, empty
                if count >= len(state):
                    state = np.concatenate((state, np.empty_like(state)))
                    memory = np.concatenate((memory, np.empty_like(memory)))
                state[count] = targets[t]
                memory[count] = after
                keys[place] = key
                values[place] = count
                count += 1
                if 2 * count > mask:
                    keys, values = _table(state, memory, total, count)
                    mask = len(keys) - 1
    return True, state[:count].copy(), memory[:count].copy(), successors[:written].copy()
