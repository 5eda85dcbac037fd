"""What the numbers of Gymnasium's toy-text tables mean: action names and propositions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Reading", "reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Names for a table. ``state_labels(observation, stopped)`` and ``transition_labels(
    observation, action, next observation, reward)`` give the propositions that hold."""

    actions: tuple[str, ...]
    state_propositions: tuple[str, ...]
    transition_propositions: tuple[str, ...]
    state_labels: Callable[[int, bool], tuple[str, ...]]
    transition_labels: Callable[[int, int, int, float], tuple[str, ...]]


def reading(environment: Any, states: int, actions: int) -> Reading:
    """The reading of an unwrapped environment; actions are ``0 1 ..`` where it is not known.

    FrozenLake, CliffWalking and Taxi are recognised by their classes (or a subclass).
    """
    from gymnasium.envs.toy_text.cliffwalking import CliffWalkingEnv
    from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
    from gymnasium.envs.toy_text.taxi import TaxiEnv

    if isinstance(environment, FrozenLakeEnv):
        return _frozen_lake(environment)
    if isinstance(environment, CliffWalkingEnv):
        return _cliff_walking(environment)
    if isinstance(environment, TaxiEnv):
        return _taxi(environment, states)
    names = tuple(str(action) for action in range(actions))
    return Reading(names, (), (), lambda _s, _stopped: (), _no_labels)


def _no_labels(_state: int, _action: int, _after: int, _reward: float) -> tuple[str, ...]:
    return ()


def _frozen_lake(environment: Any) -> Reading:
    meaning = {b"S": "start", b"F": "frozen", b"H": "hole", b"G": "goal"}
    cells = [meaning[bytes(cell)] for cell in environment.desc.ravel()]
    return Reading(
        ("left", "down", "right", "up"),
        tuple(meaning.values()),
        (),
        lambda state, _stopped: (cells[state],),
        _no_labels,
    )


def _cliff_walking(environment: Any) -> Reading:
    start, goal = int(environment.start_state_index), int(environment.nS) - 1
    named = {start: ("start",), goal: ("goal",)}

    def fell(_state: int, _action: int, _after: int, reward: float) -> tuple[str, ...]:
        # The table sends who falls back to the start; only the reward tells of the fall.
        return ("cliff",) if reward == -100 else ()

    return Reading(
        ("up", "right", "down", "left"),
        ("start", "goal"),
        ("cliff",),
        lambda state, _stopped: named.get(state, ()),
        fell,
    )


def _taxi(environment: Any, states: int) -> Reading:
    decoded = [tuple(int(part) for part in environment.decode(s)) for s in range(states)]
    in_taxi = len(environment.locs)

    def labels(state: int, _stopped: bool) -> tuple[str, ...]:
        _, _, passenger, destination = decoded[state]
        if passenger == in_taxi:
            return ("in_taxi",)
        return ("delivered",) if passenger == destination else ()

    def illegal(_state: int, _action: int, _after: int, reward: float) -> tuple[str, ...]:
        return ("illegal",) if reward == -10 else ()

    return Reading(
        ("south", "north", "east", "west", "pickup", "dropoff"),
        ("in_taxi", "delivered"),
        ("illegal",),
        labels,
        illegal,
    )
