"""The compiled loops of kernels: one set for all specs, cached on disk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable

from specc.emit import bytecode

__all__ = [
    "IMPOSSIBLE", "INFINITE", "Loops", "counterfactual", "evaluate", "relabel", "rest_table",
    "step",
]  # fmt: skip

IMPOSSIBLE, INFINITE = 1, 2
"""What a loop found wrong; 0 is nothing."""


class Loops(NamedTuple):
    """The arrays of :class:`specc.emit.kernel_tables.KernelTables` that loops read, and
    for formulas ``rest``: what the same letter for ever would still pay, by (memory, letter)."""

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
    formula: bool
    rest: Any
    zeta: float
    horizon: int


for _name in ("_power", "_binary", "_unary", "_compare", "run_rows"):
    # The same Python text serves both; this only tells Numba that it may compile it.
    register_jitable(getattr(bytecode, _name))
_run_rows = bytecode.run_rows


@njit(cache=True, nogil=True)
def _paid(tables: Any, program: Any, inputs: Any, slots: Any) -> Any:
    if tables.known[program]:
        return tables.values[program]
    rows = tables.rows[tables.row_starts[program] : tables.row_starts[program + 1]]
    constants = tables.constants[tables.constant_starts[program] :]
    return _run_rows(rows, constants, inputs, np.zeros(0, dtype=np.bool_), slots)


@njit(cache=True, nogil=True)
def _one(
    tables: Any, held: Any, clock: Any, letter: Any, draw: Any, ended: Any, loop: Any, inputs: Any,
    slots: Any,
) -> Any:  # fmt: skip
    """(memory after, reward, done, what is wrong) of one step of one run."""
    after = tables.next[held, letter]
    if after < 0:
        return after, 0.0, True, 1
    paid = 0.0
    if tables.horizon < 0 or clock < tables.horizon:
        paid = _paid(tables, tables.reward[held, letter], inputs, slots)
        if not np.isfinite(paid):
            return after, paid, True, 2
    done = tables.final[after] or (tables.horizon >= 0 and clock + 1 >= tables.horizon)
    if tables.accepting[held, letter] and draw >= tables.zeta:
        return after, 1.0, True, 0
    if tables.formula and ended and not done:
        paid += tables.rest[after, loop]
    return after, paid, done or ended, 0


@njit(cache=True, nogil=True)
def step(
    tables: Any, memory: Any, clock: Any, letters: Any, draws: Any, ended: Any, loops: Any,
    numbers: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """One step of n runs; (run, what is wrong) of the first failure, or (-1, 0)."""
    slots = np.zeros(64)
    for i in range(len(letters)):
        after[i], reward[i], done[i], wrong = _one(
            tables, memory[i], clock[i], letters[i], draws[i] if len(draws) else 0.0, ended[i],
            loops[i], numbers[i], slots,
        )  # fmt: skip
        if wrong:
            return i, wrong
    return -1, 0


@njit(cache=True, nogil=True)
def counterfactual(
    tables: Any, clock: Any, letters: Any, draws: Any, ended: Any, loops: Any, numbers: Any,
    after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """One step of n runs from every memory at once."""
    slots = np.zeros(64)
    for i in range(len(letters)):
        for held in range(len(tables.next)):
            after[i, held], reward[i, held], done[i, held], wrong = _one(
                tables, held, clock[i], letters[i], draws[i] if len(draws) else 0.0, ended[i],
                loops[i], numbers[i], slots,
            )  # fmt: skip
            if wrong == 2:
                return i, wrong
    return -1, 0


@njit(cache=True, nogil=True)
def relabel(
    tables: Any, starts: Any, places: Any, lengths: Any, letters: Any, draws: Any, ended: Any,
    cut: Any, loops: Any, numbers: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """Episodes of stored steps: k has ``lengths[k]`` steps from ``places[k]`` on, and begins with
    memory ``starts[k]``; (step, what is wrong) of the first failure, or (-1, 0)."""
    slots = np.zeros(64)
    for k in range(len(lengths)):
        held, over = starts[k], False
        for clock in range(lengths[k]):
            p = places[k] + clock
            if over:
                reward[p] = 0.0
            else:
                held, reward[p], over, wrong = _one(
                    tables, held, clock, letters[p], draws[p] if len(draws) else 0.0,
                    len(ended) > 0 and ended[p], loops[p], numbers[p], slots,
                )  # fmt: skip
                if wrong:
                    return p, wrong
            after[p], done[p] = held, over
        last = places[k] + lengths[k] - 1
        if len(cut) and cut[last]:
            done[last] = True
    return -1, 0


@njit(cache=True, nogil=True)
def rest_table(following: Any, paid: Any, accepting: Any, jumps: Any, rest: Any) -> None:
    """Fill ``rest[memory, letter]``: the best over the memory and its jumps of what the letter for
    ever pays until memories repeat, or 1 where an accepting edge recurs."""
    seen = np.full(len(following), -1)
    alone = np.zeros_like(rest)
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
            for target in jumps[begin]:
                if target >= 0 and abs(alone[target, letter]) > abs(best):
                    best = alone[target, letter]
            rest[begin, letter] = best


@njit(cache=True, nogil=True)
def evaluate(rows: Any, constants: Any, numbers: Any, truths: Any, values: Any) -> None:
    """One program on n rows of inputs and truth values."""
    slots = np.zeros(64)
    for i in range(len(values)):
        values[i] = _run_rows(rows, constants, numbers[i], truths[i], slots)
