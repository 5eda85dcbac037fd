"""The exact joint distribution of undiscounted sums over whole runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from specc.chain.chain import Chain
from specc.chain.distribution import Law, Pending, Sums, reward_ranges
from specc.chain.reachability import absorption
from specc.chain.values import UndefinedTotal

__all__ = ["total_distribution"]

_Node = tuple[int, Sums]


def total_distribution(
    chain: Chain, rewards: Sequence[Sequence[Fraction]], budget: int = 100_000
) -> Law:
    """The joint law of the sums of several rewards (each per transition) over the whole run.

    Waiting costs nothing: (state, sums so far) is a chain of its own, and where it is finite
    its absorption is the law. Past ``budget`` nodes the unvisited ones become pending mass.
    Raises :class:`~specc.chain.values.UndefinedTotal` for a nonzero reward in a bottom
    component.
    """
    ends = absorption(chain)
    recurrent = {state for members in ends.components for state in members}
    earned = list(zip(*rewards, strict=True))
    for transition, source in enumerate(chain.sources()):
        if source in recurrent and any(earned[transition]):
            raise UndefinedTotal(transition)
    ranges = reward_ranges(chain, rewards)
    graph = _Graph(tuple(Fraction(0) for _ in rewards))
    for state, _ in chain.initial:
        graph.node(state, graph.nothing)
    starts = chain.starts.tolist()
    targets = chain.successors.tolist()
    position = 0
    while position < len(graph.order):
        state, sums = graph.order[position]
        if position < budget and (any(ranges[state][0]) or any(ranges[state][1])):
            for t in range(starts[state], starts[state + 1]):
                later = tuple(a + b for a, b in zip(sums, earned[t], strict=True))
                graph.arc(graph.node(targets[t], later), chain.probabilities[t])
        else:
            graph.arc(position, Fraction(1))
        graph.starts.append(len(graph.targets))
        position += 1
    return _law(graph, chain, ranges)


@dataclass(slots=True)
class _Graph:
    nothing: Sums
    number: dict[_Node, int] = field(default_factory=dict)
    order: list[_Node] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    targets: list[int] = field(default_factory=list)
    probabilities: list[Fraction] = field(default_factory=list)

    def node(self, state: int, sums: Sums) -> int:
        found = self.number.setdefault((state, sums), len(self.order))
        if found == len(self.order):
            self.order.append((state, sums))
        return found

    def arc(self, target: int, probability: Fraction) -> None:
        self.targets.append(target)
        self.probabilities.append(probability)


def _law(graph: _Graph, chain: Chain, ranges: Sequence[tuple[Sums, Sums]]) -> Law:
    origin = np.arange(len(graph.targets), dtype=np.int64)
    unfolded = Chain(
        starts=np.array(graph.starts, dtype=np.int64),
        successors=np.array(graph.targets, dtype=np.int64),
        probabilities=tuple(graph.probabilities),
        initial=tuple((graph.number[state, graph.nothing], m) for state, m in chain.initial),
        state=np.array([state for state, _ in graph.order], dtype=np.int64),
        origin=origin,
        choice=origin,
    )
    ends = absorption(unfolded)
    atoms: dict[Sums, Fraction] = {}
    pending: list[Pending] = []
    for members, mass in zip(ends.components, ends.masses, strict=True):
        state, sums = graph.order[members[0]]
        least, greatest = ranges[state]
        if not mass:
            continue
        if any(least) or any(greatest):
            low = tuple(a if b >= 0 else None for a, b in zip(sums, least, strict=True))
            high = tuple(a if b <= 0 else None for a, b in zip(sums, greatest, strict=True))
            pending.append(Pending(low, high, mass))
        else:
            atoms[sums] = atoms.get(sums, Fraction(0)) + mass
    return Law(atoms, tuple(pending))
