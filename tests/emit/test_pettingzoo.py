"""Every agent of a PettingZoo environment is paid as its own single wrapper would pay it."""

from __future__ import annotations

import copy
import pickle
import warnings
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from pettingzoo import ParallelEnv
from pettingzoo.classic import connect_four_v3, rps_v2, tictactoe_v3
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.example_envs import generated_agents_env_v0, generated_agents_parallel_v0
from pettingzoo.utils.conversions import parallel_to_aec

import specc
from specc.diagnostics import SpecError
from specc.resolve.file import load_text

FILE = load_text("""
machine twice {
  states none once
  none -> once when near emit 1/4
  once -> done when near emit 1
  final done
}
spec walk = E[discounted(obs[0] - native/2 + [from(near)] + [action = 1], 0.9)]
spec again = E[discounted(twice, 0.9)]
spec safe = P[G !far]
spec seen = P[G F near]
spec short = E[total([near], horizon=3)]
spec best = E[max(sup([near]), 1/2*sup([far]))]
spec unknown = E[discounted([elsewhere], 0.9)]
spec told = E[discounted([info.hot], 0.9)]
spec guessed = P[F G near]
spec paper = E[discounted([action = 1], 0.9)]
""")
LABELS = {
    "near": lambda obs, action, after, info: bool(after[0] > 0.5),
    "far": lambda obs, action, after, info: bool(after[0] < 0.1),
}
ALL = ("walk", "again", "safe", "seen", "short", "best", "told")


class Walkers(ParallelEnv):
    """Agents see random numbers, and leave one after the other."""

    metadata = {"name": "walkers_v0", "is_parallelizable": True}  # noqa: RUF012

    def __init__(self, steps: int = 12, broken: int = -1) -> None:
        self.possible_agents = [f"walker_{i}" for i in range(3)]
        self.agents: list[str] = []
        self.steps, self.broken = steps, broken
        self.render_mode = None
        self._seen = {a: spaces.Box(0.0, 1.0, (2,), np.float64) for a in self.possible_agents}
        self._acts = {a: spaces.Discrete(2) for a in self.possible_agents}
        self.rng = np.random.default_rng()

    def observation_space(self, agent: str) -> spaces.Space:
        return self._seen[agent]

    def action_space(self, agent: str) -> spaces.Space:
        return self._acts[agent]

    def _look(self) -> dict:
        return {agent: self.rng.random(2) for agent in self.agents}

    def reset(self, seed: int | None = None, options: dict | None = None) -> tuple[dict, dict]:
        if seed is not None:
            self.rng = np.random.default_rng(seed)
        self.agents, self.time = self.possible_agents[:], 0
        return self._look(), {agent: {"hot": True} for agent in self.agents}

    def step(self, actions: dict) -> tuple[dict, dict, dict, dict, dict]:
        self.time += 1
        seen = self._look()
        paid = {agent: float(self.rng.random() < 0.5) for agent in self.agents}
        if self.time == self.broken:
            self.broken, self.time = -1, self.time - 1
            paid["walker_2"] = float("nan")
        infos = {agent: {"hot": bool(self.rng.random() < 0.5)} for agent in self.agents}
        over = {a: self.time >= 5 + 3 * i and i == 0 for i, a in enumerate(self.agents)}
        cut = dict.fromkeys(self.agents, self.time >= self.steps)
        self.agents = [a for a in self.agents if not (over[a] or cut[a])]
        return seen, paid, over, cut, infos


class Alone(gymnasium.Env):
    """One agent's stream, as a single environment."""

    def __init__(self, agent: str, rows: list) -> None:
        env = Walkers()
        self.observation_space, self.action_space = env._seen[agent], env._acts[agent]
        self.rows, self.place = rows, 0

    def reset(self, **_: Any) -> tuple:
        return self.rows[0]

    def step(self, action: int) -> tuple:
        self.place += 1
        return self.rows[self.place]


def recorded(env: ParallelEnv, seed: int) -> tuple[list, dict]:
    """Actions, and each agent's stream, of the environment alone."""
    observations, infos = env.reset(seed=seed)
    streams = {agent: [(observations[agent], infos[agent])] for agent in env.agents}
    rng, taken = np.random.default_rng(seed), []
    while env.agents:
        actions = {agent: int(rng.integers(2)) for agent in env.agents}
        taken.append(actions)
        seen, paid, over, cut, told = env.step(actions)
        for agent in actions:
            row = (seen[agent], paid[agent], over[agent], cut[agent], told[agent])
            streams[agent].append(row)
    return taken, streams


@pytest.mark.parametrize("observe", ["none", "index", "onehot", "dict"])
@pytest.mark.parametrize("name", ALL)
def test_agents_are_paid_as_alone(name: str, observe: str) -> None:
    observe = "none" if name == "best" else observe
    env = specc.wrap_pettingzoo(Walkers(), FILE[name], LABELS, observe)
    for seed in range(4):
        taken, streams = recorded(Walkers(), seed)
        singles = {
            a: specc.wrap(Alone(a, s), FILE[name], LABELS, "none") for a, s in streams.items()
        }
        singles = {a: (single, single.reset(seed=seed)) for a, single in singles.items()}
        for place, (single, _) in enumerate(singles.values()):
            single._draws = np.random.default_rng([seed, 0x5BEC, *([place] if place else [])])
        env.reset(seed=seed)
        over, places = set(), dict.fromkeys(streams, 0)
        for actions in taken:
            assert set(env.agents) == set(actions)
            seen, paid, ended, _, infos = env.step(actions)
            for agent, action in actions.items():
                places[agent] += 1
                assert seen[agent] in env.observation_space(agent)
                if agent in over:
                    assert paid[agent] == 0 and infos[agent]["specc"]["over"]
                    continue
                _, reward, stops, _, info = singles[agent][0].step(action)
                assert paid[agent] == reward
                assert infos[agent]["specc"]["satisfied"] is info["specc"]["satisfied"]
                if not stops:
                    assert not infos[agent]["specc"]["over"]
                    assert infos[agent]["specc"]["machine"] == info["specc"]["machine"]
                over |= {agent} if stops else set()
            plain = [a for a in actions if not any(streams[a][places[a]][2:4])]
            everyone = bool(plain) and all(infos[a]["specc"]["over"] for a in plain)
            assert everyone == (bool(plain) and all(ended.values()) and not env.agents)
            if not env.agents:
                break


@pytest.mark.parametrize("name", ALL)
def test_in_turn_and_at_once_pay_alike(name: str) -> None:
    """An environment whose agents all see the same round pays the same in both APIs."""
    for seed in range(3):
        taken, _ = recorded(Walkers(), seed)
        env = specc.wrap_pettingzoo(Walkers(), FILE[name], LABELS)
        env.reset(seed=seed)
        expected: dict[str, list] = {agent: [] for agent in env.possible_agents}
        for actions in taken:
            if not env.agents:
                break
            _, paid, *_ = env.step(actions)
            for agent in actions:
                expected[agent].append(paid[agent])
        turns = specc.wrap_pettingzoo(parallel_to_aec(Walkers()), FILE[name], LABELS)
        turns.reset(seed=seed)
        found: dict[str, list] = {agent: [] for agent in turns.possible_agents}
        acted = dict.fromkeys(turns.possible_agents, 0)
        for agent in turns.agent_iter():
            _, reward, ended, cut, _ = turns.last()
            if acted[agent]:
                found[agent].append(reward)
            turns.step(None if ended or cut else taken[acted[agent]][agent])
            acted[agent] += 1
        for agent, rewards in found.items():
            # Where all rewards are over the one API may notice it a turn later.
            longer, shorter = sorted((rewards, expected[agent]), key=len, reverse=True)
            assert longer[: len(shorter)] == shorter and not any(longer[len(shorter) :])
            assert len(longer) - len(shorter) <= 1


def quiet(test: Any, *arguments: Any, **named: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test(*arguments, **named)


@pytest.mark.parametrize("observe", ["none", "dict"])  # these tests know no tuples
@pytest.mark.parametrize("name", ["walk", "again", "seen", "short"])
def test_the_contract_of_parallel_environments(name: str, observe: str) -> None:
    make = partial(specc.wrap_pettingzoo, specs=FILE[name], labels=LABELS, observe=observe)
    quiet(parallel_api_test, make(Walkers()), num_cycles=50)
    quiet(parallel_seed_test, lambda: make(Walkers()), num_cycles=30)
    quiet(
        parallel_api_test, make(rps_v2.parallel_env()) if name == "none" else make(Walkers(30)), 50
    )
    quiet(api_test, make(parallel_to_aec(Walkers())), num_cycles=30)
    quiet(seed_test, lambda: make(parallel_to_aec(Walkers())), num_cycles=30)


@pytest.mark.parametrize("module", [rps_v2, tictactoe_v3, connect_four_v3, generated_agents_env_v0])
@pytest.mark.parametrize("observe", ["none", "dict"])
def test_the_contract_of_environments_in_turn(module: Any, observe: str) -> None:
    make = lambda: specc.wrap_pettingzoo(module.env(), FILE["paper"], None, observe)  # noqa: E731
    quiet(api_test, make(), num_cycles=60)
    quiet(seed_test, make, num_cycles=60)


def test_agents_that_appear_late() -> None:
    make = lambda: specc.wrap_pettingzoo(generated_agents_parallel_v0.parallel_env(), FILE["paper"])  # noqa: E731
    quiet(parallel_api_test, make(), num_cycles=60)
    quiet(parallel_seed_test, make, num_cycles=60)


def test_a_spec_each_and_labels_each() -> None:
    near = {"near": LABELS["near"]}
    specs = {"walker_0": FILE["again"], "walker_1": FILE["short"]}
    env = specc.wrap_pettingzoo(Walkers(), specs, {"walker_0": near, "walker_1": near}, "index")
    seen, infos = env.reset(seed=0)
    assert isinstance(seen["walker_0"], tuple) and isinstance(seen["walker_2"], np.ndarray)
    assert "specc" not in infos["walker_2"]
    plain = Walkers()
    plain.reset(seed=0)
    while env.agents:
        actions = dict.fromkeys(env.agents, 0)
        _, rewards, *_ = env.step(actions)
        assert rewards.get("walker_2") == plain.step(actions)[1].get("walker_2")
    assert isinstance(env.unwrapped, Walkers)


@pytest.mark.parametrize("scheme", ["gadget", "two-discounts"])
def test_schemes(scheme: str) -> None:
    specs = {"walker_0": FILE["seen"], "walker_2": FILE["safe"]}
    env = specc.wrap_pettingzoo(Walkers(), specs, LABELS, "dict", scheme=scheme, zeta="1/2")
    paid, ended = set(), 0
    for seed in range(20):
        env.reset(seed=seed)
        while env.agents:
            agents = env.agents
            seen, rewards, *_, infos = env.step(dict.fromkeys(agents, 0))
            for agent in set(agents) & set(specs):
                paid.add(rewards[agent])
                last = env.accounts.open[agent].memories - 1
                if seen[agent]["machine"] == last:  # chance has ended the reward
                    ended += 1
                    assert infos[agent]["specc"]["over"]
    assert paid == ({0.0, 1.0} if scheme == "gadget" else {0.0, 0.25, 1.0, 1.25} & paid)
    assert ended
    with pytest.raises(SpecError, match="E816"):
        specc.wrap_pettingzoo(Walkers(), FILE["walk"], LABELS, scheme=scheme)


def test_copies_go_on_alike() -> None:
    env = specc.wrap_pettingzoo(Walkers(), FILE["walk"], POLITE, "index")
    env.reset(seed=3)
    for _ in range(2):
        env.step(dict.fromkeys(env.agents, 1))
    rows = []
    for one in (env, copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        rows.append([str(one.step(dict.fromkeys(one.agents, 1))) for _ in range(8)])
    assert rows[0] == rows[1] == rows[2]


def near(obs: Any, action: Any, after: Any, info: dict) -> bool:
    return bool(after[0] > 0.5)


POLITE = {"near": near}


@pytest.mark.parametrize(
    ("specs", "labels", "code"),
    [
        (FILE["unknown"], {}, "E805"),
        (FILE["guessed"], LABELS, "E811"),
        ({"walker_9": FILE["walk"]}, LABELS, "E805.*walker_9"),
        (FILE["walk"], {"walker_9": LABELS}, "E805.*walker_9"),
        (load_text("spec s = min(P[F a], E[discounted(native, 0.9)])")["s"], LABELS, "E801"),
        (load_text("spec s = quantile(1/2, discounted(native, 0.9))")["s"], {}, "E801"),
    ],
)
def test_what_does_not_fit_is_refused(specs: Any, labels: dict, code: str) -> None:
    with pytest.raises(SpecError, match=code):
        specc.wrap_pettingzoo(Walkers(), specs, labels)
    with pytest.raises(TypeError, match="PettingZoo"):
        specc.wrap_pettingzoo(gymnasium.make("CartPole-v1"), FILE["walk"])


def test_a_step_that_fails_leaves_all_memories() -> None:
    """The third agent's reward is NaN once: the first two have not moved either."""
    env = specc.wrap_pettingzoo(Walkers(broken=3), FILE["walk"], LABELS, "index")
    env.reset(seed=1)
    for _ in range(2):
        env.step(dict.fromkeys(env.agents, 1))
    held = states(env)
    with pytest.raises(SpecError, match=r"E809.*reward"):
        env.step(dict.fromkeys(env.agents, 1))
    assert states(env) == held
    env.step(dict.fromkeys(env.agents, 1))
    assert states(env) != held


def test_a_turn_that_fails_leaves_the_memory() -> None:
    env = specc.wrap_pettingzoo(parallel_to_aec(Walkers(broken=3)), FILE["walk"], LABELS)
    env.reset(seed=1)
    failed = 0
    while env.agents:
        action = (
            None if env.terminations[env.agent_selection] or any(env.truncations.values()) else 1
        )
        held = states(env)
        try:
            env.step(action)
        except SpecError as error:
            assert "E809" in str(error) and states(env) == held
            failed += 1
        assert set(env.infos) == set(env.rewards) == set(env.agents)
    assert failed == 1


def states(env: Any) -> list[str]:
    """All that the accounts remember."""
    rows = []
    for account in env.accounts.open.values():
        lasts = [read.last for read in account.undo.left]
        rows.append(str((account.before, account.over, account.meter.memory, lasts)))
    return rows
