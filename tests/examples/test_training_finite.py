"""Training examples on finite tasks run, and no policy that they value exceeds the optimum."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "training"))
from report import run

NAMES = [
    "office_crm",
    "office_dqn",
    "cleanrl_ppo",
    "torchrl_dqn",
    "soft_regularised",
    "subpo_coverage",
]


@pytest.mark.parametrize("name", NAMES)
def test_quick_runs_stay_below_the_optimum(name: str) -> None:
    study = import_module(name).STUDY
    best = study.best if study.best is not None else max(study.lines.values())
    curves = run(study, seeds=1, quick=True)
    assert [curve.learner for curve in curves] == list(study.learners)
    for curve in curves:
        assert list(curve.steps) == sorted(set(curve.steps))
        assert all(value <= best + 1e-12 for value in curve.values)


def test_same_seed_same_curve() -> None:
    train = import_module("cleanrl_ppo").STUDY.learners["PPO"]
    assert list(train(3, True)) == list(train(3, True))


def test_counterfactual_rows_of_the_office() -> None:
    office = import_module("office_crm")
    names = list(office.SPEC.environment.states)
    # Onto the office, from the cell above it: worth 1 with coffee and mail, 0 in other states.
    above, there = names.index("r4c5"), names.index("r5c5")
    after, reward, ends = office.from_every_memory(above, 1, there)
    assert sorted(reward.tolist()) == [0, 0, 0, 0, 0, 1]
    both = int(np.argmax(reward))
    assert ends[both] and ends.sum() == 3  # and in the two states that are final anyway
    assert after[0] == 0 and ends[after[both]]
    # Onto the coffee next to it: the state changes where it is missing, nothing is paid.
    west = names.index("r2c5"), names.index("r2c4")
    after, reward, _ = office.from_every_memory(west[0], 3, west[1])
    assert not reward.any() and sorted(after != np.arange(6)) == [False] * 4 + [True] * 2


def test_memories_of_the_coverage_example_are_its_sets() -> None:
    example = import_module("subpo_coverage")
    times, visited = example.memories()
    tables = example.numbered_kernel(example.SPEC).tables
    sources, targets = example.MODEL.transition_sources(), example.MODEL.successors
    running = (tables.next >= 0) & (times < example.HORIZON - 1)[:, None]
    held, letter = np.nonzero(running)
    assert len(held) > 1000
    after, gain = tables.next[held, letter], tables.values[tables.reward[held, letter]]
    assert visited[held, sources[letter]].all() and visited[after, targets[letter]].all()
    assert ((visited[after] & ~visited[held]).sum(1) == gain).all()
    assert (visited[after] >= visited[held]).all() and (times[after] == times[held] + 1).all()


@pytest.mark.long
def test_soft_learners_come_near_the_regularised_optimum() -> None:
    soft = import_module("soft_regularised")
    *_, (_, value) = soft.actor_critic(0, False)
    assert 0.98 * soft.STUDY.best <= value <= soft.STUDY.best + 1e-12
