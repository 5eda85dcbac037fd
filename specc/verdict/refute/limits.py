"""C5: the value jumps in a limit, and the formalism's values do not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from specc.kernel.formalisms import LOWER, UPPER
from specc.kernel.germ import Number, polynomial
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, Undecided, arena_of, written
from specc.verdict.refute.frames import Frame, frames

__all__ = ["limit"]

_SMALL = polynomial([Fraction(0), Fraction(1)])
_ONE: Number = Fraction(1)
_SHARES = (Fraction(1), Fraction(1, 2), Fraction(1, 64), Fraction(1, 4096))


def limit(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C5: policies that tend to one, on the other side of a third."""
    arena = arena_of(question)
    if arena is None:
        return None
    for size in (1, 2):
        for frame in frames(arena, size):
            for there, near, references in _families(frame):
                if arena.deadline.passed:
                    return None
                if found := _refutation(arena, formalism, frame, there, near, references):
                    return found
    return None


def _families(frame: Frame) -> Iterator[tuple[Plan, Plan, list[Plan]]]:
    """(the policy at e = 0, the family, candidates for the reference)."""
    if len(frame.free) == 1:
        ((_, actions),) = frame.free
        for kept in actions:
            for tried in actions:
                if tried != kept:
                    line = [_moved(kept, tried, share) for share in (Fraction(0), _SMALL, *_SHARES)]
                    plans = [frame.plan(row) for row in line]
                    yield plans[0], plans[1], plans[2:]
        return
    (_, here), (_, there) = frame.free
    corners = frame.corners()
    for one, two in ((here[0], here[1]), (here[1], here[0])):
        for three, four in ((there[0], there[1]), (there[1], there[0])):
            moved = [
                frame.plan(_moved(one, two, share), _moved(three, four, share))
                for share in (Fraction(0), _SMALL, *_SHARES)
            ]
            yield moved[0], moved[1], [*moved[2:], *corners]
            half = {one: Fraction(1, 2), two: Fraction(1, 2)}
            edge = [
                frame.plan(half, _moved(three, four, share))
                for share in (Fraction(0), _SMALL, *_SHARES)
            ]
            yield edge[0], edge[1], [*edge[2:], *corners]


def _moved(kept: str, tried: str, share: Number) -> dict[str, Number]:
    return {kept: _ONE - share, tried: share}


def _refutation(
    arena: Arena, formalism: str, frame: Frame, there: Plan, near: Plan, references: list[Plan]
) -> Refutation | None:
    for reference in references:
        try:
            at = arena.compare(there, reference)
            if at == 0:
                continue
            close = arena.compare(near, reference)
        except Undecided:
            continue
        drops = close >= 0 > at and formalism not in LOWER
        rises = close <= 0 < at and formalism not in UPPER
        if drops or rises:
            family, fixed = written([near, reference])
            found = arena.submit(
                formalism, "C5 limit", _why(formalism, frame, drops), family=family, reference=fixed
            )
            if found:
                return found
    return None


def _why(formalism: str, frame: Frame, drops: bool) -> str:
    way = (
        "at least as good as a third one, but their limit is worse"
        if drops
        else ("at most as good as a third one, but their limit is better")
    )
    return (
        f"the value of {formalism} objectives has no such jump: policies that take an action at"
        f" {frame.names} with a probability that goes to 0 stay {way} than that one"
    )
