"""What a step needs where every reward is a constant, and labels read the step alone or follow a
finite model: lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from specc.automata.branching import Row
from specc.emit.conditions import Condition, condition
from specc.emit.meter import FormulaMeter, Meter, SignalMeter
from specc.emit.reading import Tracker
from specc.emit.readings import Composed, FromPython, Step

__all__ = ["Quick", "quick_path"]

_Edge = tuple[bool, int, float]

NO, YES = np.False_, np.True_
"""NumPy has one of each, which is what comparisons of arrays' elements answer."""


@dataclass(frozen=True, slots=True)
class Quick:
    """``labels``: the bit of each proposition in the letter's mask, the function that answers it,
    and what reads an answer that is neither True nor False; ``letters`` by mask.

    ``edges[memory][letter]``: whether that is all where the environment goes on (the scheme does
    not draw, the episode and the verdict stay open), the memory after, the reward. Else ``pay`` is
    asked.

    ``moves``, of an environment that a finite model describes, replaces them all.
    """

    labels: tuple[tuple[int, Condition, Callable[[Any], bool]], ...]
    letters: Sequence[int]
    edges: Sequence[Row[_Edge]]
    pay: Callable[[int, Any, bool, Callable[[], float]], float]
    moves: Moves | None = None


_MOST_MOVES = 1_000_000
"""Moves that are kept, over all memories."""


class Moves:
    """``known[memory]``: the state after, the memory after and the reward by (state, action,
    observation), of steps behind which the episode goes on and that pay no more than the edge
    says; None where nobody asked :meth:`of` yet. What it lacks, the tracker knows, or refuses."""

    def __init__(self, track: Tracker, letters: list[int], edges: Sequence[Row[_Edge]]) -> None:
        # Rewards tell other moves apart.
        self.letters = {
            key[:3]: (track.targets[found[0][1]], letters[found[0][1]])
            for key, found in track.table.items()
            if len(found) == 1 and not key[3]
        }
        self.edges, self.left = edges, _MOST_MOVES
        self.known: list[dict[tuple[int, int, int], tuple[int, int, float]] | None]
        self.known = [None] * len(edges)

    def of(self, memory: int) -> dict[tuple[int, int, int], tuple[int, int, float]]:
        """The moves of a memory, which are kept; none where too many are."""
        row, found = self.edges[memory], {}
        self.left -= len(self.letters)
        for key, (state, letter) in self.letters.items() if self.left >= 0 else ():
            plain, after, reward = row[letter]
            if plain:
                found[key] = state, after, reward
        self.known[memory] = found
        return found


def quick_path(meter: Meter, track: Tracker | None) -> Quick | None:
    """The lists of a meter; None where it reads more than labels, observations and the transitions
    of a model, or counts steps."""
    if not isinstance(meter, FormulaMeter | SignalMeter):
        return None
    if isinstance(meter, SignalMeter) and meter.horizon is not None:
        return None
    control = meter.controller
    if None in control.values:
        return None
    edges: Sequence[Row[_Edge]] = [
        _Met(meter, state)
        if control.branching is not None
        else [_edge(meter, state, letter) for letter in range(control.letter_count)]
        for state in range(len(control.states))
    ]
    if track is not None:
        letters = meter.classes.by_transition
        return Quick((), [], edges, meter.pay, Moves(track, letters, edges)) if letters else None
    labels = [_label(1 << place, read) for place, read in enumerate(meter.classes.reader.read)]
    known = tuple(label for label in labels if label is not None)
    if len(known) < len(labels) or not meter.classes.by_mask:
        return None
    return Quick(known, meter.classes.by_mask, edges, meter.pay)


def _label(
    bit: int, read: Callable[[Step], bool]
) -> tuple[int, Condition, Callable[[Any], bool]] | None:
    match read:
        case FromPython(function=function):
            return bit, function, partial(_truth, read)
        case Composed(guard=guard, program=program) if guard is not None:
            found = condition(guard, program.text)
            return None if found is None else (bit, found, bool)
        case _:
            return None


def _truth(label: FromPython, found: Any) -> bool:
    return found is YES or (found is not NO and label.checked(found))


_MOST_MET = 4096


class _Met(dict[int, _Edge]):
    """The edges of a state by whole letter, those that were met lately."""

    def __init__(self, meter: FormulaMeter | SignalMeter, state: int) -> None:
        super().__init__()
        self._meter, self._state = meter, state

    def __missing__(self, letter: int) -> _Edge:
        if len(self) >= _MOST_MET:
            self.clear()
        found = self[letter] = _edge(self._meter, self._state, letter)
        return found

    def __reduce__(self) -> Any:
        return _Met, (self._meter, self._state)


def _edge(meter: FormulaMeter | SignalMeter, state: int, letter: int) -> _Edge:
    control = meter.controller
    after = control.next[state][letter]
    undecided = not isinstance(meter, FormulaMeter) or control.verdict[after] is None
    plain = undecided and not control.final[after] and not control.accepting[state][letter]
    return plain, after, meter.table[state][letter] or 0.0
