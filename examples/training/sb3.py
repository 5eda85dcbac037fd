"""Learning curves of Stable-Baselines3 models."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from report import Point
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

__all__ = ["learn"]


class _Watch(BaseCallback):
    """Looks at the policy every so many steps."""

    def __init__(self, every: int, value: Callable[[], float]) -> None:
        super().__init__()
        self.every, self.value = every, value
        self.points: list[Point] = []

    def _on_step(self) -> bool:
        if self.num_timesteps >= len(self.points) * self.every:
            self.points.append((self.num_timesteps, self.value()))
        return True


def learn(
    model: BaseAlgorithm, steps: int, every: int, value: Callable[[], float]
) -> Iterator[Point]:
    """Train for ``steps``, and give ``value()`` before, about every ``every`` steps, and after."""
    watch = _Watch(every, value)
    watch.points.append((0, value()))
    model.learn(steps, callback=watch)
    yield from watch.points
    yield model.num_timesteps, value()
