"""The compiled loops over dense tables: one set for all specs, cached on disk.

Indices are unsigned, so that Numba adds no test for negative ones; whoever calls has checked them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = [
    "adjust",
    "classify",
    "classify_by_table",
    "finish",
    "look_up",
    "outside",
    "step",
    "trace",
]

BLOCK = np.uint64(2048)
"""Steps that are looked up before their memories are unpacked: what fits a first cache."""


@njit(cache=True, nogil=True)
def outside(numbers: Any, count: Any) -> Any:
    """Whether one of the numbers is not in [0, count)."""
    last, signs = np.int32(count - 1), np.int32(0)
    for i in range(len(numbers)):
        signs |= np.int32(numbers[i] | (last - numbers[i]))
    return signs < 0


@njit(cache=True, nogil=True)
def classify(atom: Any, low: Any, high: Any, root: Any, valuations: Any, letters: Any) -> None:
    """The letter class of every row of propositions, by the decision diagram."""
    for i in range(len(letters)):
        node = root
        while node >= 0:
            node = high[node] if valuations[i, atom[node]] else low[node]
        letters[i] = -1 - node


@njit(cache=True, nogil=True)
def classify_by_table(table: Any, valuations: Any, letters: Any) -> None:
    """The letter class of every row of propositions (uint8, 0 or 1), by a table over all
    letters."""
    place, width = np.uint64(0), np.uint64(valuations.shape[1])
    held = valuations.reshape(-1)
    for i in range(np.uint64(len(letters))):
        letter = np.uint64(0)
        for atom in range(width):
            letter |= np.uint64(held[place + atom]) << atom
        place += width
        letters[i] = table[letter]


@njit(cache=True, nogil=True)
def step(
    width: Any, half: Any, count: Any, after_of: Any, reward_of: Any, accepting: Any, zeta: Any,
    memory: Any, clock: Any, letters: Any, draws: Any, after: Any, time: Any, reward: Any,
    done: Any,
) -> Any:  # fmt: skip
    """One step of n runs; the first run whose move the model has not, or -1."""
    n = np.uint64(len(letters))
    for i in range(n):
        edge = np.uint64(memory[i]) * np.uint64(width) + np.uint64(letters[i])
        if len(draws) and accepting[edge] and draws[i] >= zeta:
            edge += np.uint64(half)
        after[i] = after_of[edge]
        reward[i] = reward_of[edge]
    for i in range(n):
        time[i] = clock[i] + np.int32(1)
    return _unpack(count, np.uint64(0), n, after, done)


@njit(cache=True, nogil=True)
def _unpack(count: Any, place: Any, steps: Any, after: Any, done: Any) -> Any:
    """Split packed memories; the first that is none, or -1."""
    last, signs = np.int32(count) - np.int32(1), np.int32(0)
    for p in range(place, place + steps):
        packed = after[p]
        memory = np.int32(packed ^ (packed >> np.int32(31)))
        done[p] = packed < 0
        after[p] = memory
        # The sign of the whole says whether one was too large; a maximum would be a branch.
        signs |= np.int32(last - memory)
    if signs < 0:
        for p in range(place, place + steps):
            if after[p] >= count:
                return np.int64(p)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def adjust(
    width: Any, rest: Any, horizon: Any, clock: Any, ended: Any, loops: Any, after: Any,
    reward: Any, done: Any,
) -> None:  # fmt: skip
    """What horizons and the ends of episodes change in a step of n runs from all memories."""
    for i in range(len(after)):
        if horizon >= 0 and clock[i] >= horizon:
            reward[i] = 0.0
        over = horizon >= 0 and clock[i] + 1 >= horizon
        if ended[i] and len(rest):
            for m in range(after.shape[1]):
                if not done[i, m]:
                    reward[i, m] += rest[after[i, m] * width + loops[i]]
        if over or ended[i]:
            done[i] = True


@njit(cache=True, nogil=True)
def _four(
    following: Any, accepting: Any, half: Any, zeta: Any, letters: Any, draws: Any, places: Any,
    rows: Any, steps: Any, edges: Any,
) -> None:  # fmt: skip
    """The edges of four runs, interleaved: one run alone waits for its own last step."""
    one, gadget = np.uint64(1), len(draws) > 0
    p, q, r, s = places[0], places[1], places[2], places[3]
    a, b, c, d = rows[0], rows[1], rows[2], rows[3]
    for _ in range(steps):
        e, f = np.uint64(a) + np.uint64(letters[p]), np.uint64(b) + np.uint64(letters[q])
        g, h = np.uint64(c) + np.uint64(letters[r]), np.uint64(d) + np.uint64(letters[s])
        if gadget:
            e += half * np.uint64(accepting[e] and draws[p] >= zeta)
            f += half * np.uint64(accepting[f] and draws[q] >= zeta)
            g += half * np.uint64(accepting[g] and draws[r] >= zeta)
            h += half * np.uint64(accepting[h] and draws[s] >= zeta)
        edges[p], edges[q], edges[r], edges[s] = e, f, g, h
        a, b, c, d = following[e], following[f], following[g], following[h]
        p += one
        q += one
        r += one
        s += one
    rows[0], rows[1], rows[2], rows[3] = a, b, c, d


@njit(cache=True, nogil=True)
def _one(
    following: Any, accepting: Any, half: Any, zeta: Any, letters: Any, draws: Any, place: Any,
    row: Any, steps: Any, edges: Any,
) -> None:  # fmt: skip
    """The edges of one run."""
    for p in range(place, place + steps):
        edge = np.uint64(row) + np.uint64(letters[p])
        if len(draws) and accepting[edge] and draws[p] >= zeta:
            edge += half
        edges[p] = edge
        row = following[edge]


@njit(cache=True, nogil=True)
def trace(
    half: Any, following: Any, accepting: Any, zeta: Any, places: Any, lengths: Any, rows: Any,
    letters: Any, draws: Any, edges: Any,
) -> None:  # fmt: skip
    """The edges of runs of stored steps: run k has ``lengths[k]`` steps from ``places[k]`` on, and
    begins in row ``rows[k]``. Four of them at a time."""
    half = np.uint64(half)
    place, row = np.zeros(4, dtype=np.uint64), np.zeros(4, dtype=np.uint32)
    left = np.zeros(4, dtype=np.uint64)
    taken = 0
    while True:
        for k in range(4):
            while left[k] == 0 and taken < len(lengths):
                place[k], left[k], row[k] = places[taken], lengths[taken], rows[taken]
                taken += 1
        steps = min(min(left[0], left[1]), min(left[2], left[3]))
        if steps == 0:
            break
        _four(following, accepting, half, zeta, letters, draws, place, row, steps, edges)
        for k in range(4):
            place[k] += steps
            left[k] -= steps
    for k in range(4):
        _one(following, accepting, half, zeta, letters, draws, place[k], row[k], left[k], edges)


@njit(cache=True, nogil=True)
def look_up(
    count: Any, after_of: Any, reward_of: Any, after: Any, reward: Any, done: Any
) -> Any:  # fmt: skip
    """The answers of the edges that ``after`` holds; the first step that is no move, or -1."""
    total = np.uint64(len(after))
    for place in range(np.uint64(0), total, BLOCK):
        steps = min(BLOCK, total - place)
        for p in range(place, place + steps):
            edge = np.uint64(after[p])
            reward[p] = reward_of[edge]
            after[p] = after_of[edge]
        wrong = _unpack(count, place, steps, after, done)
        if wrong >= 0:
            return wrong
    return np.int64(-1)


@njit(cache=True, nogil=True)
def finish(
    width: Any, rest: Any, horizon: Any, places: Any, lengths: Any, ended: Any, cut: Any,
    loops: Any, after: Any, reward: Any, done: Any,
) -> None:  # fmt: skip
    """What horizons and the ends of episodes change in runs of stored steps."""
    for k in range(len(lengths)):
        first, last = places[k], places[k] + lengths[k] - np.uint64(1)
        if horizon >= 0 and lengths[k] >= horizon:
            if horizon == 0:
                reward[first] = 0.0
            held = first + np.uint64(max(horizon - 1, 0))
            done[held] = True
            for p in range(held + np.uint64(1), last + np.uint64(1)):
                after[p], reward[p], done[p] = after[held], 0.0, True
        if len(ended) and ended[last] and not done[last]:
            if len(rest):
                reward[last] += rest[np.uint64(after[last] * width + loops[last])]
            done[last] = True
        if len(cut) and cut[last]:
            done[last] = True
