"""`wrap_mo`: vectors of rewards in and out, each component as a single wrapper pays it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import gymnasium
import mo_gymnasium
import numpy as np
import pytest
from emit_specs import spec
from gymnasium import spaces
from mo_gymnasium.wrappers import LinearReward, MORecordEpisodeStatistics
from mo_gymnasium.wrappers.vector import MOSyncVectorEnv

import specc
from specc.diagnostics import SpecError
from specc.emit.means import inner_means
from specc.emit.model_env import ModelEnv
from specc.resolve.file import Spec, load_text

SEA = load_text("""
env sea = gym "deep-sea-treasure-v0"
prop deep = obs[0] >= 3
spec fair in sea = min(E[discounted(native("treasure"), 0.9)], 2*E[discounted(native("1"), 0.99)])
spec first in sea = lexicographic(P[F deep], E[total(native("0"), horizon=4)])
spec held in sea = maximise E[discounted(native("0"), 0.9)] subject to P[G !deep] >= 1/2,
  E[sup([deep])] <= 1
spec one in sea = E[discounted(native("0") + native("1")/10, 0.9)]
spec plain in sea = E[discounted(native, 0.9)]
spec absent in sea = E[discounted(native("2"), 0.9)]
spec soft in sea = E[discounted(native("0") + entropy, 0.9)] * E[discounted(native("1"), 0.9)]
spec tail in sea = cvar(1/10, discounted(native("0"), 0.9))
""")
NAMES = {"treasure": 0}
CALM = load_text('''
env calm = grid {
  map """
    c..o
    .*..
    @..m
  """
  legend { c: coffee  m: mail  o: office  *: plant  @: start }
  actions north south east west
}
machine tour {
  states u v
  u -> v when coffee emit 1/4
  v -> done when office emit 1
  final done
}
spec several in calm = min(
  E[discounted(tour + [from(mail)], 0.9)], P[G F mail], P[F coffee], P[G !plant],
  E[total([mail], horizon=5)], E[coverage(horizon=6)], E[average([office])])
spec guessed in calm = min(P[F G mail], P[F coffee])
spec endless in calm = min(P[F coffee], P[G !plant])
''')


def sea(steps: int = 15) -> gymnasium.Env:
    return gymnasium.wrappers.TimeLimit(mo_gymnasium.make("deep-sea-treasure-v0"), steps)


def calm(steps: int = 25) -> gymnasium.Env:
    return gymnasium.wrappers.TimeLimit(ModelEnv(CALM["several"].environment), steps)


def test_the_means_of_an_objective_in_the_order_of_its_text() -> None:
    assert not SEA.diagnostics or all(d.code == "E421" for d in SEA.diagnostics)
    assert [mean.text for mean in inner_means(SEA["held"])] == [
        'E[discounted(native("0"), 0.9)]',
        "P[G !deep]",
        "E[sup([deep])]",
    ]
    assert [mean.text for mean in inner_means(SEA["fair"])] == [
        'E[discounted(native("treasure"), 0.9)]',
        'E[discounted(native("1"), 0.99)]',
    ]
    assert len(inner_means(CALM["several"])) == 7
    assert inner_means(spec("reach"))[0].objective == spec("reach").objective
    twice = load_text("spec s = E[discounted([a], 0.9)] * (1 + E[discounted([a], 0.9)])")["s"]
    assert len(inner_means(twice)) == 1
    for wrong in (SEA["tail"], load_text("spec s = 3")["s"]):
        with pytest.raises(SpecError, match="E801"):
            inner_means(wrong)


@pytest.mark.parametrize("name", ["fair", "first", "held", "one"])
def test_rewards_of_the_environment_are_read_by_place_and_by_name(name: str) -> None:
    """Beside one wrapper for each mean."""
    env = specc.wrap_mo(sea(), SEA[name], rewards=NAMES, observe="index")
    singles = [specc.wrap_mo(sea(), mean, rewards=NAMES) for mean in inner_means(SEA[name])]
    raw, rng = sea(), np.random.default_rng(0)
    for seed in range(6):
        raw.reset(seed=seed)
        (seen, machine), info = env.reset(seed=seed)
        for single in singles:
            single.reset(seed=seed)
        over, ended = np.zeros(len(singles), dtype=bool), False
        while not ended:
            action = int(rng.integers(4))
            (seen, machine), reward, terminated, truncated, info = env.step(action)
            assert reward.shape == env.reward_space.shape and reward in env.reward_space
            assert (seen, machine) in env.observation_space
            for i, single in enumerate(singles):
                alone = single.step(action)
                assert reward[i] == (0 if over[i] else alone[1][0])
                over[i] |= alone[4]["specc"]["over"][0]
            assert (info["specc"]["over"] == over).all()
            assert terminated == (over.all() or raw.step(action)[2])
            ended = terminated or truncated
    assert env.discounts == {
        "fair": (0.9, 0.99), "first": (1.0, 1.0), "held": (0.9, 1.0, 1.0), "one": (0.9,)
    }[name]  # fmt: skip


@pytest.mark.parametrize("observe", ["none", "index", "onehot", "dict"])
def test_every_kind_of_mean_is_paid_as_alone(observe: str) -> None:
    task = CALM["several"]
    env = specc.wrap_mo(calm(), task, None, observe)
    means = inner_means(task)
    rng = np.random.default_rng(1)
    for seed in range(8):
        singles = [specc.wrap(calm(), mean) for mean in means]
        seen, info = env.reset(seed=seed)
        for place, single in enumerate(singles):
            single.reset(seed=seed)
            single._draws = np.random.default_rng([seed, 0x5BEC, *([place] if place else [])])
        assert seen in env.observation_space
        stopped = [False] * len(means)
        for time in range(25):
            action = int(rng.integers(4))
            seen, reward, ended, cut, info = env.step(action)
            assert seen in env.observation_space
            told = info["specc"]
            for i, single in enumerate(singles):
                if stopped[i]:
                    assert reward[i] == 0 and told["over"][i]
                    continue
                _, paid, over, _, other = single.step(action)
                assert reward[i] == paid
                assert told["satisfied"][i] is other["specc"]["satisfied"]
                stopped[i] = over
                if observe != "none" and not over and means[i].text != "E[coverage(horizon=6)]":
                    assert told["machine"][i] == other["specc"]["machine"]
            assert not ended  # an average is never over
            assert cut == (time == 24)


def test_the_episode_ends_where_all_are_over() -> None:
    env = specc.wrap_mo(calm(400), CALM["endless"], observe="index")
    env.reset(seed=0)
    rng, ended = np.random.default_rng(0), False
    while not ended:
        (_, _machine), reward, ended, cut, info = env.step(int(rng.integers(4)))
        assert not cut
        assert ended == bool(info["specc"]["over"].all())
    assert info["specc"]["satisfied"].tolist() == [True, False]
    assert reward.tolist() in ([1.0, 0.0], [0.0, -1.0])


def test_a_horizon_that_has_passed_is_a_state_of_the_memory() -> None:
    task = load_text("spec s = min(E[total(native, horizon=2)], E[discounted(native, 0.9)])")["s"]
    env = specc.wrap_mo(gymnasium.make("CartPole-v1"), task, observe="index")
    (_, machine), _ = env.reset(seed=0)
    seen = [machine.tolist(), *(env.step(0)[0][1].tolist() for _ in range(3))]
    assert seen == [[0, 0], [0, 0], [1, 0], [1, 0]]
    assert env.observation_space[1].nvec.tolist() == [2, 1]


def test_schemes_are_for_the_formulas() -> None:
    env = specc.wrap_mo(calm(), CALM["several"], scheme="gadget", zeta="1/2")
    assert env.discounts == (0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    env = specc.wrap_mo(calm(), CALM["several"], scheme="two-discounts", zeta="1/2")
    assert env.discounts == (0.9, 0.75, 0.75, 0.75, 1.0, 1.0, 1.0)


def test_wrappers_and_learners_of_mo_gymnasium() -> None:
    env = specc.wrap_mo(sea(), SEA["fair"], rewards=NAMES)
    assert env.unwrapped.reward_space.shape == (2,)
    linear = LinearReward(env, np.array([1.0, 0.5]))
    linear.reset(seed=0)
    _, reward, *_, info = linear.step(1)
    assert reward == info["vector_reward"] @ np.array([1.0, 0.5])
    counted = MORecordEpisodeStatistics(specc.wrap_mo(sea(), SEA["fair"], rewards=NAMES), 0.9)
    counted.reset(seed=0)
    ended = False
    total = np.zeros(2)
    while not ended:
        _, reward, terminated, truncated, info = counted.step(1)
        total += reward
        ended = terminated or truncated
    assert info["episode"]["r"] == pytest.approx(total)
    many = MOSyncVectorEnv([lambda: specc.wrap_mo(sea(), SEA["first"])] * 3)
    many.reset(seed=0)
    _, rewards, *_, infos = many.step(np.array([1, 1, 3]))
    assert rewards.shape == (3, 2) and infos["specc"]["machine"].shape == (3, 2)


def test_one_reward_of_several_in_the_other_wrappers() -> None:
    """`wrap` and `wrap_vector` read them, too."""
    env, vector = sea(), MOSyncVectorEnv([sea] * 2)
    single, many = specc.wrap(env, SEA["one"]), specc.wrap_vector(vector, SEA["one"])
    raw = sea()
    single.reset(seed=0)
    many.reset(seed=0)
    raw.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(10):
        action = int(rng.integers(4))
        _, reward, ended, cut, _ = single.step(action)
        _, rewards, *_ = many.step(np.array([action, action]))
        native = np.asarray(raw.step(action)[1])
        assert reward == float(native[0]) + float(native[1]) / 10
        assert rewards.tolist() == [reward, reward]
        if ended or cut:
            break
    assert reward != 0


def test_copies_go_on_alike() -> None:
    env = specc.wrap_mo(calm(), CALM["several"], None, "index", scheme="gadget", zeta="0.7")
    env.reset(seed=2)
    for action in (3, 1, 0):
        env.step(action)
    rows = []
    for one in (env, copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        rng = np.random.default_rng(3)
        rows.append([str(one.step(int(rng.integers(4)))) for _ in range(20)])
    assert rows[0] == rows[1] == rows[2]


@pytest.mark.parametrize(
    ("make", "task", "named", "code"),
    [
        (sea, SEA["plain"], {}, "E805.*2 rewards"),
        (sea, SEA["absent"], {}, "E805.*native"),
        (sea, SEA["one"], {"third": 2}, "E805.*third"),
        (calm, CALM["several"], {"first": 0}, "E805.*one reward"),
        (calm, CALM["guessed"], {}, "E811"),
        (sea, SEA["tail"], {}, "E801"),
        (calm, SEA["one"], {}, "E805"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, task: Spec, named: dict, code: str) -> None:
    with pytest.raises(SpecError, match=code):
        specc.wrap_mo(make(), task, rewards=named)


def test_policy_terms_are_left_to_the_learner() -> None:
    env = specc.wrap_mo(sea(), SEA["soft"])
    env.reset(seed=0)
    assert env.step(1)[1].shape == (2,)


class Broken(gymnasium.Env):
    """Two rewards; at the third step the second is NaN, once."""

    observation_space, action_space = spaces.Discrete(3), spaces.Discrete(2)
    reward_space = spaces.Box(-np.inf, np.inf, (2,))

    def __init__(self, broken: int) -> None:
        self.broken, self.time = broken, 0

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        super().reset(seed=seed)
        self.time = 0
        return 0, {}

    def step(self, action: int) -> tuple:
        self.time += 1
        paid = np.array([1.0, float(self.time)])
        if self.time == self.broken:
            self.broken, self.time = -1, self.time - 1
            paid[1] = np.nan
        return self.time % 3, paid, False, False, {}


def test_a_step_that_fails_changes_nothing() -> None:
    """After the error the same call answers as if nothing had happened, draws included."""
    task = load_text("""
machine m {
  states a b
  a -> b when obs[0] > 1 emit 1
  b -> a when from(obs[0] > 1) emit 2
}
spec s = min(P[G F obs[0] > 0],
  E[discounted(m + native("0"), 0.9)], E[discounted(native("1"), 0.9)])
""")["s"]
    rows = []
    for broken in (3, -1):
        env = specc.wrap_mo(Broken(broken), task, None, "index", zeta="1/2")
        env.reset(seed=0)
        found = []
        for step in range(8):
            if step == 2 and broken > 0:
                with pytest.raises(SpecError, match=r'E809.*native\("1"\)'):
                    env.step(0)
            found.append(str(env.step(0)))
        rows.append(found)
    assert rows[0] == rows[1]
