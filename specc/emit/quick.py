"""What a step needs where labels come from Python and every reward is a constant: lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from specc.emit.meter import FormulaMeter, Meter, SignalMeter
from specc.emit.readings import FromPython

__all__ = ["Quick", "quick_path"]

_Edge = tuple[int, float, bool, bool | None, bool]


@dataclass(frozen=True, slots=True)
class Quick:
    """``bits``: the labels' functions with their places in the letter's mask; ``letters`` by mask;
    ``edges[memory][letter]``: the memory after, the reward, whether all later reward is 0, the
    verdict, and whether that is all where the environment goes on. Else ``pay`` is asked."""

    bits: tuple[tuple[int, Callable[[Any, Any, Any, dict[str, Any]], bool]], ...]
    letters: list[int]
    edges: list[list[_Edge]]
    pay: Callable[[int, Any, bool, Callable[[], float]], float]


def quick_path(meter: Meter) -> Quick | None:
    """The lists of a meter; None where it reads more than labels, or counts steps."""
    if not isinstance(meter, FormulaMeter | SignalMeter):
        return None
    if isinstance(meter, SignalMeter) and meter.horizon is not None:
        return None
    control, read = meter.controller, meter.classes.reader.read
    functions = [found.function for found in read if isinstance(found, FromPython)]
    paid = [value for row in meter.table for value in row if value is not None]
    entries = len(control.states) * len(control.first)
    if len(functions) < len(read) or len(paid) < entries or not meter.classes.by_mask:
        return None
    edges = [
        [_edge(meter, state, letter) for letter in range(len(control.first))]
        for state in range(len(control.states))
    ]
    bits = tuple((1 << place, function) for place, function in enumerate(functions))
    return Quick(bits, meter.classes.by_mask, edges, meter.pay)


def _edge(meter: FormulaMeter | SignalMeter, state: int, letter: int) -> _Edge:
    control = meter.controller
    after = control.next[state][letter]
    formula = isinstance(meter, FormulaMeter)
    return (
        after,
        meter.table[state][letter] or 0.0,
        control.final[after],
        control.verdict[after] if formula else None,
        not control.accepting[state][letter],
    )
