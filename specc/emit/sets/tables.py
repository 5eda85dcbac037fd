"""A return over sets of visited states as one set of arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from specc.emit.bytecode import Program, compile_number
from specc.emit.plan import ReturnScheme, show_number
from specc.emit.sets.parts import Function, Part, part_of
from specc.emit.sets.summed import Summed
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost

__all__ = ["SetTables", "of_sets"]


@dataclass(frozen=True, slots=True, eq=False)
class SetTables:
    """The ``parts`` that ``program`` reads as its inputs (``kinds``: as the language names them);
    ``plain`` where it is the first alone; ``by_state`` where all can be told by states.

    Transition t leads from state ``sources[t]`` to ``targets[t]``; runs start where ``opens``.
    ``horizon`` is -1 where the reward goes on. The other fields are those of
    :class:`specc.emit.kernel_tables.KernelTables` that say "nothing of this kind".
    """

    parts: tuple[Part, ...]
    kinds: tuple[str, ...]
    program: Program
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    opens: NDArray[np.bool_]
    horizon: int
    formula: str = ""
    zeta: float = 1.0
    final: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(1, dtype=np.bool_))

    @property
    def plain(self) -> bool:
        """Whether the reward is the gain of one set function as it stands."""
        return self.program.rows == ((1, 0),)

    @property
    def by_state(self) -> bool:
        """Whether it is the states entered that pay, not the transitions taken."""
        return not any(isinstance(part, Summed) for part in self.parts)

    @property
    def states(self) -> int:
        """How many states the model has."""
        return len(self.opens)


def of_sets(mdp: Mdp, scheme: ReturnScheme) -> SetTables | None:
    """The arrays of a return over visited sets, and sums beside them; None for other returns, for
    weights that no double holds exactly and for large sums.

    :raises SpecError: E804 too large; E706, E707 as :func:`specc.visited.visited_set`.
    """
    numbers = outermost(scheme.number, stack.TRAJECTORY_LAYER)
    functions = [node for node in numbers if isinstance(node, Function)]
    over_sets = any(isinstance(node, stack.SetFunction) for node in functions)
    if not over_sets or len(functions) < len(numbers):
        return None
    parts = []
    for function in functions:
        part = part_of(mdp, function)
        if part is None:
            return None
        parts.append(part)
    inputs: dict[Number, int] = {node: i for i, node in enumerate(functions)}
    opens = np.zeros(mdp.state_count, dtype=np.bool_)
    opens[[state for state, _ in mdp.initial]] = True
    return SetTables(
        tuple(parts),
        tuple(_kind(function) for function in functions),
        compile_number(scheme.number, inputs, {}, show_number(scheme.number)),
        mdp.transition_sources().astype(np.int32),
        mdp.successors.astype(np.int32),
        opens,
        -1 if scheme.horizon is None else scheme.horizon,
    )


def _kind(function: Function) -> str:
    match function:
        case stack.SetFunction(kind):
            return kind
        case stack.Discounted():
            return "discounted"
        case stack.Total():
            return "total"
        case _:
            assert_never(function)
