"""C3 and C8: policies with few trajectories, in an order that these cannot give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from specc.kernel import KernelError
from specc.kernel.germ import at_zero
from specc.kernel.lottery import Word, lottery
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, Undecided, arena_of, plan_of, written
from specc.verdict.refute.cone import Link, chain, listed
from specc.verdict.refute.frames import GRID, bases, closure, frames

__all__ = ["few_values", "zero_one"]

_MOST_ATOMS = 10
_MOST_POLICIES = 12


def zero_one(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C3."""
    arena = arena_of(question)
    if arena is None:
        return None
    for plans in _sets(arena):
        if arena.deadline.passed:
            return None
        try:
            groups = arena.ranked(plans)
        except Undecided:
            continue
        if len(groups) < 2:
            continue
        order = [plan for group in groups for plan in group]
        place = {plan: i for i, plan in enumerate(order)}
        links = chain([[place[plan] for plan in group] for group in groups])
        if _satisfiable([arena.notes["lotteries"][plan] for plan in order], links):
            continue
        why = (
            f"an {formalism} objective is the probability of a set of trajectories; these policies"
            f" have only few trajectories, and no set of these has probabilities in their order"
        )
        found = arena.submit(
            formalism, "C3 zero-one", why, policies=written(order), comparisons=listed(links)
        )
        if found:
            return found
    return None


def few_values(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C8: more policies of different worth than trajectories."""
    arena = arena_of(question)
    if arena is None:
        return None
    for plans in _sets(arena):
        if arena.deadline.passed:
            return None
        try:
            order = [group[0] for group in reversed(arena.ranked(plans))]
        except Undecided:
            continue
        if len(order) <= len({w for plan in order for w in arena.notes["lotteries"][plan]}):
            continue
        why = (
            f"a {formalism} objective is worth what some trajectory is worth; {len(order)}"
            " policies that are all ranked differently have fewer trajectories than that in all"
        )
        found = arena.submit(formalism, "C8 few values", why, policies=written(order))
        if found:
            return found
    return None


def _sets(arena: Arena) -> Iterator[list[Plan]]:
    """Policies with few trajectories in all: deterministic ones of every frame together, then the
    mixtures of each frame."""
    corners = [plan for size in (1, 2) for frame in frames(arena, size) for plan in frame.corners()]
    yield _few(arena, [*_frozen(arena), *corners])
    for size in (1, 2):
        for frame in frames(arena, size):
            yield _few(arena, [*frame.corners(), *frame.grid((*GRID, Fraction(1, 3)))])


def _frozen(arena: Arena) -> Iterator[Plan]:
    for base in bases(arena):
        if (reached := closure(arena, base, {})) is not None:
            yield plan_of({s: {base[s]: Fraction(1)} for s in reached if s in base})


def _few(arena: Arena, plans: Sequence[Plan]) -> list[Plan]:
    """Those whose trajectories are few, as long as they stay few together; the same lottery once
    for every worth."""
    known: dict[Plan, dict[Word, Fraction] | None] = arena.notes.setdefault("lotteries", {})
    atoms: set[Word] = set()
    kept: dict[object, Plan] = {}
    for plan in dict.fromkeys(plans):
        if plan not in known:
            known[plan] = _lottery(arena, plan)
        masses = known[plan]
        if masses is None or len(atoms | masses.keys()) > _MOST_ATOMS:
            continue
        if frozenset(masses.items()) not in kept:
            atoms |= masses.keys()
            kept[frozenset(masses.items())] = plan
        if len(kept) == _MOST_POLICIES:
            break
    return list(kept.values())


def _lottery(arena: Arena, plan: Plan) -> dict[Word, Fraction] | None:
    try:
        found = lottery(arena.environment, arena.policy(plan))
    except KernelError:
        return None
    return {word: at_zero(mass) for word, mass in found.items()}


def _satisfiable(lotteries: Sequence[dict[Word, Fraction]], links: Sequence[Link]) -> bool:
    """Whether some set of the trajectories has probabilities in this order."""
    words = list(dict.fromkeys(word for masses in lotteries for word in masses))
    zero = Fraction(0)
    alive: Sequence[int] = range(2 ** len(words))
    for link in links:
        better, worse = lotteries[link.better], lotteries[link.worse]
        gains = [zero]
        for k, word in enumerate(words):
            gain = better.get(word, zero) - worse.get(word, zero)
            gains += [gains[rest] + gain for rest in range(2**k)]
        alive = [s for s in alive if (gains[s] > 0 if link.strict else gains[s] == 0)]
    return len(alive) > 0
