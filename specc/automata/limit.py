"""Limit-deterministic Buechi automata, for training: guess once, then be deterministic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specc.automata.automaton import Automaton, Cube, Edge
from specc.automata.cycles import Graph, components, graph_of

__all__ = ["LimitDeterministic", "limit_deterministic", "run_limit_deterministic"]


@dataclass(frozen=True, slots=True)
class LimitDeterministic:
    """A Buechi automaton whose only nondeterminism is to jump, at most once, without a letter.

    ``edges[state]`` is deterministic and complete; mark 0 (``marks == 1``) must be seen infinitely
    often. ``jumps[state]`` are the states that an epsilon move reaches; only states below
    ``final_part`` have jumps, and edges from ``final_part`` on stay there.
    """

    atoms: tuple[str, ...]
    initial: int
    edges: tuple[tuple[Edge, ...], ...]
    jumps: tuple[tuple[int, ...], ...]
    final_part: int

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.edges)

    def step(self, state: int, letter: int) -> Edge:
        """The edge that the letter takes."""
        return next(edge for edge in self.edges[state] if edge.admits(letter))


def limit_deterministic(automaton: Automaton) -> LimitDeterministic:
    """The language of a "parity max even" automaton, limit-deterministic.

    One copy per even priority k: there, priorities above k are forbidden and k is the Buechi mark
    (Sickert, Esparza, Jaax, Kretinsky 2016, section on parity; Hahn et al. 2019). A copy keeps
    only the components that hold an edge of priority k. Controlling the jump loses nothing in an
    MDP: it is good for MDPs. An automaton that is Buechi already has no jumps and
    ``final_part == 0``.
    """
    graph = graph_of(automaton)
    count = automaton.state_count
    priorities = sorted({int(p) for p in graph.priority.tolist() if p >= 0})
    if not priorities or priorities == [0]:
        return LimitDeterministic(
            automaton.atoms, automaton.initial, automaton.edges, ((),) * count, 0
        )
    copies: list[_Copy] = []
    total = count
    for priority in priorities:
        if priority % 2 == 0:
            copies.append(_copy(graph, priority, total))
            total += len(copies[-1].number)
    edges = [tuple(Edge(e.guard, e.target, 0) for e in row) for row in automaton.edges]
    for copy in copies:
        edges.extend(_copied_edges(automaton.edges[s], s, copy, total) for s in copy.number)
    edges.append((Edge((Cube(0, 0),), total, 0),))
    jumps = [
        tuple(copy.number[state] for copy in copies if state in copy.number)
        for state in range(count)
    ]
    jumps += [()] * (len(edges) - count)
    return LimitDeterministic(automaton.atoms, automaton.initial, tuple(edges), tuple(jumps), count)


@dataclass(frozen=True, slots=True)
class _Copy:
    """The states kept for one priority, with their new numbers, and all states' components."""

    priority: int
    component: list[int]
    number: dict[int, int]


def _copy(graph: Graph, priority: int, start: int) -> _Copy:
    component = components(graph, graph.priority <= priority)
    inside = component[graph.source] == component[graph.target]
    kept = set(component[graph.source[inside & (graph.priority == priority)]].tolist())
    labels: list[int] = component.tolist()
    members = [state for state, label in enumerate(labels) if label in kept]
    return _Copy(priority, labels, {state: start + i for i, state in enumerate(members)})


def _copied_edges(row: tuple[Edge, ...], state: int, copy: _Copy, sink: int) -> tuple[Edge, ...]:
    edges = []
    for edge in row:
        mark = edge.marks.bit_length() - 1
        stays = mark <= copy.priority and copy.component[edge.target] == copy.component[state]
        target = copy.number[edge.target] if stays else sink
        edges.append(Edge(edge.guard, target, int(stays and mark == copy.priority)))
    return tuple(edges)


def run_limit_deterministic(
    automaton: LimitDeterministic, prefix: Sequence[int], cycle: Sequence[int]
) -> bool:
    """Whether some run accepts ``prefix cycle cycle ...``."""
    word = [*prefix, *cycle]
    back = len(prefix)

    def follow(state: int, position: int) -> list[tuple[int, int, int]]:
        """The run from there until it repeats: (state, position, mark of the step)."""
        seen: dict[tuple[int, int], int] = {}
        run: list[tuple[int, int, int]] = []
        while (state, position) not in seen:
            seen[state, position] = len(run)
            edge = automaton.step(state, word[position])
            run.append((state, position, edge.marks))
            state, position = edge.target, position + 1
            if position == len(word):
                position = back
        accepted = any(mark for _, _, mark in run[seen[state, position] :])
        run.append((-1, -1, int(accepted)))
        return run

    run = follow(automaton.initial, 0)
    return bool(run[-1][2]) or any(
        bool(follow(jump, position)[-1][2])
        for state, position, _ in run[:-1]
        for jump in automaton.jumps[state]
    )
