"""The loops of dense kernels for GPUs: a batch is one launch, bound by memory.

They read the edge tables of :mod:`specc.emit.dense`, as the compiled loops for CPUs do. Stored runs
are read as they lie, by their strides; answers are time-major, so that neighbouring runs write to
neighbouring places. What is wrong with a batch raises the flag ``wrong``; nothing outside the
tables is read. Triton takes annotations for its own, so arguments have none.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["classify", "move", "trace"]

_SIZES = ["n", "width", "half", "count", "horizon"]
_STRIDES = [f"{of}_{by}" for of in ("letters", "draws", "ended", "cut", "loops")
            for by in ("run", "step")]  # fmt: skip
"""What another spec or batch has other numbers for: none is compiled anew."""


@triton.jit(do_not_specialize=["n"])  # type: ignore[untyped-decorator]
def classify(table, truths, letters, n, WIDTH: tl.constexpr, BLOCK: tl.constexpr):
    """The letter class of every row of propositions, by a table over all letters."""
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = place < n
    letter = tl.zeros([BLOCK], dtype=tl.int32)
    for atom in tl.static_range(WIDTH):
        held = tl.load(truths + place * WIDTH + atom, mask=inside, other=0)
        letter += (held != 0).to(tl.int32) << atom
    tl.store(letters + place, tl.load(table + letter, mask=inside, other=0), mask=inside)


@triton.jit(do_not_specialize=_SIZES)  # type: ignore[untyped-decorator]
def move(
    after_of, reward_of, accepting_of, rest_of, zeta, memory,
    clock, letters, draws, ended, loops, after, time,
    reward, done, wrong, n, width, half, count, horizon,
    EVERY: tl.constexpr, DRAWS: tl.constexpr, ENDED: tl.constexpr, REST: tl.constexpr,
    HORIZON: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
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


@triton.jit(do_not_specialize=[*_SIZES, "length", *_STRIDES])  # type: ignore[untyped-decorator]
def trace(
    next_of, after_of, reward_of, accepting_of, rest_of, zeta, starts, letters, draws, ended, cut,
    loops, before, after, reward, done, live, wrong, n, length, width, half, count, horizon,
    letters_run, letters_step, draws_run, draws_step, ended_run, ended_step, cut_run, cut_step,
    loops_run, loops_step,
    STARTS: tl.constexpr, DRAWS: tl.constexpr, ENDED: tl.constexpr, CUT: tl.constexpr,
    REST: tl.constexpr, HORIZON: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
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
    place = run
    letters += run * letters_run
    draws += run * draws_run
    ended += run * ended_run
    cut += run * cut_run
    loops += run * loops_run
    # Letters are asked for three steps ahead: nothing else keeps a lane waiting for memory.
    one = tl.load(letters, mask=inside, other=0)
    two = tl.load(letters + letters_step, mask=inside & (run * 0 + 1 < length), other=0)
    three = tl.load(letters + 2 * letters_step, mask=inside & (run * 0 + 2 < length), other=0)
    letters += 3 * letters_step
    for t in tl.range(0, length, loop_unroll_factor=4):
        letter, one, two = one, two, three
        three = tl.load(letters, mask=inside & (run * 0 + t + 3 < length), other=0)
        letters += letters_step
        stop = inside & (taken < 0)
        if ENDED:
            stop |= tl.load(ended, mask=inside, other=0) != 0
            ended += ended_step
        halt = stop
        if CUT:
            halt |= tl.load(cut, mask=inside, other=0) != 0
            cut += cut_step
        outside = (letter < 0) | (letter >= width)
        edge = row + tl.where(outside, 0, letter.to(tl.int32))
        bad |= outside
        if DRAWS:
            draw = tl.load(draws, mask=inside, other=0.0)
            draws += draws_step
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
        if REST and ENDED:
            loop = tl.load(loops, mask=inside, other=0)
            loops += loops_step
            strange = (loop < 0) | (loop >= width)
            bad |= strange
            at = tl.where(strange | (behind >= count), 0, behind * width + loop.to(tl.int32))
            more = tl.load(rest_of + at, mask=inside, other=0.0)
            paid = tl.where(stop & (over == 0) & alive, paid + more, paid)
        tl.store(before + place, held, mask=inside)
        tl.store(after + place, behind, mask=inside)
        tl.store(reward + place, paid, mask=inside)
        tl.store(done + place, (over | halt).to(tl.int8), mask=inside)
        tl.store(live + place, alive.to(tl.int8), mask=inside)
        place += n
        if ENDED or CUT:
            later = inside & (run * 0 + t + 1 < length)
            if STARTS == 1:
                bad |= halt & later
            if STARTS == 2:
                begin = tl.load(starts + place, mask=later, other=0)
            held = tl.where(halt, begin, behind)
            row = tl.where(halt, begin * width, row_behind)
            taken = tl.where(halt, 0, taken + 1)
        else:
            held, row, taken = behind, row_behind, taken + 1
    if tl.max((bad & inside).to(tl.int32), 0) > 0:
        tl.store(wrong, 1)
