"""Finite Markov chains, made of what really happens, and their occupancies."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from .germ import Number
from .limits import at_most
from .linear import solve
from .statement import Environment, Policy, Step

__all__ = [
    "Chain",
    "Process",
    "cesaro",
    "components",
    "discounted",
    "explore",
    "plain",
    "process",
    "until",
    "visits",
]

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Process:
    """How trajectories go: places, each of them in a state of the environment.

    ``start`` are (place, its state, mass); ``moves(place)`` are (next place, positive weight,
    transition).
    """

    start: Sequence[tuple[Hashable, str, Number]]
    moves: Callable[[Hashable], Iterable[tuple[Hashable, Number, Step]]]


@dataclass(frozen=True, slots=True)
class Chain(Generic[Node]):
    """Node i is ``nodes[i]``; ``edges[i]`` are (target, positive weight, transition).

    Two edges may share both ends. ``initial[i]`` is the mass of node i at time 0.
    """

    nodes: list[Node]
    edges: list[list[tuple[int, Number, Step]]]
    initial: list[Number]


def explore(
    start: Iterable[tuple[Node, Number]],
    step: Callable[[Node], Iterable[tuple[Node, Number, Step]]],
) -> Chain[Node]:
    """All nodes that have a path of positive weights from the start (a least fixed point)."""
    chain: Chain[Node] = Chain([], [], [])
    index: dict[Node, int] = {}

    def number(node: Node) -> int:
        if node not in index:
            index[node] = len(index)
            at_most("chain nodes", len(index))
            chain.nodes.append(node)
            chain.initial.append(Fraction(0))
        return index[node]

    for node, mass in start:
        chain.initial[number(node)] += mass
    for node in chain.nodes:  # grows while it is read
        chain.edges.append([(number(to), weight, tag) for to, weight, tag in step(node)])
    return chain


def plain(environment: Environment, policy: Policy) -> Chain[str]:
    """The chain of a policy on the states of the environment."""
    return explore(environment.initial, lambda state: _moves(environment, policy, state))


def process(environment: Environment, policy: Policy) -> Process:
    """A policy's trajectories; places are states."""
    return Process(
        [(state, state, mass) for state, mass in environment.initial],
        lambda state: _moves(environment, policy, state),
    )


def _moves(environment: Environment, policy: Policy, state: Any) -> list[tuple[str, Number, Step]]:
    """The outcomes of positive probability in a state."""
    return [
        (to, taken * chance, (state, action, to))
        for action, taken in policy[state].items()
        for to, chance in environment.moves[state][action]
    ]


def discounted(chain: Chain[Node], discount: Fraction) -> list[Number]:
    """sum_t discount^t P(node at time t), for 0 <= discount < 1."""
    flow: list[dict[int, Number]] = [{} for _ in chain.nodes]
    for i, edges in enumerate(chain.edges):
        for to, weight, _ in edges:
            flow[to][i] = flow[to].get(i, Fraction(0)) + discount * weight
    return solve(flow, chain.initial)


def visits(chain: Chain[Node]) -> list[Number | None]:
    """The expected number of visits; None (infinite) at recurrent nodes."""
    recurrent = {i for component in _bottoms(chain) for i in component}
    return _transient_visits(chain, recurrent)


def cesaro(chain: Chain[Node]) -> list[Number]:
    """lim 1/N sum_{t<N} P(node at time t)."""
    bottoms = _bottoms(chain)
    counts = _transient_visits(chain, {i for component in bottoms for i in component})
    share: list[Number] = [Fraction(0)] * len(chain.nodes)
    for component in bottoms:
        members = set(component)
        mass: Number = sum((chain.initial[i] for i in component), Fraction(0))
        for i, count in enumerate(counts):
            if count is not None:
                for to, weight, _ in chain.edges[i]:
                    if to in members:
                        mass = mass + count * weight
        for i, frequency in _stationary(chain, component).items():
            share[i] = mass * frequency
    return share


def until(rows: list[dict[int, Number]], through: list[bool], goal: list[bool]) -> list[Number]:
    """P(through U goal) from each row of a weighted graph: the least solution of its equations."""
    users: list[list[int]] = [[] for _ in rows]
    for i, row in enumerate(rows):
        for j in row:
            users[j].append(i)
    pending = [i for i, holds in enumerate(goal) if holds]
    reaching = set(pending)
    for j in pending:  # grows while it is read
        for i in users[j]:
            if i not in reaching and through[i]:
                reaching.add(i)
                pending.append(i)
    # Only nodes that can get there have an equation, so its solution is unique.
    inner = {i: k for k, i in enumerate(i for i in sorted(reaching) if not goal[i])}
    found: list[Number] = [Fraction(int(holds)) for holds in goal]
    matrix: list[dict[int, Number]] = [{} for _ in inner]
    side: list[Number] = [Fraction(0)] * len(inner)
    for i, k in inner.items():
        for j, weight in rows[i].items():
            if goal[j]:
                side[k] = side[k] + weight
            elif j in inner:
                matrix[k][inner[j]] = weight
    for i, value in zip(inner, solve(matrix, side), strict=True):
        found[i] = value
    return found


def components(chain: Chain[Node]) -> list[int]:
    """For each node the number of its strongly connected component (Kosaraju)."""
    count = len(chain.nodes)
    forward = [[to for to, _, _ in edges] for edges in chain.edges]
    backward: list[list[int]] = [[] for _ in range(count)]
    for i, targets in enumerate(forward):
        for to in targets:
            backward[to].append(i)
    order: list[int] = []
    seen: set[int] = set()
    for root in range(count):
        stack = [(root, iter(forward[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            node, rest = stack[-1]
            following = next((to for to in rest if to not in seen), None)
            if following is None:
                order.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(forward[following])))
    found: dict[int, int] = {}
    for root in reversed(order):
        pending = [root]
        while pending:
            node = pending.pop()
            if node not in found:
                found[node] = root
                pending += backward[node]
    return [found[node] for node in range(count)]


def _bottoms(chain: Chain[Node]) -> list[list[int]]:
    number = components(chain)
    members: dict[int, list[int]] = {}
    for i, component in enumerate(number):
        members.setdefault(component, []).append(i)
    for i, edges in enumerate(chain.edges):
        if any(number[to] != number[i] for to, _, _ in edges):
            members.pop(number[i], None)
    return list(members.values())


def _transient_visits(chain: Chain[Node], recurrent: set[int]) -> list[Number | None]:
    inner = {i: k for k, i in enumerate(i for i in range(len(chain.nodes)) if i not in recurrent)}
    flow: list[dict[int, Number]] = [{} for _ in inner]
    for i, k in inner.items():
        for to, weight, _ in chain.edges[i]:
            if to in inner:
                row = flow[inner[to]]
                row[k] = row.get(k, Fraction(0)) + weight
    solved = solve(flow, [chain.initial[i] for i in inner])
    return [solved[inner[i]] if i in inner else None for i in range(len(chain.nodes))]


def _stationary(chain: Chain[Node], component: list[int]) -> dict[int, Number]:
    """The stationary distribution of a bottom component: visits between returns to its first
    node, normalised."""
    first, rest = component[0], {i: k for k, i in enumerate(component[1:])}
    flow: list[dict[int, Number]] = [{} for _ in rest]
    side: list[Number] = [Fraction(0)] * len(rest)
    for i in component:
        for to, weight, _ in chain.edges[i]:
            if to == first:
                continue
            if i == first:
                side[rest[to]] = side[rest[to]] + weight
            else:
                row = flow[rest[to]]
                row[rest[i]] = row.get(rest[i], Fraction(0)) + weight
    times = [Fraction(1), *solve(flow, side)]
    total = sum(times, Fraction(0))
    return {i: count / total for i, count in zip(component, times, strict=True)}
