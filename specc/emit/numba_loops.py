"""The compiled loops of kernels: one set for all specs, stored on disk.

Those over steps return 0, or four times the place of the first failure plus what is wrong there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from specc.emit import bytecode
from specc.emit.native import native
from specc.emit.native_form import Record, signature

__all__ = [
    "IMPOSSIBLE", "INFINITE", "TABLES", "Loops", "counterfactual", "evaluate", "relabel",
    "rest_table", "step",
]  # fmt: skip

IMPOSSIBLE, INFINITE = 1, 2
"""What a loop found wrong; 0 is nothing."""


class Loops(NamedTuple):
    """The arrays of :class:`specc.emit.kernel_tables.KernelTables` that loops read, and
    for formulas ``rest``: what the same letter for ever would still pay, by (memory, letter).
    ``truths`` is empty (rewards read none), ``slots`` is room for an interpreter's stack."""

    next: Any
    reward: Any
    values: Any
    known: Any
    rows: Any
    row_starts: Any
    constants: Any
    constant_starts: Any
    accepting: Any
    final: Any
    formula: int
    rest: Any
    zeta: float
    horizon: int
    truths: Any
    slots: Any


TABLES = Record(
    Loops,
    signature(
        "i4[:, :], i4[:, :], f8[:], b1[:], i8[:, :], i8[:], f8[:], i8[:], b1[:, :], b1[:], i8, "
        "f8[:, :], f8, i8, b1[:], out f8[:]"
    ),
)
# The same Python text is interpreted and compiled.
_run_rows = bytecode.run_rows


def _paid(tables: Any, program: Any, inputs: Any) -> Any:
    if tables.known[program]:
        return tables.values[program]
    rows = tables.rows[tables.row_starts[program] : tables.row_starts[program + 1]]
    constants = tables.constants[tables.constant_starts[program] :]
    return _run_rows(rows, constants, inputs, tables.truths, tables.slots)


def _one(
    tables: Any, held: Any, clock: Any, letter: Any, draw: Any, ended: Any, loop: Any, inputs: Any,
) -> Any:  # fmt: skip
    """(memory after, reward, done, what is wrong) of one step of one run."""
    after = tables.next[held, letter]
    if after < 0:
        return after, 0.0, True, IMPOSSIBLE
    paid = 0.0
    if tables.horizon < 0 or clock < tables.horizon:
        paid = _paid(tables, tables.reward[held, letter], inputs)
        if not np.isfinite(paid):
            return after, paid, True, INFINITE
    done = tables.final[after] or (tables.horizon >= 0 and clock + 1 >= tables.horizon)
    if tables.accepting[held, letter] and draw >= tables.zeta:
        return after, 1.0, True, 0
    if tables.formula and ended and not done:
        paid += tables.rest[after, loop]
    return after, paid, done or ended, 0


@native(
    "tables, i4[:], i4[:], i4[:], f8[:], b1[:], i4[:], f8[:, :], out i4[:], out f8[:], out b1[:]",
    tables=TABLES,
)
def step(
    tables: Any, memory: Any, clock: Any, letters: Any, draws: Any, ended: Any, loops: Any,
    numbers: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """One step of n runs."""
    for i in range(len(letters)):
        after[i], reward[i], done[i], wrong = _one(
            tables, memory[i], clock[i], letters[i], draws[i] if len(draws) else 0.0, ended[i],
            loops[i], numbers[i],
        )  # fmt: skip
        if wrong:
            return 4 * i + wrong
    return 0


@native(
    "tables, i4[:], i4[:], f8[:], b1[:], i4[:], f8[:, :], out i4[:, :], out f8[:, :], out b1[:, :]",
    tables=TABLES,
)
def counterfactual(
    tables: Any, clock: Any, letters: Any, draws: Any, ended: Any, loops: Any, numbers: Any,
    after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """One step of n runs from every memory at once."""
    for i in range(len(letters)):
        for held in range(len(tables.next)):
            after[i, held], reward[i, held], done[i, held], wrong = _one(
                tables, held, clock[i], letters[i], draws[i] if len(draws) else 0.0, ended[i],
                loops[i], numbers[i],
            )  # fmt: skip
            if wrong == INFINITE:
                return 4 * i + wrong
    return 0


@native(
    "tables, i4[:], i8[:], i8[:], i4[:], f8[:], b1[:], b1[:], i4[:], f8[:, :], "
    "out i4[:], out f8[:], out b1[:]",
    tables=TABLES,
)
def relabel(
    tables: Any, starts: Any, places: Any, lengths: Any, letters: Any, draws: Any, ended: Any,
    cut: Any, loops: Any, numbers: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """Episodes of stored steps: k has ``lengths[k]`` steps from ``places[k]`` on, and begins with
    memory ``starts[k]``."""
    for k in range(len(lengths)):
        held, over = starts[k], False
        for clock in range(lengths[k]):
            p = places[k] + clock
            if over:
                reward[p] = 0.0
            else:
                held, reward[p], over, wrong = _one(
                    tables, held, clock, letters[p], draws[p] if len(draws) else 0.0,
                    len(ended) > 0 and ended[p], loops[p], numbers[p],
                )  # fmt: skip
                if wrong:
                    return 4 * p + wrong
            after[p], done[p] = held, over
        last = places[k] + lengths[k] - 1
        if len(cut) and cut[last]:
            done[last] = True
    return 0


@native("i4[:, :], f8[:, :], b1[:, :], i8[:, :], out i8[:], out f8[:, :], out f8[:, :]")
def rest_table(
    following: Any, paid: Any, accepting: Any, jumps: Any, seen: Any, alone: Any, rest: Any
) -> Any:  # fmt: skip
    """Fill ``rest[memory, letter]``: the best over the memory and its jumps of what the letter for
    ever pays until memories repeat, or 1 where an accepting edge recurs. ``seen`` (memories) and
    ``alone`` (as ``rest``) are room."""
    for letter in range(following.shape[1]):
        for begin in range(len(following)):
            seen[:] = -1
            held, length, total = begin, 0, 0.0
            while seen[held] < 0:
                seen[held] = length
                length += 1
                total += paid[held, letter]
                held = following[held, letter]
            recurs, end = accepting[held, letter], following[held, letter]
            while end != held:
                recurs = recurs or accepting[end, letter]
                end = following[end, letter]
            alone[begin, letter] = 1.0 if recurs else total
        for begin in range(len(following)):
            best = alone[begin, letter]
            for jump in range(jumps.shape[1]):
                target = jumps[begin, jump]
                if target >= 0 and abs(alone[target, letter]) > abs(best):
                    best = alone[target, letter]
            rest[begin, letter] = best
    return 0


@native("i8[:, :], f8[:], f8[:, :], b1[:, :], out f8[:], out f8[:]")
def evaluate(
    rows: Any, constants: Any, numbers: Any, truths: Any, slots: Any, values: Any
) -> Any:  # fmt: skip
    """One program on n rows of inputs and truth values."""
    for i in range(len(values)):
        values[i] = _run_rows(rows, constants, numbers[i], truths[i], slots)
    return 0
