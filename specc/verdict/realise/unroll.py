"""A trajectory number that boundedly many transitions decide, step by step.

The number becomes a constant plus gains: one per transition of a product with a clock, all of
them zero after boundedly many steps on every run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.lower import Lowered, signal_on
from specc.model.graph import Model
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost
from specc.product import Product
from specc.solve.graph import choice_sources, leading_to, transition_choices
from specc.telescope import can_telescope, telescope
from specc.verdict.realise.decided import LIMIT_PARTS, limits
from specc.verdict.realise.influence import uninfluenced
from specc.verdict.realise.products import small_product

__all__ = ["OVER", "Node", "Step", "Unrolled", "unroll"]

BoolArray = NDArray[np.bool_]

OVER = -1
"""In place of a node: nothing is gained from here on."""
_PRODUCT = 60_000
_NODES = 6_000
_TELESCOPED = 600


@dataclass(frozen=True, slots=True)
class Step:
    """One outcome: a transition of the environment, the node after it, and the gain."""

    transition: int
    target: int
    gain: Fraction


@dataclass(frozen=True, slots=True)
class Node:
    """A state of the environment with a memory, after ``time`` transitions.

    ``rows`` has the outcomes of every choice of the environment's state, in their order. A
    ``lasting`` node is never left; the mean of its gains is gained once in all.
    """

    state: int
    memory: tuple[int, ...]
    time: int
    rows: tuple[tuple[Step, ...], ...]
    lasting: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Unrolled:
    """``start`` plus the gains on the way is the number, in the mean under every policy.

    ``roots`` gives the node (or OVER) of every initial state of the environment, in its order.
    """

    nodes: tuple[Node, ...]
    roots: tuple[int, ...]
    start: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class _Gains:
    """What each product transition gains; at step t times ``weight**t``, before ``horizon``.

    From states that are not ``live`` nothing is gained any more, by any policy. ``lasting``
    states are never left.
    """

    product: Product
    gain: list[Fraction]
    live: BoolArray
    lasting: BoolArray
    start: Fraction
    weight: Fraction = Fraction(1)
    horizon: int | None = None


def unroll(mdp: Mdp, trajectory: Number, *, mean: bool) -> Unrolled | None:
    """The number unrolled; None where no bound on its decision was found.

    ``mean``: only the mean is kept, so that what no policy influences is gained in advance.
    Raises SpecError where a memory is too large.
    """
    gains = _gains(mdp, trajectory, mean)
    if gains is None or (gains.horizon is None and _has_cycle(gains)):
        return None
    return _Unroller(mdp, gains).run()


def _gains(mdp: Mdp, trajectory: Number, mean: bool) -> _Gains | None:
    nodes = outermost(trajectory, stack.TRAJECTORY_LAYER)
    match trajectory:
        case stack.Total(signal, horizon):
            return _paid(small_product(mdp, trajectory, _PRODUCT), signal, Fraction(1), horizon)
        case stack.Discounted(signal, discount):
            horizon = 1 if discount == 0 else None
            found = _paid(small_product(mdp, trajectory, _PRODUCT), signal, discount, horizon)
            return found if found is None or horizon or not mean else _in_the_mean(found)
        case _ if all(isinstance(node, LIMIT_PARTS) for node in nodes):
            return _decisions(small_product(mdp, trajectory, _PRODUCT), trajectory, mean)
        case _ if can_telescope(nodes) and mdp.transition_count <= _TELESCOPED:
            ends = telescope(mdp, trajectory, nodes)
            gain = ends.low.exact()
            if ends.start_low != ends.start_high or gain != ends.high.exact():
                return None
            model = ends.product.model
            live = leading_to(model, _paying(model, gain))
            return _Gains(ends.product, gain, live, np.zeros_like(live), ends.start_low)
        case _:
            return None


def _paid(lowered: Lowered, signal: Number, weight: Fraction, horizon: int | None) -> _Gains | None:
    rewards = signal_on(lowered, signal, stops=True)
    if rewards is None:
        return None
    model, gain = lowered.product.model, rewards.exact()
    live = leading_to(model, _paying(model, gain))
    none = np.zeros_like(live)
    return _Gains(lowered.product, gain, live, none, Fraction(0), weight, horizon)


def _paying(model: Model, gain: list[Fraction]) -> BoolArray:
    """The states with a transition that gains something."""
    pays = np.array([bool(value) for value in gain], dtype=np.bool_)
    found = np.zeros(model.state_count, dtype=np.bool_)
    found[choice_sources(model)[transition_choices(model)][pays]] = True
    return found


def _in_the_mean(gains: _Gains) -> _Gains:
    """A discounted sum of which the rest is gained at once where no policy influences it."""
    model = gains.product.model
    none = np.zeros(model.state_count, dtype=np.bool_)
    worth = uninfluenced(model, gains.gain, gains.weight, {}, none)
    if worth is None:
        return gains
    gain = [
        value + gains.weight * (worth[target] or 0) if worth[source] is None else Fraction(0)
        for value, source, target in zip(
            gains.gain, _sources(model), model.successors.tolist(), strict=True
        )
    ]
    start = sum((p * (worth[n] or 0) for n, p in model.initial), gains.start)
    live = np.array([value is None for value in worth], dtype=np.bool_)
    return replace(gains, gain=gain, live=live, start=start)


def _sources(model: Model) -> list[int]:
    found: list[int] = choice_sources(model)[transition_choices(model)].tolist()
    return found


def _decisions(lowered: Lowered, trajectory: Number, mean: bool) -> _Gains | None:
    """The value is gained on the transition that decides it."""
    known = limits(lowered, trajectory)
    if known is None:
        return None
    model = lowered.product.model
    sources = _sources(model)
    worth = [known.values[k] if k >= 0 else None for k in known.decided.tolist()]
    if mean:
        fixed = {n: value for n, value in enumerate(worth) if value is not None}
        staying = (known.parts.component >= 0) & (known.decided < 0)
        nothing = [Fraction(0)] * model.transition_count
        worth = uninfluenced(model, nothing, Fraction(1), fixed, staying) or worth
    gain = [
        (worth[target] or Fraction(0)) if worth[source] is None else Fraction(0)
        for source, target in zip(sources, model.successors.tolist(), strict=True)
    ]
    start = sum((p * (worth[n] or 0) for n, p in model.initial), Fraction(0))
    live = np.array([value is None for value in worth], dtype=np.bool_)
    lasting = np.zeros(model.state_count, dtype=np.bool_)
    if isinstance(trajectory, stack.Average):
        rewards = signal_on(lowered, trajectory.signal, stops=False)
        if rewards is not None:
            leaves = np.array(sources) != model.successors
            lasting = np.bincount(np.array(sources)[leaves], minlength=model.state_count) == 0
            lasting &= live
            for t, source in enumerate(sources):
                if lasting[source]:
                    gain[t] = rewards[t]
    return _Gains(lowered.product, gain, live, lasting, start)


def _has_cycle(gains: _Gains) -> bool:
    """Whether a run can stay among live states for ever (lasting ones aside)."""
    model = gains.product.model
    sources = choice_sources(model)[transition_choices(model)]
    inner = gains.live & ~gains.lasting
    kept = inner[sources] & inner[model.successors]
    tails, heads = sources[kept].tolist(), model.successors[kept].tolist()
    after: dict[int, list[int]] = {}
    entering = [0] * model.state_count
    for tail, head in zip(tails, heads, strict=True):
        after.setdefault(tail, []).append(head)
        entering[head] += 1
    free = [n for n in range(model.state_count) if inner[n] and not entering[n]]
    seen = 0
    while free:
        node = free.pop()
        seen += 1
        for head in after.get(node, ()):
            entering[head] -= 1
            if not entering[head]:
                free.append(head)
    return seen < int(inner.sum())


class _Unroller:
    """Breadth first through pairs of a product state and a time."""

    def __init__(self, mdp: Mdp, gains: _Gains) -> None:
        self.mdp, self.gains = mdp, gains
        self.numbers: dict[tuple[int, int], int] = {}
        self.order: list[tuple[int, int]] = []

    def run(self) -> Unrolled | None:
        roots = tuple(self._node(n, 0) for n, _ in self.gains.product.model.initial)
        nodes: list[Node] = []
        read = _rows_of(self.gains.product.model)
        for state, time in self.order:  # grows while it is read
            if len(self.order) > _NODES:
                return None
            nodes.append(self._expanded(state, time, read))
        return Unrolled(tuple(nodes), roots, self.gains.start)

    def _node(self, state: int, time: int) -> int:
        gains = self.gains
        if not gains.live[state] or (gains.horizon is not None and time >= gains.horizon):
            return OVER
        number = self.numbers.setdefault((state, time), len(self.order))
        if number == len(self.order):
            self.order.append((state, time))
        return number

    def _expanded(self, state: int, time: int, read: Callable[[int], list[range]]) -> Node:
        gains = self.gains
        built = gains.product
        here = self.numbers[state, time]
        lasting = bool(gains.lasting[state])
        weight = gains.weight**time
        rows = []
        for transitions in read(state):
            row = []
            for t in transitions:
                target = here if lasting else self._node(int(built.model.successors[t]), time + 1)
                row.append(Step(int(built.origin[t]), target, weight * gains.gain[t]))
            rows.append(tuple(row))
        memory = tuple(built.memory[state].tolist())
        return Node(int(built.state[state]), memory, time, tuple(rows), lasting)


def _rows_of(model: Model) -> Callable[[int], list[range]]:
    """The transitions of every choice of a state."""
    choices, starts = model.choice_starts.tolist(), model.transition_starts.tolist()

    def read(state: int) -> list[range]:
        return [range(starts[c], starts[c + 1]) for c in range(choices[state], choices[state + 1])]

    return read
