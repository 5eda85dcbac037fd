"""Reward streams of `wrap` against definitions of their own."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field

import gymnasium
import numpy as np
import pytest
from emit_specs import environment, spec
from gymnasium.utils.env_checker import check_env

from specc.automata.formula import atoms
from specc.automata.semantics import satisfies
from specc.diagnostics import SpecError
from specc.emit.reading import Tracker
from specc.emit.wrapper import wrap
from specc.objective import stack
from specc.objective.walk import leaves
from specc.resolve.file import load_text

WRAPPED = (
    *("reach", "stay", "fail", "next", "often", "prize", "walk", "falls", "fare", "deliver"),
    *("both", "patrol", "settle", "rate", "cover", "soon", "power", "soft"),
)


@dataclass
class Episode:
    """What happened, by the labels of the MDP, with the rewards that were paid."""

    letters: list[set[str]] = field(default_factory=list)
    loop: set[str] = field(default_factory=set)
    states: list[int] = field(default_factory=list)
    native: list[float] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminated: bool = False
    last: dict = field(default_factory=dict)


def episodes(name: str, count: int = 40) -> Iterator[Episode]:
    """Random episodes, the MDP followed here from what the inner environment shows."""
    model = spec(name).environment
    wrapped = wrap(environment(name), spec(name))
    follow = wrapped._track
    assert isinstance(follow, Tracker)
    natives = model.rewards.get("")
    rng = np.random.default_rng(7)
    for seed in range(count):
        observation, info = wrapped.reset(seed=seed)
        found = Episode()
        state = follow.start(observation)
        found.states.append(state)
        found.letters.append(
            {p for p, x in model.labels.items() if x.on == "state" and x.holds[state]}
        )
        ended = False
        while not ended:
            action = int(rng.integers(wrapped.action_space.n))
            observation, reward, over, cut, info = wrapped.step(action)
            found.rewards.append(reward)
            ended = over or cut
            found.terminated, found.last = over, info["specc"]
            if action >= wrapped.env.action_space.n:
                continue
            taken = next(
                t
                for c in model.choices(state)
                if model.action_names().index(model.actions[c]) == action
                for t in model.transitions(c)
                if model.successors[t] == wrapped._state
            )
            state = int(model.successors[taken])
            found.states.append(state)
            found.native.append(float(natives[taken]) if natives is not None else 0.0)
            held = {
                p for p, x in model.labels.items() if x.holds[state if x.on == "state" else taken]
            }
            found.letters.append(held)
        found.loop = {p for p, x in model.labels.items() if x.on == "state" and x.holds[state]}
        yield found


@pytest.mark.parametrize("name", ["reach", "stay", "fail", "next"])
def test_formula_returns_are_its_truth(name: str) -> None:
    event = next(
        n for n in leaves(spec(name).objective.number) if isinstance(n, stack.Satisfaction)
    )
    names = atoms(event.formula)
    meaning = dict(event.meaning)
    labels = [meaning[n].name for n in names]
    decided = 0
    for episode in episodes(name):
        if not episode.terminated:
            continue
        decided += 1

        def masks(letters: list[set[str]]) -> list[int]:
            return [sum(1 << i for i, p in enumerate(labels) if p in held) for held in letters]

        # A run that is decided early may go on in any way; its last letter is one of them.
        truth = satisfies(event.formula, masks(episode.letters), masks([episode.loop]), names)
        negated = name == "fail"
        expected = truth != negated
        paid = sum(episode.rewards)
        assert paid == (float(expected) if paid > 0 or not negative(name) else expected - 1.0)
        assert episode.last["satisfied"] is expected
    assert decided >= 20


def negative(name: str) -> bool:
    """Safety schemes pay the probability less 1."""
    return name in ("stay", "fail")


def test_often_pays_for_the_absorbing_run() -> None:
    returns = set()
    for episode in episodes("often"):
        if episode.terminated:
            assert sum(episode.rewards) == float("goal" in episode.letters[-1])
            returns.add(sum(episode.rewards))
    assert 0.0 in returns


def test_markov_rewards() -> None:
    for episode in episodes("prize"):
        expected = [
            2.0 * ("goal" in held) - ("hole" in held) + native / 4
            for held, native in zip(episode.letters[1:], episode.native, strict=True)
        ]
        assert episode.rewards == pytest.approx(expected, abs=1e-12)
    for episode in episodes("walk", 5):
        assert episode.rewards == episode.native
    for episode in episodes("falls", 10):
        expected = [
            -float("cliff" in now) - 0.1 * ("start" in before)
            for before, now in zip(episode.letters, episode.letters[1:], strict=False)
        ]
        assert episode.rewards == pytest.approx(expected, abs=1e-12)
    for episode in episodes("fare", 10):
        expected = [("delivered" in h) - 0.5 * ("illegal" in h) for h in episode.letters[1:]]
        assert episode.rewards == expected


@pytest.mark.parametrize("name", ["deliver", "both"])
def test_machine_rewards(name: str) -> None:
    extra = 0.01 if name == "both" else 0.0
    for episode in episodes(name):
        place, expected = "u0", []
        for held in episode.letters[1:]:
            paid = extra * ("mail" in held)
            if place == "u0" and "coffee" in held:
                place = "u1"
            elif place == "u1" and "office" in held:
                place, paid = "done", paid + 1.0
            elif place in ("u0", "u1") and "plant" in held:
                place, paid = "fail", paid - 1.0
            expected.append(paid)
        assert episode.rewards == expected
        # The machine's end is the episode's only where nothing is paid any more.
        assert episode.terminated is (name == "deliver" and place in ("done", "fail"))


def test_coverage_and_functions_of_totals() -> None:
    for episode in episodes("cover", 20):
        assert episode.terminated and len(episode.rewards) == 6
        assert sum(episode.rewards) == len(set(episode.states)) - 1
    for episode in episodes("soon", 20):
        assert episode.rewards == [float("coffee" in held) for held in episode.letters[1:]]
        assert len(episode.rewards) == 5
    for episode in episodes("power", 20):
        mails = sum("mail" in held for held in episode.letters[1:])
        assert sum(episode.rewards) == pytest.approx(np.exp(-mails) - 1)


def test_extrema_read_the_absorbing_run() -> None:
    for episode in episodes("worst", 20):
        values = [
            ("frozen" in h) + 2.0 * ("goal" in h) + ("start" in h)
            for h in [*episode.letters[1:], episode.loop]
        ]
        assert sum(episode.rewards) == min(values)
    for episode in episodes("cube", 20):
        assert episode.rewards == [-float("hole" in held) for held in episode.letters[1:]]


def test_the_gadget_ends_with_its_chance() -> None:
    file = load_text("env one = mdp { initial s; s: a -> s; label g: s }\nspec s = P[G F g]")
    from specc.emit.model_env import ModelEnv

    wrapped = wrap(ModelEnv(file["s"].environment), file["s"])
    lengths = []
    for seed in range(300):
        wrapped.reset(seed=seed)
        steps, ended = 0, False
        while not ended:
            _, reward, ended, _, _ = wrapped.step(0)
            assert reward == float(ended)
            steps += 1
        lengths.append(steps)
    # The mean of 300 geometric draws with mean 100 has a deviation of 5.8.
    assert 75 < np.mean(lengths) < 125


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WRAPPED)
@pytest.mark.parametrize("observe", ["none", "index", "onehot", "dict"])
def test_gymnasium_contract(name: str, observe: str) -> None:
    check_env(wrap(environment(name), spec(name), observe=observe), skip_render_check=True)


@pytest.mark.parametrize("name", WRAPPED)
def test_copies_go_on_alike(name: str) -> None:
    wrapped = wrap(environment(name), spec(name), observe="index")
    wrapped.reset(seed=3)
    wrapped.action_space.seed(3)
    for _ in range(2):
        wrapped.step(wrapped.action_space.sample())
    actions = [wrapped.action_space.sample() for _ in range(6)]
    streams = []
    for one in (pickle.loads(pickle.dumps(wrapped)), copy.deepcopy(wrapped), wrapped):
        stream = []
        for action in actions:
            observation, reward, over, cut, info = one.step(action)
            stream.append((observation, reward, over, cut, info["specc"]))
            if over or cut:
                break
        streams.append(stream)
    assert streams[0] == streams[1] == streams[2]


@pytest.mark.parametrize("name", ["fair", "order"])
def test_no_reward_per_step(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        wrap(environment(name), spec(name))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E801" and diagnostic.help
    assert ("policy functional" if name == "fair" else "comparison") in diagnostic.message


POLE = """env pole = gym "CartPole-v1"
spec upright = P[ G !fallen ]
spec centre = E[ discounted([obs[0] > -1/10 & obs[0] < 1/10] + obs[2]**2, 0.9) ]
spec told = E[ discounted([info.lucky], 0.9) ]
spec broken = E[ discounted(log(obs[0] - 10), 0.9) ]
spec far = E[ discounted(obs[7], 0.9) ]
"""


def test_labels_from_python_and_observations() -> None:
    file = load_text(POLE)
    with pytest.raises(SpecError, match="E805"):
        wrap(gymnasium.make("CartPole-v1"), file["upright"])
    with pytest.raises(SpecError, match="E806"):
        wrap(gymnasium.make("CartPole-v1"), file["far"])
    fallen = {"fallen": lambda obs, action, after, info: abs(after[2]) > 0.05}
    wrapped = wrap(gymnasium.make("CartPole-v1"), file["upright"], labels=fallen)
    wrapped.reset(seed=0)
    over, total = False, 0.0
    while not over:
        observation, reward, over, _, info = wrapped.step(1)
        total += reward
    assert total == -1.0 and abs(observation[2]) > 0.05 and info["specc"]["satisfied"] is False
    wrapped = wrap(gymnasium.make("CartPole-v1"), file["centre"])
    wrapped.reset(seed=0)
    for _ in range(6):
        observation, reward, *_ = wrapped.step(1)
        x, angle = float(observation[0]), float(observation[2])
        assert reward == pytest.approx((-0.1 < x < 0.1) + angle**2)
    wrapped = wrap(gymnasium.make("CartPole-v1"), file["told"])
    wrapped.reset(seed=0)
    assert wrapped.step(0)[1] == 0.0


def test_a_reward_that_is_not_finite_names_the_expression() -> None:
    wrapped = wrap(gymnasium.make("CartPole-v1"), load_text(POLE)["broken"])
    wrapped.reset(seed=0)
    with pytest.raises(SpecError, match=r"E809.*log.*obs\[0\]"):
        wrapped.step(0)


def test_another_environment_is_refused() -> None:
    wrapped = wrap(gymnasium.make("FrozenLake-v1", map_name="8x8"), spec("reach"))
    wrapped.reset(seed=0)
    with pytest.raises(SpecError, match="E807"):
        for _ in range(200):
            wrapped.step(1)
