"""C1 for Markov rewards: a mixture of two actions that is better, or worse, than either.

Policies that differ at one state x alone have occupancies on a line. With det_a = det(1 - gamma
P_a), P_a the chain that takes a at x, the occupancy m of a mixture with chances p_a is the mean of
the m_a weighted by p_a det_a. So every Markov value of the mixture lies between those of its
actions, for every discount. Elsewhere the policies take every action alike, so that everything
happens; that is where frames, which freeze, see nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from flint import fmpq, fmpq_mat, fmpq_poly

from specc.kernel import KernelError
from specc.kernel.chain import plain
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.arena import Arena, Plan, Undecided, arena_of, plan_of, written
from specc.verdict.refute.polynomials import nonnegative_form

__all__ = ["turning_point"]

_MOST_NODES = 24  # the kernel solves about four times as many systems of this size
_MOST_STATES = 20
_SHARES = (Fraction(1, 2), Fraction(1, 5), Fraction(4, 5))


def turning_point(question: Question, formalism: str) -> Refutation | None:
    """A certificate of kind C1 from three policies that differ at one state."""
    arena = arena_of(question)
    if arena is None:
        return None
    everywhere = _uniform(arena)
    reached = list(plain(arena.environment, arena.policy(plan_of(everywhere))).nodes)
    if len(reached) > _MOST_NODES:
        return None
    open_states = [s for s in reached if len(arena.environment.moves[s]) > 1]
    for state in open_states[:_MOST_STATES]:
        for ends in combinations(sorted(arena.environment.moves[state]), 2):
            if arena.deadline.passed:
                return None
            try:
                if found := _at(arena, formalism, everywhere, state, ends):
                    return found
            except (Undecided, KernelError):
                continue
    return None


_Rows = dict[str, Mapping[str, Fraction]]


def _uniform(arena: Arena) -> _Rows:
    """Every action of every state with equal chances, but where a state has one action."""
    return {
        state: {action: Fraction(1, len(row)) for action in row}
        for state, row in arena.environment.moves.items()
        if len(row) > 1
    }


def _at(
    arena: Arena, formalism: str, rows: _Rows, state: str, ends: tuple[str, str]
) -> Refutation | None:
    pure = [plan_of({**rows, state: {action: Fraction(1)}}) for action in ends]
    for share in _SHARES:
        shares = (share, 1 - share)
        mixed = plan_of({**rows, state: dict(zip(ends, shares, strict=True))})
        signs = [arena.compare(mixed, plan) for plan in pure]
        if signs[0] * signs[1] > 0 or (signs[0] == 0) != (signs[1] == 0):
            return _refutation(arena, formalism, (mixed, *pure), signs, shares, state)
    return None


def _refutation(
    arena: Arena,
    formalism: str,
    plans: tuple[Plan, ...],
    signs: Sequence[int],
    shares: Sequence[Fraction],
    state: str,
) -> Refutation | None:
    weights = _weights(arena, plans, shares)
    direction = 1 if max(signs) > 0 else -1
    multipliers = []
    for sign, weight in zip(signs, weights, strict=True):
        coefficients = tuple(direction * c if sign == 0 else c for c in weight)
        form: Any = [str(c) for c in coefficients]
        if sign:
            form = nonnegative_form(coefficients, Fraction(0), Fraction(1))
        if form is None:
            return None
        multipliers.append(form)
    comparisons = [
        {
            "better": 0 if sign >= 0 else other,
            "worse": other if sign >= 0 else 0,
            "strict": sign != 0,
        }
        for other, sign in enumerate(signs, start=1)
    ]
    return arena.submit(
        formalism,
        "C1 farkas",
        f"at `{state}` a mixture of two actions is ranked outside of what lies between them, but "
        "the Markov value of such a mixture lies between theirs, whatever the reward and the "
        "discount",
        policies=written(plans),
        comparisons=comparisons,
        tiles=[{"from": "0", "to": "1", "multipliers": multipliers}],
    )


def _weights(
    arena: Arena, plans: Sequence[Plan], shares: Sequence[Fraction]
) -> Iterator[tuple[Fraction, ...]]:
    """p_a det(1 - gamma P_a), the lowest power first, without common factors; positive at 0.

    ``plans`` are the mixture, whose reachable states the matrices have, and its two actions.
    """
    names = list(plain(arena.environment, arena.policy(plans[0])).nodes)
    polynomials = [_determinant(arena, plan, names) for plan in plans[1:]]
    common = polynomials[0].gcd(polynomials[1])
    for polynomial, share in zip(polynomials, shares, strict=True):
        reduced = polynomial / common
        scale = share / _fraction(reduced(fmpq(0)))  # both determinants are 1 at 0
        yield tuple(scale * _fraction(c) for c in reduced.coeffs())


def _determinant(arena: Arena, plan: Plan, names: Sequence[str]) -> fmpq_poly:
    """det(1 - gamma P): the characteristic polynomial of P, read backwards."""
    place = {name: k for k, name in enumerate(names)}
    policy, moves = arena.policy(plan), arena.environment.moves
    rows = [[fmpq(0)] * len(names) for _ in names]
    for name in names:
        for action, taken in policy[name].items():
            assert isinstance(taken, Fraction)
            for to, chance in moves[name][action]:
                weight = taken * chance
                rows[place[name]][place[to]] += fmpq(weight.numerator, weight.denominator)
    return fmpq_poly(list(reversed(fmpq_mat(rows).charpoly().coeffs())))


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
