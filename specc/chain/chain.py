"""A finite Markov chain with exact probabilities, and the chain a policy makes of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.graph import Model

__all__ = ["Chain", "induced"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """States 0..n-1; the transitions of ``s`` are ``starts[s] : starts[s + 1]``.

    Every probability is positive and each state's sum to one; two transitions may share both
    ends (they came from different choices). ``initial`` is a distribution over states.
    ``state[s]`` is the model state behind ``s``; ``origin[t]`` and ``choice[t]`` are the model
    transition and choice behind transition ``t``, by which rewards and marks are looked up.
    """

    starts: IntArray
    successors: IntArray
    probabilities: tuple[Fraction, ...]
    initial: tuple[tuple[int, Fraction], ...]
    state: IntArray
    origin: IntArray
    choice: IntArray

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.starts) - 1

    @property
    def transition_count(self) -> int:
        """Number of transitions."""
        return len(self.successors)

    def neighbours(self) -> list[list[int]]:
        """The successors of each state, one per transition."""
        starts = self.starts.tolist()
        flat = self.successors.tolist()
        return [flat[starts[s] : starts[s + 1]] for s in range(self.state_count)]

    def sources(self) -> list[int]:
        """The state each transition leaves."""
        repeated: list[int] = np.repeat(
            np.arange(self.state_count, dtype=np.int64), np.diff(self.starts)
        ).tolist()
        return repeated


def induced(model: Model, probabilities_per_choice: Sequence[Fraction]) -> Chain:
    """The chain of ``model`` under a policy: its reachable states, numbered as they are found.

    ``probabilities_per_choice[c]`` is the probability of choice ``c`` in its state. Choices and
    outcomes of probability zero are left out, so what is reachable is what really happens.
    Raises ValueError where a reachable state's choices are negative or do not sum to one.
    """
    choice_starts = model.choice_starts.tolist()
    transition_starts = model.transition_starts.tolist()
    successors = model.successors.tolist()
    weights = model.probabilities
    index = weights.index.tolist()
    number: dict[int, int] = {}
    for state, mass in model.initial:
        if mass:
            number.setdefault(state, len(number))
    order = list(number)
    starts, targets, origin, choices = [0], [], [], []
    probabilities: list[Fraction] = []
    for state in order:  # grows while it is read
        _check(state, probabilities_per_choice[choice_starts[state] : choice_starts[state + 1]])
        for choice in range(choice_starts[state], choice_starts[state + 1]):
            taken = probabilities_per_choice[choice]
            if not taken:
                continue
            for transition in range(transition_starts[choice], transition_starts[choice + 1]):
                probability = weights.values[index[transition]]
                if not probability:
                    continue
                following = successors[transition]
                if following not in number:
                    number[following] = len(number)
                    order.append(following)
                targets.append(number[following])
                origin.append(transition)
                choices.append(choice)
                probabilities.append(taken * probability)
        starts.append(len(targets))
    return Chain(
        starts=np.array(starts, dtype=np.int64),
        successors=np.array(targets, dtype=np.int64),
        probabilities=tuple(probabilities),
        initial=tuple((number[state], mass) for state, mass in model.initial if mass),
        state=np.array(order, dtype=np.int64),
        origin=np.array(origin, dtype=np.int64),
        choice=np.array(choices, dtype=np.int64),
    )


def _check(state: int, chances: Sequence[Fraction]) -> None:
    if any(chance < 0 for chance in chances) or sum(chances) != 1:
        raise ValueError(f"the choices of state {state} are no probability distribution")
