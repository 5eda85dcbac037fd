"""The loops of dense kernels for GPUs: a batch is one launch, bound by memory.

They read the edge tables of :mod:`specc.emit.dense`, as the compiled loops for CPUs do. Arrays of
stored runs are time-major, so that neighbouring runs are neighbours in memory. What is wrong with a
batch raises the flag ``wrong``; nothing outside the tables is read.
"""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl

__all__ = ["classify", "move", "trace"]

_SIZES = ["n", "length", "width", "half", "count", "horizon"]
"""What another spec or batch has other numbers for: none is compiled anew."""


@triton.jit(do_not_specialize=["n"])  # type: ignore[untyped-decorator]
def classify(
    table: Any, truths: Any, letters: Any, n: Any, WIDTH: tl.constexpr, BLOCK: tl.constexpr
) -> None:
    """The letter class of every row of propositions, by a table over all letters."""
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = place < n
    letter = tl.zeros([BLOCK], dtype=tl.int32)
    for atom in tl.static_range(WIDTH):
        held = tl.load(truths + place * WIDTH + atom, mask=inside, other=0)
        letter += (held != 0).to(tl.int32) << atom
    tl.store(letters + place, tl.load(table + letter, mask=inside, other=0), mask=inside)


@triton.jit(do_not_specialize=[name for name in _SIZES if name != "length"])  # type: ignore[untyped-decorator]
def move(
    after_of: Any, reward_of: Any, accepting_of: Any, rest_of: Any, zeta: Any, memory: Any,
    clock: Any, letters: Any, draws: Any, ended: Any, loops: Any, after: Any, time: Any,
    reward: Any, done: Any, wrong: Any, n: Any, width: Any, half: Any, count: Any, horizon: Any,
    EVERY: tl.constexpr, DRAWS: tl.constexpr, ENDED: tl.constexpr, REST: tl.constexpr,
    HORIZON: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """One step of n runs; with EVERY, from every memory at once: the answers are (n, count)."""
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    if EVERY:
        inside = place < n * count
        run, held = place // count, (place % count).to(tl.int32)
        bad = held < 0
    else:
        inside = place < n
        run = place
        held = tl.load(memory + run, mask=inside, other=0)
        bad = (held < 0) | (held >= count)
    letter = tl.load(letters + run, mask=inside, other=0)
    bad |= (letter < 0) | (letter >= width)
    edge = tl.where(bad, 0, held * width + letter.to(tl.int32))
    if DRAWS:
        draw = tl.load(draws + run, mask=inside, other=0.0)
        bad |= (draw >= 1) | (draw < 0) | (draw != draw)
        hit = (draw >= tl.load(zeta)) & (tl.load(accepting_of + edge, mask=inside, other=0) != 0)
        edge += half * hit.to(tl.int32)
    packed = tl.load(after_of + edge, mask=inside, other=0)
    paid = tl.load(reward_of + edge, mask=inside, other=0.0)
    over = packed < 0
    behind = packed ^ (packed >> 31)
    missing = behind >= count
    if HORIZON:
        taken = tl.load(clock + run, mask=inside, other=0)
        paid = tl.where(taken >= horizon, 0.0, paid)
        over |= taken + 1 >= horizon
    if ENDED:
        stop = tl.load(ended + run, mask=inside, other=0) != 0
        if REST:
            loop = tl.load(loops + run, mask=inside, other=0)
            bad |= (loop < 0) | (loop >= width)
            at = tl.where(missing | bad, 0, behind * width + loop.to(tl.int32))
            more = tl.load(rest_of + at, mask=inside, other=0.0)
            paid = tl.where(stop & (over == 0), paid + more, paid)
        over |= stop
    if EVERY:
        behind = tl.where(missing, -1, behind)
    else:
        bad |= missing
        tl.store(time + run, tl.load(clock + run, mask=inside, other=0) + 1, mask=inside)
    tl.store(after + place, behind, mask=inside)
    tl.store(reward + place, paid, mask=inside)
    tl.store(done + place, over.to(tl.int8), mask=inside)
    if tl.max((bad & inside).to(tl.int32), 0) > 0:
        tl.store(wrong, 1)


@triton.jit(do_not_specialize=_SIZES)  # type: ignore[untyped-decorator]
def trace(
    next_of: Any, after_of: Any, reward_of: Any, accepting_of: Any, rest_of: Any, zeta: Any,
    starts: Any, letters: Any, draws: Any, ended: Any, cut: Any, loops: Any, before: Any,
    after: Any, reward: Any, done: Any, live: Any, wrong: Any, n: Any, length: Any, width: Any,
    half: Any, count: Any, horizon: Any, STARTS: tl.constexpr, DRAWS: tl.constexpr,
    ENDED: tl.constexpr, CUT: tl.constexpr, REST: tl.constexpr, HORIZON: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """n stored runs of ``length`` steps, a lane each. ``starts`` holds the memory of all episodes
    (STARTS is 0), of each run's only one (1), or that which begins at each step (2)."""
    run = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = run < n
    if STARTS == 0:
        begin = tl.zeros([BLOCK], dtype=tl.int32) + tl.load(starts)
    else:
        begin = tl.load(starts + run, mask=inside, other=0)
    held, row = begin, begin * width
    taken = tl.zeros([BLOCK], dtype=tl.int32)
    bad = taken != 0
    for t in tl.range(0, length, loop_unroll_factor=4):
        place = run + t * n.to(tl.int64)
        letter = tl.load(letters + place, mask=inside, other=0)
        outside = (letter < 0) | (letter >= width)
        edge = row + tl.where(outside, 0, letter.to(tl.int32))
        bad |= outside
        if DRAWS:
            draw = tl.load(draws + place, mask=inside, other=0.0)
            bad |= (draw >= 1) | (draw < 0) | (draw != draw)
            may = tl.load(accepting_of + edge, mask=inside, other=0) != 0
            edge += half * ((draw >= tl.load(zeta)) & may).to(tl.int32)
        packed = tl.load(after_of + edge, mask=inside, other=0)
        paid = tl.load(reward_of + edge, mask=inside, other=0.0)
        row_behind = tl.load(next_of + edge, mask=inside, other=0)
        alive = row < count * width
        over = packed < 0
        behind = packed ^ (packed >> 31)
        bad |= behind >= count
        if HORIZON:
            paid = tl.where(taken >= horizon, 0.0, paid)
            last = taken + 1 >= horizon
            over |= last
            row_behind = tl.where(last & alive, (behind + count) * width, row_behind)
        stop = bad & (taken < 0)
        if ENDED:
            stop |= tl.load(ended + place, mask=inside, other=0) != 0
            if REST:
                loop = tl.load(loops + place, mask=inside, other=0)
                strange = (loop < 0) | (loop >= width)
                bad |= strange
                at = tl.where(strange | (behind >= count), 0, behind * width + loop.to(tl.int32))
                more = tl.load(rest_of + at, mask=inside, other=0.0)
                paid = tl.where(stop & (over == 0) & alive, paid + more, paid)
        if CUT:
            stop |= tl.load(cut + place, mask=inside, other=0) != 0
        tl.store(before + place, held, mask=inside)
        tl.store(after + place, behind, mask=inside)
        tl.store(reward + place, paid, mask=inside)
        tl.store(done + place, (over | stop).to(tl.int8), mask=inside)
        tl.store(live + place, alive.to(tl.int8), mask=inside)
        if ENDED or CUT:
            later = inside & (t + 1 + run * 0 < length)
            if STARTS == 1:
                bad |= stop & later
            if STARTS == 2:
                begin = tl.load(starts + place + n, mask=later, other=0)
            held = tl.where(stop, begin, behind)
            row = tl.where(stop, begin * width, row_behind)
            taken = tl.where(stop, 0, taken + 1)
        else:
            held, row, taken = behind, row_behind, taken + 1
    if tl.max((bad & inside).to(tl.int32), 0) > 0:
        tl.store(wrong, 1)
