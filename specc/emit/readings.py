"""The ways to read a proposition or a number from one step of an environment."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from specc.diagnostics import SpecError
from specc.emit.bytecode import Program
from specc.objective import stack

__all__ = [
    "Column",
    "Component",
    "Composed",
    "FromInfo",
    "FromPython",
    "LeftState",
    "NativeReward",
    "OneOfRewards",
    "Step",
    "Tabled",
    "TakenAction",
    "finite",
]


class Step(NamedTuple):
    """One step as the environment gave it; ``transition`` is the MDP's, -1 without a model.

    On the first letter ``before`` and ``action`` are None and ``start`` is the MDP state.
    """

    before: Any
    action: Any
    after: Any
    reward: float
    info: dict[str, Any]
    transition: int = -1
    start: int = -1


@dataclass(slots=True)
class Tabled:
    """A proposition's truth on every transition, and on every start state."""

    on_transition: list[bool]
    on_start: list[bool]

    def __call__(self, step: Step) -> bool:
        if step.transition >= 0:
            return self.on_transition[step.transition]
        return self.on_start[step.start]


@dataclass(slots=True)
class FromPython:
    """A label's function."""

    function: Callable[[Any, Any, Any, dict[str, Any]], bool]
    name: str

    def __call__(self, step: Step) -> bool:
        found = self.function(step.before, step.action, step.after, step.info)
        return found if found is True or found is False else self.checked(found)

    def checked(self, found: Any) -> bool:
        """What was answered, as a truth value; raises SpecError E817 where it is none."""
        array = np.asarray(found)
        if array.shape == () and array.dtype.kind in "biu":
            return bool(array)
        what = f"an array of shape {array.shape}" if array.shape else repr(found)[:60]
        raise SpecError.of(
            "E817",
            f"the label `{self.name}` answers {what}, not true or false",
            help="answer one truth value, `bool(...)`, say",
        )


@dataclass(slots=True)
class FromInfo:
    """A key of the info, true where it is there and true."""

    key: str

    def __call__(self, step: Step) -> bool:
        return step.action is not None and bool(step.info.get(self.key, False))


@dataclass(slots=True)
class TakenAction:
    """Whether this action was taken."""

    number: int

    def __call__(self, step: Step) -> bool:
        return step.action is not None and int(step.action) == self.number


@dataclass(slots=True)
class LeftState:
    """`from(..)`: what held on the letter before."""

    inner: Callable[[Step], bool]
    last: bool = False

    def __call__(self, step: Step) -> bool:
        before = self.last if step.action is not None else False
        self.last = self.inner(step)
        return before


@dataclass(slots=True)
class Composed:
    """A condition over propositions and numbers; ``guard`` where it is one comparison."""

    program: Program
    truths: list[Callable[[Step], bool]]
    numbers: list[Callable[[Step], float]]
    guard: stack.Comparison | None = None

    def __call__(self, step: Step) -> bool:
        value = self.program.value([n(step) for n in self.numbers], [t(step) for t in self.truths])
        if value != value:
            raise SpecError.of("E809", f"{self.program.text} left the domain of its functions")
        return value == 1.0


@dataclass(slots=True)
class NativeReward:
    """The environment's own reward."""

    def __call__(self, step: Step) -> float:
        return finite(step.reward, "the environment's own reward")


@dataclass(slots=True)
class OneOfRewards:
    """One of several rewards that the environment pays."""

    place: int

    def __call__(self, step: Step) -> float:
        value = float(np.asarray(step.reward)[self.place])
        return finite(value, f'the reward `native("{self.place}")`')


@dataclass(slots=True)
class Column:
    """A number by transition."""

    values: list[float]

    def __call__(self, step: Step) -> float:
        return self.values[step.transition] if step.transition >= 0 else 0.0


@dataclass(slots=True)
class Component:
    """A component of the observation."""

    index: int

    def __call__(self, step: Step) -> float:
        found = float(np.asarray(step.after).reshape(-1)[self.index])
        return finite(found, f"the observation `obs[{self.index}]`")


def finite(value: float, what: str) -> float:
    """The value; raises SpecError E809 where it is NaN or infinite."""
    if math.isfinite(value):
        return value
    raise SpecError.of("E809", f"{what} is {value}", help="mend the environment, or its wrapper")
