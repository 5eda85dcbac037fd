"""The compiled loops from values to rewards: differences, horizons and ends."""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["step", "stored"]


@njit(cache=True, nogil=True)
def step(
    horizon: Any, before: Any, value: Any, clock: Any, ended: Any, time: Any, reward: Any,
    done: Any,
) -> None:  # fmt: skip
    """Rewards, clocks ``time`` and ends of one step of n runs; ``ended`` may be empty."""
    for i in range(len(value)):
        now = clock[i] + 1
        reward[i] = value[i] - before[i]
        done[i] = (len(ended) > 0 and ended[i]) or (horizon >= 0 and now >= horizon)
        time[i] = now


@njit(cache=True, nogil=True)
def stored(
    horizon: Any, places: Any, lengths: Any, opening: Any, value: Any, ended: Any, reward: Any,
    done: Any, begins: Any,
) -> None:  # fmt: skip
    """Rewards and ends of episodes; behind the horizon nothing is paid."""
    for e in range(len(places)):
        last = opening[e]
        for t in range(lengths[e]):
            p = places[e] + t
            reward[p] = value[p] - last
            last = value[p]
            if horizon >= 0 and t >= horizon:
                reward[p] = 0.0
            done[p] = ended[p] or (horizon >= 0 and t + 1 >= horizon)
            begins[p] = t == 0
