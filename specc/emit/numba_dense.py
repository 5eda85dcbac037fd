"""The compiled loops over dense tables: one set for all specs, stored on disk.

Indices are unsigned, so that Numba adds no test for negative ones; whoever calls has checked them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from specc.emit.native import native

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


@native("i4[:], i8")
def outside(numbers: Any, count: Any) -> Any:
    """Whether one of the numbers is not in [0, count)."""
    last, signs = np.int32(count - 1), np.int32(0)
    for i in range(len(numbers)):
        signs |= np.int32(numbers[i] | (last - numbers[i]))
    return np.int64(signs < 0)


@native("i8[:], i8[:], i8[:], i8, b1[:, :], out i4[:]")
def classify(atom: Any, low: Any, high: Any, root: Any, valuations: Any, letters: Any) -> Any:
    """The letter class of every row of propositions, by the decision diagram."""
    for i in range(len(letters)):
        node = root
        while node >= 0:
            node = high[node] if valuations[i, atom[node]] else low[node]
        letters[i] = -1 - node
    return 0


@native("i4[:], u1[:], i8, out i4[:]")
def classify_by_table(table: Any, valuations: Any, propositions: Any, letters: Any) -> Any:
    """The letter class of every row of propositions (0 or 1), the rows in one line, by a table
    over all letters."""
    place, width = np.uint64(0), np.uint64(propositions)
    for i in range(np.uint64(len(letters))):
        letter = np.uint64(0)
        for atom in range(width):
            letter |= np.uint64(valuations[place + atom]) << atom
        place += width
        letters[i] = table[letter]
    return 0


@native(
    "i8, i8, i8, i4[:], f8[:], u1[:], f8, i4[:], i4[:], i4[:], f8[:], out i4[:], "
    "out i4[:], out f8[:], out b1[:]"
)
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


@native("i8, f8[:], i8, i4[:], b1[:], i4[:], out i4[:, :], out f8[:, :], out b1[:, :]")
def adjust(
    width: Any, rest: Any, horizon: Any, clock: Any, ended: Any, loops: Any, after: Any,
    reward: Any, done: Any,
) -> Any:  # fmt: skip
    """What horizons and the ends of episodes change in a step of n runs from all memories."""
    for i in range(len(after)):
        if horizon >= 0 and clock[i] >= horizon:
            for m in range(after.shape[1]):
                reward[i, m] = 0.0
        over = horizon >= 0 and clock[i] + 1 >= horizon
        if ended[i] and len(rest):
            for m in range(after.shape[1]):
                if not done[i, m]:
                    reward[i, m] += rest[after[i, m] * width + loops[i]]
        if over or ended[i]:
            for m in range(after.shape[1]):
                done[i, m] = True
    return 0


def _four(
    following: Any, accepting: Any, half: Any, zeta: Any, letters: Any, draws: Any, held: Any,
    steps: Any, edges: Any,
) -> None:  # fmt: skip
    """The edges of four runs, interleaved: one run alone waits for its own last step. ``held`` has
    their places, then their rows."""
    one, gadget = np.uint64(1), len(draws) > 0
    p, q, r, s = held[0], held[1], held[2], held[3]
    a, b = np.uint32(held[4]), np.uint32(held[5])
    c, d = np.uint32(held[6]), np.uint32(held[7])
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
    held[4], held[5], held[6], held[7] = a, b, c, d


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


@native("i8, u4[:], u1[:], f8, u8[:], u8[:], u4[:], i4[:], f8[:], out u8[:], out i4[:]")
def trace(
    half: Any, following: Any, accepting: Any, zeta: Any, places: Any, lengths: Any, rows: Any,
    letters: Any, draws: Any, held: Any, edges: Any,
) -> Any:  # fmt: skip
    """The edges of runs of stored steps: run k has ``lengths[k]`` steps from ``places[k]`` on, and
    begins in row ``rows[k]``. Four of them at a time, whose places, rows and steps left ``held``
    has, room for 12 numbers."""
    half = np.uint64(half)
    for k in range(12):
        held[k] = 0
    taken = 0
    while True:
        for k in range(4):
            while held[k + 8] == 0 and taken < len(lengths):
                held[k], held[k + 4], held[k + 8] = places[taken], rows[taken], lengths[taken]
                taken += 1
        steps = min(min(held[8], held[9]), min(held[10], held[11]))
        if steps == 0:
            break
        _four(following, accepting, half, zeta, letters, draws, held, steps, edges)
        for k in range(4):
            held[k] += steps
            held[k + 8] -= steps
    for k in range(4):
        row = np.uint32(held[k + 4])
        _one(following, accepting, half, zeta, letters, draws, held[k], row, held[k + 8], edges)
    return 0


@native("i8, i4[:], f8[:], out i4[:], out f8[:], out b1[:]")
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


@native("i8, f8[:], i8, u8[:], u8[:], b1[:], b1[:], i4[:], out i4[:], out f8[:], out b1[:]")
def finish(
    width: Any, rest: Any, horizon: Any, places: Any, lengths: Any, ended: Any, cut: Any,
    loops: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
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
    return 0
