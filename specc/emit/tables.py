"""A reward scheme and its finite environment as one set of dense tables to sample from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.controller import (
    Controller,
    formula_controller,
    on_letters,
    signal_controller,
)
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    NoScheme,
    ReturnScheme,
    SignalScheme,
)
from specc.emit.planned import plan
from specc.emit.running import running
from specc.model.mdp import Mdp
from specc.words import holds, holds_initially, signal_floats

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = [
    "Product",
    "edge_rewards",
    "finite_model",
    "letters_of",
    "on_model",
    "product_tables",
    "return_memory",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_MOST_NODES = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Nodes (state, memory); actions are the state's choices, then the memory's jumps.

    ``update[memory, transition]`` and ``first[state]`` say how the memory moves. Per outcome:
    ``targets`` (nodes), ``cumulative`` probabilities, ``rewards``, ``ends`` (the episode is over),
    ``pays_one`` (the gadget's edges).
    """

    mdp: Mdp
    nodes: tuple[tuple[int, int], ...]
    memories: int
    first: IntArray
    update: IntArray
    jumps: tuple[tuple[int, ...], ...]
    action_starts: IntArray
    outcome_starts: IntArray
    targets: IntArray
    cumulative: FloatArray
    rewards: FloatArray
    ends: BoolArray
    pays_one: BoolArray
    zeta: float
    initial: IntArray
    initial_cumulative: FloatArray
    discount: float
    average: bool


def finite_model(spec: Spec) -> Mdp:
    """The spec's finite environment. Raises SpecError E810 where there is none."""
    if isinstance(spec.environment, Mdp):
        return spec.environment
    raise SpecError.of("E810", f"`{spec.name}` has no finite environment to make tables of")


def on_model(mdp: Mdp, controller: Controller) -> Controller:
    """The controller with letter classes, of the environment's letters alone where it has none."""
    if controller.branching is None:
        return controller
    letters, starts = letters_of(mdp, controller)
    return on_letters(controller, np.union1d(letters, starts).tolist())


def letters_of(mdp: Mdp, controller: Controller) -> tuple[IntArray, IntArray]:
    """The letters of all transitions, and of all start states: classes, or where the controller has
    none, bit masks."""

    def classify(columns: list[BoolArray], count: int) -> IntArray:
        rows = np.array(columns, dtype=np.bool_).reshape(len(columns), count).T
        return controller.classes.classify_many(rows)

    guards = controller.guards
    return (
        classify([holds(mdp, g) for g in guards], mdp.transition_count),
        classify([holds_initially(mdp, g) for g in guards], mdp.state_count),
    )


def edge_rewards(mdp: Mdp, controller: Controller, letters: IntArray) -> FloatArray:
    """The reward of every memory on every transition, shape (memories, transitions); the controller
    has letter classes."""
    inputs = [signal_floats(mdp, number).tolist() for number in controller.inputs]
    table = np.zeros((len(controller.states), mdp.transition_count))
    reward = np.array(controller.table(controller.reward), dtype=np.int64)
    for number, (program, exact) in enumerate(
        zip(controller.programs, controller.values, strict=True)
    ):
        where = reward[:, letters] == number
        if exact is not None:
            table[where] = float(exact)
            continue
        for transition in np.flatnonzero(where.any(axis=0)).tolist():
            value = program.value([column[transition] for column in inputs])
            table[where[:, transition], transition] = value
    return table


@dataclass(frozen=True, slots=True, eq=False)
class SchemeMemory:
    """What a scheme becomes over an MDP, shapes as in :class:`Product`."""

    first: IntArray
    update: IntArray
    rewards: FloatArray
    final: BoolArray
    accepting: BoolArray
    jumps: tuple[tuple[int, ...], ...]
    zeta: float
    stops: bool
    discount: float = 1.0
    average: bool = False


def product_tables(spec: Spec) -> Product:
    """The reachable product of the spec's environment with its compiled reward.

    :raises SpecError: E801 no reward per step, E804 too large, E810 no finite environment, E812 a
        scheme whose memory is not finite.
    """
    mdp = finite_model(spec)
    planned = plan(spec)
    match planned.scheme:
        case SignalScheme() as scheme:
            memory = _signal_memory(mdp, scheme)
        case FormulaScheme() as scheme:
            control, _ = formula_controller(scheme)
            memory = _controlled(mdp, control, float(scheme.discount))
        case ReturnScheme() as scheme:
            memory = return_memory(mdp, scheme)
        case (FunctionalScheme() | NoScheme()) as scheme:
            from specc.emit.wrapper import refuse

            raise refuse(planned, spec.name, scheme)
        case _:
            assert_never(planned.scheme)
    return _product(mdp, memory)


def _controlled(
    mdp: Mdp,
    control: Controller,
    discount: float = 1.0,
    average: bool = False,
    stops: bool = False,
) -> SchemeMemory:
    control = on_model(mdp, control)
    letters, starts = letters_of(mdp, control)
    following = np.array(control.table(control.next), dtype=np.int64)
    return SchemeMemory(
        np.array(control.table([control.first])[0], dtype=np.int64)[starts],
        following[:, letters],
        edge_rewards(mdp, control, letters),
        np.array(control.final, dtype=np.bool_),
        np.array(control.table(control.accepting), dtype=np.bool_)[:, letters],
        control.jumps,
        control.zeta,
        stops,
        discount,
        average,
    )


def _signal_memory(mdp: Mdp, scheme: SignalScheme) -> SchemeMemory:
    average = scheme.criterion == "average"
    scheme_discount = 1.0 if average else float(scheme.discount)
    plain = _controlled(mdp, signal_controller(scheme), scheme_discount, average, stops=not average)
    return plain if scheme.horizon is None else _clocked(plain, scheme.horizon)


def _clocked(plain: SchemeMemory, horizon: int) -> SchemeMemory:
    """A copy of the memory per step until the horizon; the last copy pays nothing."""
    count, width = plain.update.shape
    layers = horizon + 1
    if layers * count * width > 50_000_000:
        raise SpecError.of(
            "E804", f"the horizon {horizon} needs too large tables", help="use a smaller horizon"
        )
    shift = np.minimum(np.arange(layers) + 1, horizon) * count
    update = (plain.update[None] + shift[:, None, None]).reshape(layers * count, width)
    rewards = np.tile(plain.rewards, (layers, 1))
    rewards[horizon * count :] = 0.0
    final = np.tile(plain.final, layers)
    final[horizon * count :] = True
    accepting = np.tile(plain.accepting, (layers, 1))
    jumps = ((),) * (layers * count)
    return SchemeMemory(
        plain.first, update, rewards, final, accepting, jumps, 1.0, plain.stops, plain.discount
    )


def return_memory(mdp: Mdp, scheme: ReturnScheme) -> SchemeMemory:
    """The running quantities as memory, as far as some run reaches them; gains as rewards."""
    found = running(mdp, scheme)
    count = found.memories
    if count * mdp.transition_count > 50_000_000:
        raise SpecError.of(
            "E804",
            "the running quantities take too many values for tables",
            help="a smaller horizon or a smaller environment",
        )
    widths = np.diff(mdp.transition_starts[mdp.choice_starts])[found.state]
    node = np.repeat(np.arange(len(found.state)), widths)
    held, transition = found.memory[node], np.arange(len(node)) - found.shift[node]
    update = np.tile(np.arange(count)[:, None], (1, mdp.transition_count))
    update[held, transition] = found.memory[found.following]
    rewards = np.zeros((count, mdp.transition_count))
    rewards[held, transition] = found.gains
    first = np.zeros(mdp.state_count, dtype=np.int64)
    for state, begin in found.first.items():
        first[state] = found.memory[begin]
    final = np.zeros(count, dtype=np.bool_)
    if scheme.horizon is not None:
        final = found.times >= scheme.horizon
    nothing = np.zeros((count, mdp.transition_count), dtype=np.bool_)
    return SchemeMemory(first, update, rewards, final, nothing, ((),) * count, 1.0, True)


def _product(mdp: Mdp, memory: SchemeMemory) -> Product:
    number: dict[tuple[int, int], int] = {}
    nodes: list[tuple[int, int]] = []

    def visit(state: int, held: int) -> int:
        found = number.setdefault((state, held), len(nodes))
        if found == len(nodes):
            if found >= _MOST_NODES:
                raise SpecError.of("E804", f"the product has more than {_MOST_NODES:,} states")
            nodes.append((state, held))
        return found

    initial = [visit(state, int(memory.first[state])) for state, _ in mdp.initial]
    action_starts, outcome_starts = [0], [0]
    targets: list[int] = []
    cumulative: list[float] = []
    rewards: list[float] = []
    ends: list[bool] = []
    pays: list[bool] = []
    chances = mdp.probabilities.floats().tolist()
    successors = mdp.successors.tolist()
    stopped = mdp.stopped.tolist()
    starts = mdp.transition_starts.tolist()
    for state, held in nodes:  # grows while it is read
        over = bool(memory.final[held]) or (memory.stops and stopped[state])
        for choice in mdp.choices(state):
            reached = 0.0
            for t in range(starts[choice], starts[choice + 1]):
                after = int(memory.update[held, t])
                reached += chances[t]
                targets.append(visit(successors[t], after))
                cumulative.append(reached)
                rewards.append(0.0 if over else float(memory.rewards[held, t]))
                halted = memory.stops and stopped[successors[t]]
                ends.append(over or bool(memory.final[after]) or halted)
                pays.append(bool(memory.accepting[held, t]))
            outcome_starts.append(len(targets))
        for target in memory.jumps[held]:
            targets.append(visit(state, target))
            cumulative.append(1.0)
            rewards.append(0.0)
            ends.append(bool(memory.final[target]))
            pays.append(False)
            outcome_starts.append(len(targets))
        action_starts.append(len(outcome_starts) - 1)
    return Product(
        mdp,
        tuple(nodes),
        len(memory.update),
        memory.first,
        memory.update,
        memory.jumps,
        np.array(action_starts, dtype=np.int64),
        np.array(outcome_starts, dtype=np.int64),
        np.array(targets, dtype=np.int64),
        np.array(cumulative),
        np.array(rewards),
        np.array(ends, dtype=np.bool_),
        np.array(pays, dtype=np.bool_),
        memory.zeta,
        np.array(initial, dtype=np.int64),
        np.cumsum([float(p) for _, p in mdp.initial]),
        memory.discount,
        memory.average,
    )
