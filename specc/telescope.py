"""Functions of running quantities as rewards: the gain of the function on every step.

Sums so far, running extrema and sets visited are a memory; f(after) - f(before) telescopes to f
of the final quantities, so the optimum of E[f] is that of an undiscounted total.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.evaluate.outer import evaluate_number
from specc.evaluate.value import Value, exact
from specc.lower import Lowered, lower, signal_on
from specc.model.graph import Model
from specc.model.mdp import ExactArray, Mdp
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import leaves
from specc.product import Product, product
from specc.visited import VisitedSet, visited_set

__all__ = ["Telescoped", "can_telescope", "telescope"]

_LIMIT = 400_000

IntArray = NDArray[np.int64]
_Sum = stack.Discounted | stack.Total
_Tracked = stack.Discounted | stack.Total | stack.Extremum | stack.SetFunction


@dataclass(frozen=True, slots=True, eq=False)
class Telescoped:
    """An optimum of E[f] is ``start`` (weighted by the initial states) plus the optimal total of
    ``low`` or ``high``, rewards that enclose the gains; they are equal where f is rational."""

    product: Product
    low: ExactArray
    high: ExactArray
    start_low: Fraction
    start_high: Fraction


def can_telescope(nodes: Sequence[Number]) -> bool:
    """Whether all of these trajectory numbers are running quantities."""
    return bool(nodes) and all(isinstance(node, _Tracked) for node in nodes)


def telescope(mdp: Mdp, function: Number, nodes: Sequence[Number]) -> Telescoped:
    """The product whose memory is every running quantity, with the gains of the function.

    Raises SpecError E701 where the quantities take too many values (a discounted sum on a model
    that never comes to rest).
    """
    tracked = [node for node in nodes if isinstance(node, _Tracked)]
    machines = lower(mdp, _machine_outputs(tracked))
    memory = _Running(machines, tracked)
    inner = _AsMdp(machines)
    unending = any(isinstance(node, stack.Discounted) for node in tracked)
    built = product(inner.mdp, [memory], limit=_LIMIT // 4 if unending else _LIMIT)
    model = built.model
    worth = _worth(function, tracked, memory, built)
    sources = np.repeat(
        np.repeat(np.arange(model.state_count), np.diff(model.choice_starts)),
        np.diff(model.transition_starts),
    )
    low, high = (_gains(ends, sources, model.successors) for ends in worth)
    starts = [(p, worth[0][s], worth[1][s]) for s, p in model.initial]
    return Telescoped(
        inner.composed(built),
        low,
        high,
        sum((p * least for p, least, _ in starts), Fraction(0)),
        sum((p * most for p, _, most in starts), Fraction(0)),
    )


def _worth(
    function: Number, tracked: Sequence[_Tracked], memory: _Running, built: Product
) -> tuple[ExactArray, ExactArray]:
    """The function of the quantities in every product state, from below and from above."""
    known: dict[Hashable, tuple[Fraction, Fraction] | None] = {}
    lasting = _lasting(built.model)
    keys = [memory.quantities(held) for held in built.memories[0]]
    ends: list[tuple[Fraction, Fraction]] = []
    for state, row in enumerate(built.memory[:, 0].tolist()):
        key = keys[row]
        if key not in known:
            known[key] = _bounds(function, dict(zip(tracked, memory.values(key), strict=True)))
        found = known[key]
        if found is None and lasting[state]:
            raise SpecError.of("E704", "the function has no value on a run", span=function.span)
        # Gains telescope whatever stands in for a value on the way.
        ends.append((Fraction(0), Fraction(0)) if found is None else found)
    return ExactArray.of(low for low, _ in ends), ExactArray.of(high for _, high in ends)


def _gains(worth: ExactArray, sources: IntArray, targets: IntArray) -> ExactArray:
    """after - before on every transition; few pairs of values are different."""
    width = len(worth.values)
    codes, index = np.unique(
        worth.index[targets] * width + worth.index[sources], return_inverse=True
    )
    values = tuple(
        worth.values[code // width] - worth.values[code % width] for code in codes.tolist()
    )
    merged = ExactArray.of(values)
    return ExactArray(merged.values, merged.index[index])


def _lasting(model: Model) -> list[bool]:
    """Per state, whether runs can stay around it forever, so that its quantities are final."""
    from specc.solve.end_components import end_components

    owners = np.repeat(np.arange(model.state_count), np.diff(model.choice_starts))
    inside = np.zeros(model.state_count, dtype=np.bool_)
    inside[owners[end_components(model).choices]] = True
    return [bool(flag) for flag in inside]


def _bounds(function: Number, table: dict[_Tracked, Value]) -> tuple[Fraction, Fraction] | None:
    """The function of these quantities; None where it is undefined or infinite."""
    try:
        low, high = evaluate_number(function, lambda node: table[node]).bounds()  # type: ignore[index]
    except SpecError:
        return None
    return None if low is None or high is None else (low, high)


def _machine_outputs(nodes: Sequence[Number]) -> list[Number]:
    return [n for node in nodes for n in leaves(node) if isinstance(n, stack.MachineOutput)]


class _AsMdp:
    """A product (with reward machines) seen as an MDP, so that one more memory can be added."""

    def __init__(self, lowered: Lowered) -> None:
        built, old = lowered.product, lowered.mdp
        self.built = built
        model = built.model
        self.mdp = Mdp(
            name=old.name,
            states=tuple(str(n) for n in range(model.state_count)),
            actions=tuple(old.actions[c] for c in built.choice_origin.tolist()),
            choice_starts=model.choice_starts,
            transition_starts=model.transition_starts,
            successors=model.successors,
            probabilities=model.probabilities,
            initial=model.initial,
            labels={},
        )

    def composed(self, outer: Product) -> Product:
        """The outer product in terms of the original MDP."""
        inner = self.built
        return Product(
            outer.model,
            inner.state[outer.state],
            np.concatenate([inner.memory[outer.state], outer.memory], axis=1),
            (*inner.memories, *outer.memories),
            inner.origin[outer.origin],
            inner.choice_origin[outer.choice_origin],
            np.concatenate([inner.output[outer.origin], outer.output], axis=1),
        )


class _Running:
    """The memory: time up to the longest horizon, and one running quantity per number."""

    def __init__(self, lowered: Lowered, nodes: Sequence[_Tracked]) -> None:
        self.nodes = nodes
        self.lowered = lowered
        mdp = lowered.mdp
        self.successors = lowered.product.model.successors.tolist()
        self.state = lowered.product.state.tolist()
        self.horizon = max(
            (n.horizon or 0 for n in nodes if isinstance(n, stack.Total | stack.SetFunction)),
            default=0,
        )
        self.rewards: list[list[Fraction] | None] = []
        self.visited: list[VisitedSet | None] = []
        self.pays: list[list[bool] | None] = []
        for node in nodes:
            visited, rewards, pays = None, None, None
            if isinstance(node, stack.SetFunction):
                visited = visited_set(mdp, node)
            else:
                rewards = _exact_rewards(lowered, node)
                if isinstance(node, stack.Discounted):
                    pays = _still_pays(lowered, rewards)
            self.visited.append(visited)
            self.rewards.append(rewards)
            self.pays.append(pays)

    def initial(self, state: int) -> Hashable:
        quantities: list[Hashable] = []
        for node, visited in zip(self.nodes, self.visited, strict=True):
            match node:
                case stack.SetFunction():
                    assert visited is not None
                    quantities.append(visited.gained[self.state[state]])
                case stack.Extremum():
                    quantities.append(None)
                case stack.Discounted():
                    quantities.append((Fraction(1), Fraction(0)))
                case _:
                    quantities.append(Fraction(0))
        return (0, tuple(quantities))

    def step(self, memory: Hashable, transition: int) -> tuple[Hashable, int]:
        assert isinstance(memory, tuple)
        time, quantities = memory
        moved = tuple(
            self._moved(index, quantity, time, transition)
            for index, quantity in enumerate(quantities)
        )
        return (min(time + 1, self.horizon), moved), 0

    def _moved(self, index: int, quantity: Hashable, time: int, transition: int) -> Hashable:
        node = self.nodes[index]
        target = self.successors[transition]
        match node:
            case stack.SetFunction():
                visited = self.visited[index]
                assert visited is not None and isinstance(quantity, int)
                if node.horizon is not None and time >= node.horizon:
                    return quantity
                seen: int = quantity | visited.gained[self.state[target]]
                return seen
            case stack.Extremum(kind):
                value = self._reward(index, transition)
                if quantity is None:
                    return value
                assert isinstance(quantity, Fraction)
                return max(quantity, value) if kind == "sup" else min(quantity, value)
            case stack.Total(_, horizon):
                assert isinstance(quantity, Fraction)
                if horizon is not None and time >= horizon:
                    return quantity
                return quantity + self._reward(index, transition)
            case stack.Discounted(_, discount):
                assert isinstance(quantity, tuple)
                weight, total = quantity
                total += weight * self._reward(index, transition)
                pays = self.pays[index]
                assert pays is not None
                return (weight * discount if pays[target] else Fraction(0), total)

    def _reward(self, index: int, transition: int) -> Fraction:
        rewards = self.rewards[index]
        assert rewards is not None
        return rewards[transition]

    def quantities(self, memory: Hashable) -> tuple[Hashable, ...]:
        """What the function reads of a memory."""
        assert isinstance(memory, tuple)
        read: list[Hashable] = []
        for node, quantity in zip(self.nodes, memory[1], strict=True):
            read.append(quantity[1] if isinstance(node, stack.Discounted) else quantity)
        return tuple(read)

    def values(self, key: Sequence[Hashable]) -> list[Value]:
        """The quantities as numbers; an extremum of nothing yet counts as 0."""
        numbers: list[Value] = []
        for node, visited, quantity in zip(self.nodes, self.visited, key, strict=True):
            if isinstance(node, stack.SetFunction):
                assert visited is not None and isinstance(quantity, int)
                known = visited.value(quantity)
                enclosure: Callable[[], object] = _later(visited, quantity)
                numbers.append(exact(known) if known is not None else Value(None, enclosure))  # type: ignore[arg-type]
            else:
                assert quantity is None or isinstance(quantity, Fraction)
                numbers.append(exact(quantity if quantity is not None else Fraction(0)))
        return numbers


def _later(visited: VisitedSet, mask: int) -> Callable[[], object]:
    return lambda: visited.enclosure(mask)


def _exact_rewards(lowered: Lowered, node: stack.Discounted | stack.Total | stack.Extremum) -> list[Fraction]:  # fmt: skip  # noqa: E501
    values = signal_on(lowered, node.signal, stops=not isinstance(node, stack.Extremum))
    if values is None:
        raise SpecError.of("E705", "irrational rewards inside a function", span=node.span)
    return values.exact()


def _still_pays(lowered: Lowered, rewards: list[Fraction]) -> list[bool]:
    """Per product state, whether a nonzero reward can still come."""
    model = lowered.product.model
    sources = np.repeat(
        np.repeat(np.arange(model.state_count), np.diff(model.choice_starts)),
        np.diff(model.transition_starts),
    )
    pays = np.zeros(model.state_count, dtype=np.bool_)
    nonzero = np.array([bool(r) for r in rewards], dtype=np.bool_)
    pays[sources[nonzero]] = True
    while True:
        grown = pays.copy()
        grown[sources[pays[model.successors]]] = True
        if (grown == pays).all():
            return [bool(flag) for flag in pays]
        pays = grown
