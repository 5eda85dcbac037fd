"""A return over sets of visited states as one set of arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from specc.emit.bytecode import Program, compile_number
from specc.emit.plan import ReturnScheme, show_number
from specc.emit.sets.parts import Part, part_of
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost

__all__ = ["SetTables", "of_sets"]


@dataclass(frozen=True, slots=True, eq=False)
class SetTables:
    """The ``parts`` that ``program`` reads as its inputs; ``plain`` where it is the first alone.

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
    def states(self) -> int:
        """How many states the model has."""
        return len(self.opens)


def of_sets(mdp: Mdp, scheme: ReturnScheme) -> SetTables | None:
    """The arrays of a return that reads sets of visited states only; None for other returns, and
    for weights that no double holds exactly.

    :raises SpecError: E804 too large; E706, E707 as :func:`specc.visited.visited_set`.
    """
    functions = [
        node
        for node in outermost(scheme.number, stack.TRAJECTORY_LAYER)
        if isinstance(node, stack.SetFunction)
    ]
    if not functions or len(functions) < len(outermost(scheme.number, stack.TRAJECTORY_LAYER)):
        return None
    parts = [part_of(mdp, function) for function in functions]
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        return None
    inputs: dict[Number, int] = {node: i for i, node in enumerate(functions)}
    opens = np.zeros(mdp.state_count, dtype=np.bool_)
    opens[[state for state, _ in mdp.initial]] = True
    return SetTables(
        known,
        tuple(function.kind for function in functions),
        compile_number(scheme.number, inputs, {}, show_number(scheme.number)),
        mdp.transition_sources().astype(np.int32),
        mdp.successors.astype(np.int32),
        opens,
        -1 if scheme.horizon is None else scheme.horizon,
    )
