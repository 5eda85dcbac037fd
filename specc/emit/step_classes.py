"""The letter class of a step, for rewards with finite control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from specc.emit.controller import Controller
from specc.emit.reading import Labels, Reader, Step, Tracker

__all__ = ["Context", "StepClasses"]


class Context:
    """Where a meter reads: the environment, its finite model if known, Python labels."""

    def __init__(self, env: gymnasium.Env[Any, Any], track: Tracker | None, labels: Labels) -> None:
        self.env, self.track, self.labels = env, track, labels


_TABLED = 12
"""How many propositions are looked up together; more are asked one by one."""


class StepClasses:
    """The letter class and the inputs of a step; by transition where a model knows everything."""

    def __init__(self, controller: Controller, context: Context) -> None:
        self.controller = controller
        self.reader = Reader(
            controller.guards, controller.inputs, context.track, context.labels, context.env
        )
        self.by_mask: Sequence[int] = []
        if controller.branching is not None:
            self.by_mask = range(controller.letter_count)
        elif len(controller.guards) <= _TABLED:
            names = len(controller.guards)
            every = np.arange(1 << names)[:, None] >> np.arange(names) & 1
            self.by_mask = controller.classes.classify_many(every.astype(np.bool_)).tolist()
        self.by_transition: list[int] = []
        self.by_start: list[int] = []
        if self.reader.tabled and context.track is not None:
            mdp = context.track.mdp
            self.by_transition = self._many(
                [read.on_transition for read in self.reader.tables()], mdp.transition_count
            )
            self.by_start = self._many(
                [read.on_start for read in self.reader.tables()], mdp.state_count
            )

    def _many(self, columns: list[Any], count: int) -> list[int]:
        rows = np.array(columns, dtype=np.bool_).reshape(len(columns), count).T
        classes: list[int] = self.controller.classes.classify_many(rows).tolist()
        return classes

    def of(self, step: Step) -> int:
        if self.by_transition:
            if step.transition >= 0:
                return self.by_transition[step.transition]
            return self.by_start[step.start]
        truths = self.reader.truths(step)
        mask = sum(1 << i for i, t in enumerate(truths) if t)
        return self.by_mask[mask] if self.by_mask else self.controller.classes.classify(mask)
