"""The compiled loops of coverage: bits of the states covered, one row of words a run.

In all loops state s adds the bits ``masks[k]`` of the words ``words[k]``, k in
``starts[s] : starts[s + 1]``, and what is added is the number of new bits, or, where there are
``weights``, the sum of theirs.
"""

from __future__ import annotations

from typing import Any

from numba import int64, njit, uint64
from numba.extending import register_jitable

from specc.emit.sets.bits import count_bits, lowest_bit

__all__ = ["gains", "relabel", "step"]


@register_jitable
def _worth(weights: Any, word: Any, fresh: Any) -> Any:
    if not len(weights):
        return float(int64(count_bits(fresh)))
    total = 0.0
    while fresh:
        total += weights[64 * word + int64(lowest_bit(fresh))]
        fresh &= fresh - uint64(1)
    return total


@njit(cache=True, nogil=True)
def step(
    starts: Any, words: Any, masks: Any, weights: Any, horizon: Any, targets: Any, letters: Any,
    clock: Any, held: Any, sums: Any,
) -> None:  # fmt: skip
    """n runs enter ``targets[letters]``: changes their bits ``held`` (n, words) and ``sums``."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            state = targets[letters[i]]
            for k in range(starts[state], starts[state + 1]):
                word = words[k]
                fresh = masks[k] & ~held[i, word]
                held[i, word] |= fresh
                sums[i] += _worth(weights, word, fresh)


@njit(cache=True, nogil=True)
def relabel(
    starts: Any, words: Any, masks: Any, weights: Any, horizon: Any, targets: Any, letters: Any,
    first: Any, places: Any, lengths: Any, row: Any, opening: Any, sums: Any,
) -> None:  # fmt: skip
    """Episodes: k starts in state ``first[k]`` and has ``lengths[k]`` steps from ``places[k]`` on.
    ``opening[k]`` is its sum before the first step, ``sums`` those behind each step; ``row`` is
    room for the bits of one run."""
    for e in range(len(places)):
        row[:] = 0
        total = 0.0
        state = first[e]
        for k in range(starts[state], starts[state + 1]):
            row[words[k]] = masks[k]
            total += _worth(weights, words[k], masks[k])
        opening[e] = total
        count = lengths[e] if horizon < 0 else min(lengths[e], horizon)
        for p in range(places[e], places[e] + count):
            state = targets[letters[p]]
            for k in range(starts[state], starts[state + 1]):
                word = words[k]
                fresh = masks[k] & ~row[word]
                row[word] |= fresh
                total += _worth(weights, word, fresh)
            sums[p] = total
        sums[places[e] + count : places[e] + lengths[e]] = total


@njit(cache=True, nogil=True)
def gains(
    starts: Any, words: Any, masks: Any, weights: Any, horizon: Any, states: Any, clock: Any,
    held: Any, found: Any,
) -> None:  # fmt: skip
    """What each of ``states`` (n, k) alone would add to run i, (n, k)."""
    for i in range(len(states)):
        for j in range(states.shape[1]):
            gain = 0.0
            if horizon < 0 or clock[i] < horizon:
                state = states[i, j]
                for k in range(starts[state], starts[state + 1]):
                    gain += _worth(weights, words[k], masks[k] & ~held[i, words[k]])
            found[i, j] = gain
