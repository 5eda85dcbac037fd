"""Coverage by policy gradients: the marginal gains of the states visited are the rewards.

    python examples/training/subpo_coverage.py [--quick] [--seeds N] [--out FOLDER]

The learner is REINFORCE with a small network and gains f(S + s) - f(S) as rewards, as in SubPO
(Prajapat et al., "Submodular Reinforcement Learning", 2024). It comes in two forms: one that sees
the set visited so far (``kernel.visited``) besides the state and the time, and a Markovian one, as
in the paper, that sees state and time alone. The wheels of ``subpo_coverage.spec`` slip, so the set
visited is no function of state and time: the exact optimum needs the set, and what a Markovian
policy reaches stays below. Both are judged by the exact value of their most probable actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from report import Point, Study, main

import specc
from specc.emit.kernel import numbered_kernel
from specc.emit.model_env import ModelEnv
from specc.emit.sets.kernel import SetKernel
from specc.resolve.file import load

SPEC = load(Path(__file__).with_name("subpo_coverage.spec"))["explore"]
MODEL = SPEC.environment
HORIZON = 13
ACTIONS = len(MODEL.action_names())
RUNS = 256
RATE, ENTROPY = 1e-2, 0.1


class Walks:
    """Many runs of the model; every state has every action."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.cumulative = np.cumsum(MODEL.probabilities.floats())
        self.before = np.append(0.0, self.cumulative)[MODEL.transition_starts]

    def take(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Transitions by chance."""
        choice = MODEL.choice_starts[states] + actions
        drawn = self.before[choice] + self.rng.random(len(states))
        # Probabilities of a choice sum to 1, but for the last bits.
        found = np.searchsorted(self.cumulative, drawn, side="right")
        return np.clip(
            found, MODEL.transition_starts[choice], MODEL.transition_starts[choice + 1] - 1
        )


class Policy(torch.nn.Module):
    """Logits of actions from the state, the time and, if ``seeing``, the set visited."""

    def __init__(self, seeing: bool) -> None:
        super().__init__()
        self.seeing = seeing
        width = 2 * MODEL.state_count + HORIZON
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(width, 64), torch.nn.Tanh(), torch.nn.Linear(64, 64), torch.nn.Tanh(),
            torch.nn.Linear(64, ACTIONS),
        )  # fmt: skip

    def features(self, states: np.ndarray, times: np.ndarray, visited: np.ndarray) -> torch.Tensor:
        """What the network reads (n, features)."""
        shown = visited if self.seeing else np.zeros_like(visited)
        parts = [np.eye(MODEL.state_count)[states], np.eye(HORIZON)[times], shown]
        return torch.from_numpy(np.concatenate(parts, axis=1).astype(np.float32))

    def forward(self, features: torch.Tensor) -> torch.distributions.Categorical:
        """The chances of actions."""
        return torch.distributions.Categorical(logits=self.layers(features), validate_args=False)


def train(seeing: bool, seed: int, quick: bool) -> Iterator[Point]:
    """Yield (steps, exact value of the most probable actions)."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    kernel: SetKernel = specc.compile(SPEC)
    walks, policy = Walks(seed), Policy(seeing)
    updates, points = (20, 1) if quick else (400, 4)
    optimiser = torch.optim.Adam(policy.parameters(), lr=RATE)
    for update in range(updates + 1):
        if update % (updates // points) == 0:
            yield update * RUNS * HORIZON, exact_value(policy)
        features, actions, gains = episode(kernel, walks, policy)
        to_go = gains.flip(0).cumsum(0).flip(0)
        advantage = (to_go - to_go.mean(1, keepdim=True)).flatten()
        chances, left = policy(features), 1 - update / updates
        gained = (chances.log_prob(actions) * advantage).mean()
        loss = -gained - ENTROPY * left * chances.entropy().mean()
        optimiser.param_groups[0]["lr"] = RATE * max(left, 0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def episode(
    kernel: SetKernel, walks: Walks, policy: Policy
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch of episodes: features and actions of all steps of all runs in a row, and the gains
    (steps, runs)."""
    state = kernel.initial(RUNS)
    features, actions, gains = [], [], []
    for t in range(HORIZON):
        seen = policy.features(state.place, np.full(RUNS, t), kernel.visited(state))
        with torch.no_grad():
            taken = policy(seen).sample()
        state, gain, _ = kernel.step(state, walks.take(state.place, taken.numpy()))
        features.append(seen)
        actions.append(taken)
        gains.append(torch.from_numpy(gain).float())
    return torch.cat(features), torch.cat(actions), torch.stack(gains)


def exact_value(policy: Policy) -> float:
    """The exact value of the policy's most probable actions, from the start."""
    times, visited = memories()

    def choose(observation: Any) -> np.ndarray:
        states, memory = observation
        with torch.no_grad():
            chances = policy(policy.features(states, times[memory], visited[memory]))
        return chances.probs.argmax(1).numpy()

    return float(specc.evaluate(SPEC, specc.learned_policy(wrapped(), choose)).value)


@cache
def wrapped() -> Any:
    """The environment whose memory a policy is read over."""
    return specc.wrap(ModelEnv(MODEL), SPEC, observe="index")


@cache
def memories() -> tuple[np.ndarray, np.ndarray]:
    """The time, and the set visited, that each number of the observed memory stands for."""
    tables = numbered_kernel(SPEC).tables
    times = np.full(len(tables.next), -1)
    visited = np.zeros((len(tables.next), MODEL.state_count), dtype=bool)
    border = []
    for state, _ in MODEL.initial:
        first = int(tables.first[state])
        times[first], visited[first, state] = 0, True
        border.append(first)
    for held in border:
        for letter in np.flatnonzero(tables.next[held] >= 0):
            after = int(tables.next[held, letter])
            if times[after] < 0:
                times[after], visited[after] = times[held] + 1, visited[held]
                visited[after, MODEL.successors[letter]] = True
                border.append(after)
    return np.minimum(times, HORIZON - 1), visited


STUDY = Study(
    name="subpo_coverage",
    title="Coverage of four arms with slipping wheels",
    value="expected cells seen",
    learners={
        "SubPO, sees the set visited": lambda seed, quick: train(True, seed, quick),
        "SubPO, Markovian": lambda seed, quick: train(False, seed, quick),
    },
    best=float(specc.solve(SPEC).lower),
)


if __name__ == "__main__":
    main(STUDY)
