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
from gymnasium.utils.env_checker import check_env, data_equivalence

from specc.automata.formula import atoms
from specc.automata.semantics import satisfies
from specc.diagnostics import SpecError
from specc.emit.model_env import ModelEnv
from specc.emit.reading import Tracker
from specc.emit.wrapped import wrap
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


def test_no_reward_per_step() -> None:
    with pytest.raises(SpecError) as caught:
        wrap(environment("order"), spec("order"))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E801" and diagnostic.help
    assert "comparison" in diagnostic.message


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


def test_an_action_that_is_no_number_is_named() -> None:
    file = load_text(
        "env m = mdp { initial s\n  s: go -> s\n  label a: s }\nspec s in m = P[G F a]"
    )
    inner = ModelEnv(file["s"].environment)
    tolerant = gymnasium.wrappers.TransformAction(inner, np.max, inner.action_space)
    env = wrap(tolerant, file["s"])
    env.reset(seed=0)
    with pytest.raises(SpecError, match=r"E807.*the action .* is no number"):
        env.step(np.array([0, 0]))


def test_observed_numbers_are_the_memory() -> None:
    """States of the running memory that are equal have equal numbers and the same future."""
    wrapped = wrap(environment("power"), spec("power"), observe="dict")
    names = spec("power").environment.action_names()
    numbers: dict[int, set[float]] = {}
    for seed in range(30):
        observed, info = wrapped.reset(seed=seed)
        rng, ended, time = np.random.default_rng(seed), False, 0
        while not ended:
            memory = int(observed["machine"])
            assert memory == info["specc"]["machine"]
            numbers.setdefault(memory, set()).add((time, *info["specc"]["numbers"]))
            way = names.index("east" if rng.random() < 0.8 else "west")
            observed, _, over, cut, info = wrapped.step(way)
            ended, time = over or cut, time + 1
    assert all(len(seen) == 1 for seen in numbers.values()) and len(numbers) > 5
    onehot = wrap(environment("power"), spec("power"), observe="onehot")
    (_, vector), info = onehot.reset(seed=0)
    assert vector.sum() == 1 and vector[info["specc"]["machine"]] == 1


def test_a_memory_that_no_model_numbers() -> None:
    file = load_text(
        'env pole = gym "CartPole-v1"\nspec s in pole = E[exp(-total(native, horizon=9))]'
    )
    pole = gymnasium.make("CartPole-v1")
    wrap(pole, file["s"]).reset(seed=0)
    for observe in ("index", "onehot", "dict"):
        with pytest.raises(SpecError, match=r"E815.*no finite model"):
            wrap(pole, file["s"], observe=observe)
    labels = {"mail": lambda *step: True}
    with pytest.raises(SpecError, match="E815"):
        wrap(environment("power"), spec("power"), labels=labels, observe="index")


@pytest.mark.parametrize("name", ["cover", "power", "worst", "guarded", "often", "settle"])
@pytest.mark.parametrize("observe", ["none", "index", "onehot", "dict"])
def test_the_reward_is_the_same_however_it_is_observed(name: str, observe: str) -> None:
    streams = []
    for shown in ("none", observe):
        wrapped = wrap(environment(name), spec(name), observe=shown)
        wrapped.reset(seed=2)
        rng, stream = np.random.default_rng(2), []
        for _ in range(12):
            _, *rest, info = wrapped.step(int(rng.integers(4)))
            stream.append((*rest, info["specc"]["satisfied"]))
            if rest[1] or rest[2]:
                break
        streams.append(stream)
    assert streams[0] == streams[1]


HALL = """env pole = gym "CartPole-v1"
prop left = obs[0] < 0
spec left_again in pole = E[ discounted([left & from(!left)] + 2*[from(seen)], 0.9) ]
spec pushes in pole = E[ discounted(if action = 1 & seen then 3 else -[action = 0], 0.9) ]
spec tilt in pole = P[ G (obs[2] < 1/20 & obs[2] > -1/20) ]
spec lucky in pole = P[ F info.lucky ]
spec named in pole = E[ discounted([action = right], 0.9) ]
spec place in pole = P[ F seen ]
"""


class Lucky(gymnasium.Wrapper):
    """Its info has a key from the third step on."""

    def reset(self, **keywords: object) -> tuple:
        self.count = 0
        return self.env.reset(**keywords)

    def step(self, action: int) -> tuple:
        self.count += 1
        *step, info = self.env.step(action)
        return (*step, {**info, "lucky": True} if self.count >= 3 else info)


def test_what_python_steps_mean() -> None:
    file = load_text(HALL)
    assert not file.has_errors, file.diagnostics
    calls = []

    def seen(before: object, action: object, after: np.ndarray, info: dict) -> bool:
        calls.append((before, action))
        return bool(after[1] > 0)

    wrapped = wrap(gymnasium.make("CartPole-v1"), file["left_again"], labels={"seen": seen})
    last, _ = wrapped.reset(seed=1)
    assert calls[0] == (None, None)
    for action in (1, 0, 1, 0, 0, 1):
        now, reward, *_ = wrapped.step(action)
        assert reward == float(now[0] < 0 <= last[0]) + 2.0 * (last[1] > 0)
        assert calls[-1][0] is not None and calls[-1][1] == action
        last = now
    labels = {"seen": lambda before, action, after, info: True}
    wrapped = wrap(gymnasium.make("CartPole-v1"), file["pushes"], labels=labels)
    wrapped.reset(seed=1)
    assert [wrapped.step(a)[1] for a in (1, 0, 1, 1, 0)] == [3.0, -1.0, 3.0, 3.0, -1.0]
    with pytest.raises(SpecError, match=r"E805.*`right`"):
        wrap(gymnasium.make("CartPole-v1"), file["named"])
    wrapped = wrap(Lucky(gymnasium.make("CartPole-v1")), file["lucky"])
    _, info = wrapped.reset(seed=1)
    assert info["specc"]["satisfied"] is None
    steps = [wrapped.step(0) for _ in range(3)]
    assert [s[1] for s in steps] == [0.0, 0.0, 1.0]
    assert [s[2] for s in steps] == [False, False, True]
    assert steps[2][4]["specc"]["satisfied"] is True and steps[2][4]["lucky"] is True


def test_places_and_named_actions_of_a_model() -> None:
    text = (
        'env lake = gym "FrozenLake-v1" (is_slippery=false)\n'
        "spec s in lake = E[discounted([at(s4)] + 2*[action = right] + 4*[from(at(s0))], 0.9)]\n"
    )
    file = load_text(text)
    assert not file.has_errors, file.diagnostics
    lake = gymnasium.make("FrozenLake-v1", is_slippery=False)
    wrapped = wrap(lake, file["s"])
    wrapped.reset(seed=0)
    # down, up, right, left
    assert [wrapped.step(a)[1] for a in (1, 3, 2, 0)] == [5.0, 0.0, 6.0, 0.0]
    over = wrap(lake, file["s"], labels={"at(s4)": lambda *step: True})
    over.reset(seed=0)
    assert over.step(3)[1] == 5.0


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("observe", ["none", "index", "onehot", "dict"])
def test_a_continuous_environment_keeps_the_contract(observe: str) -> None:
    file = load_text(HALL)
    check_env(
        wrap(gymnasium.make("CartPole-v1"), file["tilt"], observe=observe), skip_render_check=True
    )
    wrapped = wrap(gymnasium.make("CartPole-v1"), file["tilt"])
    observation, _ = wrapped.reset(seed=0)
    total, over = 0.0, False
    while not over:
        observation, reward, over, cut, info = wrapped.step(0)
        total += reward
        assert not cut
    assert total == -1.0 and abs(observation[2]) >= 0.05 and info["specc"]["satisfied"] is False


class Scripted(gymnasium.Env):
    """Shows 0, 1, 2, ... and ends, as told, at step 3."""

    observation_space = gymnasium.spaces.Box(0, 99, (1,))
    action_space = gymnasium.spaces.Discrete(1)

    def __init__(self, ends: str) -> None:
        self.ends, self.time = ends, 0

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        self.time = 0
        return np.zeros(1, dtype=np.float32), {}

    def step(self, action: int) -> tuple:
        self.time += 1
        over = self.time == 3
        shown = np.array([self.time], dtype=np.float32)
        return shown, 0.0, over and "t" in self.ends, over and "c" in self.ends, {}


@pytest.mark.parametrize(
    ("text", "ends", "expected"),
    [
        # (reward, terminated, truncated, satisfied) of each step
        ("P[F obs[0] > 1]", "", [(0, False, False, None), (1, True, False, True)]),
        ("P[F obs[0] > 8]", "c", [(0, False, False, None)] * 2 + [(0, False, True, None)]),
        ("P[F obs[0] > 8]", "t", [(0, False, False, None)] * 2 + [(0, True, False, False)]),
        ("P[F obs[0] > 8]", "tc", [(0, False, False, None)] * 2 + [(0, True, True, False)]),
        ("P[G obs[0] < 8]", "t", [(0, False, False, None)] * 2 + [(0, True, False, True)]),
        ("P[G obs[0] < 8]", "c", [(0, False, False, None)] * 2 + [(0, False, True, None)]),
        ("P[G obs[0] < 2]", "", [(0, False, False, None), (-1, True, False, False)]),
        ("P[G F obs[0] > 2]", "t", [(0, False, False, None)] * 2 + [(1, True, False, True)]),
        ("P[F G obs[0] > 8]", "t", [(0, False, False, None)] * 2 + [(0, True, False, False)]),
        ("E[total(obs[0], horizon=2)]", "", [(1, False, False, None), (2, True, False, None)]),
        ("E[discounted(obs[0], 0.9)]", "c",
         [(1, False, False, None), (2, False, False, None), (3, False, True, None)]),
        ("E[total(obs[0], horizon=2)**2]", "", [(1, False, False, None), (8, True, False, None)]),
    ],
)  # fmt: skip
def test_ends(text: str, ends: str, expected: list) -> None:
    file = load_text(f"spec s = {text}")
    assert not file.has_errors, file.diagnostics
    wrapped = wrap(Scripted(ends), file["s"])
    wrapped.reset(seed=0)
    for row in expected:
        _, reward, over, cut, info = wrapped.step(0)
        assert (reward, over, cut, info["specc"]["satisfied"]) == row


@pytest.mark.parametrize("name", ["often", "worst", "twice", "guarded", "rise", "spread", "near"])
@pytest.mark.parametrize("observe", ["dict", "onehot"])
def test_copies_keep_what_is_observed(name: str, observe: str) -> None:
    wrapped = wrap(environment(name), spec(name), observe=observe)
    _, info = wrapped.reset(seed=5)
    copies = [pickle.loads(pickle.dumps(wrapped)), copy.deepcopy(wrapped), wrapped]
    for _ in range(8):
        mask = info.get("action_mask")
        action = 0 if mask is None else int(np.argmax(mask))
        answers = [one.step(action) for one in copies]
        info = answers[-1][4]
        shown = [str((a[0], *a[1:4], a[4]["specc"])) for a in answers]
        assert shown[0] == shown[1] == shown[2]
        if answers[-1][2] or answers[-1][3]:
            break


QUICK = load_text("""
machine tour {
  states u v
  u -> v when coffee
  v -> done when office & !plant emit 1/3
  * -> done when plant emit -1
  final done
}
spec deliver = E[ discounted(tour, 0.99) ]
spec both = E[ discounted(tour + [coffee], 0.99) ]
spec reach = P[ !plant U office ]
spec stay = P[ G !plant ]
spec often = P[ G F coffee & G !plant ]
""")
_LABELS = {
    name: (lambda obs, action, next_obs, info, n=n: next_obs == n)
    for n, name in enumerate(("coffee", "office", "plant"))
}


class Told(gymnasium.Env):
    """Observations are the actions; ends by chance."""

    observation_space = gymnasium.spaces.Discrete(9)
    action_space = gymnasium.spaces.Discrete(9)

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple:
        super().reset(seed=seed)
        return 8, {}

    def step(self, action: int) -> tuple:
        return action, 0.0, bool(self.np_random.random() < 0.1), False, {"seen": action}


@pytest.mark.parametrize("name", ["deliver", "both", "reach", "stay", "often"])
def test_the_quick_path_is_the_whole_one(name: str) -> None:
    quick, whole = (wrap(Told(), QUICK[name], _LABELS, "index") for _ in range(2))
    assert quick._quick is not None
    whole._quick = None
    rng, ends = np.random.default_rng(0), 0
    for seed in range(40):
        assert data_equivalence(quick.reset(seed=seed), whole.reset(seed=seed))
        over = False
        while not over:
            action = int(rng.integers(9))
            one = quick.step(action)
            assert one == whole.step(action)
            over = one[2]
            ends += over
        quick = copy.deepcopy(quick)
    assert ends == 40


@pytest.mark.parametrize("name", WRAPPED)
def test_the_quick_path_changes_nothing(name: str) -> None:
    quick, whole = (wrap(environment(name), spec(name), observe="none") for _ in "12")
    whole._quick = None
    rng = np.random.default_rng(1)
    for seed in range(8):
        assert data_equivalence(quick.reset(seed=seed), whole.reset(seed=seed))
        ended = False
        while not ended:
            action = rng.integers(quick.action_space.n)
            one, other = quick.step(action), whole.step(action)
            assert data_equivalence(one, other)
            ended = one[2] or one[3]


def test_a_machine_that_is_done_does_not_end_what_entropy_still_pays() -> None:
    text = """
    env room = mdp { initial s
      s: a -> s
         b -> s
      label goal: s }
    machine once {
      states u
      u -> done when goal emit 1
      final done
    }
    spec plain in room = E[discounted(once, 1/2)]
    spec soft in room = E[discounted(once + entropy, 1/2)]
    """
    file = load_text(text)
    for name, over in (("plain", True), ("soft", False)):
        env = wrap(ModelEnv(file[name].environment), file[name])
        env.reset(seed=0)
        assert env.step(0)[1:3] == (1.0, over)
