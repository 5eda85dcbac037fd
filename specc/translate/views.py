"""What a formalism sees of a policy: its lottery, an occupancy, values, or the policy itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from specc.chain.chain import induced
from specc.chain.frequencies import flow
from specc.chain.rational import dot
from specc.chain.reachability import occupancy as visits_of
from specc.model.mdp import Mdp
from specc.model.policy import Policy

__all__ = ["Occupancy", "decoded_occupancy", "indicators", "occupancy", "policy", "values"]

Occupancy = tuple[Fraction, ...]
"""m(s, a, s'), one number per MDP transition."""


def policy(mdp: Mdp, chosen: Policy) -> Policy:
    """The policy itself."""
    return chosen


def occupancy(discount: Fraction) -> Callable[[Mdp, Policy], Occupancy]:
    """The view of sum over t of discount**t P(transition t is (s, a, s')), exact."""

    def see(mdp: Mdp, chosen: Policy) -> Occupancy:
        chain = induced(mdp, chosen.probabilities)  # type: ignore[arg-type]
        taken = [Fraction(0)] * mdp.transition_count
        weights = flow(chain, visits_of(chain, discount))
        for transition, weight in zip(chain.origin.tolist(), weights, strict=True):
            taken[transition] += weight
        return tuple(taken)

    return see


def values(
    discount: Fraction, rewards: Sequence[Sequence[Fraction]]
) -> Callable[[Mdp, Policy], tuple[Fraction, ...]]:
    """The view of (J_1, ..., J_k), each reward given per MDP transition, one common discount."""
    see_occupancy = occupancy(discount)

    def see(mdp: Mdp, chosen: Policy) -> tuple[Fraction, ...]:
        taken = see_occupancy(mdp, chosen)
        return tuple(dot(taken, reward) for reward in rewards)

    return see


def indicators(mdp: Mdp) -> list[list[Fraction]]:
    """One reward per transition: 1 on it, 0 elsewhere."""
    count = mdp.transition_count
    return [[Fraction(int(i == t)) for i in range(count)] for t in range(count)]


def decoded_occupancy(mdp: Mdp, seen: Occupancy) -> Policy:
    """The policy that a discounted occupancy fixes: pi(a | s) is the share of the occupancy of s
    that takes a; the first action where s has none, so that no run comes there.

    >>> from specc.model.policy import uniform
    >>> from specc.resolve.file import load_text
    >>> text = "env e = mdp { initial s; s: a -> s; s: b -> s; t: a -> s; t: b -> t }"
    >>> mdp = load_text(text).environments["e"]
    >>> seen = occupancy(Fraction(1, 2))(mdp, uniform(mdp))
    >>> [str(chance) for chance in decoded_occupancy(mdp, seen).probabilities]
    ['1/2', '1/2', '1', '0']
    """
    chances: list[Fraction] = []
    for state in range(mdp.state_count):
        rows = [
            sum((seen[t] for t in mdp.transitions(choice)), Fraction(0))
            for choice in mdp.choices(state)
        ]
        whole = sum(rows, Fraction(0))
        if whole:
            chances.extend(row / whole for row in rows)
        else:
            chances.extend([Fraction(1), *[Fraction(0)] * (len(rows) - 1)])
    return Policy(tuple(chances))
