"""Unrolled numbers as text: a reward machine that pays them, a formula that holds on them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from specc.automata.formula import Atom, Connective, Formula, Truth
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.two_valued import guard_text
from specc.verdict.realise.unroll import OVER, Node, Unrolled

__all__ = ["Automaton", "automaton", "machine_of", "satisfaction_of"]

Edge = tuple[int, Fraction]
"""The machine state after a transition, and what is put out on the way."""
Edges = Mapping[int, Edge]

_MOST_STATES = 400
_MOST_EDGES = 4_000
_MOST_OPERATORS = 400
_MOST_ATOMS = 12


@dataclass(frozen=True, slots=True)
class Automaton:
    """A machine over the environment's transitions: ``edges[q][t]`` is (state after, output) for
    every transition t that can be taken in q; after OVER nothing is put out. ``initial`` is 0."""

    edges: tuple[Mapping[int, Edge], ...]


def automaton(
    mdp: Mdp, unrolled: Unrolled, paid: Callable[[Node, Fraction], Fraction]
) -> Automaton | None:
    """The unrolled number with few states: a node's environment state is seen on the transition
    that leaves it, so nodes of different ones share a machine state, as do nodes with the same
    future. None where nothing is ever gained, or it stays too large.

    ``paid`` is what a gain at a node is put out as; a gain of 0 is 0.
    """
    future = _futures(unrolled, paid)
    if future is None or not unrolled.nodes:
        return None
    kind, rows = future
    home = _homes(unrolled, kind)
    count = 1 + max(home.values())
    if count > _MOST_STATES:
        return None
    edges: list[dict[int, Edge]] = [{} for _ in range(count)]
    for one, row in rows.items():
        for transition, (after, output) in row.items():
            edges[home[one]][transition] = (OVER if after == OVER else home[after], output)
    for root, (state, _) in zip(unrolled.roots, mdp.initial, strict=True):
        if root == OVER:
            for choice in mdp.choices(state):
                for transition in mdp.transitions(choice):
                    edges[0][transition] = (OVER, Fraction(0))
    return Automaton(tuple(edges))


def _homes(unrolled: Unrolled, kind: Sequence[int]) -> dict[int, int]:
    """A machine state for each kind of node, no two kinds of one environment state together.

    Those that can start come first, so all of them share machine state 0.
    """
    home: dict[int, int] = {}
    first: dict[int, Node] = {}
    for one, node in zip(kind, unrolled.nodes, strict=True):
        first.setdefault(one, node)
    layers: dict[int, list[int]] = {}
    for one, node in first.items():
        layers.setdefault(node.time, []).append(one)
    count = 0
    for _, members in sorted(layers.items()):
        classes: list[_Class] = []
        for one in sorted(members, key=lambda one: (first[one].memory, first[one].state)):
            node = first[one]
            free = [c for c in classes if node.state not in c.states]
            same = [c for c in free if node.memory in c.memories]
            if not free:
                free = [_Class(count, set(), set())]
                classes.append(free[0])
                count += 1
            chosen = (same or free)[0]
            chosen.states.add(node.state)
            chosen.memories.add(node.memory)
            home[one] = chosen.number
    return home


@dataclass(frozen=True, slots=True)
class _Class:
    """A machine state on its way: the environment states and memories that it stands for."""

    number: int
    states: set[int]
    memories: set[tuple[int, ...]]


def _futures(
    unrolled: Unrolled, paid: Callable[[Node, Fraction], Fraction]
) -> tuple[list[int], dict[int, dict[int, Edge]]] | None:
    """Nodes of one environment state with the same outputs for ever, numbered alike; and what
    each number does. Targets come after their nodes, so the last are done first."""
    kind = [OVER] * len(unrolled.nodes)
    known: dict[Hashable, int] = {}
    rows: dict[int, dict[int, Edge]] = {}
    for number in range(len(unrolled.nodes) - 1, -1, -1):
        node = unrolled.nodes[number]
        itself = -2
        row: dict[int, Edge] = {}
        for steps in node.rows:
            for step in steps:
                after = OVER if step.target == OVER else kind[step.target]
                after = itself if step.target == number else after
                output = paid(node, step.gain) if step.gain else Fraction(0)
                row[step.transition] = (after, output)
        key = (node.state, tuple(sorted(row.items())))
        one = known.setdefault(key, len(known))
        kind[number] = one
        rows[one] = {t: (one if a == itself else a, o) for t, (a, o) in row.items()}
        if len(known) > 20 * _MOST_STATES:
            return None
    return kind, rows


def machine_of(mdp: Mdp, found: Automaton, name: str) -> stack.Machine | None:
    """The reward machine; None where its text would be too long."""
    count = len(found.edges)
    steps: list[stack.MachineStep] = []
    for number, edges in enumerate(found.edges):
        for guard, (after, output) in _guarded(mdp, edges):
            target = count if after == OVER else after
            # A machine stays and emits nothing where no step matches.
            if target != number or output or guard != stack.Truth(True):
                steps.append(stack.MachineStep(number, guard, target, stack.Constant(output)))
        if len(steps) > _MOST_EDGES:
            return None
    names = tuple(f"u{number}" for number in range(count))
    if all(step.target != count for step in steps):
        return stack.Machine(name, names, tuple(steps), frozenset())
    return stack.Machine(name, (*names, "done"), tuple(steps), frozenset({count}))


def _guarded(mdp: Mdp, edges: Edges) -> list[tuple[stack.Guard, Edge]]:
    """Guards that tell the outcomes apart, the longest left to the end as "anything else"."""
    for key in _keys(mdp):
        table: dict[tuple[stack.Guard, ...], Edge] = {}
        if all(table.setdefault(key(t), edge) == edge for t, edge in edges.items()):
            break
    groups: dict[Edge, list[stack.Guard]] = {}
    for parts, edge in table.items():
        guard = parts[0] if len(parts) == 1 else stack.AllOf(parts)
        groups.setdefault(edge, []).append(guard)
    ordered = sorted(groups.items(), key=lambda item: len(item[1]))
    found: list[tuple[stack.Guard, Edge]] = []
    for edge, guards in ordered[:-1]:
        found.append((guards[0] if len(guards) == 1 else stack.AnyOf(tuple(guards)), edge))
    found.append((stack.Truth(True), ordered[-1][0]))
    return found


def _keys(mdp: Mdp) -> list[Callable[[int], tuple[stack.Guard, ...]]]:
    """Ways of reading a transition, the shorter before the longer."""
    sources, choices = mdp.transition_sources().tolist(), mdp.transition_choices().tolist()
    targets = mdp.successors.tolist()

    def left(t: int) -> stack.Guard:
        return stack.Before(stack.Here(mdp.states[sources[t]]))

    def action(t: int) -> stack.Guard:
        return stack.Action(mdp.actions[choices[t]])

    def entered(t: int) -> stack.Guard:
        return stack.Here(mdp.states[targets[t]])

    return [
        lambda t: (),
        lambda t: (entered(t),),
        lambda t: (left(t),),
        lambda t: (action(t),),
        lambda t: (left(t), action(t)),
        lambda t: (left(t), entered(t)),
        lambda t: (left(t), action(t), entered(t)),
    ]


def satisfaction_of(mdp: Mdp, found: Automaton, accepted: Fraction) -> stack.Satisfaction | None:
    """The formula of the runs on which the last output is ``accepted``; None where it would be
    too long. Every run must come to an end."""
    meaning: dict[str, stack.Guard] = {}
    budget = [_MOST_OPERATORS]

    def holds(state: int) -> Formula | None:
        options: list[Formula] = []
        for guard, (after, output) in _disjoint(mdp, found.edges[state]):
            budget[0] -= 1
            if budget[0] < 0:
                return None
            rest: Formula | None = Truth(output == accepted) if after == OVER else holds(after)
            if rest is None:
                return None
            if rest == Truth(False):
                continue
            here = _formula(guard, meaning)
            if rest == Truth(True):
                options.append(here)
            elif here == Truth(True):
                options.append(Connective("X", (rest,)))
            else:
                options.append(Connective("and", (here, Connective("X", (rest,)))))
        if not options:
            return Truth(False)
        return options[0] if len(options) == 1 else Connective("or", tuple(options))

    body = holds(0)
    if body is None or len(meaning) > _MOST_ATOMS:
        return None
    used = tuple(meaning.items())
    return stack.Satisfaction(Connective("X", (body,)), used)


def _disjoint(mdp: Mdp, edges: Edges) -> list[tuple[stack.Guard, Edge]]:
    """As :func:`_guarded`, but "anything else" is the negation of what comes before."""
    found = _guarded(mdp, edges)
    before = tuple(stack.Negation(guard) for guard, _ in found[:-1])
    last = found[-1][1]
    rest: stack.Guard = stack.Truth(True)
    if before:
        rest = before[0] if len(before) == 1 else stack.AllOf(before)
    return [*found[:-1], (rest, last)]


def _formula(guard: stack.Guard, meaning: dict[str, stack.Guard]) -> Formula:
    match guard:
        case stack.Truth(value):
            return Truth(value)
        case stack.Negation(part):
            return Connective("not", (_formula(part, meaning),))
        case stack.AllOf(parts):
            return Connective("and", tuple(_formula(part, meaning) for part in parts))
        case stack.AnyOf(parts):
            return Connective("or", tuple(_formula(part, meaning) for part in parts))
        case _:
            meaning[guard_text(guard)] = guard
            return Atom(guard_text(guard))
