"""A regularised objective: coffee to the office again and again, by a policy that stays random.

The spec adds `1/50 * entropy` to a reward machine's reward. Two learners find its optimal policy,
a softmax: soft Q-learning on single steps (Haarnoja, Tang, Abbeel, Levine, ICML 2017), and an
actor-critic whose batches run on the Torch kernel, where `policy_terms` brings the entropy and its
gradient. `specc.solve` encloses the optimum, `specc.evaluate` the value of what they learned.

python examples/training/soft_regularised.py [--quick] [--seeds N] [--out FOLDER]
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np
import torch
from report import Study, main
from torch.distributions import Categorical

import specc
from specc.emit.model_env import ModelEnv

SPEC = specc.load(Path(__file__).parents[1] / "coffee_runs.spec")["supply"]
DISCOUNT, WEIGHT, RATE = 0.95, 1 / 50, 0.1


def floor() -> gymnasium.Env:
    """The slippery floor; observations are (cell, state of the machine). The run has no end."""
    return specc.wrap(ModelEnv(SPEC.environment), SPEC, observe="index")


def soft_q_learning(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """Yields (steps, exact value of the softmax policy)."""
    env, rng = floor(), np.random.default_rng(seed)
    cells, memories = (int(space.n) for space in env.observation_space.spaces)
    # Hopeful at first: from 0, the entropy makes what was tried look better than what was not.
    values = np.ones((cells, memories, int(env.action_space.n)))
    visits = np.zeros_like(values)
    steps = 2_000 if quick else 100_000
    here, _ = env.reset(seed=seed)
    for step in range(1, steps + 1):
        # A tenth of the steps explores. It learns off the policy all the same.
        row = values[here]
        action = int(rng.choice(len(row), p=0.9 * softmax(row / WEIGHT) + 0.1 / len(row)))
        after, reward, _, _, _ = env.step(action)
        soft = values[after].max()
        soft += WEIGHT * np.log(np.exp((values[after] - soft) / WEIGHT).sum())
        # What the entropy pays in the state left is not known before the policy is: it belongs to
        # the soft value of that state, and so to the target of the step before.
        visits[here][action] += 1
        row[action] += visits[here][action] ** -0.6 * (reward + DISCOUNT * soft - row[action])
        here = after
        if step % 200 == 0:
            here, _ = env.reset()
        if step % (steps // 10) == 0:
            yield step, exact_value(lambda cell, memory: softmax(values[cell, memory] / WEIGHT))


def softmax(rows: np.ndarray) -> np.ndarray:
    """The softmax over the last axis."""
    masses = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return masses / masses.sum(axis=-1, keepdims=True)


class Floor:
    """Batches of runs in Torch: the model's moves, and the kernel's rewards."""

    def __init__(self) -> None:
        mdp = SPEC.environment
        self.kernel = specc.compile(SPEC, backend="torch")
        self.moves = torch.zeros(mdp.state_count, len(mdp.action_names()), mdp.state_count)
        for state in range(mdp.state_count):
            for choice in mdp.choices(state):
                action = mdp.action_names().index(mdp.actions[choice])
                for t in mdp.transitions(choice):
                    self.moves[state, action, mdp.successors[t]] += float(mdp.probabilities[t])
        shown = [mdp.labels[proposition.name].holds for proposition in self.kernel.propositions]
        self.letters = torch.as_tensor(np.stack(shown, axis=1))
        self.start = mdp.initial[0][0]

    def play(
        self, logits: torch.Tensor, runs: int, length: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Cells and machine states before each step, (length + 1, runs, 2); the chance (as a
        logarithm) of each action; and what is paid, the entropy with its gradient included."""
        cell = torch.full((runs,), self.start)
        state = self.kernel.initial(runs)
        places, chances, paid = [torch.stack([cell, state.memory.long()], -1)], [], []
        for _ in range(length):
            rows = logits[cell, state.memory.long()]
            policy = Categorical(logits=rows)
            action = policy.sample()
            cell = torch.multinomial(self.moves[cell, action], 1).squeeze(1)
            state, reward, _ = self.kernel.step(state, self.letters[cell])
            places.append(torch.stack([cell, state.memory.long()], -1))
            chances.append(policy.log_prob(action))
            paid.append(reward.float() + self.kernel.policy_terms(rows))
        return torch.stack(places), torch.stack(chances), torch.stack(paid)


def actor_critic(seed: int, quick: bool) -> Iterator[tuple[int, float]]:
    """Yields (steps, exact value of the policy)."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    floor, runs, length = Floor(), 32, 50
    updates = 20 if quick else 300
    shape = len(floor.moves), floor.kernel.memories, floor.moves.shape[1]
    logits = torch.zeros(shape, requires_grad=True)
    critic = torch.zeros(shape[:2])
    optimiser = torch.optim.Adam([logits], lr=RATE)
    weight = DISCOUNT ** torch.arange(length)[:, None]
    for update in range(1, updates + 1):
        optimiser.param_groups[0]["lr"] = RATE * (1 - (update - 1) / updates)
        places, chances, paid = floor.play(logits, runs, length)
        returns = discounted(paid.detach(), at(critic, places[-1]))
        # The gain of an action is what followed beyond what the state promised; the entropy of the
        # state itself has a gradient of its own.
        gain = returns - at(critic, places[:-1])
        loss = -(weight * (chances * gain + paid)).sum(0).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        critic = closer(critic, places[:-1], returns)
        if update % (updates // 10) == 0:
            policy = torch.softmax(logits.detach().double(), -1).numpy()
            yield update * runs * length, exact_value(lambda c, m, p=policy: p[c, m])


def at(table: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """The entries of places (.., 2)."""
    return table[places[..., 0], places[..., 1]]


def discounted(paid: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """What follows each step (length, runs), ``last`` standing for what comes after the batch."""
    found = torch.empty_like(paid)
    for t in reversed(range(len(paid))):
        found[t] = last = paid[t] + DISCOUNT * last
    return found


def closer(critic: torch.Tensor, places: torch.Tensor, returns: torch.Tensor) -> torch.Tensor:
    """The critic a fifth of the way to the mean returns of the places that were seen."""
    where = tuple(places.flatten(0, -2).T)
    count = torch.zeros_like(critic).index_put(where, torch.ones(returns.numel()), accumulate=True)
    total = torch.zeros_like(critic).index_put(where, returns.flatten(), accumulate=True)
    return critic.lerp(torch.where(count > 0, total / count.clamp(min=1), critic), 0.2)


def exact_value(policy) -> float:
    """The value of chances (n, actions) in cells and machine states, entropy included; specc's
    bounds on it are closer together than floats."""
    learned = specc.learned_policy(floor(), lambda seen: policy(*seen))
    return float(specc.evaluate(SPEC, learned).lower)


STUDY = Study(
    name="soft_regularised",
    title="Coffee again and again, with entropy: soft learners",
    value="expected discounted reward and entropy",
    learners={"soft Q-learning": soft_q_learning, "actor-critic (Torch kernel)": actor_critic},
    best=float(specc.solve(SPEC).lower),
    seeds=3,
)

if __name__ == "__main__":
    main(STUDY)
