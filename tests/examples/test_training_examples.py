"""The training examples with `--quick`: they run, and what they find makes sense."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "training"))
import doors_dqn
import lake_ppo
import pole_safety
from report import Study, main


def quick(study: Study, folder: Path) -> dict[str, list[float]]:
    """The values of every learner's curve in turn, from the files that `--out` writes."""
    main(study, ["--quick", "--seeds", "1", "--out", str(folder)])
    assert (folder / f"{study.name}.svg").stat().st_size > 1_000
    lines = (folder / f"{study.name}.jsonl").read_text(encoding="utf-8").splitlines()
    found = {line["learner"]: line["values"] for line in map(json.loads, lines)}
    assert list(found) == list(study.learners)
    return found


@pytest.mark.parametrize("study", lake_ppo.STUDIES, ids=lambda study: study.name)
def test_lake(study: Study, tmp_path: Path) -> None:
    # The agent can reach the goal with certainty on either ice.
    assert study.best == 1
    for values in quick(study, tmp_path).values():
        assert len(values) >= 2 and all(0 <= value <= 1 for value in values)


def test_shaping_telescopes() -> None:
    """What the potential adds to an episode is its start's alone, however the episode goes."""
    env = lake_ppo.make("dry")
    env.action_space.seed(1)
    ends = 0
    for seed in range(20):
        env.reset(seed=seed)
        added, weight, over, cut = 0.0, 1.0, False, False
        while not (over or cut):
            _, reward, over, cut, info = env.step(env.action_space.sample())
            own = float(over and info["specc"]["satisfied"] is True)
            added, weight = added + weight * (reward - own), weight * lake_ppo.DRY
        # The start is at potential 0, and so is an end.
        ends += over
        assert cut or added == pytest.approx(0, abs=1e-9)
    assert ends > 10


def test_doors(tmp_path: Path) -> None:
    best = doors_dqn.best()
    values = quick(doors_dqn.study(best), tmp_path)
    assert all(0 <= value <= best for row in values.values() for value in row)
    # Two rewards of 1/10 and one of 1, the last after ten steps or more.
    assert 0.2 < best < 0.2 + doors_dqn.DISCOUNT**9


def test_doors_need_the_memory() -> None:
    """With both doors shut nothing but the machine's state tells the end from the start."""
    hidden, shown = doors_dqn.make("none"), doors_dqn.make("onehot")
    assert hidden.observation_space.shape[0] + 4 == shown.observation_space.shape[0]


def test_pole(tmp_path: Path) -> None:
    for values in quick(pole_safety.STUDY, tmp_path).values():
        assert len(values) >= 2 and all(0 <= value <= 1 for value in values)


@pytest.mark.parametrize("name", ["push", "balance"])
def test_pole_share_is_that_of_single_episodes(name: str) -> None:
    """The formula read by hand from CartPole's own observations, one episode after the other."""

    def choose(seen: np.ndarray) -> np.ndarray:
        if name == "push":
            return np.ones(len(seen), dtype=int)
        return (seen @ np.array([0.1, 0.3, 1.0, 0.5]) > 0).astype(int)

    kept = 0
    for seed in range(40, 60):
        env = gymnasium.make("CartPole-v1")
        seen, _ = env.reset(seed=seed)
        good = True
        for _ in range(pole_safety.HORIZON):
            seen, *_ = env.step(int(choose(seen[None])[0])) if good else (seen,)
            good = good and abs(seen[2]) < 0.1 and abs(seen[0]) < 0.5
        kept += good
    assert pole_safety.kept(choose, 20, 40) == pytest.approx(kept / 20)
    assert (kept == 0) == (name == "push")
