"""A single environment's wrapper beside one written by hand, and beside a peer.

    python benchmarks/wrappers_against_lists.py [CLONE]

The environment does nothing. The hand-written wrapper keeps list tables, calls the same label
functions and returns the same infos. Peers: pycrm (`pip install pyrewardmachines==1.1.1`), and the
original reward machines (https://github.com/RodrigoToroIcarte/reward_machines) from a CLONE, which
want `pip install gym==0.26.2`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import specc
from specc.emit.model_env import ModelEnv
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


HALL = """
env hall = mdp {
  initial s0
ROWS
  label coffee: s0
  label mail: s1
  label office: s2
  label plant: s3
}
""".replace("ROWS", "\n".join(
    f"  s{at}: " + "\n      ".join(f"a{to} -> s{to}" for to in range(4)) for at in range(4)
)) + TOUR.replace("spec s", "spec s in hall")  # fmt: skip
"""The same labels in the file: the environment has a finite model."""


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


class NoHall(ModelEnv):
    """The hall, with steps that cost as little as steps can."""

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """The action is the next state."""
        return action, 0.0, False, False, {}


class ByState(ByHand):
    """The same, where labels follow from the next state alone: letters by state."""

    def __init__(self, env: gymnasium.Env[Any, Any], kernel: Any) -> None:
        super().__init__(env, kernel)
        names = [p.name for p in kernel.propositions]
        self.by_state = [self.letters[1 << names.index(name)] for name in NAMES]

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """A letter, two look-ups."""
        observation, _, ended, cut, info = self.env.step(action)
        letter = self.by_state[observation]
        reward = self.reward[self.memory][letter]
        self.memory = self.next[self.memory][letter]
        return observation, reward, ended or self.final[self.memory], cut, self.told(info)


def speed(
    env: gymnasium.Env[Any, Any],
    steps: int = 100_000,
    tries: int = 7,
    actions: Sequence[int] = (0, 2, 1, 2),
) -> float:
    """Steps per second, the best of some runs."""
    env.reset(seed=0)
    return speed_of(env.step, steps, tries, actions)


def speed_of(step: Any, steps: int, tries: int, actions: Sequence[int]) -> float:
    """The same of a function."""
    actions = [*actions] * (steps // len(actions))
    found = 0.0
    for _ in range(tries):
        begin = time.perf_counter()
        for action in actions:
            step(action)
        found = max(found, steps / (time.perf_counter() - begin))
    return found


def single() -> None:
    """The wrapper beside the hand-written ones."""
    print(f"nothing alone                         {speed(Nothing()) / 1e6:6.2f} M steps/s")
    spec, hall = load_text(TOUR)["s"], load_text(HALL)["s"]
    kernel = specc.compile(spec)
    beside("labels from Python", specc.wrap(Nothing(), spec, LABELS), ByHand(Nothing(), kernel))
    empty = NoHall(hall.environment)
    beside("labels from the file", specc.wrap(empty, hall), ByState(empty, kernel))


def beside(labels: str, ours: gymnasium.Env[Any, Any], theirs: gymnasium.Env[Any, Any]) -> None:
    """The two must pay the same."""
    ours.reset(seed=0), theirs.reset(seed=0)
    for action in np.random.default_rng(0).integers(4, size=1000).tolist():
        one, other = ours.step(action), theirs.step(action)
        assert one == other, (one, other)
    rates = [(speed(ours), speed(theirs)) for _ in range(3)]
    one, other = max(rates, key=lambda pair: pair[0] / pair[1])
    print(f"{labels + ', hand-written lists':38s}{other / 1e6:6.2f} M steps/s")
    print(f"{labels + ', specc.wrap':38s}{one / 1e6:6.2f} M steps/s, {one / other:.2f} of it")


def peer(transitions: int = 2_000) -> None:
    """pycrm (`pip install pyrewardmachines==1.1.1`), as its pages use it: steps, and rewards from
    every state; the machine, the labels and the environment are the same."""
    try:
        from enum import Enum

        from pycrm.automaton import RewardMachine
        from pycrm.crossproduct import CrossProduct
        from pycrm.label import LabellingFunction
    except ImportError:
        print("pycrm is not installed")
        return
    Event = Enum("Event", [name.upper() for name in NAMES])

    class Tour(RewardMachine):  # type: ignore[misc]
        """The tour, edge by edge."""

        u_0 = 0

        def _edges(self, place: int) -> dict[int, dict[str, Any]]:
            go = {0: ("COFFEE", 1, 0.01), 1: ("MAIL and not PLANT", 2, 1 / 3 + 0.01),
                  2: ("OFFICE", -1, 2.01)}  # fmt: skip
            return {
                u: {
                    text: (target, paid)[place],
                    "PLANT": (-1, -0.99)[place],
                    f"not ({text}) and not PLANT": (u, 0.01)[place],
                }
                for u, (text, target, paid) in go.items()
            }

        def _get_state_transition_function(self) -> dict[int, dict[str, Any]]:
            return self._edges(0)

        def _get_reward_transition_function(self) -> dict[int, dict[str, Any]]:
            return self._edges(1)

    class Seen(LabellingFunction):  # type: ignore[misc]
        """One method per event."""

    for number, name in enumerate(NAMES):

        def holds(self: Any, obs: Any, action: Any, after: Any, number: int = number) -> Any:
            return Event[NAMES[number].upper()] if after[0] == number else None

        setattr(Seen, f"test_{name}", LabellingFunction.event(holds))

    class Rows(Nothing):
        """Observations as arrays, which the peer wants."""

        def reset(self, **given: Any) -> Any:
            return np.zeros(1, dtype=np.float32), {}

        def step(self, action: Any) -> Any:
            return np.array([action], dtype=np.float32), 0.0, False, False, {}

    class Crossed(CrossProduct):  # type: ignore[misc]
        """The cross product with its own observations."""

    env = Crossed(Rows(), Tour(Event), Seen(), 10**9)
    env.reset(seed=0)
    # The peer has no state behind the end, so that this run stays before it.
    still = [0, 0, 0, 0]
    times("pycrm's cross product", speed(env, 4_000, 2, still), still)
    before, after = np.zeros(1, dtype=np.float32), np.ones(1, dtype=np.float32)
    begin = time.perf_counter()
    for _ in range(transitions):
        env.generate_counterfactual_experience(before, 0, after)
    spent = (time.perf_counter() - begin) / transitions * 1e6
    print(f"pycrm, 1e6 x 4 states       {spent:8.1f} s, from {transitions:,} transitions")


def original(clone: str) -> None:
    """The environment of the original repository over one that does nothing, the same machine."""
    sys.path.insert(0, str(Path(clone) / "reward_machines"))
    import gym
    from reward_machines.rm_environment import RewardMachineEnv

    class Rows(gym.Env):  # type: ignore[misc]
        """Observations are rows, events are texts of one letter each."""

        observation_space = gym.spaces.Box(low=0, high=3, shape=(1,), dtype=np.float32)
        action_space = gym.spaces.Discrete(4)

        def reset(self) -> Any:
            self.event = ""
            return np.zeros(1, dtype=np.float32)

        def step(self, action: int) -> Any:
            self.event = "cmop"[action]
            return np.array([action], dtype=np.float32), 0.0, False, {}

        def get_events(self) -> str:
            return self.event

    go = {0: ("c", 1, 0.01), 1: ("m", 2, 1 / 3 + 0.01), 2: ("o", 3, 2.01)}
    lines = ["0", "[3]"]
    for u, (event, target, paid) in go.items():
        for text, into, reward in (
            (f"{event}&!p", target, paid), ("p", 3, -0.99), (f"!{event}&!p", u, 0.01),
        ):  # fmt: skip
            lines.append(f"({u},{into},'{text}',ConstantRewardFunction({reward}))")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines))
        file.flush()
        env = RewardMachineEnv(Rows(), [file.name])
    still = [1, 1, 1, 1]
    env.reset()
    rate = speed_of(env.step, 20_000, 5, still)
    times("the original's environment", rate, still)


def times(name: str, rate: float, actions: Sequence[int]) -> None:
    """A peer's rate, and ours with labels from Python and from the file."""
    hall = load_text(HALL)["s"]
    python = speed(specc.wrap(Nothing(), load_text(TOUR)["s"], LABELS), actions=actions)
    file = speed(specc.wrap(NoHall(hall.environment), hall), actions=actions)
    print(
        f"{name:38s}{rate / 1e6:8.4f} M steps/s; specc.wrap {python / rate:.0f} times with labels "
        f"from Python, {file / rate:.0f} times from the file"
    )


def vector(count: int = 4096) -> None:
    """The vector wrapper over environments that do nothing, and its reward alone."""
    spec = load_text(TOUR)["s"]
    envs = specc.wrap_vector(Silent(count), spec, MANY)
    envs.reset(seed=0)
    actions = np.random.default_rng(0).integers(3, size=(64, count))
    kernel, state = envs.kernel, envs.kernel.initial(count)
    letters = kernel.letters(np.random.default_rng(0).random((count, 4)) < 0.1)
    whole, alone = [], []
    for _ in range(20):
        begin = time.perf_counter()
        for row in actions:
            envs.step(row)
        middle = time.perf_counter()
        for _ in actions:
            kernel.step(state, letters)
        whole.append(middle - begin)
        alone.append(time.perf_counter() - middle)
    for name, spent in (("specc.wrap_vector, all of it", whole), ("its reward alone", alone)):
        rate = len(actions) * count / min(spent) / 1e6
        print(f"{name:28s}{rate:6.1f} M steps/s with {count:,} environments")


MANY = {
    name: (lambda obs, action, next_obs, infos, number=number: next_obs == number)
    for number, name in enumerate(NAMES)
}


class Silent(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """As `Nothing`, many at once."""

    def __init__(self, count: int) -> None:
        space = gymnasium.spaces.Discrete(4)
        self.num_envs = count
        self.single_observation_space = self.single_action_space = space
        self.observation_space = self.action_space = gymnasium.spaces.MultiDiscrete([4] * count)
        self.reward, self.never = np.zeros(count), np.zeros(count, dtype=np.bool_)

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """The same start always."""
        return np.zeros(self.num_envs, dtype=np.int64), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """The actions are the next observations."""
        return actions, self.reward, self.never, self.never, {}


if __name__ == "__main__":
    single()
    peer()
    for clone in sys.argv[1:]:
        original(clone)
    vector()
