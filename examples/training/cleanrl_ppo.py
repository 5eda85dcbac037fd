"""PPO in one file, in the style of CleanRL, on many copies of an environment at once.

Coffee to the office on a slippery floor: `specc.wrap_vector` pays the reward machine's reward and
puts its state beside the observation. The algorithm is that of Schulman et al. (2017) with the
details of Huang et al. ("The 37 implementation details of PPO", 2022) that matter here.

python examples/training/cleanrl_ppo.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from report import Study, main
from torch import nn
from torch.distributions import Categorical

import specc
from specc.emit.model_env import ModelEnv

SPEC = specc.load(Path(__file__).parents[1] / "coffee_runs.spec")["carefully"]


@dataclass(frozen=True)
class Settings:
    """As CleanRL's arguments; the discount is the spec's."""

    steps: int = 60_000
    envs: int = 8
    rollout: int = 128
    discount: float = 0.95
    trace: float = 0.95
    rate: float = 2.5e-3
    epochs: int = 4
    minibatches: int = 4
    clip: float = 0.2
    entropy: float = 0.05  # at first; it falls to 0 as the rate does
    limit: int = 200  # steps of an episode, a time limit


def single() -> gymnasium.Env:
    """The slippery office without a reward of its own."""
    return gymnasium.wrappers.TimeLimit(ModelEnv(SPEC.environment), Settings.limit)


class Agent(nn.Module):
    """Logits and value for cells (n,) and states of the machine (n,)."""

    def __init__(self, cells: int, memories: int, actions: int) -> None:
        super().__init__()
        self.cell, self.memory = nn.Embedding(cells, 64), nn.Embedding(memories, 64)
        self.actor = nn.Sequential(nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, actions))
        self.critic = nn.Sequential(nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.cell(seen[..., 0]) + self.memory(seen[..., 1])
        return self.actor(features), self.critic(features).squeeze(-1)


@dataclass(frozen=True)
class Rollout:
    """Steps of all copies, each (rollout, envs); ``future`` is the value behind the step."""

    seen: torch.Tensor
    action: torch.Tensor
    chance: torch.Tensor
    reward: torch.Tensor
    value: torch.Tensor
    future: torch.Tensor
    ended: torch.Tensor


def ppo(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """Yields (steps, exact value of the likeliest actions)."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    told = Settings(steps=4_096) if quick else Settings()
    copies = SyncVectorEnv([single] * told.envs, autoreset_mode=AutoresetMode.SAME_STEP)
    envs = specc.wrap_vector(copies, SPEC, observe="index")
    cells, memories = (int(space.n) for space in envs.single_observation_space.spaces)
    agent = Agent(cells, memories, int(envs.single_action_space.n))
    optimiser = torch.optim.Adam(agent.parameters(), lr=told.rate, eps=1e-5)
    seen = pair(envs.reset(seed=seed)[0])
    updates = told.steps // (told.envs * told.rollout)
    for update in range(updates):
        left = 1 - update / updates
        optimiser.param_groups[0]["lr"] = told.rate * left
        steps, seen = collect(envs, agent, seen, told)
        learn(agent, optimiser, steps, told, told.entropy * left)
        if (update + 1) % 4 == 0 or update + 1 == updates:
            yield (update + 1) * told.envs * told.rollout, exact_value(agent)


def pair(observations: tuple[np.ndarray, ...]) -> torch.Tensor:
    """Cells and machine states side by side, (n, 2)."""
    return torch.as_tensor(np.stack(observations, -1).astype(np.int64))


@torch.no_grad()
def collect(
    envs: gymnasium.vector.VectorEnv, agent: Agent, seen: torch.Tensor, told: Settings
) -> tuple[Rollout, torch.Tensor]:
    """A rollout, and what is seen after it."""
    rows = []
    for _ in range(told.rollout):
        logits, value = agent(seen)
        policy = Categorical(logits=logits)
        action = policy.sample()
        after, reward, over, cut, infos = envs.step(action.numpy())
        after = behind = pair(after)
        if (over | cut).any():
            # The copies that ended show their next start; what came last is in the infos. A time
            # limit is no end: what would have come after it still counts.
            behind = after.clone()
            for index in np.flatnonzero(over | cut):
                behind[index] = torch.as_tensor(np.array(infos["final_obs"][index], dtype=np.int64))
        future = agent(behind)[1] * torch.as_tensor(~over)
        rows.append((seen, action, policy.log_prob(action), torch.as_tensor(reward).float(), value,
                     future, torch.as_tensor(over | cut)))  # fmt: skip
        seen = after
    return Rollout(*map(torch.stack, zip(*rows, strict=True))), seen


def advantages(steps: Rollout, told: Settings) -> torch.Tensor:
    """Generalised advantage estimates (Schulman et al. 2016)."""
    surprise = steps.reward + told.discount * steps.future - steps.value
    going = told.discount * told.trace * (~steps.ended)
    found, last = torch.zeros_like(surprise), torch.zeros(told.envs)
    for t in reversed(range(told.rollout)):
        found[t] = last = surprise[t] + going[t] * last
    return found


def learn(
    agent: Agent, optimiser: torch.optim.Adam, steps: Rollout, told: Settings, entropy: float
) -> None:
    """The epochs of one update."""
    gain = advantages(steps, told).flatten()
    aim = gain + steps.value.flatten()
    seen, action, chance = steps.seen.flatten(0, 1), steps.action.flatten(), steps.chance.flatten()
    for _ in range(told.epochs):
        for part in torch.randperm(len(gain)).chunk(told.minibatches):
            logits, value = agent(seen[part])
            policy = Categorical(logits=logits)
            ratio = (policy.log_prob(action[part]) - chance[part]).exp()
            better = (gain[part] - gain[part].mean()) / (gain[part].std() + 1e-8)
            clipped = ratio.clamp(1 - told.clip, 1 + told.clip)
            loss = -torch.min(better * ratio, better * clipped).mean()
            loss += 0.5 * (value - aim[part]).square().mean() - entropy * policy.entropy().mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimiser.step()


def exact_value(agent: Agent) -> float:
    """What the likeliest actions are worth, by the spec's own model rather than by episodes."""
    with torch.no_grad():
        policy = specc.learned_policy(
            specc.wrap(single(), SPEC, observe="index"),
            lambda observations: agent(pair(observations))[0].argmax(1).numpy(),
        )
    return float(specc.evaluate(SPEC, policy).value)


STUDY = Study(
    name="cleanrl_ppo",
    title="Coffee on a slippery floor, minding plants: PPO",
    value="expected discounted reward",
    learners={"PPO": ppo},
    best=float(specc.solve(SPEC, exact=True).exact),
)

if __name__ == "__main__":
    main(STUDY)
