"""Toy-text environments against Gymnasium's own tables and steps."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import gymnasium
import numpy as np
import pytest
from readings import Load, LoadMdp, marked, members, rows, steps

from specc.model.environment import UnboundedEnvironment
from specc.model.mdp import Mdp

_TABLES = [
    ('"FrozenLake-v1"', {}),
    (
        '"FrozenLake-v1" (map_name="8x8", is_slippery=false)',
        {"map_name": "8x8", "is_slippery": False},
    ),
    ('"FrozenLake-v1" (desc="SFF HFG FFF")', {"desc": ["SFF", "HFG", "FFF"]}),
    ('"CliffWalking-v1"', {}),
    ('"CliffWalkingSlippery-v1"', {}),
    ('"Taxi-v4"', {}),
    ('"Taxi-v4" (is_rainy=true)', {"is_rainy": True}),
]


@pytest.mark.parametrize(("written", "keywords"), _TABLES, ids=[text for text, _ in _TABLES])
def test_transition_by_transition(
    written: str, keywords: dict[str, object], load_mdp: LoadMdp
) -> None:
    mdp = load_mdp(f"gym {written}")
    inner = gymnasium.make(written.split('"')[1], **keywords).unwrapped  # type: ignore[arg-type]
    assert mdp.observations is not None
    observation = mdp.observations[:, 0].astype(int).tolist()
    reward = mdp.rewards[""]
    for state in range(mdp.state_count):
        choices = mdp.choices(state)
        assert len(choices) == inner.action_space.n  # type: ignore[attr-defined]
        for action, choice in enumerate(choices):
            got: dict[tuple[int, float, bool], float] = defaultdict(float)
            for t in mdp.transitions(choice):
                after = int(mdp.successors[t])
                key = (observation[after], float(reward[t]), bool(mdp.stopped[after]))
                got[key] += float(mdp.probabilities[t])
            want: dict[tuple[int, float, bool], float] = defaultdict(float)
            if mdp.stopped[state]:
                want[observation[state], 0.0, True] = 1.0
            else:
                table = inner.P[observation[state]][action]  # type: ignore[attr-defined]
                for p, after, paid, terminated in table:
                    if p:
                        want[int(after), float(paid), bool(terminated)] += p
            assert got.keys() == want.keys()
            assert all(abs(got[key] - want[key]) < 1e-9 for key in want)
    start = {observation[s]: float(p) for s, p in mdp.initial}
    distribution = inner.initial_state_distrib  # type: ignore[attr-defined]
    assert start.keys() == set(np.flatnonzero(distribution).tolist())
    assert all(abs(p - distribution[s]) < 1e-9 for s, p in start.items())


@pytest.mark.parametrize("identifier", ["FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"])
def test_every_step_is_a_transition(identifier: str, load_mdp: LoadMdp) -> None:
    """Runs of the real environment stay in the MDP, followed by observation, reward and end."""
    mdp = load_mdp(f'gym "{identifier}"')
    assert mdp.observations is not None
    environment = gymnasium.make(identifier)
    random = np.random.default_rng(1)
    for episode in range(30):
        seen, _ = environment.reset(seed=episode)
        state = mdp.states.index(f"s{seen}")
        assert state in {s for s, _ in mdp.initial}
        for _ in range(100):
            action = int(random.integers(environment.action_space.n))  # type: ignore[attr-defined]
            seen, reward, terminated, truncated, _ = environment.step(action)
            fitting = [
                int(mdp.successors[t])
                for t in mdp.transitions(mdp.choices(state)[action])
                if mdp.observations[int(mdp.successors[t]), 0] == seen
                and mdp.rewards[""][t] == Fraction(float(reward))
                and mdp.stopped[int(mdp.successors[t])] == terminated
            ]
            assert len(fitting) == 1
            state = fitting[0]
            if terminated or truncated:
                break


def test_frozen_lake_by_hand(load: Load) -> None:
    mdp, problems = load('gym "FrozenLake-v1"')
    assert isinstance(mdp, Mdp)
    assert [d.code for d in problems] == ["N421"]
    assert not mdp.exact
    third = Fraction(1, 3)
    assert rows(mdp)["s0", "left"] == {"s0": 2 * third, "s4": third}
    assert rows(mdp)["s14", "right"] == {"s14": third, "s15": third, "s10": third}
    assert members(mdp, "hole") == {"s5", "s7", "s11", "s12"}
    assert members(mdp, "goal") == {"s15"}
    assert {s for s, over in zip(mdp.states, mdp.stopped, strict=True) if over} == {
        "s5", "s7", "s11", "s12", "s15",
    }  # fmt: skip
    paid = {step for step, t in zip(steps(mdp), range(mdp.transition_count), strict=True)
            if mdp.rewards[""][t] == 1}  # fmt: skip
    assert paid == {("s14", a, "s15") for a in ("down", "right", "up")}


def test_a_fall_and_a_bump_lead_to_copies(load_mdp: LoadMdp) -> None:
    plain = load_mdp('gym "CliffWalking-v1"')
    assert ("s36", "right", "s36") in marked(plain, "cliff")
    assert len(marked(plain, "cliff")) == 11
    # Slippery: from the start, one action can both fall (-100) and bump (-1).
    slippery = load_mdp('gym "CliffWalkingSlippery-v1"')
    row = rows(slippery)["s36", "down"]
    assert sum(row.values()) == 1
    assert set(row) == {"s36", "s36'1"}
    assert members(slippery, "start") == {"s36", "s36'1"}
    assert rows(slippery)["s36'1", "up"] == rows(slippery)["s36", "up"]


def test_taxi(load_mdp: LoadMdp) -> None:
    mdp = load_mdp('gym "Taxi-v4"')
    assert mdp.state_count == 404
    assert len(mdp.initial) == 300
    assert {p for _, p in mdp.initial} == {Fraction(1, 300)}
    assert mdp.action_names() == ("south", "north", "east", "west", "pickup", "dropoff")
    assert len(members(mdp, "delivered")) == 4
    assert len(members(mdp, "in_taxi")) == 100
    illegal = mdp.labels["illegal"].holds
    assert all((mdp.rewards[""][t] == -10) == illegal[t] for t in range(mdp.transition_count))


class _Twice(gymnasium.Env):  # type: ignore[type-arg]
    """State 1 is entered both as the end of an episode and on the way."""

    def __init__(self, chance: float = 0.5) -> None:
        self.observation_space = gymnasium.spaces.Discrete(2)
        self.action_space = gymnasium.spaces.Discrete(2)
        go = [(chance, 1, 0.0, False), (0.5, 1, 1.0, True)]
        self.P = {s: {0: go, 1: [(1.0, s, 0.25, False)]} for s in range(2)}
        self.initial_state_distrib = np.array([1.0, 0.0])


@pytest.fixture
def twice() -> object:
    gymnasium.register("SpeccTwice-v0", entry_point=_Twice)
    yield
    del gymnasium.registry["SpeccTwice-v0"]


@pytest.mark.usefixtures("twice")
def test_an_ended_and_a_running_visit_are_two_states(load_mdp: LoadMdp) -> None:
    mdp = load_mdp('gym "SpeccTwice-v0"')
    assert mdp.states == ("s0", "s1", "s1'1")
    assert mdp.stopped.tolist() == [False, False, True]
    half = Fraction(1, 2)
    assert rows(mdp)["s0", "0"] == {"s1": half, "s1'1": half}
    assert rows(mdp)["s1'1", "1"] == {"s1'1": Fraction(1)}
    assert mdp.exact


@pytest.mark.usefixtures("twice")
def test_a_row_that_is_no_distribution(load: Load) -> None:
    mdp, problems = load('gym "SpeccTwice-v0" (chance=0.4)')
    assert mdp is None
    assert [d.code for d in problems] == ["E424"]
    assert "0.9" in problems[0].message


@pytest.mark.usefixtures("twice")
def test_a_table_of_another_form(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_Twice, "__init__")
    monkeypatch.setattr(_Twice, "P", {0: []}, raising=False)
    monkeypatch.setattr(_Twice, "observation_space", gymnasium.spaces.Discrete(2), raising=False)
    monkeypatch.setattr(_Twice, "action_space", gymnasium.spaces.Discrete(2), raising=False)
    mdp, problems = load('gym "SpeccTwice-v0"')
    assert mdp is None
    assert [d.code for d in problems] == ["E423"]


def test_what_is_not_finite_is_only_named(load: Load) -> None:
    found, problems = load('gym "LunarLander-v3" (gravity=-9.5)')
    assert problems == []
    assert found == UnboundedEnvironment("x", "LunarLander-v3", (("gravity", Fraction(-19, 2)),))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("is_slipery=true", "is_slippery"),
        ("is_slippery=3", "true or false"),
        ('desc="SX"', "S F H G"),
        ('desc="FG"', "one letter is S"),
        ("success_rate=3/2", "between 0 and 1"),
        ('render_mode="human"', "cannot be set"),
        ('map_name="9x9"', "9x9"),
    ],
)
def test_arguments_are_checked(arguments: str, said: str, load: Load) -> None:
    found, problems = load(f'gym "FrozenLake-v1" ({arguments})')
    assert found is None
    assert [d.code for d in problems] == ["E422"]
    assert said in problems[0].message + (problems[0].help or "")


def test_an_id_cannot_import_a_module(load: Load) -> None:
    found, problems = load('gym "antigravity:FrozenLake-v1"')
    assert found is None
    assert [d.code for d in problems] == ["E421"]
