"""Policies with finitely many trajectories: each of these, and how likely it is."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from .chain import Process, components, plain
from .errors import Rejected
from .germ import Number
from .limits import at_most
from .statement import Environment, Policy, Step

__all__ = ["Word", "along", "lottery"]

Path = tuple[tuple[str, str], ...]
Word = tuple[Path, Path]
"""The (state, action) pairs of an infinite trajectory: before its cycle, and once around it."""


def lottery(environment: Environment, policy: Policy) -> dict[Word, Number]:
    """All trajectories with their probabilities; Rejected where they are infinitely many.

    They are finitely many iff no state on a cycle has two ways on. Then a trajectory is a path
    to its first state on a cycle, and the cycle, forever: so equal trajectories of different
    policies have equal pairs.
    """
    chain = plain(environment, policy)
    number = components(chain)
    sizes = {component: number.count(component) for component in set(number)}
    cyclic = [
        sizes[number[i]] > 1 or any(to == i for to, _, _ in edges)
        for i, edges in enumerate(chain.edges)
    ]
    if any(on and len(edges) > 1 for on, edges in zip(cyclic, chain.edges, strict=True)):
        raise Rejected(
            "lottery", "a state on a cycle has two ways on: infinitely many trajectories"
        )
    found: dict[Word, Number] = {}
    pending: list[tuple[int, Number, Path]] = [
        (i, mass, ()) for i, mass in enumerate(chain.initial) if mass != 0
    ]
    while pending:
        node, mass, path = pending.pop()
        if not cyclic[node]:
            for to, weight, (state, action, _) in chain.edges[node]:
                pending.append((to, mass * weight, (*path, (state, action))))
            continue
        cycle: list[tuple[str, str]] = []
        at = node
        while not cycle or at != node:
            at, _, (state, action, _) = chain.edges[at][0]
            cycle.append((state, action))
        found[path, tuple(cycle)] = mass
        at_most("trajectories", len(found))
    if sum(found.values(), Fraction(0)) != 1:
        raise Rejected("lottery", "the masses of the trajectories do not sum to 1")
    return found


def along(word: Word) -> Process:
    """The process that has this one trajectory; places count its transitions."""
    path, cycle = word
    pairs = [*path, *cycle]
    following = [*range(1, len(pairs)), len(path)]
    moves: dict[Hashable, list[tuple[int, Fraction, Step]]] = {
        place: [(to, Fraction(1), (*pairs[place], pairs[to][0]))]
        for place, to in enumerate(following)
    }
    return Process([(0, pairs[0][0], Fraction(1))], lambda place: moves[place])
