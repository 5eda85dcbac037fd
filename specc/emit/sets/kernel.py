"""The batch kernel of set functions: gains of many runs at once."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit import numba_loops
from specc.emit.batches import Batch, Trajectories, check, int32, refuse_array, truths, writable
from specc.emit.bytecode import DEPTH
from specc.emit.sets import compiled, paid
from specc.emit.sets.episodes import episodes
from specc.emit.sets.parts import Covered
from specc.emit.sets.refused import refuse_counterfactual, refuse_states
from specc.emit.sets.states import SetRelabelled, SetState
from specc.emit.sets.tables import SetTables

__all__ = ["SetKernel"]

Int32 = NDArray[np.int32]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]


class SetKernel:
    """The marginal gains f(S + s) - f(S) of a function of sets visited, over batches; pickles.

    Letters are the transitions of the spec's model. ``coverage``, ``distinct`` and
    ``weighted_coverage`` have the bits of the step by step interpreter, ``facility_location`` and
    ``logdet`` are sums of doubles, within 1e-9 of it.
    A state that is passed in is never changed. Arrays that do not fit raise SpecError E814, a
    reward that is NaN or infinite E809.

    >>> from specc.emit.compiled import compile_spec
    >>> from specc.resolve.file import load_text
    >>> text = "env e = mdp { initial a; a: go -> 1/2 b + 1/2 c; b: go -> c; c: go -> c }"
    >>> kernel = compile_spec(load_text(f"{text} spec s in e = E[coverage(horizon=9)]")["s"])
    >>> state, gains, _ = kernel.visit(kernel.initial(2), [0, 1])
    >>> kernel.gains(state, [1, 2]).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """

    controller = None
    inputs: tuple[Any, ...] = ()
    propositions: tuple[Any, ...] = ()
    memories = 0

    def __init__(self, tables: SetTables) -> None:
        self.tables = tables
        self.rows = np.array(tables.program.rows, dtype=np.int64).reshape(-1, 2)
        self.constants = np.array(tables.program.constants, dtype=np.float64)
        self.denominators = np.array(
            [p.denominator if isinstance(p, Covered) else 1.0 for p in tables.parts]
        )
        self.every_state = np.arange(tables.states, dtype=np.int32)
        self._rests = [a.shape[1:] for part in tables.parts for a in compiled.nothing(part, 0)]

    def __reduce__(self) -> Any:
        return SetKernel, (self.tables,)

    def letters(self, given: AnyArray, shape: tuple[int, ...] | None = None) -> Int32:
        """Transition numbers, int32."""
        array = np.asarray(given)
        check("letters", array, array.shape if shape is None else shape, "iu")
        return int32("letters", array, len(self.tables.targets))

    def first(self, first: AnyArray | None, n: int) -> Int32:
        """The states in which n runs start."""
        if first is None:
            (only, *more) = np.flatnonzero(self.tables.opens).tolist()
            if more:
                refuse_array("no `first` was passed", "the start states: the model has several")
            return np.full(n, only, dtype=np.int32)
        array = np.asarray(first)
        check("first", array, (n,), "iu")
        states = int32("first", array, self.tables.states)
        wrong = ~self.tables.opens[states]
        if wrong.any():
            refuse_array(f"`first` has state {states[wrong][0]}", "initial states of the model")
        return states

    def initial(self, n: int, first: AnyArray | None = None) -> SetState:
        """n runs before their first step, in the states ``first``, int (n,); where there is one
        initial state, that is the default."""
        states = self.first(first, n)
        clock = np.zeros(n, dtype=np.int32)
        memory = tuple(compiled.nothing(part, n) for part in self.tables.parts)
        total = np.zeros((len(memory), n))
        for p, part in enumerate(self.tables.parts):
            compiled.step(part, self.every_state, states, clock, memory[p], total[p], True)
        return SetState(memory, total, self._value(total), clock, states.copy())

    def _state(self, state: SetState) -> SetState:
        """The state; refuse arrays that this kernel did not make."""
        if not isinstance(state, SetState):
            refuse_array(f"the state is a {type(state).__name__}", "a SetState of this kernel")
        n = len(state.clock)
        arrays = [array for held in state.memory for array in held]
        arrays += [state.total, state.value, state.clock, state.place]
        wanted = [(n, *rest) for rest in self._rests]
        wanted += [(len(self.tables.parts), n), (n,), (n,), (n,)]
        shapes = [array.shape for array in arrays]
        if shapes != wanted:
            refuse_array(f"the state has arrays of the shapes {shapes}", f"{wanted}")
        return state

    def _value(self, total: FloatArray) -> FloatArray:
        """The function (n,) of sums (parts, n).

        :raises SpecError: E809 it is not finite.
        """
        if self.tables.plain:
            quotients: FloatArray = total[0] / self.denominators[0]
            return quotients
        inputs = np.ascontiguousarray((total / self.denominators[:, None]).T)
        value = np.empty(len(inputs))
        truth = np.zeros((len(inputs), 0), dtype=np.bool_)
        room = np.empty(DEPTH)
        numba_loops.evaluate(self.rows, self.constants, inputs, truth, room, value)
        wrong = ~np.isfinite(value)
        if wrong.any():
            place = int(np.argmax(wrong))
            raise SpecError.of(
                "E809",
                f"the reward `{self.tables.program.text}` became {value[place]} at [{place}]",
                help="guard it: `if condition then x else y` reads only the side that counts",
            )
        return value

    def step(
        self,
        state: SetState,
        batch: Batch | AnyArray,
        out: tuple[SetState, Any, Any] | None = None,
    ) -> tuple[SetState, FloatArray, BoolArray]:
        """The next states, the gains and which runs are done, each (n,).

        ``out``, an earlier answer of as many runs, lends its arrays: its state must not be read
        afterwards. Where the reward is one set function as it stands, its state may be ``state``,
        which then changes and needs no copy.
        """
        full = batch if isinstance(batch, Batch) else Batch(batch)
        held = self._state(state)
        letters = self.letters(full.letters, (len(held.clock),))
        ended = truths("terminated", full.terminated, letters.shape)
        wrong = paid.misplaced(self.tables.sources, letters, held.place)
        if wrong >= 0:
            self._refuse(letters, wrong)
        return self._moved(held, self.tables.targets, letters, ended, out)

    def visit(
        self, state: SetState, states: AnyArray, out: tuple[SetState, Any, Any] | None = None
    ) -> tuple[SetState, FloatArray, BoolArray]:
        """As :meth:`step`, where runs enter these ``states``, int (n,), however they came there.

        :raises SpecError: E812 the reward also sums what transitions pay.
        """
        refuse_states(self.tables)
        held = self._state(state)
        entered = np.asarray(states)
        check("states", entered, (len(held.clock),), "iu")
        entered = int32("states", entered, self.tables.states)
        return self._moved(held, self.every_state, entered, truths("", None, entered.shape), out)

    def _moved(
        self, state: SetState, targets: Int32, letters: Int32, ended: BoolArray,
        out: tuple[SetState, Any, Any] | None,
    ) -> tuple[SetState, FloatArray, BoolArray]:  # fmt: skip
        room, reward, done = self._room(state, out)
        if room is not state:
            for p, part in enumerate(self.tables.parts):
                compiled.copy(part, state.memory[p], room.memory[p])
            np.copyto(room.total, state.total)
        for p, part in enumerate(self.tables.parts):
            compiled.step(part, targets, letters, state.clock, room.memory[p], room.total[p])
        value = self._value(room.total)
        paid.step_gains(
            self.tables.horizon, state.value, value, state.clock, targets, letters, ended,
            room.clock, room.place, reward, done,
        )  # fmt: skip
        return SetState(room.memory, room.total, value, room.clock, room.place), reward, done

    def _room(
        self, state: SetState, out: tuple[SetState, Any, Any] | None
    ) -> tuple[SetState, FloatArray, BoolArray]:
        n = len(state.clock)
        if out is None:
            memory = tuple(tuple(map(np.empty_like, held)) for held in state.memory)
            room = SetState(
                memory, np.empty_like(state.total), state.value, np.empty_like(state.clock),
                np.empty_like(state.place),
            )  # fmt: skip
            return room, np.empty(n), np.empty(n, dtype=np.bool_)
        room, reward, done = out
        if room is not state:
            self._state(room)
        if room is state and not self.tables.plain:
            # A reward that is not finite would be found when the state has changed.
            refuse_array("`out` is the state that was passed", "an earlier answer")
        writable((n,), clock=room.clock, reward=reward, done=done)
        return room, reward, done

    def gains(self, state: SetState, states: AnyArray) -> FloatArray:
        """What each of ``states``, int (n, k), alone would add to the function of run i: the
        marginal gains f(S + s) - f(S), float (n, k). The runs stay as they are.

        One row of states, int (k,), is asked of every run.

        :raises SpecError: E812 the reward also sums what transitions pay.
        """
        refuse_states(self.tables)
        held, asked = self._state(state), np.asarray(states)
        n = len(held.clock)
        if asked.ndim == 1:
            asked = np.broadcast_to(asked, (n, len(asked)))
        check("states", asked, (n, asked.shape[-1]), "iu")
        entered = int32("states", asked, self.tables.states)
        total = np.empty((len(self.tables.parts), *entered.shape))
        for p, part in enumerate(self.tables.parts):
            compiled.gains(part, entered, held.clock, held.memory[p], total[p])
            total[p] += held.total[p][:, None]
        value = self._value(total.reshape(len(total), -1)).reshape(entered.shape)
        found: FloatArray = value - held.value[:, None]
        return found

    def visited(self, state: SetState, part: int = 0) -> BoolArray:
        """What was covered (``coverage``) or counted (``distinct``) so far, bool (n, states): the
        memory of the reward as an observation.

        :raises SpecError: E814 the part holds no set of states.
        """
        held, found = self._state(state), self.tables.parts[part]
        if not isinstance(found, Covered):
            refuse_array(f"part {part} is `{self.tables.kinds[part]}`", "a coverage")
        words = held.memory[part][0]
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        seen: BoolArray = bits[:, np.maximum(found.bits, 0)].astype(np.bool_) & (found.bits >= 0)
        return seen

    def relabel(
        self, stored: Trajectories | AnyArray, out: SetRelabelled | None = None
    ) -> SetRelabelled:
        """The gains of stored steps; see :class:`specc.emit.batches.Trajectories`. ``out``, an
        earlier answer of the same shape, is overwritten and returned."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        given = np.asarray(full.letters)
        if given.ndim != 2:
            refuse_array(f"`letters` has the shape {given.shape}", "2 dimensions")
        letters = self.letters(given)
        cut = episodes(letters.shape, full.first, full.terminated, full.truncated, self.first)
        wrong = paid.strayed(
            self.tables.sources, self.tables.targets, letters.ravel(), cut.first, cut.places,
            cut.lengths,
        )  # fmt: skip
        if wrong >= 0:
            self._refuse(letters, wrong)
        parts = len(self.tables.parts)
        opening = np.empty((parts, len(cut.places)))
        found = _room(letters.shape) if out is None else out
        writable(letters.shape, reward=found.reward, done=found.done, begins=found.begins)
        writable(letters.shape, reward=found.value)
        lone = self.tables.plain and self.denominators[0] == 1
        total = found.value.reshape(1, -1) if lone else np.empty((parts, letters.size))
        for p, part in enumerate(self.tables.parts):
            compiled.relabel(
                part, self.tables.targets, letters.ravel(), cut.first, cut.places, cut.lengths,
                opening[p], total[p],
            )  # fmt: skip
        if not lone:
            found.value.ravel()[:] = self._value(total)
        paid.episode_gains(
            self.tables.horizon, cut.places, cut.lengths, self._value(opening),
            found.value.ravel(), cut.ends.ravel(), found.reward.ravel(), found.done.ravel(),
            found.begins.ravel(),
        )  # fmt: skip
        return found

    def _refuse(self, letters: Int32, where: int) -> NoReturn:
        at = ", ".join(str(int(i)) for i in np.unravel_index(where, letters.shape))
        refuse_array(
            f"transition {letters.ravel()[where]} at [{at}]",
            "one that leaves the state the run is in",
        )

    def counterfactual(self, batch: Any, clock: Any = None, out: Any = None) -> NoReturn:
        """There is none: the sets that runs may hold are too many.

        :raises SpecError: E812 always; :meth:`gains` asks many states of the sets that runs hold.
        """
        refuse_counterfactual(self.tables)


def _room(shape: tuple[int, ...]) -> SetRelabelled:
    return SetRelabelled(
        np.empty(shape), np.empty(shape), np.empty(shape, dtype=np.bool_),
        np.empty(shape, dtype=np.bool_),
    )  # fmt: skip
