"""DQN in the office world, with and without counterfactual experience (CRM) in the replay buffer.

A network of observations and machine states, small and in one file. With CRM every stored step
comes back once for each state of the reward machine (Toro Icarte, Klassen, Valenzano, McIlraith,
JAIR 2022): `specc.emit.relabel.counterfactual` makes those rows, a chunk of steps at a time.

python examples/training/office_dqn.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import torch
from report import Study, main
from torch import nn

import specc
from specc.emit.model_env import ModelEnv
from specc.emit.relabel import counterfactual

SPEC = specc.load(Path(__file__).parents[1] / "office_world.spec")["bring_coffee"]
DISCOUNT, BATCH, CHUNK = 0.9, 32, 200
STEPS, EVERY, TRAIN_EVERY = 40_000, 2_000, 4


def office() -> gymnasium.Env:
    """The office with the reward of the spec; observations are (cell, state of the machine)."""
    env = specc.wrap(ModelEnv(SPEC.environment), SPEC, observe="index")
    return gymnasium.wrappers.TimeLimit(env, 300)


class Network(nn.Module):
    """Values of all actions for cells and machine states, (n,) and (n,) to (n, actions)."""

    def __init__(self, cells: int, memories: int, actions: int) -> None:
        super().__init__()
        self.cell, self.memory = nn.Embedding(cells, 128), nn.Embedding(memories, 128)
        self.rest = nn.Sequential(
            nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, actions)
        )

    def forward(self, cell: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        return self.rest(self.cell(cell) + self.memory(memory))


class Replay:
    """Rows (cell, memory, action, reward, next cell, next memory, end)."""

    def __init__(self, crm: bool) -> None:
        self.crm, self.chunk, self.rows = crm, [], torch.zeros(0, 7)

    def add(self, *row: float) -> None:
        """Store a step; full chunks become rows."""
        self.chunk.append(row)
        if len(self.chunk) == CHUNK:
            stored = np.array(self.chunk, dtype=np.float64)
            if self.crm:
                stored = self._from_every_memory(stored)
            self.rows = torch.cat([self.rows, torch.as_tensor(stored, dtype=torch.float32)])
            self.chunk = []

    def _from_every_memory(self, stored: np.ndarray) -> np.ndarray:
        """Each step once for every state of the machine, end states aside."""
        cell, _, action, _, after, _, _ = stored.T
        batch = {
            "observation": cell.astype(int),
            "action": action.astype(int),
            "next_observation": after.astype(int),
            "terminated": np.zeros(len(cell), dtype=bool),  # the office itself never ends
        }
        _, found = counterfactual(batch, SPEC)
        rows = []
        for memory in range(found.after.shape[1]):
            there = np.full(len(cell), memory)
            paid, behind, over = (
                part[:, memory] for part in (found.reward, found.after, found.done)
            )
            rows.append(np.column_stack([cell, there, action, paid, after, behind, over]))
        return np.concatenate(rows)

    def sample(self, generator: torch.Generator, count: int) -> torch.Tensor:
        """Rows drawn with replacement, one column each."""
        return self.rows[torch.randint(len(self.rows), (count,), generator=generator)].T


def dqn(seed: int, quick: bool, *, crm: bool) -> Iterator[tuple[int, float]]:
    """Yields (steps, exact value of the greedy policy)."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng, draws = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    env, steps = office(), 2_000 if quick else STEPS
    cells, memories = (int(space.n) for space in env.observation_space.spaces)
    network = Network(cells, memories, int(env.action_space.n))
    target, replay = deepcopy(network), Replay(crm)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    batch = BATCH * (memories if crm else 1)  # as in the paper: all machine states of 32 steps
    seen, _ = env.reset(seed=seed)
    for step in range(1, steps + 1):
        if rng.random() < max(0.1, 1 - 2 * step / steps):
            action = int(rng.integers(env.action_space.n))
        else:
            action = int(greedy(network, *(np.array([part]) for part in seen))[0])
        after, reward, over, cut, _ = env.step(action)
        replay.add(*seen, action, reward, *after, over)
        seen = env.reset()[0] if over or cut else after
        if step % TRAIN_EVERY == 0 and len(replay.rows):
            improve(network, target, optimiser, replay.sample(draws, batch))
        if step % (1_000 if quick else EVERY) == 0:
            policy = specc.learned_policy(env, lambda pair: greedy(network, *pair))
            yield step, float(specc.evaluate(SPEC, policy).value)


def greedy(network: Network, cells: np.ndarray, memories: np.ndarray) -> np.ndarray:
    """The best actions."""
    with torch.no_grad():
        return network(torch.as_tensor(cells), torch.as_tensor(memories)).argmax(1).numpy()


def improve(
    network: Network, target: Network, optimiser: torch.optim.Adam, rows: torch.Tensor
) -> None:
    """One step of double DQN; the target follows slowly."""
    cell, memory, action, reward, after, following, over = rows
    with torch.no_grad():
        best = network(after.long(), following.long()).argmax(1, keepdim=True)
        future = target(after.long(), following.long()).gather(1, best).squeeze(1)
    values = network(cell.long(), memory.long()).gather(1, action.long()[:, None]).squeeze(1)
    loss = nn.functional.mse_loss(values, reward + DISCOUNT * (1 - over) * future)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    with torch.no_grad():
        for slow, fast in zip(target.parameters(), network.parameters(), strict=True):
            slow.lerp_(fast, 0.01)


STUDY = Study(
    name="office_dqn",
    title="Coffee to the office: DQN, and CRM in its replay buffer",
    value="expected discounted reward",
    learners={"DQN": partial(dqn, crm=False), "DQN with CRM": partial(dqn, crm=True)},
    best=float(specc.solve(SPEC, exact=True).exact),
    seeds=3,
)

if __name__ == "__main__":
    main(STUDY)
