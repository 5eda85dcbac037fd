"""A reward compiled by specc, with its tables inside: `wrap(env)` pays it.

It needs Gymnasium and NumPy only. The environment must be the one that the tables were made of.
"""

from __future__ import annotations

import json
from typing import Any

import gymnasium
import numpy as np

TABLES = json.loads("{}")


class Reward(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The environment with the compiled reward; ``observe`` is "none" or "index"."""

    def __init__(self, env: gymnasium.Env[Any, Any], observe: str = "none") -> None:
        super().__init__(env)
        if observe not in ("none", "index"):
            raise ValueError('observe is "none" or "index"')
        self.index = observe == "index"
        self.table: dict[tuple[int, int, int, bool], list[int]] = {}
        for number, (state, action, seen, stopped, _) in enumerate(TABLES["transitions"]):
            self.table.setdefault((state, action, seen, stopped), []).append(number)
        self.jumps = max(map(len, TABLES["jumps"]), default=0)
        self.actions = int(getattr(env.action_space, "n", 0))
        if self.jumps:
            self.action_space = gymnasium.spaces.Discrete(self.actions + self.jumps)
        if self.index:
            machine = gymnasium.spaces.Discrete(len(TABLES["next"]))
            self.observation_space = gymnasium.spaces.Tuple((env.observation_space, machine))
        self.draws = np.random.default_rng()
        self.state = self.memory = self.clock = 0
        self.known: bool | None = None
        self.seen: Any = None
        self.told: dict[str, Any] = {}

    def _answer(self) -> Any:
        return (self.seen, np.int64(self.memory)) if self.index else self.seen

    def _info(self) -> dict[str, Any]:
        own = {
            "formalism": TABLES["formalism"],
            "machine": self.memory,
            "satisfied": self.known,
        }
        return {**self.told, "specc": own}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Reset; the memory reads the start state's letter."""
        if seed is not None:
            self.draws = np.random.default_rng([seed, 0x5BEC])
        self.seen, self.told = self.env.reset(seed=seed, options=options)
        self.state = TABLES["starts"][str(int(self.seen))]
        self.memory = TABLES["first"][TABLES["start_letters"][self.state]]
        self.known = TABLES["verdict"][self.memory]
        self.clock = 0
        return self._answer(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step with the compiled reward."""
        if self.jumps and action >= self.actions:
            targets = TABLES["jumps"][self.memory]
            if action - self.actions < len(targets):
                self.memory = targets[action - self.actions]
                self.known = TABLES["verdict"][self.memory]
            return self._answer(), 0.0, TABLES["final"][self.memory], False, self._info()
        self.seen, native, terminated, truncated, self.told = self.env.step(action)
        key = (self.state, int(action), int(self.seen), bool(terminated))
        if key not in self.table:
            raise ValueError(f"the environment is not the one of the tables: {key}")
        number = min(self.table[key], key=lambda t: abs(TABLES["native"][t] - float(native)))
        self.state = TABLES["transitions"][number][4]
        reward, final = self._pay(number, bool(terminated))
        return self._answer(), reward, bool(terminated) or final, bool(truncated), self._info()

    def _pay(self, number: int, ended: bool) -> tuple[float, bool]:
        letter = TABLES["letters"][number]
        reward = TABLES["rewards"][self.memory][number]
        hit = TABLES["accepting"][self.memory][letter]
        self.memory = TABLES["next"][self.memory][letter]
        self.known = TABLES["verdict"][self.memory]
        final = TABLES["final"][self.memory]
        horizon = TABLES["horizon"]
        if horizon >= 0:
            reward = reward if self.clock < horizon else 0.0
            self.clock += 1
            final = final or self.clock >= horizon
        if hit and self.draws.random() >= TABLES["zeta"]:
            return 1.0, True
        if TABLES["formula"] and ended and not final:
            return reward + self._rest(), True
        return reward, final

    def _rest(self) -> float:
        """What the absorbing run after the end of the episode would pay."""
        loop = TABLES["loops"][self.state]
        starts = [self.memory, *TABLES["jumps"][self.memory]]
        best = max((self._absorbed(memory, loop) for memory in starts), key=abs)
        self.known = best == 0 if TABLES["safe"] else best > 0
        return best

    def _absorbed(self, memory: int, loop: int) -> float:
        letter = TABLES["letters"][loop]
        seen: dict[int, int] = {}
        hits: list[int] = []
        paid = 0.0
        while memory not in seen:
            seen[memory] = len(hits)
            hits.append(TABLES["accepting"][memory][letter])
            paid += TABLES["rewards"][memory][loop]
            memory = TABLES["next"][memory][letter]
        return 1.0 if any(hits[seen[memory] :]) else paid


def wrap(env: gymnasium.Env[Any, Any], observe: str = "none") -> Reward:
    """The environment with the compiled reward."""
    return Reward(env, observe)
