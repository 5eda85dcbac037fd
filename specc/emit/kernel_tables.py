"""What a kernel interprets: a reward's memory as dense arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.automata.blocks import Blocks, blocks
from specc.automata.branching import Branching
from specc.diagnostics import SpecError
from specc.emit.finite_control import Controller, WholeLetters
from specc.emit.plan import ReturnScheme
from specc.model.mdp import Mdp

__all__ = ["KernelTables", "of_controller", "of_return"]

_MOST_ENTRIES = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class KernelTables:
    """Arrays over memories and letters (letter classes, or the transitions of a model).

    ``next[memory, letter]`` (int32) is -1 where no run holds that memory before that letter;
    ``reward[memory, letter]`` (int32) is a program's number. Program p is ``values[p]`` where
    ``known[p]``, else the rows ``row_starts[p] : row_starts[p + 1]`` of ``rows`` over the constants
    from ``constant_starts[p]`` on. ``first[letter]`` (int64) is the memory that reads the start:
    a letter class, or a model state (-1 where no run starts). ``formula`` is empty or the kind of
    a formula's scheme. The rest as in :class:`specc.emit.controller.Controller`. With a ``diagram``
    letters are bit masks; the tables have one row, of edges, and ``first`` is empty.
    """

    next: NDArray[np.int32]
    reward: NDArray[np.int32]
    values: NDArray[np.float64]
    known: NDArray[np.bool_]
    rows: NDArray[np.int64]
    row_starts: NDArray[np.int64]
    constants: NDArray[np.float64]
    constant_starts: NDArray[np.int64]
    accepting: NDArray[np.bool_]
    final: NDArray[np.bool_]
    first: NDArray[np.int64]
    jumps: NDArray[np.int64]
    zeta: float
    horizon: int
    formula: str
    texts: tuple[str, ...]
    diagram: Blocks | None = None

    @property
    def memories(self) -> int:
        """How many states the memory has."""
        return len(self.final)


def of_controller(control: Controller, horizon: int, formula: str) -> KernelTables:
    """The tables of a controller; letters are its letter classes."""
    if control.branching is None:
        parts = _by_class(control)
    else:
        parts = _by_edge(control, control.branching)
    programs = control.programs
    rows = [row for program in programs for row in program.rows]
    constants = [value for program in programs for value in program.constants]
    width = max(control.jump_count, 1)
    jumps = [[*row, *[-1] * (width - len(row))] for row in control.jumps]
    return KernelTables(
        values=np.array([0.0 if v is None else float(v) for v in control.values]),
        known=np.array([v is not None for v in control.values], dtype=np.bool_),
        rows=np.array(rows, dtype=np.int64).reshape(-1, 2),
        row_starts=_starts(len(program.rows) for program in programs),
        constants=np.array(constants, dtype=np.float64),
        constant_starts=_starts(len(program.constants) for program in programs),
        final=np.array(control.final, dtype=np.bool_),
        jumps=np.array(jumps, dtype=np.int64),
        zeta=control.zeta,
        horizon=horizon,
        formula=formula,
        texts=tuple(program.text for program in programs),
        **parts,
    )


def _by_class(control: Controller) -> dict[str, Any]:
    return {
        "next": np.array(control.table(control.next), dtype=np.int32),
        "reward": np.array(control.table(control.reward), dtype=np.int32),
        "accepting": np.array(control.table(control.accepting), dtype=np.bool_),
        "first": np.array(control.table([control.first])[0], dtype=np.int64),
    }


def _by_edge(control: Controller, branching: Branching) -> dict[str, Any]:
    """One row of edges, and the diagram that leads to them.

    :raises SpecError: E504 more propositions than an array of letters holds.
    """
    if isinstance(control.classes, WholeLetters):
        control.classes.fit()
    edges = np.array(control.edges, dtype=np.int32).reshape(1, -1, 3)
    return {
        "next": np.ascontiguousarray(edges[:, :, 0]),
        "reward": np.ascontiguousarray(edges[:, :, 1]),
        "accepting": edges[:, :, 2] > 0,
        "first": np.zeros(0, dtype=np.int64),
        "diagram": blocks(branching),
    }


def _starts(lengths: Any) -> NDArray[np.int64]:
    return np.cumsum([0, *lengths], dtype=np.int64)


def of_return(mdp: Mdp, scheme: ReturnScheme) -> KernelTables:
    """The tables of a return's running quantities; letters are the model's transitions.

    :raises SpecError: E804 too large; else as :func:`specc.emit.running.running`.
    """
    # It brings the exact arithmetic of evaluation, which other kernels start without.
    from specc.emit.running import running

    found = running(mdp, scheme)
    count, width = found.memories, mdp.transition_count
    if count * width > _MOST_ENTRIES:
        raise SpecError.of(
            "E804",
            f"the kernel's tables would have more than {_MOST_ENTRIES:,} entries",
            help="a smaller horizon or a smaller environment; `wrap` needs no tables",
        )
    widths = np.diff(mdp.transition_starts[mdp.choice_starts])[found.state]
    node = np.repeat(np.arange(len(found.state)), widths)
    held, transition = found.memory[node], np.arange(len(node)) - found.shift[node]
    following = np.full((count, width), -1, dtype=np.int32)
    following[held, transition] = found.memory[found.following]
    values, which = np.unique(np.append(found.gains, 0.0), return_inverse=True)
    reward = np.full((count, width), which[-1], dtype=np.int32)
    reward[held, transition] = which[:-1]
    first = np.full(mdp.state_count, -1, dtype=np.int64)
    for state, begin in found.first.items():
        first[state] = found.memory[begin]
    return KernelTables(
        next=following,
        reward=reward,
        values=values,
        known=np.ones(len(values), dtype=np.bool_),
        rows=np.zeros((0, 2), dtype=np.int64),
        row_starts=np.zeros(len(values) + 1, dtype=np.int64),
        constants=np.zeros(0),
        constant_starts=np.zeros(len(values) + 1, dtype=np.int64),
        accepting=np.zeros((count, width), dtype=np.bool_),
        final=np.zeros(count, dtype=np.bool_),
        first=first,
        jumps=np.full((count, 1), -1, dtype=np.int64),
        zeta=1.0,
        horizon=-1 if scheme.horizon is None else scheme.horizon,
        formula="",
        texts=("",) * len(values),
    )
