"""Limit-deterministic Buechi automata of deterministic ones with any acceptance."""

from __future__ import annotations

from dataclasses import dataclass

from specc.automata.automaton import Acceptance, Automaton, Combination, Cube, Edge, Fin, Inf
from specc.automata.automaton import Verdict as Constant
from specc.automata.limit import LimitDeterministic

__all__ = ["Way", "committed", "ways"]

_MOST_WAYS = 32
_MOST_STATES = 100_000
_EVERYTHING = (Cube(0, 0),)


@dataclass(frozen=True, slots=True)
class Way:
    """A disjunct of a condition: the marks ``never`` (a bit mask) are seen finitely often, each
    of ``again`` infinitely often."""

    never: int
    again: tuple[int, ...]


def committed(automaton: Automaton) -> LimitDeterministic | None:
    """The automaton's language: run along, jump once into the copy of one disjunct of its
    acceptance condition, where the forbidden marks lead to a sink and a counter goes round the
    wanted ones. None where the condition has too many disjuncts, or the copies too many states.

    In an MDP an accepting end component satisfies one disjunct by all of its edges, so controlling
    the jump loses nothing. Without forbidden marks and alternatives nothing is guessed.
    """
    alternatives = ways(automaton.acceptance)
    if alternatives is None:
        return None
    count = automaton.state_count
    total = count * (1 + sum(max(len(way.again), 1) for way in alternatives)) + 1
    if total > _MOST_STATES:
        return None
    if len(alternatives) == 1 and not alternatives[0].never:
        edges = _copy(automaton, alternatives[0], 0, count * max(len(alternatives[0].again), 1))
        jumps: list[tuple[int, ...]] = [()] * len(edges)
        return LimitDeterministic(automaton.atoms, automaton.initial, tuple(edges), tuple(jumps), 0)
    edges = [tuple(Edge(e.guard, e.target, 0) for e in row) for row in automaton.edges]
    starts = []
    for way in alternatives:
        starts.append(len(edges))
        edges.extend(_copy(automaton, way, len(edges), total - 1))
    edges.append((Edge(_EVERYTHING, total - 1, 0),))
    jumps = [tuple(start + state for start in starts) for state in range(count)]
    jumps += [()] * (len(edges) - count)
    return LimitDeterministic(automaton.atoms, automaton.initial, tuple(edges), tuple(jumps), count)


def _copy(automaton: Automaton, way: Way, start: int, sink: int) -> list[tuple[Edge, ...]]:
    """The states (level, state), level by level; level i waits for mark ``again[i]``."""
    levels = max(len(way.again), 1)
    rows = []
    for level in range(levels):
        for row in automaton.edges:
            edges = []
            for edge in row:
                if edge.marks & way.never:
                    edges.append(Edge(edge.guard, sink, 0))
                    continue
                reached = level
                while reached < len(way.again) and edge.marks >> way.again[reached] & 1:
                    reached += 1
                around = reached >= len(way.again)
                place = 0 if around else reached
                target = start + place * automaton.state_count + edge.target
                edges.append(Edge(edge.guard, target, int(around)))
            rows.append(tuple(edges))
    return rows


def ways(condition: Acceptance) -> list[Way] | None:
    """The disjuncts, without those that contradict themselves; None where they are too many."""
    found = _disjuncts(condition)
    if found is None:
        return None
    sound = {
        Way(never, tuple(mark for mark in range(again.bit_length()) if again >> mark & 1))
        for never, again in found
        if not never & again
    }
    return sorted(sound, key=lambda way: (way.never, way.again))


def _disjuncts(condition: Acceptance) -> list[tuple[int, int]] | None:
    match condition:
        case Inf(mark):
            return [(0, 1 << mark)]
        case Fin(mark):
            return [(1 << mark, 0)]
        case Constant(value):
            return [(0, 0)] if value else []
        case Combination(operator, operands):
            found: list[tuple[int, int]] = [(0, 0)] if operator == "and" else []
            for operand in operands:
                inner = _disjuncts(operand)
                if inner is None:
                    return None
                if operator == "and":
                    found = [(n | m, a | b) for n, a in found for m, b in inner]
                else:
                    found = found + inner
                found = list(dict.fromkeys(found))
                if len(found) > _MOST_WAYS:
                    return None
            return found
