"""A tabular learner on a compiled reward, and the exact value of the policy that it learns.

Q-learning with optimistic steps for discounted and total rewards, differential Q-learning (Wan,
Naik, Sutton 2021) for averages. It samples the spec's finite environment; rewards and memory come
from the compiled kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from specc.emit.tables import Product, product_tables
from specc.evaluate.evaluation import evaluate
from specc.model.policy import MemoryPolicy
from specc.optimise import SolveResult, solve
from specc.reports import plain
from specc.resolve.file import Spec

__all__ = ["Learned", "greedy_policy", "greedy_value", "learn", "train"]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Values of (node, action) pairs; the nodes are pairs (environment state, memory)."""

    product: Product
    values: NDArray[np.float64]


def learn(spec: Spec, steps: int = 2_000_000, seed: int = 0, length: int = 200) -> Learned:
    """Train on the spec's compiled reward; the same seed gives the same table.

    ``length`` is the time limit of an episode: a truncation, so values go on behind it.
    """
    product = product_tables(spec)
    values = np.zeros(int(product.action_starts[-1]))
    _train(
        product.action_starts,
        product.outcome_starts,
        product.targets,
        product.cumulative,
        product.rewards,
        product.ends,
        product.pays_one,
        product.zeta,
        product.initial,
        product.initial_cumulative,
        _learning_discount(product),
        product.average,
        steps,
        length,
        seed,
        values,
    )
    return Learned(product, values)


def _learning_discount(product: Product) -> float:
    """Without a discount, ways that never arrive are worth as much as those that do: a discount
    close to 1 breaks these ties."""
    return 0.999 if product.discount == 1.0 and not product.average else product.discount


@njit(cache=True)
def _draw(cumulative, start, end):  # type: ignore[no-untyped-def]
    drawn = np.random.random()
    place = start
    while place < end - 1 and drawn >= cumulative[place]:
        place += 1
    return place


@njit(cache=True)
def _best(values, start, end):  # type: ignore[no-untyped-def]
    best = start
    ties = 1
    for action in range(start + 1, end):
        if values[action] > values[best]:
            best, ties = action, 1
        elif values[action] == values[best]:
            ties += 1
            if np.random.random() * ties < 1.0:
                best = action
    return best


@njit(cache=True)
def _train(  # type: ignore[no-untyped-def]
    action_starts, outcome_starts, targets, cumulative, rewards, ends, pays_one, zeta,
    initial, initial_cumulative, discount, average, steps, length, seed, values,
):  # fmt: skip
    np.random.seed(seed)
    visits = np.zeros(len(values))
    node = initial[_draw(initial_cumulative, 0, len(initial))]
    rate = 0.0
    clock = 0
    for step in range(steps):
        start, end = action_starts[node], action_starts[node + 1]
        explore = max(0.1, 1.0 - 2.0 * step / steps)
        if np.random.random() < explore:
            action = start + np.random.randint(0, end - start)
        else:
            action = _best(values, start, end)
        outcome = _draw(cumulative, outcome_starts[action], outcome_starts[action + 1])
        reward = rewards[outcome]
        after = targets[outcome]
        done = ends[outcome]
        following = 0.0
        if not done:
            following = values[action_starts[after]]
            for other in range(action_starts[after] + 1, action_starts[after + 1]):
                following = max(following, values[other])
        if pays_one[outcome]:
            # The mean of the draw that may end the run: the same fixed point, far less noise.
            reward, following = 1.0 - zeta + zeta * reward, zeta * following
        visits[action] += 1.0
        size = max(0.01, 1.0 / visits[action] ** 0.6)
        error = reward - rate + discount * following - values[action]
        values[action] += size * error
        if average:
            rate += 0.01 * size * error
        clock += 1
        node = after
        if done or (clock >= length and not average):
            node = initial[_draw(initial_cumulative, 0, len(initial))]
            clock = 0


def greedy_policy(learned: Learned) -> MemoryPolicy:
    """The greedy policy over (state, memory) pairs; epsilon actions are taken on arrival."""
    product = learned.product
    mdp, memories = product.mdp, product.memories
    row = [Fraction(0)] * mdp.choice_count
    for state in range(mdp.state_count):
        row[int(mdp.choice_starts[state])] = Fraction(1)
    rows = [row.copy() for _ in range(memories)]
    jump = {}
    for node, (state, memory) in enumerate(product.nodes):
        start, end = int(product.action_starts[node]), int(product.action_starts[node + 1])
        best = start + int(np.argmax(learned.values[start:end]))
        choices = mdp.choices(state)
        if best - start < len(choices):
            for choice in choices:
                rows[memory][choice] = Fraction(int(choice - choices.start == best - start))
        else:
            jump[state, memory] = product.jumps[memory][best - start - len(choices)]
    first = tuple(jump.get((s, m), m) for s, m in enumerate(product.first.tolist()))
    update = product.update.copy()
    for (state, memory), target in jump.items():
        into = mdp.successors == state
        update[:, into] = np.where(update[:, into] == memory, target, update[:, into])
    names = tuple(f"m{memory}" for memory in range(memories))
    return MemoryPolicy(names, first, update, tuple(map(tuple, rows)))


def greedy_value(spec: Spec, learned: Learned) -> Fraction:
    """The exact value of the spec's objective under the learned greedy policy."""
    result = evaluate(spec, greedy_policy(learned))
    if result.value is None:
        raise ValueError("the value is irrational")
    return result.value


def train(spec: Spec, seed: int, *, steps: int = 200_000, length: int = 200) -> dict[str, Any]:
    """Learn for that many steps in episodes of that length; the greedy policy's exact value, and
    the optimum over all policies beside it.

    ``value`` and ``optimum.exact`` are rationals as texts, or None; ``lower`` and ``upper`` enclose
    them. Raises SpecError where the spec has no reward, no finite environment or no value.
    """
    found = evaluate(spec, greedy_policy(learn(spec, steps, seed, length)))
    optimum = _optimum(spec)
    return {
        "steps": steps,
        "value": plain(found.value),
        "lower": plain(found.lower, "lower"),
        "upper": plain(found.upper, "upper"),
        "optimum": {
            "lower": plain(optimum.lower, "lower"),
            "upper": plain(optimum.upper, "upper"),
            "exact": plain(optimum.exact),
        },
    }


@lru_cache(maxsize=1)
def _optimum(spec: Spec) -> SolveResult:
    """The same for every seed."""
    return solve(spec)
