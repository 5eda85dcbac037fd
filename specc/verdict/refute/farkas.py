"""C1: comparisons that no linear function of the occupancies satisfies, at any discount."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction
from typing import Any, cast

from specc.kernel.chain import discounted, plain
from specc.kernel.features import limit_features
from specc.kernel.germ import Number, polynomial
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, arena_of, first_found, written
from specc.verdict.refute.cone import Link, chain, combination, listed
from specc.verdict.refute.exact import kernel_vector, reduced
from specc.verdict.refute.frames import GRID, Frame, frames
from specc.verdict.refute.polynomials import at, coprime, nonnegative_form, value

__all__ = ["GAMMA", "farkas", "occupancy"]

GAMMA = polynomial([Fraction(0), Fraction(1)])
"""The discount as a variable, in the kernel's field of rational functions."""

Features = dict[Hashable, Number]

_MOST_NODES = 60  # of the policies of a frame: beyond, rational functions are too large
_DEEPEST = 5  # halvings of [0, 1)


def farkas(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C1."""
    arena = arena_of(question)
    if arena is None:
        return None
    return first_found(
        arena, _families(arena), lambda family: _refutation(arena, formalism, *family)
    )


def _families(arena: Arena) -> Iterator[tuple[Frame, list[Plan]]]:
    for frame in frames(arena, 2):
        yield frame, frame.corners()
    for frame in frames(arena, 1):
        yield frame, frame.grid(GRID)
    for frame in frames(arena, 2):
        yield frame, frame.grid(GRID)
    for frame in frames(arena, 3):
        yield frame, frame.corners()


def _refutation(
    arena: Arena, formalism: str, frame: Frame, plans: Sequence[Plan]
) -> Refutation | None:
    groups = arena.ranked(plans)
    if len(groups) < 2:
        return None
    order = [plan for group in groups for plan in group]
    place = {plan: i for i, plan in enumerate(order)}
    links = chain([[place[plan] for plan in group] for group in groups])
    tiles = (_constant if formalism == "LAR" else _tiles)(arena, formalism, order, links)
    if tiles is None:
        return None
    used = [k for k in range(len(links)) if any(tile["multipliers"][k] for tile in tiles)]
    kept = sorted({end for k in used for end in (links[k].better, links[k].worse)})
    number = {old: new for new, old in enumerate(kept)}
    for tile in tiles:
        tile["multipliers"] = [tile["multipliers"][k] for k in used]
    return arena.submit(
        formalism,
        "C1 farkas",
        _why(formalism, frame),
        policies=written([order[i] for i in kept]),
        comparisons=listed(
            [Link(number[links[k].better], number[links[k].worse], links[k].strict) for k in used]
        ),
        tiles=tiles,
    )


def _constant(
    arena: Arena, _: str, order: Sequence[Plan], links: Sequence[Link]
) -> list[dict[str, Any]] | None:
    """LAR: the same numbers at every discount."""
    features = [limit_features(arena.environment, arena.policy(plan)) for plan in order]
    rows = [[Fraction(str(x)) for x in row] for row in matrix(features)]
    found = combination(rows, links)
    if found is None:
        return None
    multipliers = [
        _constant_form(m, link.strict) if m else [] for m, link in zip(found, links, strict=True)
    ]
    return [{"from": "0", "to": "1", "multipliers": multipliers}]


def _constant_form(value: Fraction, strict: bool) -> list[Any]:
    return [[str(value), 0, 0]] if strict else [str(value)]


def _tiles(
    arena: Arena, formalism: str, order: Sequence[Plan], links: Sequence[Link]
) -> list[dict[str, Any]] | None:
    """Multipliers that are polynomials of the discount, on intervals that cover [0, 1)."""
    chains = [plain(arena.environment, arena.policy(plan)) for plan in order]
    if sum(len(c.nodes) for c in chains) > 9 * _MOST_NODES:
        return None
    sample = Fraction(5, 11)
    if _support(arena, formalism, order, links, sample) is None:
        return None  # one discount at which some reward has this order
    rows = matrix([occupancy(arena, plan, GAMMA, formalism == "RRL") for plan in order])
    return _covered(rows, links, Fraction(0), Fraction(1), _DEEPEST)


def _support(
    arena: Arena, formalism: str, order: Sequence[Plan], links: Sequence[Link], discount: Fraction
) -> list[Fraction] | None:
    features = [occupancy(arena, plan, discount, formalism == "RRL") for plan in order]
    rows = [[x for x in row if isinstance(x, Fraction)] for row in matrix(features)]
    return combination(rows, links)


def _covered(
    rows: Sequence[Sequence[Number]],
    links: Sequence[Link],
    low: Fraction,
    high: Fraction,
    deep: int,
) -> list[dict[str, Any]] | None:
    middle = (5 * low + 6 * high) / 11  # no special place
    sampled = combination([[at(x, middle) for x in row] for row in rows], links)
    if sampled is None:
        return None
    if multipliers := _on_tile(rows, links, sampled, low, high):
        return [{"from": str(low), "to": str(high), "multipliers": multipliers}]
    if deep == 0:
        return None
    half = (low + high) / 2
    left = _covered(rows, links, low, half, deep - 1)
    right = _covered(rows, links, half, high, deep - 1) if left else None
    return left + right if left and right else None


def _on_tile(
    rows: Sequence[Sequence[Number]],
    links: Sequence[Link],
    sampled: Sequence[Fraction],
    low: Fraction,
    high: Fraction,
) -> list[list[Any]] | None:
    """The multipliers that vanish in the sample are 0; the others follow, up to a factor."""
    used = [k for k, m in enumerate(sampled) if m]
    columns: list[list[Number]] = [
        [row[links[k].better] - row[links[k].worse] for k in used] for row in rows
    ]
    vector = kernel_vector(columns, len(used))
    if vector is None:
        return None
    found: list[list[Any]] = [[] for _ in links]
    scaled = coprime(vector)
    lead = next(poly for k, poly in zip(used, scaled, strict=True) if links[k].strict)
    sign = 1 if value(lead, (low + high) / 2) > 0 else -1
    total = [Fraction(0)] * max(map(len, scaled))
    for k, poly in zip(used, scaled, strict=True):
        signed = tuple(sign * c for c in poly)
        if not links[k].strict:
            found[k] = [str(c) for c in signed]
            continue
        form = nonnegative_form(signed, low, high)
        if form is None:
            return None
        found[k] = form
        total = [t + (signed[i] if i < len(signed) else 0) for i, t in enumerate(total)]
    ends = [low] if high == 1 else [low, high]
    return found if all(value(tuple(total), end) > 0 for end in ends) else None


def occupancy(arena: Arena, plan: Plan, discount: Number, regularised: bool) -> Features:
    """The kernel's features at a discount, which may be the variable GAMMA."""
    policy = arena.policy(plan)
    reached = plain(arena.environment, policy)
    weights = discounted(reached, cast("Fraction", discount))
    found: Features = {}
    for state, edges, weight in zip(reached.nodes, reached.edges, weights, strict=True):
        for _, chance, step in edges:
            found[step] = found.get(step, Fraction(0)) + weight * chance
        if regularised:
            key = ("nu", frozenset(policy[state].items()))
            found[key] = found.get(key, Fraction(0)) + weight
    return found


def matrix(features: Sequence[Features]) -> list[list[Number]]:
    """One row per coordinate, one column per policy; only independent rows are kept."""
    keys = dict.fromkeys(key for feature in features for key in feature)
    rows = dict.fromkeys(tuple(f.get(key, Fraction(0)) for f in features) for key in keys)
    echelon, pivots = reduced([list(row) for row in rows], len(features))
    return echelon[: len(pivots)]


def _why(formalism: str, frame: Frame) -> str:
    seen = {
        "MR": "how often (with discounting) each transition happens",
        "RRL": "how often each transition happens and each distribution over actions is used",
        "LAR": "how often each transition happens in the long run",
    }[formalism]
    return (
        f"the value of an {formalism} objective is linear in {seen}; for the policies that differ"
        f" only at {frame.names} these numbers satisfy an identity (at every discount) under"
        " which the comparisons of this spec would add up to 0 > 0"
    )
