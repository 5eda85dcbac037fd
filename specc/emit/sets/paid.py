"""The compiled loops around those of the parts: where runs are, and values as rewards."""

from __future__ import annotations

from typing import Any

from specc.emit.native import native

__all__ = ["episode_gains", "misplaced", "strayed", "step_gains"]


@native("i4[:], i4[:], i4[:]")
def misplaced(sources: Any, letters: Any, place: Any) -> int:
    """The first run whose transition does not leave the state it is in, ``place``; -1: none."""
    for i in range(len(letters)):
        if sources[letters[i]] != place[i]:
            return i
    return -1


@native("i4[:], i4[:], i4[:], i4[:], i8[:], i8[:]")
def strayed(
    sources: Any, targets: Any, letters: Any, first: Any, places: Any, lengths: Any
) -> int:  # fmt: skip
    """The first stored step that does not leave the state its episode is in; -1: none."""
    for e in range(len(places)):
        place = first[e]
        for p in range(places[e], places[e] + lengths[e]):
            if sources[letters[p]] != place:
                return p
            place = targets[letters[p]]
    return -1


@native("i8, f8[:], f8[:], i4[:], i4[:], i4[:], b1[:], out i4[:], out i4[:], out f8[:], out b1[:]")
def step_gains(
    horizon: Any, before: Any, value: Any, clock: Any, targets: Any, letters: Any, ended: Any,
    time: Any, place: Any, reward: Any, done: Any,
) -> int:  # fmt: skip
    """Clocks ``time``, states ``place``, rewards and ends behind one step of n runs."""
    for i in range(len(value)):
        now = clock[i] + 1
        reward[i] = value[i] - before[i]
        done[i] = ended[i] or (horizon >= 0 and now >= horizon)
        time[i], place[i] = now, targets[letters[i]]
    return 0


@native("i8, i8[:], i8[:], f8[:], f8[:], b1[:], out f8[:], out b1[:], out b1[:]")
def episode_gains(
    horizon: Any, places: Any, lengths: Any, opening: Any, value: Any, ended: Any, reward: Any,
    done: Any, begins: Any,
) -> int:  # fmt: skip
    """Rewards and ends of episodes; behind the horizon nothing is paid."""
    for e in range(len(places)):
        last = opening[e]
        for t in range(lengths[e]):
            p = places[e] + t
            reward[p] = 0.0 if 0 <= horizon <= t else value[p] - last
            last = value[p]
            done[p] = ended[p] or (horizon >= 0 and t + 1 >= horizon)
            begins[p] = t == 0
    return 0
