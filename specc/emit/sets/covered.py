"""The compiled loops of coverage: bits of the states covered, one row of words a run.

In all loops state s adds the bits ``masks[k]`` of the words ``words[k]``, for the k in
``starts[s] : starts[s + 1]``, and what is added is the number of new bits, or, where there are
``weights``, the sum of theirs. Nothing is added behind ``horizon`` steps, -1 for none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from specc.emit.native import native
from specc.emit.sets.bits import count_bits, lowest_bit

__all__ = ["covered_episodes", "covered_gains", "covered_step"]


def _worth(weights: Any, word: Any, fresh: Any) -> Any:
    """What new bits of a word add."""
    if len(weights) == 0:
        return np.float64(count_bits(fresh))
    total = 0.0
    while fresh != np.uint64(0):
        total += weights[np.int64(64) * np.int64(word) + lowest_bit(fresh)]
        fresh &= fresh - np.uint64(1)
    return total


@native("i8[:], i4[:], u8[:], f8[:], i8, i4[:], i4[:], i4[:], out u8[:, :], out f8[:]")
def covered_step(
    starts: Any, words: Any, masks: Any, weights: Any, horizon: Any, targets: Any, letters: Any,
    clock: Any, held: Any, sums: Any,
) -> int:  # fmt: skip
    """n runs enter ``targets[letters]``: changes their bits ``held`` (n, words) and ``sums``."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            state = targets[letters[i]]
            for k in range(starts[state], starts[state + 1]):
                word = words[k]
                fresh = masks[k] & ~held[i, word]
                held[i, word] |= fresh
                sums[i] += _worth(weights, word, fresh)
    return 0


@native(
    "i8[:], i4[:], u8[:], f8[:], i8, i4[:], i4[:], i4[:], i8[:], i8[:], out u8[:], out f8[:], "
    "out f8[:]"
)
def covered_episodes(
    starts: Any, words: Any, masks: Any, weights: Any, horizon: Any, targets: Any, letters: Any,
    first: Any, places: Any, lengths: Any, row: Any, opening: Any, sums: Any,
) -> int:  # fmt: skip
    """Episode e starts in state ``first[e]`` and has ``lengths[e]`` steps from ``places[e]`` on.
    ``opening[e]`` is its sum before the first step, ``sums`` those behind each step; ``row`` is
    room for the bits of one run."""
    for e in range(len(places)):
        for w in range(len(row)):
            row[w] = np.uint64(0)
        total = 0.0
        state = first[e]
        for k in range(starts[state], starts[state + 1]):
            row[words[k]] = masks[k]
            total += _worth(weights, words[k], masks[k])
        opening[e] = total
        counted = lengths[e] if horizon < 0 else min(lengths[e], horizon)
        for p in range(places[e], places[e] + counted):
            state = targets[letters[p]]
            for k in range(starts[state], starts[state + 1]):
                word = words[k]
                fresh = masks[k] & ~row[word]
                row[word] |= fresh
                total += _worth(weights, word, fresh)
            sums[p] = total
        for p in range(places[e] + counted, places[e] + lengths[e]):
            sums[p] = total
    return 0


@native("i8[:], i4[:], u8[:], f8[:], i8, i4[:, :], i4[:], u8[:, :], out f8[:, :]")
def covered_gains(
    starts: Any, words: Any, masks: Any, weights: Any, horizon: Any, states: Any, clock: Any,
    held: Any, found: Any,
) -> int:  # fmt: skip
    """What each of ``states`` (n, k) alone would add to run i, (n, k)."""
    for i in range(len(states)):
        open_still = horizon < 0 or clock[i] < horizon
        for j in range(states.shape[1]):
            gain = 0.0
            if open_still:
                state = states[i, j]
                for k in range(starts[state], starts[state + 1]):
                    gain += _worth(weights, words[k], masks[k] & ~held[i, words[k]])
            found[i, j] = gain
    return 0
