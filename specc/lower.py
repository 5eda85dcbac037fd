"""Lowering: the memories that numbers of a trajectory need, and what they put out.

A reward machine, an automaton, a running extremum, the set of states visited: each becomes one
component of a product with the MDP; equal ones are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.automata.automaton import Automaton
from specc.automata.translate import Budget
from specc.diagnostics import SpecError
from specc.model.mdp import ExactArray, Mdp
from specc.objective import stack
from specc.objective.simplify import simplify
from specc.objective.stack import Number
from specc.objective.walk import leaves, rebuild
from specc.product import Component, LazyComponent, Product, product
from specc.visited import VisitedSet, visited_set
from specc.words import holds, holds_initially, signal_values

__all__ = ["Event", "Lowered", "lower", "machine_component", "signal_on"]

IntArray = NDArray[np.int64]
Event = stack.Satisfaction | stack.AutomatonSatisfaction


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """A product, and where in it each machine, event, extremum and set function is read.

    ``machines``, ``events``, ``extrema`` and ``sets`` give component numbers. An event holds on a
    run when ``accepts(event, marks)`` for the marks of its component seen infinitely often.
    """

    mdp: Mdp
    product: Product
    machines: dict[stack.Machine, int]
    events: dict[Event, int]
    automata: dict[Event, Automaton]
    extrema: dict[stack.Extremum, int]
    sets: dict[stack.SetFunction, tuple[int, VisitedSet]]

    def accepts(self, event: Event, marks: int) -> bool:
        """Whether seeing exactly these marks infinitely often satisfies the event."""
        return self.automata[event].accepts_marks(marks)


def lower(
    mdp: Mdp,
    numbers: Iterable[Number],
    *,
    budget: Budget | None = None,
    limit: int = 5_000_000,
    sources: Iterable[int] | None = None,
    extra: Sequence[Component | LazyComponent] = (),
) -> Lowered:
    """The product of the MDP with every memory that these trajectory numbers need.

    ``extra`` components (a policy's memory, say) come last. Raises SpecError where a formula or
    the product overruns its budget.
    """
    nodes = list(dict.fromkeys(node for number in numbers for node in leaves(number)))
    components: list[Component | LazyComponent] = []
    machines: dict[stack.Machine, int] = {}
    events: dict[Event, int] = {}
    automata: dict[Event, Automaton] = {}
    extrema: dict[stack.Extremum, int] = {}
    sets: dict[stack.SetFunction, tuple[int, VisitedSet]] = {}
    for node in nodes:
        match node:
            case stack.MachineOutput(machine) if machine not in machines:
                machines[machine] = len(components)
                components.append(machine_component(mdp, machine))
    for node in nodes:
        match node:
            case stack.Satisfaction() | stack.AutomatonSatisfaction():
                automata[node] = _automaton(node, budget)
                events[node] = len(components)
                components.append(_event_component(mdp, node, automata[node]))
            case stack.Extremum():
                extrema[node] = len(components)
                components.append(_Extremum(mdp, node, machines, components))
            case stack.SetFunction():
                visited = visited_set(mdp, node)
                sets[node] = len(components), visited
                components.append(visited)
            case _:
                pass
    components.extend(extra)
    built = product(mdp, components, limit=limit, sources=sources)
    return Lowered(mdp, built, machines, events, automata, extrema, sets)


def _automaton(event: Event, budget: Budget | None) -> Automaton:
    if isinstance(event, stack.AutomatonSatisfaction):
        return event.automaton
    from specc.automata.translate import translate

    formula = event.formula
    if event.horizon is not None:
        from specc.automata.finite import translate_finite
        from specc.automata.unroll import unroll

        return unroll(translate_finite(formula, budget), event.horizon)
    return translate(formula, "generic", budget)


def _event_component(mdp: Mdp, event: Event, automaton: Automaton) -> Component:
    from specc.automata.letters import automaton_classes, tables

    meaning = dict(event.meaning)
    guards = [meaning[name] for name in automaton.atoms]
    classes = automaton_classes(automaton)
    successor, marks = tables(automaton, classes)
    first = classes.classify_many(_rows(guards, lambda g: holds_initially(mdp, g), mdp.state_count))
    letters = classes.classify_many(_rows(guards, lambda g: holds(mdp, g), mdp.transition_count))
    return Component(successor[automaton.initial, first], letters, successor, marks)


def _rows(
    guards: Sequence[stack.Guard],
    read: Callable[[stack.Guard], NDArray[np.bool_]],
    count: int,
) -> NDArray[np.bool_]:
    if not guards:
        return np.zeros((count, 0), dtype=np.bool_)
    return np.stack([read(guard) for guard in guards], axis=1)


def machine_component(mdp: Mdp, machine: stack.Machine) -> Component:
    """The machine over the MDP's transitions; the output is the number of the step taken plus 1,
    0 where no step matches."""
    guards = list(dict.fromkeys(step.guard for step in machine.steps))
    column = {guard: index for index, guard in enumerate(guards)}
    truth = _rows(guards, lambda g: holds(mdp, g), mdp.transition_count)
    first = _rows(guards, lambda g: holds_initially(mdp, g), mdp.state_count)
    both = np.concatenate([truth, first])
    packed = np.packbits(both, axis=1)
    _, representatives, classes = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    classes = classes.reshape(-1).astype(np.int64)
    successor = np.zeros((len(machine.states), len(representatives)), dtype=np.int64)
    output = np.zeros_like(successor)
    for state in range(len(machine.states)):
        rest = state if machine.otherwise is None or state in machine.final else machine.otherwise
        successor[state, :] = rest
        undecided = np.ones(len(representatives), dtype=np.bool_)
        for number, step in enumerate(machine.steps):
            if step.source != state or state in machine.final:
                continue
            taken = undecided & both[representatives, column[step.guard]]
            successor[state, taken] = step.target
            output[state, taken] = number + 1
            undecided &= ~taken
    start = np.zeros(mdp.state_count, dtype=np.int64)
    if machine.reads_start:
        start = successor[0, classes[mdp.transition_count :]]
    return Component(start, classes[: mdp.transition_count], successor, output)


class _Extremum:
    """A running supremum or infimum; the memory is the best value so far (None at the start).

    A signal over machines is read through copies of the machines' own memories.
    """

    def __init__(
        self,
        mdp: Mdp,
        node: stack.Extremum,
        machines: dict[stack.Machine, int],
        components: Sequence[Component | LazyComponent],
    ) -> None:
        self.better = max if node.kind == "sup" else min
        used = [m for m in machines if any(n == stack.MachineOutput(m) for n in leaves(node))]
        self.parts = [components[machines[machine]] for machine in used]
        self.machines = used
        self.mdp = mdp
        self.node = node
        self.values: dict[tuple[int, ...], list[Fraction]] = {}

    def initial(self, state: int) -> Hashable:
        return (None, *(part.initial_memory(state) for part in self._tables()))

    def _tables(self) -> list[_Table]:
        return [_Table(part) for part in self.parts if isinstance(part, Component)]

    def step(self, memory: Hashable, transition: int) -> tuple[Hashable, int]:
        assert isinstance(memory, tuple)
        best, *states = memory
        outputs: list[int] = []
        following: list[int] = []
        for part, state in zip(self._tables(), states, strict=True):
            successor, output = part.step(state, transition)
            outputs.append(output)
            following.append(successor)
        value = self._value(tuple(outputs), transition)
        best = value if best is None else self.better(best, value)
        return (best, *following), 0

    def _value(self, outputs: tuple[int, ...], transition: int) -> Fraction:
        if outputs not in self.values:
            emitted = {m: _emitted(m, o) for m, o in zip(self.machines, outputs, strict=True)}
            self.values[outputs] = _exact_signal(self.mdp, _substitute(self.node.signal, emitted))
        return self.values[outputs][transition]


@dataclass(frozen=True, slots=True)
class _Table:
    component: Component

    def initial_memory(self, state: int) -> int:
        return int(self.component.initial[state])

    def step(self, memory: int, transition: int) -> tuple[int, int]:
        letter = self.component.classes[transition]
        return (
            int(self.component.next[memory, letter]),
            int(self.component.output[memory, letter]),
        )


def _emitted(machine: stack.Machine, output: int) -> Number:
    return machine.steps[output - 1].emit if output else stack.Constant(Fraction(0))


def _substitute(signal: Number, emitted: dict[stack.Machine, Number]) -> Number:
    if isinstance(signal, stack.MachineOutput):
        return emitted[signal.machine]
    return rebuild(signal, lambda inner: _substitute(inner, emitted))


def _exact_signal(mdp: Mdp, signal: Number) -> list[Fraction]:
    values = signal_values(mdp, simplify(signal))
    if values is None:
        raise SpecError.of(
            "E705", "an extremum of irrational values is not evaluated", span=signal.span
        )
    return values.exact()


def signal_on(lowered: Lowered, signal: Number, *, stops: bool) -> ExactArray | None:
    """The signal on every product transition, machines read from their components.

    ``stops``: transitions that leave a stopped state pay nothing (discounted sums and totals).
    None where a value is irrational or reads the policy.
    """
    mdp, built = lowered.mdp, lowered.product
    used = list(
        dict.fromkeys(n.machine for n in leaves(signal) if isinstance(n, stack.MachineOutput))
    )
    if any(isinstance(n, stack.PolicyTerm) for n in leaves(signal)):
        return None
    columns = [lowered.machines[machine] for machine in used]
    outputs = built.output[:, columns] if columns else np.zeros((len(built.origin), 0), dtype=int)
    combinations, inverse = np.unique(outputs, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    table: dict[Fraction, int] = {Fraction(0): 0}
    index = np.zeros(len(built.origin), dtype=np.int64)
    for number, combination in enumerate(combinations.tolist()):
        emitted = {m: _emitted(m, o) for m, o in zip(used, combination, strict=True)}
        values = signal_values(mdp, simplify(_substitute(signal, emitted)))
        if values is None:
            return None
        numbers = [table.setdefault(v, len(table)) for v in values.values]
        renumbered = np.array(numbers, dtype=np.int64)[values.index]
        rows = np.flatnonzero(inverse == number)
        index[rows] = renumbered[built.origin[rows]]
    if stops and mdp.stopped.any():
        index[mdp.stopped[mdp.transition_sources()[built.origin]]] = 0
    return ExactArray(tuple(table), index)


def without_machines(lowered: Lowered, signal: Number, transition: int) -> Number:
    """The signal at one product transition with the machines' outputs written in."""
    outputs = lowered.product.output[transition]
    emitted = {
        machine: _emitted(machine, int(outputs[column]))
        for machine, column in lowered.machines.items()
    }
    return _substitute(signal, emitted)
