"""What several rules ask of an environment: what is reachable, where there is a choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from specc.model.graph import Model
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.objective.walk import leaves
from specc.solve.end_components import EndComponents, end_components
from specc.solve.graph import choice_sources, reachable_from, transition_choices
from specc.verdict.question import Question

__all__ = ["Facts", "avoidable", "facts", "model_of", "noted", "read_states", "restricted"]

BoolArray = NDArray[np.bool_]
_Kept = TypeVar("_Kept")


def noted(question: Question, key: object, make: Callable[[], _Kept]) -> _Kept:
    """What ``make`` gives, made once per question and key."""
    if key not in question.notes:
        question.notes[key] = make()
    kept: _Kept = question.notes[key]  # type: ignore[assignment]
    return kept


def model_of(mdp: Mdp) -> Model:
    """The environment as a decision graph."""
    return Model(
        mdp.choice_starts, mdp.transition_starts, mdp.successors, mdp.probabilities, mdp.initial
    )


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """``reachable[s]``: some policy reaches s. ``decisions``: the reachable states with two or
    more actions. ``parts``: the maximal end components among the reachable states."""

    model: Model
    reachable: BoolArray
    decisions: tuple[int, ...]
    parts: EndComponents


def facts(question: Question) -> Facts:
    """The facts of the question's environment."""
    return noted(question, "facts", lambda: _facts(question.mdp))


def _facts(mdp: Mdp) -> Facts:
    model = model_of(mdp)
    roots = np.zeros(model.state_count, dtype=np.bool_)
    roots[[state for state, _ in model.initial]] = True
    reachable = reachable_from(model, roots)
    several = np.diff(model.choice_starts) > 1
    decisions = tuple(np.flatnonzero(reachable & several).tolist())
    parts = end_components(model, reachable[choice_sources(model)])
    return Facts(model, reachable, decisions, parts)


def restricted(known: Facts, state: int) -> EndComponents:
    """The maximal end components among the reachable states without one of them."""
    model = known.model
    sources, of = choice_sources(model), transition_choices(model)
    allowed = known.reachable[sources] & (sources != state)
    allowed[of[model.successors == state]] = False
    return end_components(model, allowed)


def avoidable(known: Facts, state: int) -> bool:
    """Whether some policy never visits the state at all.

    Those states from which it can be avoided for ever form the greatest set without it that has,
    in each of its states, a choice that surely stays in the set.
    """
    model = known.model
    sources, of = choice_sources(model), transition_choices(model)
    safe = known.reachable.copy()
    safe[state] = False
    while True:
        staying = safe[sources]
        staying[of[~safe[model.successors]]] = False
        left = np.zeros_like(safe)
        left[sources[staying]] = True
        if (left == safe).all():
            return all(safe[start] for start, _ in model.initial)
        safe = left


def read_states(objective: stack.Objective) -> frozenset[str]:
    """The states of which the objective reads ``policy(a | s)``."""
    return frozenset(
        node.state
        for number in stack.numbers_of(objective)
        for node in leaves(number)
        if isinstance(node, stack.PolicyProbability)
    )
