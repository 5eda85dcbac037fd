"""C6: a lexicographic order with more jumps than the real line has room for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from fractions import Fraction

from specc.kernel.germ import Germ, Number, derivative, polynomial, sign
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, Undecided, arena_of, written
from specc.verdict.refute.frames import Frame, frames

__all__ = ["jumps"]

_STARTS = (Fraction(0), Fraction(1, 2), Fraction(1, 3))
_STEPS = (Fraction(1), Fraction(1, 2), Fraction(2))


def jumps(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C6."""
    arena = arena_of(question)
    if arena is None or arena.claim.spec.order != "lexicographic":
        return None
    for size in (1, 2):
        for frame in frames(arena, size):
            if arena.deadline.passed:
                return None
            if pair := _pair(arena, frame):
                lower, upper = written(pair)
                why = (
                    f"policies that differ only at {frame.names} come in pairs with the same first"
                    " objective and different later ones, for a whole interval of values of the"
                    f" first; an order by one real number, as in {formalism}, has no room for so"
                    " many gaps"
                )
                found = arena.submit(formalism, "C6 jump family", why, lower=lower, upper=upper)
                if found:
                    return found
    return None


def _pair(arena: Arena, frame: Frame) -> tuple[Plan, Plan] | None:
    """Two families with the same first number, which increases, in a strict order."""
    known: dict[Hashable, Plan] = {}
    for plan in _families(frame):
        try:
            _, numbers = arena.worth(plan)
            first = numbers[0]
            if not isinstance(first, Germ) or sign(derivative(first)) <= 0:
                continue
            other = known.setdefault(first, plan)
            if order := arena.compare(plan, other):
                return (other, plan) if order > 0 else (plan, other)
        except Undecided:
            continue
    return None


def _families(frame: Frame) -> Iterator[Plan]:
    """Straight lines along one free state, with various rows at the other."""
    for k, (_, actions) in enumerate(frame.free):
        for up in actions:
            for down in actions:
                if up == down:
                    continue
                for start in _STARTS:
                    for step in _STEPS:
                        chance = polynomial([start, step])
                        moving: dict[str, Number] = {up: chance, down: Fraction(1) - chance}
                        for rest in _others(frame, k):
                            yield frame.plan(*rest[:k], moving, *rest[k:])


def _others(frame: Frame, k: int) -> Iterator[list[dict[str, Fraction]]]:
    if len(frame.free) == 1:
        yield []
        return
    for row in frame.rows()[1 - k]:
        yield [row]
