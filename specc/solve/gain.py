"""The best long-run average inside one end component."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import splu

from specc.model.graph import Model
from specc.solve.rewards import ChoiceRewards

__all__ = ["Gain", "component_gain"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_ROUND = 2.0**-53
_POLICIES = 300
_EXACT_STATES = 500


@dataclass(frozen=True, slots=True, eq=False)
class Gain:
    """The best average lies in [lower, upper]; ``policy`` has one choice per state."""

    lower: Fraction
    upper: Fraction
    policy: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One component with its own numbers: ``choices[i]`` is the model's choice i, ``sources[i]``
    its state here; ``reward`` is to be maximised; ``starts`` delimits choices of states."""

    choices: IntArray
    sources: IntArray
    starts: IntArray
    matrix: csr_array
    reward: FloatArray
    error: FloatArray

    @property
    def size(self) -> int:
        return len(self.starts) - 1


def component_gain(
    model: Model,
    choices: IntArray,
    rewards: ChoiceRewards,
    maximise: bool,
    precision: Fraction,
    exact: bool,
) -> Gain:
    """The best average over the policies that use only ``choices`` (sorted), the choices inside
    one end component."""
    plain = _uniform(rewards, choices)
    if plain is not None:
        return Gain(plain, plain, _first_choices(model, choices))
    sign = 1 if maximise else -1
    part = _part(model, choices, rewards, sign)
    policy, bias = _iterate(part)
    if not exact:
        low, high = _bounds(part, policy, bias)
        scale = max(abs(low), abs(high), float(np.abs(part.reward).max()) * 1e-9)
        if part.size > _EXACT_STATES or high - low <= float(precision) / 4 * scale:
            ends = (Fraction(low), Fraction(high))
            lower, upper = ends if maximise else (-ends[1], -ends[0])
            return Gain(lower, upper, part.choices[policy])
    policy, value = _iterate_exactly(model, part, policy, rewards, sign)
    return Gain(sign * value, sign * value, part.choices[policy])


def _uniform(rewards: ChoiceRewards, choices: IntArray) -> Fraction | None:
    """The reward that all transitions of the choices carry, if there is one."""
    starts = rewards.model.transition_starts
    lengths = starts[choices + 1] - starts[choices]
    begins = np.cumsum(lengths) - lengths
    where = np.repeat(starts[choices] - begins, lengths) + np.arange(int(lengths.sum()))
    kinds = rewards.rewards.index[where]
    if (kinds == kinds[0]).all():
        return rewards.rewards.values[int(kinds[0])]
    return None


def _first_choices(model: Model, choices: IntArray) -> IntArray:
    sources = np.searchsorted(model.choice_starts, choices, side="right") - 1
    _, first = np.unique(sources, return_index=True)
    return choices[first]


def _part(model: Model, choices: IntArray, rewards: ChoiceRewards, sign: int) -> _Part:
    global_sources = np.searchsorted(model.choice_starts, choices, side="right") - 1
    states, first, sources = np.unique(global_sources, return_index=True, return_inverse=True)
    starts = model.transition_starts
    lengths = starts[choices + 1] - starts[choices]
    begins = np.concatenate(([0], np.cumsum(lengths)))
    where = np.repeat(starts[choices] - begins[:-1], lengths) + np.arange(begins[-1])
    table = np.array([float(p) for p in model.probabilities.values])
    data = table[model.probabilities.index[where]]
    columns = np.searchsorted(states, model.successors[where])
    matrix = csr_array((data, columns, begins), shape=(len(choices), len(states)))
    return _Part(
        choices,
        sources,
        np.concatenate((first, [len(choices)])),
        matrix,
        sign * rewards.floats[choices],
        rewards.errors[choices],
    )


def _iterate(part: _Part) -> tuple[IntArray, FloatArray]:
    """Policy iteration over policies with one recurrent class, in floating point."""
    policy = part.starts[:-1].copy()
    bias = np.zeros(part.size)
    for _ in range(_POLICIES):
        policy, root = _one_class(part, policy)
        found = _evaluate(part, policy, root)
        if found is None:
            break
        gain, bias = found
        q = part.reward + part.matrix @ bias - bias[part.sources] - gain
        size = np.abs(part.reward) + part.matrix @ np.abs(bias) + np.abs(bias[part.sources])
        better = q > 64 * _ROUND * size + 1e-300
        if not better.any():
            break
        best = np.maximum.reduceat(q, part.starts[:-1])
        hits = np.flatnonzero(better & (q == best[part.sources]))
        policy = policy.copy()
        policy[part.sources[hits]] = hits
    return policy, bias


def _one_class(part: _Part, policy: IntArray) -> tuple[IntArray, int]:
    """The policy's recurrent class of greatest average, with every other state steered there;
    and one state of that class."""
    classes = _recurrent(part, policy)
    if len(classes) == 1:
        return policy, int(classes[0][0])
    averages = [_class_average(part, policy, members) for members in classes]
    best = classes[int(np.argmax(averages))]
    return _steered(part, policy, best), int(best[0])


def _recurrent(part: _Part, policy: IntArray) -> list[IntArray]:
    chain = part.matrix[policy]
    chain.data[:] = 1.0  # a probability that rounds to zero is an edge all the same
    tails, heads = chain.tocoo().coords
    count, block = connected_components(chain, connection="strong")
    closed = np.ones(count, dtype=np.bool_)
    closed[block[tails[block[tails] != block[heads]]]] = False
    order = np.argsort(block, kind="stable")
    ends = np.searchsorted(block[order], np.arange(count + 1))
    return [order[ends[i] : ends[i + 1]] for i in np.flatnonzero(closed).tolist()]


def _class_average(part: _Part, policy: IntArray, members: IntArray) -> float:
    chosen = policy[members]
    if len(members) == 1:
        return float(part.reward[chosen[0]])
    chain = part.matrix[chosen][:, members]
    found = _solve_gain(chain, part.reward[chosen], 0)
    return -np.inf if found is None else found[0]


def _steered(part: _Part, policy: IntArray, goal: IntArray) -> IntArray:
    """The policy outside ``goal`` replaced by one that surely leads there."""
    edges = part.matrix.tocoo()
    of, heads = edges.coords
    tails = part.sources[of]
    size = part.size
    rows = np.concatenate((heads, np.full(len(goal), size)))
    columns = np.concatenate((tails, goal))
    graph = csr_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=(size + 1, size + 1)))
    _, previous = breadth_first_order(graph, size, directed=True)
    inside = np.zeros(size, dtype=np.bool_)
    inside[goal] = True
    closer = (previous[tails] == heads) & ~inside[tails]
    steered = policy.copy()
    steered[tails[closer]] = of[closer]
    return steered


def _evaluate(part: _Part, policy: IntArray, root: int) -> tuple[float, FloatArray] | None:
    return _solve_gain(part.matrix[policy], part.reward[policy], root)


def _solve_gain(chain: csr_array, reward: FloatArray, root: int) -> tuple[float, FloatArray] | None:
    """Gain and bias (zero at ``root``) of a chain in which every state leads to ``root``; None
    where the system is singular up to rounding."""
    size = chain.shape[0]
    edges = chain.tocoo()
    rows, columns = edges.coords
    kept = columns != root
    everyone = np.arange(size)
    others = everyone[everyone != root]
    # The column of the root's bias, which is zero, is free to hold the gain.
    system = coo_array(
        (
            np.concatenate((-edges.data[kept], np.ones(len(others)), np.ones(size))),
            (
                np.concatenate((rows[kept], others, everyone)),
                np.concatenate((columns[kept], others, np.full(size, root))),
            ),
        ),
        shape=(size, size),
    ).tocsc()
    try:
        factor = splu(system)
    except RuntimeError:
        return None
    found = np.asarray(factor.solve(reward), dtype=np.float64)
    found += factor.solve(reward - system @ found)
    if not np.isfinite(found).all():
        return None
    gain = float(found[root])
    found[root] = 0.0
    return gain, found


def _bounds(part: _Part, policy: IntArray, bias: FloatArray) -> tuple[float, float]:
    """Certified bounds on the best average, by the extremes of r + P h - h with the rounding
    errors added outward."""
    step = part.reward + part.matrix @ bias - bias[part.sources]
    size = np.abs(part.reward) + part.matrix @ np.abs(bias) + np.abs(bias[part.sources])
    terms = np.diff(part.matrix.indptr) + 8
    error = terms * (1.01 * _ROUND) * size * 1.01 + part.error + 1e-300
    upper = float(np.nextafter((step + error).max(), np.inf))
    lower = float(np.nextafter((step - error)[policy].min(), -np.inf))
    largest = float(np.nextafter((part.reward + part.error).max(), np.inf))
    smallest = float(np.nextafter((part.reward - part.error).min(), -np.inf))
    return max(lower, smallest), min(upper, largest)


def _iterate_exactly(
    model: Model, part: _Part, policy: IntArray, rewards: ChoiceRewards, sign: int
) -> tuple[IntArray, Fraction]:
    """The same policy iteration over the rationals, from a given policy."""
    from flint import fmpq

    from specc.chain.linear import solve_exact
    from specc.chain.rational import to_flint

    starts = part.matrix.indptr.tolist()
    targets = part.matrix.indices.tolist()
    begins = model.transition_starts[part.choices].tolist()
    sources = part.sources.tolist()
    reward = [sign * rewards.exact(c) for c in part.choices.tolist()]
    probability = [
        [model.probabilities[begins[c] + i] for i in range(starts[c + 1] - starts[c])]
        for c in range(len(reward))
    ]
    while True:
        policy, root = _one_class_exactly(part, policy, reward, probability)
        rows: list[dict[int, Fraction]] = []
        for state, choice in enumerate(policy.tolist()):
            row = {state: Fraction(1)}
            for i, t in enumerate(range(starts[choice], starts[choice + 1])):
                row[targets[t]] = row.get(targets[t], Fraction(0)) - probability[choice][i]
            row[root] = Fraction(1)
            rows.append(row)
        solution = solve_exact(rows, [reward[c] for c in policy.tolist()])
        gain = solution[root]
        solution[root] = Fraction(0)
        bias = [to_flint(h) for h in solution]
        best: dict[int, tuple[fmpq, int]] = {}
        for choice, state in enumerate(sources):
            q = to_flint(reward[choice] - gain) - bias[state]
            for i, t in enumerate(range(starts[choice], starts[choice + 1])):
                q += to_flint(probability[choice][i]) * bias[targets[t]]
            if q > 0 and (state not in best or q > best[state][0]):
                best[state] = (q, choice)
        if not best:
            return policy, gain
        policy = policy.copy()
        for state, (_, choice) in best.items():
            policy[state] = choice


def _one_class_exactly(
    part: _Part, policy: IntArray, reward: list[Fraction], probability: list[list[Fraction]]
) -> tuple[IntArray, int]:
    from specc.chain.linear import solve_exact

    classes = _recurrent(part, policy)
    if len(classes) == 1:
        return policy, int(classes[0][0])
    best: tuple[Fraction, IntArray] | None = None
    for members in classes:
        place = {state: i for i, state in enumerate(members.tolist())}
        rows = []
        for state, i in place.items():
            row = {i: Fraction(1)}
            choice = int(policy[state])
            begin, end = part.matrix.indptr[choice : choice + 2].tolist()
            for k, target in enumerate(part.matrix.indices[begin:end].tolist()):
                j = place[target]
                row[j] = row.get(j, Fraction(0)) - probability[choice][k]
            row[0] = Fraction(1)
            rows.append(row)
        gain = solve_exact(rows, [reward[int(policy[s])] for s in place])[0]
        if best is None or gain > best[0]:
            best = (gain, members)
    assert best is not None
    return _steered(part, policy, best[1]), int(best[1][0])
