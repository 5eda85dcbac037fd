"""Values of memoryless policies over the rationals, by definitions that share nothing with specc:
dense Gaussian elimination, and accepting end components by enumeration of choice sets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from random_models import policies

from specc.automata.automaton import Acceptance, Automaton
from specc.model.graph import Model
from specc.model.mdp import ExactArray

__all__ = [
    "average_of",
    "best",
    "best_reach",
    "discounted_of",
    "reach_of",
    "winning_states",
]

Outcome = tuple[int, Fraction, int]


def outcomes(model: Model, choice: int) -> list[Outcome]:
    """(successor, probability, transition) of a choice."""
    begin, end = model.transition_starts[choice : choice + 2].tolist()
    return [(int(model.successors[t]), model.probabilities[t], t) for t in range(begin, end)]


def eliminate(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """The solution of a regular system, by Gauss and Jordan."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = next(k for k in range(i, len(rows)) if rows[k][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(len(rows)):
            if k != i and rows[k][i]:
                factor = rows[k][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def closure(model: Model, policy: Sequence[int], state: int) -> set[int]:
    """The states that the policy can lead to, this one too."""
    seen, stack = {state}, [state]
    while stack:
        for successor, _, _ in outcomes(model, policy[stack.pop()]):
            if successor not in seen:
                seen.add(successor)
                stack.append(successor)
    return seen


def fixed_values(model: Model, policy: Sequence[int], known: dict[int, Fraction]) -> list[Fraction]:
    """v = P v outside the states with known values."""
    n = model.state_count
    matrix = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    right = [known.get(s, Fraction(0)) for s in range(n)]
    for s in range(n):
        if s not in known:
            for successor, p, _ in outcomes(model, policy[s]):
                matrix[s][successor] -= p
    return eliminate(matrix, right)


def reach_of(model: Model, policy: Sequence[int], target: set[int]) -> Fraction:
    """The probability of reaching the target from state 0."""
    known = {s: Fraction(1) for s in target}
    for s in range(model.state_count):
        if not closure(model, policy, s) & target:
            known[s] = Fraction(0)
    return fixed_values(model, policy, known)[0]


def discounted_of(
    model: Model, policy: Sequence[int], rewards: ExactArray, discount: Fraction
) -> Fraction:
    """The discounted value at state 0."""
    n = model.state_count
    matrix = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    right = [Fraction(0)] * n
    for s in range(n):
        for successor, p, t in outcomes(model, policy[s]):
            matrix[s][successor] -= discount * p
            right[s] += p * rewards[t]
    return eliminate(matrix, right)[0]


def average_of(model: Model, policy: Sequence[int], rewards: ExactArray) -> Fraction:
    """The long-run average from state 0, from stationary distributions."""
    reach = [closure(model, policy, s) for s in range(model.state_count)]
    known: dict[int, Fraction] = {}
    for s in range(model.state_count):
        members = sorted(reach[s])
        if s in known or any(reach[m] != reach[s] for m in members):
            continue
        place = {m: i for i, m in enumerate(members)}
        k = len(members)
        matrix = [[Fraction(int(i == j)) for j in range(k)] for i in range(k)]
        for m in members:
            for successor, p, _ in outcomes(model, policy[m]):
                matrix[place[successor]][place[m]] -= p
        matrix[0] = [Fraction(1)] * k
        share = eliminate(matrix, [Fraction(1)] + [Fraction(0)] * (k - 1))
        gain = sum(
            share[place[m]] * p * rewards[t]
            for m in members
            for _, p, t in outcomes(model, policy[m])
        )
        known.update(dict.fromkeys(members, Fraction(gain)))
    return fixed_values(model, policy, known)[0]


def best(values: Sequence[Fraction], maximise: bool) -> Fraction:
    """The greatest or the least."""
    return max(values) if maximise else min(values)


def winning_states(model: Model, marks: Sequence[int], condition: Acceptance) -> set[int]:
    """States of accepting end components: every set of choices is tried."""
    judge = Automaton((), 0, (), condition, 63)
    starts = model.choice_starts.tolist()
    source = [s for s in range(model.state_count) for _ in range(starts[s], starts[s + 1])]
    found: set[int] = set()
    for size in range(1, model.choice_count + 1):
        for chosen in itertools.combinations(range(model.choice_count), size):
            states = {source[c] for c in chosen}
            if states <= found:
                continue
            edges: dict[int, set[int]] = {s: set() for s in states}
            seen = 0
            for c in chosen:
                for successor, _, t in outcomes(model, c):
                    edges[source[c]].add(successor)
                    seen |= marks[t]
            closed = all(after <= states for after in edges.values())
            if closed and judge.accepts_marks(seen) and _connected(edges):
                found |= states
    return found


def _connected(edges: dict[int, set[int]]) -> bool:
    for start in edges:
        seen, stack = {start}, [start]
        while stack:
            for after in edges[stack.pop()] - seen:
                seen.add(after)
                stack.append(after)
        if seen != set(edges):
            return False
    return True


def best_reach(model: Model, target: set[int], maximise: bool) -> Fraction:
    """The optimum of reaching the target over all policies."""
    return best([reach_of(model, p, target) for p in policies(model)], maximise)
