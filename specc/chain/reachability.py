"""Expected visits, hitting probabilities and absorption of a chain, exact.

Everything is seen from the initial distribution: one transposed system gives the expected
visits of all states, and values, probabilities and absorption are sums over them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from specc.chain.chain import Chain
from specc.chain.linear import solve_exact
from specc.chain.rational import from_flint, to_flint
from specc.chain.structure import bottom_components

__all__ = ["Absorption", "absorption", "ever", "occupancy", "reach"]


@dataclass(frozen=True, slots=True)
class Absorption:
    """How the chain ends: ``components`` are the bottom components, ``masses[k]`` the
    probability of ending in the k-th; ``visits[s]`` is the expected number of visits of a
    transient state ``s``, and zero for recurrent ones (theirs is infinite)."""

    components: tuple[tuple[int, ...], ...]
    masses: tuple[Fraction, ...]
    visits: tuple[Fraction, ...]


def occupancy(chain: Chain, discount: Fraction | None) -> list[Fraction]:
    """The expected sum over t of ``discount**t * [state at t is s]``, per state ``s``.

    With ``discount`` None the undiscounted visits of transient states, zero for recurrent ones.
    ``discount`` is in [0, 1); ValueError otherwise.
    """
    if discount is None:
        return list(absorption(chain).visits)
    if not 0 <= discount < 1:
        raise ValueError("a discount is in [0, 1)")
    inside = [True] * chain.state_count
    return _visits(chain, inside, [True] * chain.transition_count, discount)


def absorption(chain: Chain) -> Absorption:
    """The bottom components, the probability of each, and the visits of transient states."""
    found = bottom_components(chain.neighbours())
    home: dict[int, int] = {}
    for index, members in enumerate(found):
        for state in members:
            home[state] = index
    transient = [state not in home for state in range(chain.state_count)]
    visits = _visits(chain, transient, [True] * chain.transition_count, Fraction(1))
    masses = [fmpq(0)] * len(found)
    for state, mass in chain.initial:
        if state in home:
            masses[home[state]] += to_flint(mass)
    flat = zip(chain.sources(), chain.successors.tolist(), chain.probabilities, strict=True)
    exact = [to_flint(value) for value in visits]
    for source, target, probability in flat:
        if transient[source] and not transient[target]:
            masses[home[target]] += exact[source] * to_flint(probability)
    return Absorption(
        components=tuple(tuple(sorted(members)) for members in found),
        masses=tuple(from_flint(mass) for mass in masses),
        visits=tuple(visits),
    )


def reach(chain: Chain, target_sets: Sequence[Collection[int]]) -> list[Fraction]:
    """For each set of states, the probability that it is ever visited (time 0 counts)."""
    return [_reach(chain, frozenset(targets)) for targets in target_sets]


def ever(chain: Chain, hits: Sequence[bool]) -> Fraction:
    """The probability that some transition ``t`` with ``hits[t]`` is ever taken."""
    return _first_hit(chain, hits, chain.initial)


def _reach(chain: Chain, targets: frozenset[int]) -> Fraction:
    at_once = sum((mass for state, mass in chain.initial if state in targets), Fraction(0))
    others = tuple((state, mass) for state, mass in chain.initial if state not in targets)
    hits = [state in targets for state in chain.successors.tolist()]
    return at_once + _first_hit(chain, hits, others)


def _first_hit(
    chain: Chain, hits: Sequence[bool], initial: tuple[tuple[int, Fraction], ...]
) -> Fraction:
    sources = chain.sources()
    targets = chain.successors.tolist()
    # The least fixed point: of the states met before a hit, only those that can still hit.
    forward: list[list[int]] = [[] for _ in range(chain.state_count)]
    backward: list[list[int]] = [[] for _ in range(chain.state_count)]
    for source, target, hit in zip(sources, targets, hits, strict=True):
        if not hit:
            forward[source].append(target)
            backward[target].append(source)
    able = _closure(backward, {source for source, hit in zip(sources, hits, strict=True) if hit})
    met = _closure(forward, {state for state, _ in initial})
    inside = [state in able and state in met for state in range(chain.state_count)]
    visits = _visits(chain, inside, [not hit for hit in hits], Fraction(1), initial)
    total = fmpq(0)
    for source, probability, hit in zip(sources, chain.probabilities, hits, strict=True):
        if hit and visits[source]:
            total += to_flint(visits[source]) * to_flint(probability)
    return from_flint(total)


def _closure(arcs: list[list[int]], roots: set[int]) -> set[int]:
    seen = set(roots)
    waiting = list(roots)
    while waiting:
        for following in arcs[waiting.pop()]:
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


def _visits(
    chain: Chain,
    inside: Sequence[bool],
    kept: Sequence[bool],
    discount: Fraction,
    initial: tuple[tuple[int, Fraction], ...] | None = None,
) -> list[Fraction]:
    """Expected discounted visits of the states ``inside`` of the chain killed outside them and
    on transitions not ``kept``; zero for the other states."""
    place = {state: i for i, state in enumerate(s for s, keep in enumerate(inside) if keep)}
    rows: list[dict[int, Fraction]] = [{i: Fraction(1)} for i in range(len(place))]
    flat = zip(chain.sources(), chain.successors.tolist(), chain.probabilities, kept, strict=True)
    for source, target, probability, keep in flat:
        if keep and discount and inside[source] and inside[target]:
            row = rows[place[target]]
            column = place[source]
            row[column] = row.get(column, Fraction(0)) - discount * probability
    right = [Fraction(0)] * len(place)
    for state, mass in chain.initial if initial is None else initial:
        if inside[state]:
            right[place[state]] += mass
    solution = solve_exact(rows, right)
    return [solution[place[s]] if keep else Fraction(0) for s, keep in enumerate(inside)]
