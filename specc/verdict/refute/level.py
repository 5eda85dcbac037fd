"""C4b: a level set through all deterministic policies, and a policy off it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from specc.kernel import KernelError
from specc.kernel.arithmetic import minus
from specc.kernel.germ import polynomial
from specc.kernel.logs import value_sign
from specc.kernel.smooth import analytic_value
from specc.kernel.terms import Term
from specc.kernel.values import Valuation
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, arena_of, first_found, plan_of, written
from specc.verdict.refute.frames import GRID, Frame, frames

__all__ = ["level"]


def level(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C4b."""
    arena = arena_of(question)
    if arena is None:
        return None
    try:
        number = analytic_value(arena.claim, division=False)
    except KernelError:
        return None
    return first_found(
        arena, _frames(arena), lambda frame: _refutation(arena, formalism, frame, number)
    )


def _frames(arena: Arena) -> Iterator[Frame]:
    for size in (1, 2, 3):
        yield from frames(arena, size)


def _refutation(arena: Arena, formalism: str, frame: Frame, number: Term) -> Refutation | None:
    corners = frame.corners()
    if any(arena.compare(corners[0], corner) != 0 for corner in corners[1:]):
        return None
    outside = next((p for p in frame.grid(GRID) if arena.compare(p, corners[0]) != 0), None)
    if outside is None:
        return None
    segments = [pair for pair in _edges(corners) if _rests(arena, number, *pair)]
    if not _connected(corners, segments):
        return None
    policies = [*corners, outside]
    why = (
        f"this spec is worth the same all along a connected path through every deterministic choice"
        f" at {frame.names}; a Markov reward takes all of its values on such a path, so in"
        f" {formalism} every policy there is tied with one on the path, but one is not"
    )
    return arena.submit(
        formalism,
        "C4b range",
        why,
        policies=written(policies),
        faces={
            **{state: [action] for state, action in frame.frozen},
            **{state: list(actions) for state, actions in frame.free},
        },
        segments=[[policies.index(one), policies.index(other)] for one, other in segments],
        outside=len(corners),
    )


def _edges(corners: Sequence[Plan]) -> Iterator[tuple[Plan, Plan]]:
    """Pairs that differ at one state."""
    for one, other in combinations(corners, 2):
        if sum(x != y for x, y in zip(one, other, strict=True)) == 1:
            yield one, other


def _rests(arena: Arena, number: Term, one: Plan, other: Plan) -> bool:
    """Whether the value inside the segment is that at its end."""
    share = polynomial([Fraction(0), Fraction(1)])
    rows = {state: dict(row) for state, row in one}
    for (state, row), (_, target) in zip(one, other, strict=True):
        if row != target:
            ((kept, _),), ((tried, _),) = row, target
            rows[state] = {kept: Fraction(1) - share, tried: share}
    inside = Valuation(arena.environment, arena.claim.spec, arena.policy(plan_of(rows)))
    (there,) = arena.worth(one)[1]
    return value_sign(minus(inside.value(number), there)) == 0


def _connected(corners: Sequence[Plan], segments: Sequence[tuple[Plan, Plan]]) -> bool:
    reached = {corners[0]}
    for _ in corners:
        for one, other in segments:
            if one in reached or other in reached:
                reached |= {one, other}
    return len(reached) == len(corners)
