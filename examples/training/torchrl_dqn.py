"""DQN in TorchRL; then a second objective from the same data, without another step.

A collector stores steps while one network learns to deliver coffee (`GymWrapper(specc.wrap(..))`).
`specc.relabel` then pays the stored TensorDict for the second spec, which minds the plants, and a
second network learns that from the buffer alone. Both are valued exactly.

python examples/training/torchrl_dqn.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

import os

os.environ.setdefault("RL_WARNINGS", "0")

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import gymnasium
import torch
from report import Study, main
from tensordict import TensorDict
from tensordict.nn import TensorDictModule, TensorDictSequential
from torch import nn
from torchrl.collectors import Collector
from torchrl.data import LazyTensorStorage, TensorDictReplayBuffer
from torchrl.envs import GymWrapper
from torchrl.modules import EGreedyModule, QValueModule
from torchrl.objectives import DQNLoss, SoftUpdate

import specc
from specc.emit.model_env import ModelEnv
from specc.resolve.file import Spec

FILE = specc.load(Path(__file__).parents[1] / "coffee_runs.spec")
FIRST, SECOND = FILE["deliver"], FILE["carefully"]
DISCOUNT, BATCH, FRAMES, RATE = 0.95, 128, 200, 1e-3
STEPS, QUICK = 10_000, 1_000


def floor(spec: Spec) -> gymnasium.Env:
    """The slippery floor; observations are {"observation": cell, "machine": its state}."""
    env = specc.wrap(ModelEnv(spec.environment), spec, observe="dict")
    return gymnasium.wrappers.TimeLimit(env, 100)


def q_network(env: GymWrapper) -> TensorDictSequential:
    """Cell and machine state, one-hot as TorchRL shows them, to values and an action."""
    width = sum(env.observation_spec[key].shape[-1] for key in ("observation", "machine"))

    class Values(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 4))

        def forward(self, cell: torch.Tensor, machine: torch.Tensor) -> torch.Tensor:
            return self.layers(torch.cat([cell, machine], -1).float())

    values = TensorDictModule(
        Values(), in_keys=["observation", "machine"], out_keys=["action_value"]
    )
    return TensorDictSequential(values, QValueModule(spec=env.action_spec))


class Learner:
    """Double DQN on whatever a buffer holds; the rate falls to 0 over its gradient steps."""

    def __init__(self, env: GymWrapper, times: int) -> None:
        self.policy = q_network(env)
        self.loss = DQNLoss(self.policy, action_space=env.action_spec, double_dqn=True,
                            delay_value=True)  # fmt: skip
        self.loss.make_value_estimator(gamma=DISCOUNT)
        self.target = SoftUpdate(self.loss, eps=0.99)
        self.optimiser = torch.optim.Adam(self.policy.parameters(), lr=RATE)
        self.slower = torch.optim.lr_scheduler.LinearLR(self.optimiser, 1.0, 0.01, times)

    def improve(self, buffer: TensorDictReplayBuffer, times: int) -> None:
        """Gradient steps on drawn batches."""
        for _ in range(times):
            loss = self.loss(buffer.sample(BATCH))["loss"]
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.target.step()
            self.slower.step()

    def exact_value(self, spec: Spec) -> float:
        """What the greedy actions are worth, by the spec's own model rather than by episodes."""

        def choose(seen: dict) -> object:
            rows = TensorDict({
                "observation": nn.functional.one_hot(torch.as_tensor(seen["observation"]), 19),
                "machine": nn.functional.one_hot(torch.as_tensor(seen["machine"]), memories),
            }, [len(seen["machine"])])  # fmt: skip
            with torch.no_grad():
                return self.policy(rows)["action"].argmax(-1).numpy()

        env = floor(spec)
        memories = int(env.observation_space["machine"].n)
        return float(specc.evaluate(spec, specc.learned_policy(env, choose)).value)


@cache
def collected(seed: int, quick: bool) -> tuple[list[tuple[int, float]], TensorDict]:
    """Train for the first spec: the curve, and all steps in their order."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    env, steps = GymWrapper(floor(FIRST)), QUICK if quick else STEPS
    env.set_seed(seed)
    learner = Learner(env, steps // 4)
    explore = EGreedyModule(env.action_spec, eps_end=0.1, annealing_num_steps=steps // 2)
    buffer = TensorDictReplayBuffer(storage=LazyTensorStorage(steps))
    acting = TensorDictSequential(learner.policy, explore)
    curve = []
    for rows in Collector(env, acting, frames_per_batch=FRAMES, total_frames=steps):
        explore.step(FRAMES)
        buffer.extend(rows)
        learner.improve(buffer, FRAMES // 4)
        if len(buffer) % (steps // 10) == 0:
            curve.append((len(buffer), learner.exact_value(FIRST)))
    return curve, buffer[:]


def first(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """Yields (steps, exact value for the first spec)."""
    yield from collected(seed, quick)[0]


def second(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """Yields (four times the gradient steps, exact value for the second spec)."""
    stored = collected(seed, quick)[1].select(
        "observation", "machine", "action", "done", "terminated",
        ("next", "observation"), ("next", "machine"), ("next", "reward"), ("next", "done"),
        ("next", "terminated"), ("next", "truncated"),
    ).clone()  # fmt: skip
    found = specc.relabel(stored, SECOND)  # rewards and ends are written into `stored`
    env = GymWrapper(floor(SECOND))
    memories = env.observation_spec["machine"].shape[-1]
    stored["machine"] = one_hot(found.before, memories)
    stored["next", "machine"] = one_hot(found.after, memories)
    torch.manual_seed(seed)
    steps = QUICK if quick else STEPS
    learner = Learner(env, steps // 4)
    buffer = TensorDictReplayBuffer(storage=LazyTensorStorage(len(stored)))
    buffer.extend(stored)
    for part in range(1, 11):
        learner.improve(buffer, steps // 40)
        yield part * steps // 10, learner.exact_value(SECOND)


def one_hot(numbers: object, count: int) -> torch.Tensor:
    """Machine states (1, steps) as TorchRL shows them, (steps, count)."""
    return nn.functional.one_hot(torch.as_tensor(numbers).long().reshape(-1), count)


def optimum(spec: Spec) -> float:
    return float(specc.solve(spec, exact=True).exact)


STUDY = Study(
    name="torchrl_dqn",
    title="TorchRL: the same steps, paid for two objectives",
    value="expected discounted reward",
    learners={"deliver (collected)": first, "carefully (relabelled)": second},
    lines={"optimum of deliver": optimum(FIRST), "optimum of carefully": optimum(SECOND)},
    seeds=3,
)

if __name__ == "__main__":
    main(STUDY)
