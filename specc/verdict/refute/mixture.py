"""C2: a policy whose trajectories are a mixture of those of others, and is worth another amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from specc.kernel.formalisms import MIXING
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, arena_of, first_found, written
from specc.verdict.refute.cone import Link, chain, combination, listed
from specc.verdict.refute.exact import nonnegative
from specc.verdict.refute.frames import GRID, Frame, frames

__all__ = ["mixture"]

_MOST_PREFIXES = 20_000
_FINE = (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1))


def mixture(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C2, for what is linear in the lottery and for CVAR and QUANT."""
    arena = arena_of(question)
    if arena is None:
        return None
    return first_found(
        arena, _families(arena), lambda family: _refutation(arena, formalism, *family)
    )


def _families(arena: Arena) -> Iterator[tuple[Frame, list[Plan]]]:
    for frame in frames(arena, 1):
        yield frame, frame.grid(_FINE)
    for frame in frames(arena, 2):
        yield frame, frame.grid(GRID)


def _refutation(
    arena: Arena, formalism: str, frame: Frame, plans: Sequence[Plan]
) -> Refutation | None:
    groups = arena.ranked(plans)
    if len(groups) < 2:
        return None
    order = [plan for group in groups for plan in group]
    equations = _relations(arena, frame, order)
    if equations is None:
        return None
    found = (_peak if formalism in MIXING else _chained)(equations, groups, order)
    if found is None:
        return None
    links, multipliers = found
    used = [k for k, m in enumerate(multipliers) if m]
    kept = sorted({end for k in used for end in (links[k].better, links[k].worse)})
    number = {old: new for new, old in enumerate(kept)}
    return arena.submit(
        formalism,
        "C2 mixture",
        _why(formalism, frame),
        policies=written([order[i] for i in kept]),
        comparisons=listed(
            [Link(number[links[k].better], number[links[k].worse], links[k].strict) for k in used]
        ),
        multipliers=[str(multipliers[k]) for k in used],
    )


Found = tuple[list[Link], list[Fraction]]


def _chained(
    equations: list[list[Fraction]], groups: list[list[Plan]], order: list[Plan]
) -> Found | None:
    place = {plan: i for i, plan in enumerate(order)}
    links = chain([[place[plan] for plan in group] for group in groups])
    found = combination(equations, links)
    return (links, found) if found else None


def _peak(
    equations: list[list[Fraction]], groups: list[list[Plan]], order: list[Plan]
) -> Found | None:
    """A policy that is a mixture of strictly worse ones."""
    start = 0
    for group in groups[:-1]:
        first, start = start, start + len(group)
        worse = list(range(start, len(order)))
        for better in range(first, start):
            columns = [[row[better] - row[i] for i in worse] for row in equations]
            if found := nonnegative(columns, len(worse)):
                return [Link(better, i, True) for i in worse], found
    return None


def _relations(arena: Arena, frame: Frame, plans: Sequence[Plan]) -> list[list[Fraction]] | None:
    """Rows that span what the lotteries have in common: a combination w of lotteries is zero iff
    every row has row . w = 0. They are bases of the policies' probabilities of the prefixes that
    end in each state, closed under single steps."""
    policies = [arena.policy(plan) for plan in plans]
    spaces: dict[str, list[list[Fraction]]] = {}
    pending = [(s, [mass] * len(plans)) for s, mass in arena.environment.initial]
    seen = 0
    while pending:
        state, vector = pending.pop()
        seen += 1
        if seen > _MOST_PREFIXES:
            return None
        space = spaces.setdefault(state, [])
        rest = _less(vector, space)
        if not any(rest):
            continue
        space.append(rest)
        rows = [policy[state] for policy in policies]
        for action, ends in arena.environment.moves[state].items():
            following = [
                x * p if (p := row.get(action)) is not None and isinstance(p, Fraction) else x * 0
                for x, row in zip(vector, rows, strict=True)
            ]
            if any(following):
                pending += [(to, following) for to, _ in ends]
    return _independent(spaces)


def _independent(spaces: dict[str, list[list[Fraction]]]) -> list[list[Fraction]]:
    found: list[list[Fraction]] = []
    for space in spaces.values():
        for vector in space:
            if any(rest := _less(vector, found)):
                found.append(rest)
    return found


def _less(vector: list[Fraction], space: list[list[Fraction]]) -> list[Fraction]:
    """The vector less its part in the span of an echelon basis, scaled to begin with 1."""
    rest = list(vector)
    for row in space:
        pivot = next(i for i, x in enumerate(row) if x)
        if factor := rest[pivot]:
            rest = [x - factor * y for x, y in zip(rest, row, strict=True)]
    first = next((x for x in rest if x), None)
    return [x / first for x in rest] if first else rest


def _why(formalism: str, frame: Frame) -> str:
    if formalism in MIXING:
        return (
            f"a mixture of lotteries is worth at most the best of them in {formalism}; here a"
            f" policy that differs from others only at {frame.names} has a mixture of their"
            " trajectories and is ranked above each of them"
        )
    return (
        f"the value of every {formalism} objective is an expectation, so a policy whose"
        " trajectories are a mixture of those of others is worth that mixture of their values;"
        f" policies that differ only at {frame.names} are ranked otherwise here"
    )
