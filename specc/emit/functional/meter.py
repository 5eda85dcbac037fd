"""Running the parts of an outer function along one episode, paid as their weights say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from specc.diagnostics import SpecError
from specc.emit.functional.estimates import Returns
from specc.emit.functional.pseudo import PseudoReward
from specc.emit.meter import FormulaMeter, Meter, ReturnMeter, SignalMeter
from specc.emit.reading import Step
from specc.emit.schemes.kinds import FormulaScheme, FunctionalPart, ReturnScheme, SignalScheme
from specc.emit.step_classes import Context
from specc.objective import stack

__all__ = ["Episode", "FunctionalMeter", "refuse_jumps", "returns"]

Episode = tuple[tuple[float, ...], int]
"""The parts' numbers of a whole episode, and its steps."""


class FunctionalMeter:
    """The weighted sum of the parts' rewards. ``memory`` numbers the joint memory of the parts once
    it is watched; ``numbers`` are the parts' trajectory numbers so far."""

    def __init__(self, pseudo: PseudoReward, context: Context) -> None:
        self.pseudo = pseudo
        scaled = pseudo.scheme.criterion == "total"
        self.parts = [_Part(part, context, scaled) for part in pseudo.parts]
        self.widths: list[int] = []
        self.memory = 0
        self.final = False
        self.known: bool | None = None
        self.steps = 0
        self.finished: list[Episode] = []

    @property
    def numbers(self) -> tuple[float, ...]:
        """Sums, returns and verdicts so far, one per part."""
        return tuple(part.number for part in self.parts)

    def watch(self) -> int:
        """Number the joint memories from now on; returns how many there are.

        :raises SpecError: E815 or E804: the values of running numbers are not known or too many.
        """
        self.widths = [part.watch() for part in self.parts]
        return int(np.prod(self.widths, dtype=object))

    def start(self, step: Step) -> None:
        """Begin an episode; an unfinished one is forgotten."""
        for part in self.parts:
            part.start(step)
        self.steps = 0
        self._look()

    def step(self, step: Step, ended: bool, draw: Callable[[], float]) -> float:
        """The pseudo-reward of a step."""
        pseudo, paid = self.pseudo, 0.0
        for part, price, worth in zip(self.parts, pseudo.prices, pseudo.worths, strict=True):
            paid += price * part.step(step, ended, draw, worth)
        self.steps += 1
        self._look()
        return paid

    def finish(self) -> None:
        """The episode is over: its numbers wait for the next update."""
        if self.steps:
            self.finished.append((self.numbers, self.steps))
            self.steps = 0

    def _look(self) -> None:
        self.final = all(part.over for part in self.parts)
        self.memory = 0
        if self.widths:
            for part, width in zip(self.parts, self.widths, strict=True):
                self.memory = self.memory * width + part.memory

    def verdict(self) -> bool | None:
        """None: no one formula is paid for."""
        return None


def returns(finished: Sequence[Episode]) -> Returns:
    """Finished episodes as arrays; at least one."""
    numbers = np.array([numbers for numbers, _ in finished])
    return Returns(numbers, np.array([steps for _, steps in finished], dtype=np.float64))


class _Part:
    """One part: its meter, and what it has added up."""

    def __init__(self, part: FunctionalPart, context: Context, scaled: bool) -> None:
        self.meter: Any
        self.discount, self.offset = 1.0, 0.0
        match part.scheme:
            case SignalScheme() as scheme:
                self.meter = SignalMeter(scheme, context)
                self.discount = float(scheme.discount)
            case FormulaScheme() as scheme:
                self.meter = FormulaMeter(scheme, context)
                # The scheme pays the probability less 1.
                self.offset = 1.0 if self.meter.kind == "safe" else 0.0
                refuse_jumps(self.meter.controller.jump_count, part)
            case ReturnScheme() as scheme:
                self.meter = ReturnMeter(scheme, context)
        self.scaled = scaled
        self.running = isinstance(self.meter, ReturnMeter)
        self.number, self.weight = 0.0, 1.0
        self.over = False

    def watch(self) -> int:
        meter: Meter = self.meter
        if isinstance(meter, ReturnMeter):
            return meter.watch()
        # One more: the gadget has ended this part, the others go on.
        return len(self.meter.controller.states) + self.by_chance

    @property
    def by_chance(self) -> bool:
        """Whether a draw may end the part before the others."""
        return isinstance(self.meter, FormulaMeter) and self.meter.controller.zeta < 1

    @property
    def memory(self) -> int:
        if self.over and self.by_chance:
            return len(self.meter.controller.states)
        memory: int = self.meter.memory
        return memory

    def start(self, step: Step) -> None:
        self.meter.start(step)
        self.number = self.meter.last if self.running else self.offset
        self.weight = 1.0
        self.over = self.meter.final

    def step(self, step: Step, ended: bool, draw: Callable[[], float], worth: Any) -> float:
        """What the step pays to the part's gradient."""
        if self.over:
            return 0.0
        paid: float = self.meter.step(step, ended, draw)
        self.over = self.meter.final
        before = self.number
        self.number = self.meter.last if self.running else before + paid * self.weight
        self.weight *= self.discount
        gain: float = worth(self.number) - worth(before) if self.scaled else paid
        return gain


def refuse_jumps(count: int, part: FunctionalPart) -> None:
    """Raise SpecError E811 where the part's formula has epsilon actions."""
    if count:
        raise SpecError.of(
            "E811",
            "a formula that needs epsilon actions is paid alone, not inside a function of several "
            "numbers",
            span=_formula_span(part),
            help="use a formula with a deterministic Buechi automaton, such as `G F a`",
        )


def _formula_span(part: FunctionalPart) -> Any:
    inner = part.number.trajectory
    return inner.span if isinstance(inner, stack.Satisfaction) else part.number.span
