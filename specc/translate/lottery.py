"""A policy's lottery over trajectories, and its trajectories one by one where they are finitely
many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from specc.diagnostics import SpecError
from specc.model.mdp import Mdp
from specc.model.policy import Policy

__all__ = ["Lasso", "Lottery", "decoded", "lassos", "lottery"]

_MOST_LASSOS = 4_096


@dataclass(frozen=True, slots=True)
class Lasso:
    """The trajectory ``prefix cycle cycle ...`` of MDP transitions, from a start state."""

    start: int
    prefix: tuple[int, ...]
    cycle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lottery:
    """A distribution over trajectories, as it is fixed by its finite prefixes.

    ``initial`` is the distribution of the first state; ``following[s]``, for each state ``s`` that
    some run reaches, the conditional distribution of the transition taken there. Of other states
    it says nothing: two policies have equal lotteries iff these two are equal.
    """

    initial: Mapping[int, Fraction]
    following: Mapping[int, Mapping[int, Fraction]]


def lottery(mdp: Mdp, policy: Policy) -> Lottery:
    """The lottery of a stationary policy.

    >>> from specc.resolve.file import load_text
    >>> from specc.model.policy import uniform
    >>> text = "env e = mdp { initial s; s: a -> s; t: a -> s; t: b -> t }"
    >>> mdp = load_text(text).environments["e"]
    >>> sorted(lottery(mdp, uniform(mdp)).following)
    [0]
    """
    initial = {state: mass for state, mass in mdp.initial if mass}
    following: dict[int, dict[int, Fraction]] = {}
    waiting = list(initial)
    while waiting:
        state = waiting.pop()
        if state in following:
            continue
        following[state] = {
            t: policy.probabilities[choice] * mdp.probabilities[t]
            for choice in mdp.choices(state)
            if policy.probabilities[choice]
            for t in mdp.transitions(choice)
        }
        waiting.extend(int(mdp.successors[t]) for t in following[state])
    return Lottery(initial, following)


def decoded(mdp: Mdp, seen: Lottery) -> Policy:
    """A policy with this lottery: the conditional distribution of actions where a run comes, the
    first action where none does."""
    chances = [Fraction(0)] * mdp.choice_count
    for state in range(mdp.state_count):
        row = seen.following.get(state)
        if row is None:
            chances[mdp.choices(state).start] = Fraction(1)
            continue
        for choice in mdp.choices(state):
            masses = (row.get(t, Fraction(0)) for t in mdp.transitions(choice))
            chances[choice] = sum(masses, Fraction(0))
    return Policy(tuple(chances))


def lassos(mdp: Mdp, seen: Lottery) -> list[tuple[Fraction, Lasso]]:
    """Every trajectory of the lottery with its probability; they sum to 1.

    Raises SpecError E919 where there are infinitely many: a state on a cycle has two transitions.
    """
    found: list[tuple[Fraction, Lasso]] = []
    waiting: list[tuple[Fraction, int, tuple[int, ...], tuple[int, ...]]] = [
        (mass, state, (), (state,)) for state, mass in seen.initial.items()
    ]
    while waiting:
        mass, start, path, visited = waiting.pop()
        for transition, chance in seen.following[visited[-1]].items():
            after, longer = int(mdp.successors[transition]), (*path, transition)
            if after not in visited:
                waiting.append((mass * chance, start, longer, (*visited, after)))
                continue
            back = visited.index(after)
            if any(len(seen.following[state]) > 1 for state in visited[back:]):
                raise SpecError.of("E919", "a policy has infinitely many trajectories")
            found.append((mass, Lasso(start, longer[:back], longer[back:])))
        if len(found) > _MOST_LASSOS:
            raise SpecError.of("E919", f"a policy has more than {_MOST_LASSOS} trajectories")
    return found
