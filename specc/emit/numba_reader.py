"""How Numba kernels read NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from specc.automata.letters import LetterClasses
from specc.diagnostics import SpecError
from specc.emit import numba_dense, numba_loops
from specc.emit.batch_reader import BatchReader, Kind
from specc.emit.batches import check, int32, refuse_array
from specc.emit.bytecode import DEPTH
from specc.emit.controller import Controller
from specc.emit.dense import Dense, dense, rest_of
from specc.emit.kernel_tables import KernelTables

__all__ = ["NumbaReader"]

Int32 = NDArray[np.int32]
FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]

_NO_TRUTHS = np.zeros(0, dtype=np.bool_)
_TABLED = 14
"""How many propositions may be looked up together; more are asked one by one."""
_KINDS = {"bool": "b", "integers": "iu", "floats": "f", "numbers": "fiu"}


class NumbaReader(BatchReader[AnyArray]):
    """A kernel's tables, laid out for its loops, and the arrays that those read."""

    def __init__(self, tables: KernelTables, controller: Controller | None = None) -> None:
        self.tables = tables
        self.controller = controller
        self.rest = rest_of(tables)
        self.layout: Dense | None = dense(tables, self.rest)
        self._classes = self._class_table()

    def _class_table(self) -> Int32 | None:
        names = len(self.propositions)
        if self.controller is None or names > _TABLED:
            return None
        every = np.arange(1 << names)[:, None] >> np.arange(names) & 1
        return self.controller.classes.classify_many(every.astype(np.bool_)).astype(np.int32)

    @property
    def loops(self) -> numba_loops.Loops:
        t = self.tables
        return numba_loops.Loops(
            t.next, t.reward, t.values, t.known, t.rows, t.row_starts, t.constants,
            t.constant_starts, t.accepting, t.final, int(bool(t.formula)), self.rest, t.zeta,
            t.horizon, _NO_TRUTHS, np.empty(DEPTH),
        )  # fmt: skip

    def array(self, given: Any) -> AnyArray:
        return np.asarray(given)

    def shape(self, array: AnyArray) -> tuple[int, ...]:
        return array.shape

    def is_bool(self, array: AnyArray) -> bool:
        return array.dtype == np.bool_

    def check(self, name: str, array: AnyArray, shape: Sequence[int], kind: Kind) -> None:
        check(name, array, shape, _KINDS[kind])

    def numbered(self, name: str, array: AnyArray, count: int) -> Int32:
        return int32(name, array, count)

    def uniform(self, draws: AnyArray) -> bool:
        return not draws.size or bool(draws.min() >= 0 and draws.max() < 1)

    def infinite(self, numbers: AnyArray) -> tuple[list[int], float] | None:
        if np.isfinite(numbers).all():
            return None
        place = np.argwhere(~np.isfinite(numbers))[0].tolist()
        return place, float(numbers[tuple(place)])

    def float64(self, array: AnyArray) -> FloatArray:
        return np.ascontiguousarray(array, dtype=np.float64)

    def zeros(self, shape: tuple[int, ...], kind: Literal["bool", "int32", "float64"]) -> AnyArray:
        return np.zeros(shape, dtype=kind)

    def firsts(self, letters: AnyArray) -> Int32:
        return self.tables.first[letters].astype(np.int32)

    def flags(self, name: str, given: Any, shape: tuple[int, ...]) -> AnyArray:
        return np.ascontiguousarray(super().flags(name, given, shape))

    def classified(self, truths: AnyArray) -> Int32:
        outer, width = truths.shape[:-1], truths.shape[-1]
        rows = np.ascontiguousarray(truths).reshape(math.prod(outer), width)
        assert self.controller is not None
        found, by = np.empty(len(rows), dtype=np.int32), self.controller.classes
        assert isinstance(by, LetterClasses)
        if self._classes is not None:
            numba_dense.classify_by_table(
                self._classes, rows.view(np.uint8).ravel(), rows.shape[1], found
            )
        else:
            numba_dense.classify(by.atom, by.low, by.high, by.root, rows, found)
        return found.reshape(outer)

    def drawn(self, given: Any, shape: tuple[int, ...]) -> FloatArray:
        """The draws; empty where nothing reads them."""
        draws = self.draws(given, shape)
        return np.zeros((0,) * len(shape)) if draws is None else draws

    def rests(self, memory: Int32, letters: AnyArray) -> FloatArray:
        """What the same letters for ever would still pay a formula, (n,)."""
        found: FloatArray = self.rest[memory, letters]
        return found

    def accepts(self, memory: Int32, letters: AnyArray) -> NDArray[np.bool_]:
        """Whether the gadget may pay, (n,)."""
        found: NDArray[np.bool_] = self.tables.accepting[memory, letters]
        return found

    def judge(self, found: int, letters: AnyArray) -> None:
        """Raise what a loop found wrong; see :mod:`specc.emit.numba_loops`."""
        place, wrong = divmod(found, 4)
        if not wrong:
            return
        where = np.unravel_index(place, letters.shape)
        at = ", ".join(str(int(i)) for i in where)
        if wrong == numba_loops.INFINITE:
            texts = " or ".join(dict.fromkeys(text for text in self.tables.texts if text))
            raise SpecError.of("E809", f"the reward `{texts}` is not finite at [{at}]")
        refuse_array(
            f"transition {letters[where]} at [{at}]", "one that leaves the state the run is in"
        )
