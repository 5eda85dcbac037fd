"""The reachable pairs of an environment's state and a machine's, with a shortest run to each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.lint.finding import Move, Trajectory
from specc.lower import machine_component
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.simplify import simplify
from specc.words import holds, signal_values

__all__ = ["Explored", "Step", "explore"]

BoolArray = NDArray[np.bool_]

_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """A reachable transition: the pair that it leaves, the edge of the machine that it takes (None:
    no edge matches), and the machine's state behind it."""

    state: int
    machine: int
    transition: int
    edge: int | None
    after: int


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """``truth[guard]`` says on which transitions a guard of the machine holds; ``steps`` are those
    out of the reachable pairs, in breadth-first order; ``first[pair]`` is the step that a shortest
    run enters the pair by (None: it starts there)."""

    mdp: Mdp
    machine: stack.Machine
    truth: dict[stack.Guard, BoolArray]
    steps: tuple[Step, ...]
    first: dict[tuple[int, int], Step | None]

    def of(self, machine: int) -> Iterator[Step]:
        """The steps out of one state of the machine."""
        return (step for step in self.steps if step.machine == machine)

    def run(self, last: Step) -> Trajectory:
        """A shortest run from a start state that ends with this step."""
        return Trajectory((*self.way(last.state, last.machine), self.move(last)))

    def way(self, state: int, machine: int) -> tuple[Move, ...]:
        """The moves of a shortest run to a reachable pair."""
        moves = []
        back = self.first[state, machine]
        while back is not None:
            moves.append(self.move(back))
            back = self.first[back.state, back.machine]
        return tuple(reversed(moves))

    def move(self, step: Step) -> Move:
        """The step by its names."""
        mdp = self.mdp
        choice = int(np.searchsorted(mdp.transition_starts, step.transition, side="right")) - 1
        return Move(
            mdp.states[step.state],
            mdp.actions[choice],
            mdp.states[int(mdp.successors[step.transition])],
            self.machine.states[step.after],
            self.paid(step),
        )

    def paid(self, step: Step) -> Fraction:
        """What the machine emits on the step; an irrational number counts as 0."""
        if step.edge is None:
            return Fraction(0)
        emit = simplify(self.machine.steps[step.edge].emit)
        if isinstance(emit, stack.Constant):
            return emit.value
        values = signal_values(self.mdp, emit)
        return Fraction(0) if values is None else values[step.transition]


def explore(mdp: Mdp, machine: stack.Machine) -> Explored | None:
    """All that a run of the environment can do to the machine; None where it is too much.

    Raises SpecError where a guard cannot be read in this environment.
    """
    if mdp.transition_count * len(machine.states) > _MOST_STEPS:
        return None
    table = machine_component(mdp, machine)
    following, output = table.next.tolist(), table.output.tolist()
    classes, targets = table.classes.tolist(), mdp.successors.tolist()
    first: dict[tuple[int, int], Step | None] = {
        (state, int(table.initial[state])): None for state, _ in mdp.initial
    }
    pending, steps = list(first), []
    for state, held in pending:  # grows while it is read
        for choice in mdp.choices(state):
            for t in mdp.transitions(choice):
                taken, after = output[held][classes[t]], following[held][classes[t]]
                step = Step(state, held, t, taken - 1 if taken else None, after)
                steps.append(step)
                if (targets[t], after) not in first:
                    first[targets[t], after] = step
                    pending.append((targets[t], after))
    guards = dict.fromkeys(step.guard for step in machine.steps)
    return Explored(mdp, machine, {g: holds(mdp, g) for g in guards}, tuple(steps), first)
