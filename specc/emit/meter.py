"""Running a reward scheme along one episode: one meter per scheme."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

from specc.diagnostics import SpecError
from specc.emit.bytecode import Program, compile_number
from specc.emit.controller import formula_controller, signal_controller
from specc.emit.plan import FormulaScheme, ReturnScheme, SignalScheme, show_number
from specc.emit.reading import Step, Tracker
from specc.emit.running import Running, running
from specc.emit.step_classes import Context, StepClasses
from specc.emit.verdicts import with_running_verdicts
from specc.objective import stack
from specc.objective.stack import Number
from specc.objective.walk import outermost
from specc.visited import VisitedSet, visited_set

__all__ = ["Context", "FormulaMeter", "Meter", "ReturnMeter", "SignalMeter", "finite_reward"]


class Meter(Protocol):
    """Pays along an episode. ``final``: every later reward is 0."""

    memory: int
    final: bool
    known: bool | None

    def start(self, step: Step) -> None:
        """Begin an episode with its first letter."""

    def step(self, step: Step, ended: bool, draw: Callable[[], float]) -> float:
        """The reward of a step; ``ended``: the environment terminated with it."""

    def verdict(self) -> bool | None:
        """Whether the formula is decided, and how; None for other schemes."""


def finite_reward(value: float, program: Program) -> float:
    """The value; raises SpecError E809 where it is NaN or infinite."""
    if math.isfinite(value):
        return value
    raise SpecError.of(
        "E809",
        f"the reward `{program.text}` became {value}",
        help="guard it: `if condition then x else y` reads only the side that counts",
    )


class SignalMeter:
    """A signal's value per step, through the machines it reads."""

    def __init__(self, scheme: SignalScheme, context: Context) -> None:
        self.controller = controller = signal_controller(scheme)
        self.classes = StepClasses(controller, context)
        self.horizon = scheme.horizon
        known = [None if v is None else float(v) for v in controller.values]
        self.table = controller.paying(known)
        self.next = controller.next
        self.memory = 0
        self.clock = 0
        self.final = False
        self.known: bool | None = None

    def start(self, step: Step) -> None:
        self.memory = self.controller.first[self.classes.of(step)]
        self.clock = 0
        self.final = self.controller.final[self.memory] or self.horizon == 0

    def step(self, step: Step, ended: bool, draw: Callable[[], float]) -> float:
        return self.pay(self.classes.of(step), step, ended, draw)

    def pay(self, letter: int, step: Step | None, ended: bool, draw: Callable[[], float]) -> float:
        """The reward of a step with this letter; only rewards that read numbers ask for it."""
        paid = self.table[self.memory][letter]
        if paid is None:
            assert step is not None
            program = self.controller.programs[self.controller.reward[self.memory][letter]]
            value = program.value(self.classes.reader.values(step))
            paid = finite_reward(value, program)
        self.memory = self.next[self.memory][letter]
        if self.horizon is not None:
            if self.clock >= self.horizon:
                paid = 0.0
            self.clock += 1
            self.final = self.clock >= self.horizon
        self.final = self.final or self.controller.final[self.memory]
        return paid

    def verdict(self) -> bool | None:
        return None


class FormulaMeter:
    """The probability of an event: decided by a prefix, or through accepting edges that end the
    episode by chance."""

    def __init__(self, scheme: FormulaScheme, context: Context) -> None:
        self.controller, self.kind = formula_controller(scheme)
        self.classes = StepClasses(self.controller, context)
        self.track = context.track
        self.memory = 0
        self.final = False
        self.known: bool | None = None
        self.table = self.controller.paying([float(v or 0) for v in self.controller.values])

    def start(self, step: Step) -> None:
        self.memory = self.controller.first[self.classes.of(step)]
        self.final = self.controller.final[self.memory]
        self.known = self.controller.verdict[self.memory]

    def jump(self, number: int) -> bool:
        """Take an epsilon action; False where the state has no such jump (nothing happens)."""
        targets = self.controller.jumps[self.memory]
        if number >= len(targets):
            return False
        self.memory = targets[number]
        self.final = self.controller.final[self.memory]
        self.known = self.controller.verdict[self.memory]
        return True

    def step(self, step: Step, ended: bool, draw: Callable[[], float]) -> float:
        return self.pay(self.classes.of(step), step, ended, draw)

    def pay(self, letter: int, step: Step | None, ended: bool, draw: Callable[[], float]) -> float:
        """The reward of a step with this letter; only a tracked model asks for the step."""
        control = self.controller
        paid = self.table[self.memory][letter]
        hit = control.accepting[self.memory][letter]
        self.memory = control.next[self.memory][letter]
        self.final = control.final[self.memory]
        self.known = control.verdict[self.memory]
        if hit and draw() >= control.zeta:
            self.final = True
            return 1.0
        if ended and not self.final:
            return paid + self._rest(step, letter)
        return paid

    def _rest(self, step: Step | None, letter: int) -> float:
        """What the absorbing run after the episode's end would pay."""
        if self.track is not None and step is not None and step.transition >= 0:
            state = self.track.targets[step.transition]
            mdp = self.track.mdp
            loop = int(mdp.transition_starts[mdp.choice_starts[state]])
            if self.classes.by_transition:
                letter = self.classes.by_transition[loop]
        best = max(
            (self._absorbed(memory, letter) for memory in self._openings()), key=abs, default=0.0
        )
        self.final = True
        self.known = best > 0 if self.kind != "safe" else best == 0
        return best

    def _openings(self) -> list[int]:
        return [self.memory, *self.controller.jumps[self.memory]]

    def _absorbed(self, memory: int, letter: int) -> float:
        """The same letter for ever: what is paid until states repeat, or 1 for a good loop."""
        control = self.controller
        seen: dict[int, int] = {}
        hits: list[bool] = []
        paid = 0.0
        while memory not in seen:
            seen[memory] = len(hits)
            hits.append(control.accepting[memory][letter])
            paid += self.table[memory][letter] if self.kind != "buchi" else 0.0
            memory = control.next[memory][letter]
        return 1.0 if any(hits[seen[memory] :]) else paid

    def verdict(self) -> bool | None:
        return self.known


class ReturnMeter:
    """The increments of a function of sums, verdicts, extrema and visited sets."""

    def __init__(self, scheme: ReturnScheme, context: Context) -> None:
        number = with_running_verdicts(scheme.number)
        self.nodes = outermost(number, stack.TRAJECTORY_LAYER)
        self.parts = [_part(node, context) for node in self.nodes]
        inputs: dict[Number, int] = {node: i for i, node in enumerate(self.nodes)}
        self.program = compile_number(number, inputs, {}, show_number(scheme.number))
        self.horizon = scheme.horizon
        self.scheme = scheme
        self.track = context.track
        self.watched: Running | None = None
        self.node = 0
        self.memory = 0
        self.clock = 0
        self.final = False
        self.known: bool | None = None
        self.last = 0.0

    def watch(self) -> int:
        """Number the values of the running quantities from now on; returns how many there are.

        :raises SpecError: E815 no finite model says them all; E804 they are too many.
        """
        meters = [part.meter for part in self.parts if isinstance(part, _Sum | _Best)]
        if self.track is None or not all(m.classes.reader.tabled for m in meters):
            raise SpecError.of(
                "E815",
                "the memory of this reward is its running numbers, and no finite model says which "
                "values they take",
                span=self.scheme.number.span,
                help='observe="none", and `info["specc"]["numbers"]` beside your observation',
            )
        self.watched = running(self.track.mdp, self.scheme)
        return self.watched.memories

    def _watch(self, node: int) -> None:
        assert self.watched is not None
        self.node, self.memory = node, int(self.watched.memory[node])

    def start(self, step: Step) -> None:
        for part in self.parts:
            part.start(step)
        if self.watched is not None:
            self._watch(self.watched.first[step.start])
        self.clock = 0
        self.final = self.horizon == 0
        self.last = self._value(begun=self._begun())

    def _begun(self) -> bool:
        return all(part.value is not None for part in self.parts)

    def _value(self, begun: bool = True) -> float:
        """The function of the numbers so far; an extremum of nothing yet counts as 0."""
        value = self.program.value(self.values)
        return finite_reward(value, self.program) if begun or math.isfinite(value) else 0.0

    @property
    def values(self) -> tuple[float, ...]:
        """The trajectory numbers so far, which the function reads."""
        return tuple(0.0 if part.value is None else part.value for part in self.parts)

    def step(self, step: Step, ended: bool, draw: Callable[[], float]) -> float:
        for part in self.parts:
            part.step(step, ended)
        if self.watched is not None:
            self._watch(self.watched.step(self.node, step.transition))
        self.clock += 1
        self.final = self.horizon is not None and self.clock >= self.horizon
        value = self._value()
        gain, self.last = value - self.last, value
        return gain

    def verdict(self) -> bool | None:
        return None


class _Sum:
    def __init__(self, node: stack.Discounted | stack.Total, context: Context) -> None:
        horizon = node.horizon if isinstance(node, stack.Total) else None
        one = Fraction(1)
        self.meter = SignalMeter(SignalScheme(node.signal, "total", one, horizon), context)
        self.discount = float(node.discount) if isinstance(node, stack.Discounted) else 1.0
        self.weight = 1.0
        self.value: float | None = 0.0

    def start(self, step: Step) -> None:
        self.meter.start(step)
        self.weight, self.value = 1.0, 0.0

    def step(self, step: Step, ended: bool) -> None:
        assert self.value is not None
        self.value += self.weight * self.meter.step(step, ended, _no_draw)
        self.weight *= self.discount


class _Best:
    def __init__(self, node: stack.Extremum, context: Context) -> None:
        self.meter = SignalMeter(SignalScheme(node.signal, "total", Fraction(1)), context)
        self.better = max if node.kind == "sup" else min
        self.track = context.track
        self.value: float | None = None

    def start(self, step: Step) -> None:
        self.meter.start(step)
        self.value = None

    def step(self, step: Step, ended: bool) -> None:
        paid = self.meter.step(step, ended, _no_draw)
        self.value = paid if self.value is None else self.better(self.value, paid)
        if ended:
            # The absorbing run after the end counts, until the machines repeat themselves.
            after = _absorbing(step, self.track)
            for _ in range(len(self.meter.controller.states) + 1):
                self.value = self.better(self.value, self.meter.step(after, False, _no_draw))


def _absorbing(step: Step, track: Tracker | None) -> Step:
    """The step that repeats for ever behind a terminated one; without a model, the same step."""
    if track is None or step.transition < 0:
        return step
    mdp, state = track.mdp, track.targets[step.transition]
    loop = int(mdp.transition_starts[mdp.choice_starts[state]])
    return step._replace(before=step.after, reward=0.0, transition=loop)


class _Visited:
    def __init__(self, node: stack.SetFunction, context: Context) -> None:
        if context.track is None:
            raise SpecError.of(
                "E810",
                f"`{node.kind}` counts states of a finite environment; this one has no table of "
                "states",
                span=node.span,
                help="wrap the environment that the spec names (ModelEnv for grids and files)",
            )
        self.set: VisitedSet = visited_set(context.track.mdp, node)
        self.memory: Any = None
        self.cache: dict[int, float] = {}
        self.value: float | None = 0.0

    def _read(self) -> None:
        mask = self.memory[1]
        if mask not in self.cache:
            exact = self.set.value(mask)
            inexact = float(self.set.enclosure(mask).mid()) if exact is None else float(exact)
            if len(self.cache) > 100_000:
                self.cache.clear()
            self.cache[mask] = inexact
        self.value = self.cache[mask]

    def start(self, step: Step) -> None:
        self.memory = self.set.initial(step.start)
        self._read()

    def step(self, step: Step, ended: bool) -> None:
        self.memory, _ = self.set.step(self.memory, step.transition)
        self._read()


_Part = _Sum | _Best | _Visited


def _part(node: Number, context: Context) -> _Part:
    match node:
        case stack.Discounted() | stack.Total():
            return _Sum(node, context)
        case stack.Extremum():
            return _Best(node, context)
        case stack.SetFunction():
            return _Visited(node, context)
        case _:
            raise ValueError(f"{type(node).__name__} is no number of a trajectory")


def _no_draw() -> float:
    raise AssertionError("a scheme without a gadget draws nothing")
