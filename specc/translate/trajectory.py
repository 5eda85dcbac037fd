"""Numbers of one single trajectory, read from that trajectory alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from specc.automata.semantics import satisfies
from specc.chain.chain import Chain
from specc.evaluate.outer import evaluate_number
from specc.evaluate.run import Run
from specc.evaluate.value import Value
from specc.lower import lower
from specc.model.mdp import Mdp
from specc.model.policy import uniform
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost
from specc.product import Product
from specc.translate.lottery import Lasso
from specc.words import holds, holds_initially

__all__ = ["cycle_mean", "discounted_sum", "satisfied", "trajectory_value"]


def discounted_sum(rewards: Sequence[Fraction], discount: Fraction, lasso: Lasso) -> Fraction:
    """sum over t of discount**t * reward, one reward per MDP transition.

    >>> discounted_sum([Fraction(1), Fraction(3)], Fraction(1, 2), Lasso(0, (0,), (1,)))
    Fraction(4, 1)
    """
    total, weight = Fraction(0), Fraction(1)
    for transition in lasso.prefix:
        total += weight * rewards[transition]
        weight *= discount
    around, factor = Fraction(0), Fraction(1)
    for transition in lasso.cycle:
        around += factor * rewards[transition]
        factor *= discount
    return total + weight * around / (1 - factor)


def cycle_mean(rewards: Sequence[Fraction], lasso: Lasso) -> Fraction:
    """The limit of the mean of the first N rewards: that of the cycle.

    >>> cycle_mean([Fraction(9), Fraction(1), Fraction(2)], Lasso(0, (0,), (1, 2)))
    Fraction(3, 2)
    """
    return sum((rewards[t] for t in lasso.cycle), Fraction(0)) / len(lasso.cycle)


def satisfied(mdp: Mdp, formula: stack.Satisfaction, lasso: Lasso) -> bool:
    """Whether the trajectory satisfies an LTL formula, by the definition, without automata."""
    names = tuple(name for name, _ in formula.meaning)
    guards = [guard for _, guard in formula.meaning]
    taken = [holds(mdp, guard) for guard in guards]
    first = [holds_initially(mdp, guard) for guard in guards]

    def letter(transition: int) -> int:
        return sum(int(row[transition]) << bit for bit, row in enumerate(taken))

    start = sum(int(row[lasso.start]) << bit for bit, row in enumerate(first))
    prefix = [start, *map(letter, lasso.prefix)]
    return satisfies(formula.formula, prefix, [letter(t) for t in lasso.cycle], names)


def trajectory_value(mdp: Mdp, number: Number, lasso: Lasso) -> Value:
    """Any number of a trajectory, on this one: machines and automata read it step by step.

    Raises SpecError as :func:`specc.evaluate.evaluate` does.
    """
    nodes = outermost(number, stack.TRAJECTORY_LAYER)
    lowered = lower(mdp, nodes)
    played = Run(lowered, _path(lowered.product, lasso), uniform(mdp))
    ((_, values),) = played.joint(nodes)
    table = dict(zip(nodes, values, strict=True))
    return evaluate_number(number, lambda node: table[node])


def _path(built: Product, lasso: Lasso) -> Chain:
    """The one path through the product that the trajectory takes, as a chain without chance."""
    rows = built.model.transition_starts[built.model.choice_starts].tolist()
    word = [*lasso.prefix, *lasso.cycle]
    (state,) = (n for n, _ in built.model.initial if built.state[n] == lasso.start)
    position = 0
    met: dict[tuple[int, int], int] = {}
    origin: list[int] = []
    while (state, position) not in met:
        met[state, position] = len(met)
        (step,) = (
            t for t in range(rows[state], rows[state + 1]) if built.origin[t] == word[position]
        )
        origin.append(step)
        state = int(built.model.successors[step])
        position = position + 1 if position + 1 < len(word) else len(lasso.prefix)
    count = len(met)
    successors = [*range(1, count), met[state, position]]
    return Chain(
        starts=np.arange(count + 1, dtype=np.int64),
        successors=np.array(successors, dtype=np.int64),
        probabilities=(Fraction(1),) * count,
        initial=((0, Fraction(1)),),
        state=np.array([n for n, _ in met], dtype=np.int64),
        origin=np.array(origin, dtype=np.int64),
        choice=np.zeros(count, dtype=np.int64),
    )
