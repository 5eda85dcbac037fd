"""C4a: directions in which the value rests tie policies for every function of a Markov reward."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, islice, pairwise
from typing import cast

from specc.kernel import KernelError
from specc.kernel.chain import Chain, discounted, plain
from specc.kernel.germ import Germ, Number, at_zero, derivative, polynomial
from specc.kernel.logs import Logs, Value, value_sign
from specc.kernel.smooth import analytic_value
from specc.kernel.terms import Term
from specc.kernel.values import Valuation
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import (
    Arena,
    Plan,
    Undecided,
    arena_of,
    first_found,
    plan_of,
    written,
)
from specc.verdict.refute.exact import kernel_vector, reduced
from specc.verdict.refute.farkas import GAMMA, matrix, occupancy
from specc.verdict.refute.frames import Frame, frames
from specc.verdict.refute.polynomials import coprime, nonnegative_form, value

__all__ = ["ties"]

Rates = Mapping[str, Mapping[str, Fraction]]
Features = dict[Hashable, Number]

_THIRD = Fraction(1, 3)
_INSIDE = (_THIRD, Fraction(1, 2), Fraction(2, 3))
_POINTS = (Fraction(0), *_INSIDE, Fraction(1))
_MOST_NODES = 30  # reachable states of a policy
_MOST_TANGENTS = 3  # of one certificate
_MOST_SUBSETS = 48  # of tangents, in a frame
_MOST_TRIES = 4  # at an identity for all discounts, in a frame
_MOST_FRAMES = 16
_SAMPLE = Fraction(5, 11)


@dataclass(frozen=True, slots=True)
class Tangent:
    """A policy, a direction in which the value rests, and one in which it does not."""

    plan: Plan
    tie: Rates
    slope: Rates


def ties(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C4a."""
    arena = arena_of(question)
    if arena is None:
        return None
    try:
        number = analytic_value(arena.claim, division=True)
    except KernelError:
        return None
    return first_found(
        arena, _frames(arena), lambda frame: _refutation(arena, formalism, frame, number)
    )


def _frames(arena: Arena) -> Iterator[Frame]:
    """Where there is a direction to rest in: at least two dimensions."""
    for frame in frames(arena, 1):
        if len(frame.free[0][1]) > 2:
            yield frame
    yield from frames(arena, 2)[:_MOST_FRAMES]


def _refutation(arena: Arena, formalism: str, frame: Frame, number: Term) -> Refutation | None:
    plans = frame.grid(_POINTS)
    reached = max(len(plain(arena.environment, arena.policy(p)).nodes) for p in plans)
    if reached > _MOST_NODES:
        return None
    groups = arena.ranked(plans)
    if len(groups) < 2:
        return None
    tangents = _tangents(arena, frame, number)
    if not tangents:
        return None
    sampled = {p: occupancy(arena, p, _SAMPLE, False) for group in groups for p in group}
    short = _shortened(sampled, [_slope(arena, t, _SAMPLE) for t in tangents])
    tried = 0
    for chosen in islice(_subsets(len(tangents)), _MOST_SUBSETS):
        for pair in _spanned(groups, short[0], [short[1][k] for k in chosen])[:2]:
            tried += 1
            if tried > _MOST_TRIES or arena.deadline.passed:
                return None
            found = _certified(arena, formalism, frame, pair, [tangents[k] for k in chosen])
            if found:
                return found
    return None


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, min(_MOST_TANGENTS, count) + 1):
        yield from combinations(range(count), size)


def _shortened(
    features: Mapping[Plan, Features], slopes: Sequence[Features]
) -> tuple[dict[Plan, list[Number]], list[list[Number]]]:
    """The same vectors in as few coordinates as they have dimensions."""
    columns = list(zip(*matrix([*features.values(), *slopes]), strict=True))
    vectors = [list(column) for column in columns]
    return dict(zip(features, vectors, strict=False)), vectors[len(features) :]


def _spanned(
    groups: Sequence[Sequence[Plan]],
    features: Mapping[Plan, list[Number]],
    slopes: Sequence[list[Number]],
) -> list[tuple[Plan, Plan]]:
    """Pairs of policies that are not tied, whose features differ by a combination of the slopes:
    they agree after reduction by these."""
    echelon, pivots = reduced(slopes, len(slopes[0]))
    known: dict[tuple[Number, ...], tuple[int, Plan]] = {}
    pairs = []
    for rank, group in enumerate(groups):
        for plan in group:
            rest = features[plan]
            for row, pivot in zip(echelon, pivots, strict=False):
                factor = rest[pivot]
                rest = [x - factor * y for x, y in zip(rest, row, strict=True)]
            place, other = known.setdefault(tuple(rest), (rank, plan))
            if place != rank:
                pairs.append((other, plan))
    return pairs


def _certified(
    arena: Arena,
    formalism: str,
    frame: Frame,
    pair: tuple[Plan, Plan],
    tangents: Sequence[Tangent],
) -> Refutation | None:
    """l_0 (m_i - m_j) = sum l_k D m_k at every discount, with l_0 > 0 by its form."""
    first, second = (occupancy(arena, plan, GAMMA, False) for plan in pair)
    slopes = [_slope(arena, tangent, GAMMA) for tangent in tangents]
    keys = dict.fromkeys(k for f in (first, second, *slopes) for k in f)
    zero = Fraction(0)
    rows: list[list[Number]] = [
        [first.get(k, zero) - second.get(k, zero), *(zero - f.get(k, zero) for f in slopes)]
        for k in keys
    ]
    vector = kernel_vector(rows, 1 + len(slopes))
    if vector is None or vector[0] == 0:
        return None
    lead, *others = coprime(vector)
    sign = 1 if value(lead, Fraction(1, 2)) > 0 else -1
    form = nonnegative_form(tuple(sign * c for c in lead), Fraction(0), Fraction(1))
    if form is None:
        return None
    policies = list(dict.fromkeys([*pair, *(t.plan for t in tangents)]))
    multipliers = [form, *([str(sign * c) for c in poly] for poly in others)]
    return arena.submit(
        formalism,
        "C4a infinitesimal ties",
        _why(formalism, frame),
        policies=written(policies),
        pair=[policies.index(plan) for plan in pair],
        points=[
            {"policy": policies.index(t.plan), "tie": _listed(t.tie), "slope": _listed(t.slope)}
            for t in tangents
        ],
        tiles=[{"from": "0", "to": "1", "multipliers": multipliers}],
    )


def _listed(rates: Rates) -> dict[str, dict[str, str]]:
    return {state: {a: str(x) for a, x in row.items() if x} for state, row in rates.items()}


def _tangents(arena: Arena, frame: Frame, number: Term) -> list[Tangent]:
    """At points inside the frame and inside its edges."""
    found: list[Tangent] = []
    for rows in _inner(frame):
        plan = frame.plan(*rows)
        axes = [
            {state: {a: Fraction(1), b: Fraction(-1)}}
            for (state, _), row in zip(frame.free, rows, strict=True)
            for a, b in _neighbours([a for a, p in row.items() if p])
        ]
        if len(axes) < 2:
            continue
        try:
            slopes = [_derivative(arena, number, plan, axis) for axis in axes]
        except (Undecided, KernelError):
            continue
        found += _resting(plan, axes, slopes)
    return found


def _neighbours(actions: list[str]) -> list[tuple[str, str]]:
    return list(pairwise(actions))


def _inner(frame: Frame) -> Iterator[tuple[dict[str, Fraction], ...]]:
    if len(frame.free) == 1:
        a, b, c = frame.free[0][1]
        for x, y in ((_THIRD, _THIRD), (Fraction(1, 2), Fraction(1, 4)), (Fraction(1, 4), _THIRD)):
            yield ({a: x, b: y, c: 1 - x - y},)
        return
    (_, (a, b)), (_, (c, d)) = frame.free
    for x in _INSIDE:
        for y in _INSIDE:
            yield {a: x, b: 1 - x}, {c: y, d: 1 - y}


def _resting(plan: Plan, axes: Sequence[Rates], slopes: Sequence[Value]) -> Iterator[Tangent]:
    """Along an axis where the value rests; and along two with slopes of rational ratio."""
    moving = [k for k, slope in enumerate(slopes) if value_sign(slope) != 0]
    if not moving:
        return
    across = axes[moving[0]]
    for k, axis in enumerate(axes):
        if k not in moving:
            yield Tangent(plan, axis, across)
    for j, k in pairwise(moving):
        left, right = slopes[j], slopes[k]
        ratio = _ratio(left, right)
        if ratio is not None:
            yield Tangent(plan, _joined(axes[j], axes[k], -ratio), across)


def _ratio(left: Value, right: Value) -> Fraction | None:
    """left / right where that is seen to be rational; right is not 0."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left / right
    if isinstance(left, Logs) and isinstance(right, Logs) and left.terms and right.terms:
        mine, other = dict(left.terms), dict(right.terms)
        number = min(mine)
        if number in other and isinstance(mine[number], Fraction):
            ratio = cast("Fraction", mine[number]) / cast("Fraction", other[number])
            same = all(mine[n] == ratio * other.get(n, Fraction(0)) for n in mine)
            if same and mine.keys() == other.keys() and left.rational == ratio * right.rational:
                return ratio
    return None


def _joined(one: Rates, other: Rates, factor: Fraction) -> Rates:
    """one + factor * other."""
    found: dict[str, dict[str, Fraction]] = {s: dict(row) for s, row in one.items()}
    for state, row in other.items():
        mine = found.setdefault(state, {})
        for action, rate in row.items():
            mine[action] = mine.get(action, Fraction(0)) + factor * rate
    return found


def _derivative(arena: Arena, number: Term, plan: Plan, rates: Rates) -> Value:
    """d/de of the value at plan + e rates, at e = 0."""
    moved = arena.policy(_shifted(plan, rates))
    fixed = arena.policy(plan)
    there = Valuation(arena.environment, arena.claim.spec, moved, at=fixed).value(number)
    if isinstance(there, Fraction | Germ):
        return at_zero(derivative(there))
    if isinstance(there, Logs):
        return there.map(lambda x: at_zero(derivative(x)))
    raise Undecided  # a slope of products of logarithms


def _shifted(plan: Plan, rates: Rates) -> Plan:
    rows: dict[str, dict[str, Number]] = {state: dict(row) for state, row in plan}
    for state, row in rates.items():
        for action, rate in row.items():
            rows[state][action] += polynomial([Fraction(0), rate])
    return plan_of(rows)


def _slope(arena: Arena, tangent: Tangent, discount: Number) -> Features:
    """D m: of mu (1 - gamma P) = start the derivative is D mu (1 - gamma P) = gamma mu DP."""
    policy = arena.policy(tangent.plan)
    reached = plain(arena.environment, policy)
    weights = discounted(reached, cast("Fraction", discount))
    place = {state: i for i, state in enumerate(reached.nodes)}
    zero: Number = Fraction(0)
    pushed: list[Number] = [zero] * len(weights)
    found: Features = {}
    for state, rates in tangent.tie.items():
        if state not in place:
            continue
        for action, rate in rates.items():
            for to, chance in arena.environment.moves[state][action]:
                flow = weights[place[state]] * (rate * chance)
                found[state, action, to] = flow
                pushed[place[to]] += discount * flow
    change = discounted(Chain(reached.nodes, reached.edges, pushed), cast("Fraction", discount))
    for edges, moved in zip(reached.edges, change, strict=True):
        for _, weight, step in edges:
            found[step] = found.get(step, zero) + moved * weight
    return found


def _why(formalism: str, frame: Frame) -> str:
    return (
        f"in {formalism}, policies of equal Markov reward are tied, so where this spec's value"
        f" rests (to first order) as the policy turns, at {frame.names}, that reward rests too;"
        " following such directions, two policies would have to be tied that this spec ranks"
    )
