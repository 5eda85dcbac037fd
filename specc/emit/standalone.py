"""A reward compiled by specc, with its tables inside: `make()` is the environment of the spec and
`wrap(env)` pays the reward. It needs Gymnasium and NumPy only.

Tables. `rows[state]` are the transitions out of a state of the model, each `[action, state after,
own reward, probability]`. A node is a pair of a state and a memory of the reward; `moves[node]`
follows `rows` of its state, each `[node after, reward, accepting]`. The environment that is wrapped
must be the one that the tables were made of.
"""

from __future__ import annotations

import copy
import json
from bisect import bisect_right
from itertools import accumulate
from typing import Any

import gymnasium
import numpy as np

TABLES = json.loads("{}")


class Reward(gymnasium.Wrapper[Any, Any, Any, Any], gymnasium.utils.RecordConstructorArgs):
    """The environment with the compiled reward; ``observe="index"`` shows its memory, too."""

    def __init__(self, env: gymnasium.Env[Any, Any], observe: str = "none") -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(self, observe=observe)
        gymnasium.Wrapper.__init__(self, env)
        if observe not in ("none", "index"):
            raise ValueError('observe is "none" or "index"')
        self.index = observe == "index"
        self.jumps = max(map(len, TABLES["jumps"]), default=0)
        self.actions = int(getattr(env.action_space, "n", 0))
        if self.jumps:
            self.action_space = gymnasium.spaces.Discrete(self.actions + self.jumps)
        if self.index:
            memory = gymnasium.spaces.Discrete(TABLES["memories"])
            self.observation_space = gymnasium.spaces.Tuple((env.observation_space, memory))
        self.draws = np.random.default_rng()
        self.node = self.clock = 0
        self.known: bool | None = None
        self.seen: Any = None
        self.told: dict[str, Any] = {}

    def _answer(self) -> Any:
        memory = np.int64(TABLES["nodes"][self.node][1])
        return (self.seen, memory) if self.index else self.seen

    def _info(self) -> dict[str, Any]:
        memory = TABLES["nodes"][self.node][1]
        own = {"formalism": TABLES["formalism"], "machine": memory, "satisfied": self.known}
        return {**self.told, "specc": own}

    def _enter(self, node: int) -> bool:
        """Go on to a node; whether all later reward is 0."""
        self.node = node
        memory = TABLES["nodes"][node][1]
        self.known = TABLES["verdict"][memory]
        return bool(TABLES["final"][memory])

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Reset; the memory reads the start state's letter."""
        if seed is not None:
            self.draws = np.random.default_rng([seed, 0x5BEC])
        self.seen, self.told = self.env.reset(seed=seed, options=options)
        self._enter(TABLES["starts"][str(int(self.seen))])
        self.clock = 0
        return self._answer(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step with the compiled reward."""
        if self.jumps and action >= self.actions:
            targets = TABLES["jumps"][self.node]
            jump = int(action) - self.actions
            self.told = copy.deepcopy(self.told)
            final = self._enter(targets[jump] if jump < len(targets) else self.node)
            return self._answer(), 0.0, final, False, self._info()
        self.seen, native, terminated, truncated, self.told = self.env.step(action)
        node, reward, hit = self._move(int(action), int(self.seen), bool(terminated), native)
        reward, final = self._pay(node, reward, hit, bool(terminated))
        return self._answer(), reward, bool(terminated) or final, bool(truncated), self._info()

    def _move(self, action: int, seen: int, ended: bool, native: Any) -> tuple[int, float, bool]:
        """The move that the environment made; among several, the one with its own reward."""
        best, distance = None, np.inf
        state = TABLES["nodes"][self.node][0]
        for row, move in zip(TABLES["rows"][state], TABLES["moves"][self.node], strict=True):
            after = row[1]
            shown = TABLES["observations"][after], TABLES["stopped"][after]
            gap = abs(row[2] - float(native))
            if row[0] == action and shown == (seen, ended) and gap < distance:
                best, distance = move, gap
        if best is None:
            raise ValueError(
                f"this is not the environment of the tables: action {action} led from "
                f"{TABLES['states'][state]} to observation {seen}"
            )
        return best[0], best[1], best[2]

    def _pay(self, node: int, reward: float, hit: bool, ended: bool) -> tuple[float, bool]:
        final = self._enter(node)
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
        starts = [self.node, *TABLES["jumps"][self.node]]
        best = max((self._absorbed(node) for node in starts), key=abs)
        self.known = best == 0 if TABLES["formula"] == "safe" else best > 0
        return best

    def _absorbed(self, node: int) -> float:
        seen: dict[int, int] = {}
        hits: list[bool] = []
        paid = 0.0
        while node not in seen:
            seen[node] = len(hits)
            node, reward, hit = TABLES["moves"][node][0]
            hits.append(hit)
            paid += reward if TABLES["formula"] != "buchi" else 0.0
        return 1.0 if any(hits[seen[node] :]) else paid


class Model(gymnasium.Env[Any, Any]):
    """The environment of the tables; action ``i`` is ``TABLES["actions"][i]``.

    ``info["action_mask"]`` says which actions the state has.
    """

    def __init__(self) -> None:
        self.observation_space = gymnasium.spaces.Discrete(len(TABLES["rows"]))
        self.action_space = gymnasium.spaces.Discrete(len(TABLES["actions"]))
        self.state = 0

    def _draw(self, chances: list[float]) -> int:
        bounds = list(accumulate(chances))
        return min(bisect_right(bounds, self.np_random.random()), len(bounds) - 1)

    def _info(self) -> dict[str, Any]:
        mask = np.zeros(len(TABLES["actions"]), dtype=np.int8)
        mask[[row[0] for row in TABLES["rows"][self.state]]] = 1
        return {"action_mask": mask}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        """Draw an initial state."""
        super().reset(seed=seed)
        place = self._draw([chance for _, chance in TABLES["initial"]])
        self.state = TABLES["initial"][place][0]
        return self.state, self._info()

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Draw a transition."""
        rows = [row for row in TABLES["rows"][self.state] if row[0] == int(action)]
        if not rows:
            raise ValueError(f"{TABLES['states'][self.state]} has no action {action}")
        _, self.state, native, _ = rows[self._draw([chance for *_, chance in rows])]
        return self.state, native, TABLES["stopped"][self.state], False, self._info()


def make() -> gymnasium.Env[Any, Any]:
    """The environment of the spec, without its reward; wrap a time limit around a model."""
    if TABLES["gym"] is None:
        return Model()
    made: gymnasium.Env[Any, Any] = gymnasium.make(TABLES["gym"], **TABLES["arguments"])
    return made


def wrap(env: gymnasium.Env[Any, Any], observe: str = "none") -> Reward:
    """The environment with the compiled reward."""
    return Reward(env, observe)
