"""C7: two policies that a formalism cannot tell apart, and the spec does."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from fractions import Fraction
from itertools import islice

from specc.kernel import KernelError
from specc.kernel.features import limit_features
from specc.kernel.terms import walk
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, Undecided, arena_of, plan_of, written
from specc.verdict.refute.frames import GRID, Frame, frames

__all__ = ["same_limit", "same_lottery"]


def same_lottery(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C7 (same lottery): only ``policy(a | s)`` reads unreachable states."""
    arena = arena_of(question)
    if arena is None:
        return None
    for state in _named(arena):
        if (base := _avoiding(arena, state)) is None:
            continue
        for one, other in islice(_twins(arena, base, state), 60):
            if arena.deadline.passed:
                return None
            try:
                if arena.compare(one, other) == 0:
                    continue
            except Undecided:
                continue
            why = (
                f"objectives of {formalism} see only what happens; two policies that differ only"
                f" at `{state}`, which neither of them ever reaches, are not tied here"
            )
            policies = written([one, other])
            found = arena.submit(formalism, "C7 same lottery", why, policies=policies, pair=[0, 1])
            if found:
                return found
    return None


def _named(arena: Arena) -> list[str]:
    """The states s of the terms policy(a | s)."""
    spec = arena.claim.spec
    terms = [t for number in (*spec.numbers, *spec.constraints) for t in walk(number)]
    return list(dict.fromkeys(t.fields[0] for t in terms if t.kind == "policy"))


def _avoiding(arena: Arena, state: str) -> dict[str, str] | None:
    """A deterministic policy under which the state is never reached; None where there is none."""
    moves = arena.environment.moves
    safe = {s: list(row) for s, row in moves.items() if s != state}
    shrinking = True
    while shrinking:
        shrinking = False
        for s in list(safe):
            safe[s] = [a for a in safe[s] if all(to in safe for to, _ in moves[s][a])]
            if not safe[s]:
                del safe[s]
                shrinking = True
    if any(s not in safe for s, _ in arena.environment.initial):
        return None
    return {s: actions[0] for s, actions in safe.items()}


def _twins(arena: Arena, base: dict[str, str], state: str) -> Iterator[tuple[Plan, Plan]]:
    """Policies that differ at the state only; at other named unreached states various rows."""
    moves = arena.environment.moves
    actions = sorted(moves[state])
    source = arena.random(f"twins {state}")
    others = [s for s in _named(arena) if s != state and _avoids(arena, base, s)]
    while len(actions) > 1:
        rows = {s: {base[s]: Fraction(1)} for s in base}
        for s in others:
            weights = [source.randint(0, 2) for _ in moves[s]]
            if sum(weights):
                rows[s] = {
                    a: Fraction(w, sum(weights)) for a, w in zip(moves[s], weights, strict=True)
                }
        one, other = source.sample(actions, 2)
        share = Fraction(source.randint(1, 4), 4)
        mixed = {one: share, other: 1 - share}
        yield plan_of({**rows, state: mixed}), plan_of({**rows, state: {other: Fraction(1)}})


def _avoids(arena: Arena, base: dict[str, str], state: str) -> bool:
    reached = {s for s, _ in arena.environment.initial}
    queue = sorted(reached)
    for s in queue:  # grows while it is read
        for to, _ in arena.environment.moves[s][base.get(s, arena.first[s])]:
            if to not in reached:
                reached.add(to)
                queue.append(to)
    return state not in reached


def same_limit(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C7 (same limit occupancy): what happens only for a while counts."""
    arena = arena_of(question)
    if arena is None:
        return None
    for size in (1, 2):
        for frame in frames(arena, size):
            if arena.deadline.passed:
                return None
            if pair := _pair(arena, frame):
                why = (
                    "a limit average ignores everything that happens only finitely often; two"
                    f" policies that differ only at {frame.names} have the same long-run"
                    " frequencies, and are not tied here"
                )
                policies = written(pair)
                found = arena.submit(
                    formalism, "C7 same limit occupancy", why, policies=policies, pair=[0, 1]
                )
                if found:
                    return found
    return None


def _pair(arena: Arena, frame: Frame) -> tuple[Plan, Plan] | None:
    known: dict[Hashable, list[Plan]] = {}
    for plan in frame.grid(GRID):
        try:
            arena.worth(plan)
            limit = limit_features(arena.environment, arena.policy(plan))
            key = frozenset((k, v) for k, v in limit.items() if v != 0)
            for other in known.setdefault(key, [])[:1]:
                if arena.compare(plan, other) != 0:
                    return plan, other
        except (Undecided, KernelError):
            continue
        known[key].append(plan)
    return None
