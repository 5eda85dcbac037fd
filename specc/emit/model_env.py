"""A finite MDP as a Gymnasium environment."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Any

import gymnasium
import numpy as np

from specc.diagnostics import SpecError
from specc.model.mdp import Mdp

__all__ = ["ModelEnv"]


class ModelEnv(gymnasium.Env[Any, Any]):
    """Observations are state numbers; action ``i`` is ``mdp.action_names()[i]``.

    ``info["action_mask"]`` (int8) says which actions the state has; taking another raises
    SpecError E808. The reward is the MDP's `native` one, 0 without. An episode terminates in a
    stopped state, otherwise never: wrap a time limit around it.
    """

    def __init__(self, mdp: Mdp) -> None:
        self.mdp = mdp
        self.names = mdp.action_names()
        self.observation_space = gymnasium.spaces.Discrete(mdp.state_count)
        self.action_space = gymnasium.spaces.Discrete(len(self.names))
        number = {name: index for index, name in enumerate(self.names)}
        self._choice: list[dict[int, int]] = [
            {number[mdp.actions[c]]: c for c in mdp.choices(s)} for s in range(mdp.state_count)
        ]
        floats = mdp.probabilities.floats().tolist()
        self._bounds = [
            list(accumulate(floats[t] for t in mdp.transitions(c))) for c in range(mdp.choice_count)
        ]
        self._starts: list[int] = mdp.transition_starts.tolist()
        self._targets: list[int] = mdp.successors.tolist()
        paid = mdp.rewards.get("")
        self._rewards: list[float] = (
            paid.floats().tolist() if paid is not None else [0.0] * mdp.transition_count
        )
        self._stopped: list[bool] = mdp.stopped.tolist()
        self._masks = [self._mask(state) for state in range(mdp.state_count)]
        self._state = mdp.initial[0][0]

    def _mask(self, state: int) -> Any:
        mask = np.zeros(len(self.names), dtype=np.int8)
        mask[list(self._choice[state])] = 1
        return mask

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Draw an initial state."""
        super().reset(seed=seed)
        bounds = list(accumulate(float(p) for _, p in self.mdp.initial))
        place = min(bisect_right(bounds, self.np_random.random()), len(bounds) - 1)
        self._state = self.mdp.initial[place][0]
        return self._state, {"action_mask": self._masks[self._state].copy()}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Draw a transition; ``info["transition"]`` is its number."""
        choice = self._choice[self._state].get(int(action))
        if choice is None:
            shown = self.names[int(action)] if 0 <= int(action) < len(self.names) else action
            raise SpecError.of(
                "E808",
                f"state `{self.mdp.states[self._state]}` has no action `{shown}`",
                help='`info["action_mask"]` says which actions a state has',
            )
        bounds = self._bounds[choice]
        place = min(bisect_right(bounds, self.np_random.random()), len(bounds) - 1)
        transition = self._starts[choice] + place
        self._state = self._targets[transition]
        info = {"action_mask": self._masks[self._state].copy(), "transition": transition}
        ended = self._stopped[self._state]
        return self._state, self._rewards[transition], ended, False, info
