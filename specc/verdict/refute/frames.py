"""Frames: policies that are free at a few states and frozen elsewhere, so that little happens.

A refutation needs few policies, and these need to differ at few states; freezing the others
keeps the chains small, in an environment of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, islice, product, zip_longest

from specc.kernel.germ import Number
from specc.kernel.terms import Term, walk
from specc.verdict.refute.arena import Arena, Plan, plan_of

__all__ = ["Frame", "bases", "closure", "frames", "target_states"]

Base = dict[str, str]
"""A deterministic policy: what is not listed takes its first action."""

_MOST_NODES = 300  # reachable states of one frame
_MOST_WORK = 4_000  # reachable states of all frames of a size together
_MOST_FRAMES = {1: 40, 2: 48, 3: 10}
_TRIED_STATES = 6

HALF = Fraction(1, 2)
GRID = (Fraction(0), HALF, Fraction(1))


@dataclass(frozen=True, slots=True)
class Frame:
    """``free`` are states with the actions that are open there; ``frozen`` is what others do."""

    free: tuple[tuple[str, tuple[str, ...]], ...]
    frozen: tuple[tuple[str, str], ...]

    def plan(self, *rows: Mapping[str, Number]) -> Plan:
        """The policy with these rows at the free states, in their order."""
        fixed = {state: {action: Fraction(1)} for state, action in self.frozen}
        return plan_of({**fixed, **{s: row for (s, _), row in zip(self.free, rows, strict=True)}})

    def corners(self) -> list[Plan]:
        """Its deterministic policies."""
        return [
            self.plan(*({a: Fraction(1)} for a in chosen))
            for chosen in product(*(actions for _, actions in self.free))
        ]

    def grid(self, points: Sequence[Fraction] = GRID) -> list[Plan]:
        """Mixtures of the open actions, at every free state of pairs of these with such shares."""
        return [self.plan(*rows) for rows in product(*self.rows(points))]

    def rows(self, points: Sequence[Fraction] = GRID) -> list[list[dict[str, Fraction]]]:
        """For every free state the rows that a grid has there."""
        return [_mixtures(actions, points) for _, actions in self.free]

    @property
    def names(self) -> str:
        """The free states, for a sentence."""
        return " and ".join(f"`{state}`" for state, _ in self.free)


def _mixtures(actions: Sequence[str], points: Sequence[Fraction]) -> list[dict[str, Fraction]]:
    found: dict[tuple[tuple[str, Fraction], ...], None] = {}
    for one, other in combinations(actions, 2):
        for share in points:
            row = {one: share, other: 1 - share}
            found[tuple(sorted((a, p) for a, p in row.items() if p))] = None
    if len(actions) > 2:
        found[tuple((a, Fraction(1, len(actions))) for a in sorted(actions))] = None
    return [dict(row) for row in found]


def frames(arena: Arena, size: int) -> list[Frame]:
    """Frames with this many free states, those with few reachable states first; always the same
    for an arena. The free states are reachable in the frame."""
    key = f"frames {size}"
    if key not in arena.notes:
        arena.notes[key] = list(_affordable(arena, size))
    found: list[Frame] = arena.notes[key]
    return found


def _affordable(arena: Arena, size: int) -> Iterator[Frame]:
    """Every base in turn, each with its frames of few reachable states first."""
    queues = []
    for base in bases(arena):
        candidates = list(islice(_of_base(arena, base, size), 2 * _MOST_FRAMES[size]))
        queues.append(sorted(candidates, key=lambda item: item[1]))
    work = 0
    found: set[Frame] = set()
    for frame, nodes in (item for row in zip_longest(*queues) for item in row if item):
        if frame in found or work + nodes > _MOST_WORK:
            continue
        work += nodes
        found.add(frame)
        yield frame
        if len(found) == _MOST_FRAMES[size]:
            return


def _of_base(arena: Arena, base: Base, size: int) -> Iterator[tuple[Frame, int]]:
    moves = arena.environment.moves
    pending: list[tuple[tuple[str, tuple[str, ...]], ...]] = [()]
    for _ in range(size):
        grown = []
        for free in pending:
            reached = closure(arena, base, dict(free))
            names = {state for state, _ in free}
            open_states = [s for s in reached or () if len(moves[s]) > 1 and s not in names]
            for state in open_states[:_TRIED_STATES]:
                taken = base.get(state, arena.first[state])
                for actions in _openings(taken, sorted(moves[state]), size):
                    grown.append((*free, (state, actions)))
        pending = grown
    seen = set()
    for free in pending:
        if (same := frozenset(free)) in seen:
            continue
        seen.add(same)
        reached = closure(arena, base, dict(free))
        if reached is not None:
            kept = {s for s, _ in free}
            frozen = [(s, base[s]) for s in sorted(reached) if s in base and s not in kept]
            yield Frame(tuple(sorted(free)), tuple(frozen)), len(reached)


def _openings(taken: str, actions: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """The base's action with another one; alone also three together."""
    others = [a for a in actions if a != taken]
    pairs: list[tuple[str, ...]] = [(taken, other) for other in others[:3]]
    if size == 1 and len(others) > 1:
        pairs.append((taken, *others[:2]))
    return pairs


def closure(
    arena: Arena, base: Base, free: Mapping[str, tuple[str, ...]], most: int = _MOST_NODES
) -> list[str] | None:
    """What is reachable, nearest first; None where that is too much."""
    reached = dict.fromkeys(state for state, _ in arena.environment.initial)
    queue = list(reached)
    for state in queue:  # grows while it is read
        if len(queue) > most:
            return None
        for action in free.get(state, (base.get(state, arena.first[state]),)):
            for to, _ in arena.environment.moves[state][action]:
                if to not in reached:
                    reached[to] = None
                    queue.append(to)
    return queue


def bases(arena: Arena) -> list[Base]:
    """Deterministic policies to freeze to: the first actions, one that moves little, ones that
    go to what the spec speaks of, and random ones."""
    if "bases" not in arena.notes:
        found = [{}, _still(arena)]
        found += [_towards(arena, targets) for targets in target_states(arena)]
        source = arena.random("bases")
        moves = arena.environment.moves
        for _ in range(4):
            found.append({s: source.choice(sorted(row)) for s, row in moves.items()})
        arena.notes["bases"] = [dict(base) for base in dict.fromkeys(map(_frozen, found))]
    known: list[Base] = arena.notes["bases"]
    return known


def _frozen(base: Base) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(base.items()))


def _still(arena: Arena) -> Base:
    """The action that leaves a state for the fewest others."""
    return {
        state: min(sorted(row), key=lambda action: sum(to != state for to, _ in row[action]))
        for state, row in arena.environment.moves.items()
    }


def target_states(arena: Arena) -> list[frozenset[str]]:
    """Sets of states that the spec speaks of: labelled, rewarded, or named."""
    environment, spec = arena.environment, arena.claim.spec
    found = [states for _, states in sorted(environment.state_labels.items())]
    for _, steps in sorted(environment.step_labels.items()):
        found.append(frozenset(s for s, _, _ in steps))
    for _, rewards in sorted(environment.rewards.items()):
        found.append(frozenset(s for s, value in _sources(rewards) if value))
    terms: list[Term] = [t for n in (*spec.numbers, *spec.constraints) for t in walk(n)]
    found += [frozenset({t.fields[0]}) for t in terms if t.kind in ("at", "policy")]
    count = len(environment.moves)
    return [s for s in dict.fromkeys(found) if 0 < len(s) < count][:6]


def _sources(
    rewards: Mapping[tuple[str | None, str | None, str], Fraction],
) -> Iterator[tuple[str, Fraction]]:
    for (state, _, _), value in rewards.items():
        if state is not None:
            yield state, value


def _towards(arena: Arena, targets: frozenset[str]) -> Base:
    """Everywhere an action that may lead closer; on the targets the first one."""
    into: dict[str, list[tuple[str, str]]] = {}
    for state, row in arena.environment.moves.items():
        for action, ends in row.items():
            for to, _ in ends:
                into.setdefault(to, []).append((state, action))
    base: Base = {}
    queue = sorted(targets)
    seen = set(queue)
    for to in queue:  # grows while it is read
        for state, action in into.get(to, ()):
            if state not in seen:
                seen.add(state)
                base[state] = action
                queue.append(state)
    return base
