"""The running quantities of a return as a finite memory over the transitions of a model."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.plan import ReturnScheme
from specc.emit.verdicts import with_running_verdicts
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.walk import outermost
from specc.telescope import can_telescope, telescope

__all__ = ["Running", "running"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """Reachable nodes (model state, memory). A node's moves follow the order of its state's
    transitions: transition ``t`` is move ``shift[node] + t``, which leads to ``following[move]``
    and pays ``gains[move]``, what an absorbing end adds included.

    ``first`` gives the node of every initial state; ``times[memory]`` the steps taken (as far as
    horizons ask for them).
    """

    first: dict[int, int]
    state: IntArray
    memory: IntArray
    shift: IntArray
    following: IntArray
    gains: FloatArray
    exact: tuple[Fraction, ...]
    rational: bool
    times: IntArray

    @property
    def memories(self) -> int:
        """How many memories there are."""
        return len(self.times)

    def step(self, node: int, transition: int) -> int:
        """The node after a transition that leaves the node's state."""
        return int(self.following[self.shift[node] + transition])


def running(mdp: Mdp, scheme: ReturnScheme) -> Running:
    """The memory of a return scheme on a model.

    :raises SpecError: E812 its quantities are no sums, extrema, verdicts and sets; E804 they take
        too many values; E802 a formula that no finite prefix decides; E7xx a function that leaves
        its domain.
    """
    number = with_running_verdicts(scheme.number)
    nodes = outermost(number, stack.TRAJECTORY_LAYER)
    if not can_telescope(nodes):
        raise SpecError.of(
            "E812",
            "the memory of this objective is not finite, so it has no tables",
            span=scheme.number.span,
            help="`wrap` trains on it with a learner of your own",
        )
    try:
        found = telescope(mdp, number, nodes)
    except SpecError as error:
        if error.diagnostics[0].code != "E701":
            raise
        raise SpecError.of(
            "E804",
            "the running quantities of this objective take too many values for tables",
            span=scheme.number.span,
            help="a smaller horizon or environment; `wrap` without an observed memory needs none",
        ) from None
    built = found.product
    model = built.model
    index: dict[tuple[int, ...], int] = {}
    held = [index.setdefault(tuple(row), len(index)) for row in built.memory.tolist()]
    begins = model.transition_starts[model.choice_starts[:-1]]
    left = mdp.transition_starts[mdp.choice_starts[:-1]][built.state]
    stopped = mdp.stopped[built.state]
    widths = np.diff(mdp.transition_starts[mdp.choice_starts])[built.state]
    loops = mdp.transition_starts[mdp.choice_starts[:-1]][built.state] + (begins - left)
    exact = _with_absorbed(
        found.low.exact(), model.successors, loops, np.repeat(stopped, widths), stopped
    )
    return Running(
        {int(built.state[node]): node for node, _ in model.initial},
        built.state,
        np.array(held, dtype=np.int64),
        begins - left,
        model.successors,
        np.array([float(gain) for gain in exact]),
        tuple(exact),
        found.low.values == found.high.values,
        np.array([_time(built.memories[-1][row[-1]]) for row in index], dtype=np.int64),
    )


def _time(memory: object) -> int:
    assert isinstance(memory, tuple)
    return int(memory[0])


def _with_absorbed(
    gains: list[Fraction],
    following: IntArray,
    loops: IntArray,
    leaving: NDArray[np.bool_],
    stopped: NDArray[np.bool_],
) -> list[Fraction]:
    """The gains of all moves. A learner's episode ends on entering a stopped state: there it is
    paid what the absorbing run behind it, move ``loops[node]`` for ever, would still gain."""
    paid = gains.copy()
    worth: dict[int, Fraction] = {}
    for move in np.flatnonzero(~leaving & stopped[following]).tolist():
        start = int(following[move])
        if start not in worth:
            node, seen, total = start, set(), Fraction(0)
            while node not in seen:
                seen.add(node)
                total += gains[int(loops[node])]
                node = int(following[loops[node]])
            worth[start] = total
        paid[move] += worth[start]
    return paid
