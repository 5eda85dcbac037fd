"""One reward's account of episodes that somebody else runs: an agent's, or one of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

import numpy as np

from specc.diagnostics import SpecError
from specc.emit.meter import Context, FormulaMeter, Meter, ReturnMeter, SignalMeter
from specc.emit.plan import FunctionalScheme
from specc.emit.planned import plan
from specc.emit.reading import Labels, Step, tracker
from specc.emit.undo import Undo
from specc.emit.wrapper import Observe, meter_of, placed, refuse

if TYPE_CHECKING:
    from specc.emit.controller import Controller
    from specc.resolve.file import Spec

__all__ = ["Account", "together"]

T = TypeVar("T")


class Account:
    """The reward of a spec along the steps that it is told of.

    ``env`` has the spaces and, as ``unwrapped``, the environment. ``over``: every later reward is
    0; the account goes on and pays 0. ``memory`` is one of ``memories`` states (where the memory
    is observed); where chance or a horizon may end the reward, the last of them says that it has. A
    step that fails leaves the account as it was.

    :raises SpecError: as :func:`specc.emit.wrapped.wrap`; E801 also for functions of several
        numbers of the policy, E811 for formulas with epsilon actions.
    """

    def __init__(self, env: Any, spec: Spec, labels: Labels, observed: bool) -> None:
        planned = plan(spec)
        try:
            if isinstance(planned.scheme, FunctionalScheme):
                raise refuse(planned, spec.name, planned.scheme)
            self.track = tracker(env, spec.environment)
            self.meter: Meter = meter_of(planned, spec.name, Context(env, self.track, labels))
            self.memories = self._memory_count(observed)
        except SpecError as error:
            raise placed(error, spec) from None
        self.formalism = planned.formalism
        self.undo = Undo(self.meter)
        self.draws = np.random.default_rng()
        self.before: Any = None
        self.state = -1
        self.over = self.cut = False

    def _memory_count(self, observed: bool) -> int:
        meter = self.meter
        if isinstance(meter, ReturnMeter):
            return int(meter.watch()) if observed else 1
        control = _controller(meter)
        if control.jump_count:
            raise SpecError.of(
                "E811",
                "this formula needs epsilon actions, on which the environment stands still: that "
                "would be a step for the others",
                help="use a formula with a deterministic Buechi automaton, such as `G F a`, or "
                "`specc.wrap` for the formula alone",
            )
        hidden = control.zeta < 1 or (isinstance(meter, SignalMeter) and meter.horizon is not None)
        return len(control.states) + int(hidden)

    @property
    def memory(self) -> int:
        """The state of the memory."""
        return self.memories - 1 if self.cut else self.meter.memory

    def seed(self, seed: int, place: int = 0) -> None:
        """Begin the stream of draws that belongs to this seed, and this place among several."""
        # As in the single wrapper: a stream of its own, so that the environment's stays as it is.
        self.draws = np.random.default_rng([seed, 0x5BEC, *([place] if place else [])])

    def start(self, observation: Any, info: dict[str, Any]) -> None:
        """Begin an episode; the memory reads the first letter."""
        state = -1 if self.track is None else self.track.start(observation)
        with self.undo:
            self.meter.start(Step(None, None, observation, 0.0, info, -1, state))
        self.before, self.state = observation, state
        self.over, self.cut = self.meter.final, self._cut(ended=False)

    def step(
        self, action: Any, observation: Any, native: Any, ended: bool, info: dict[str, Any]
    ) -> float:
        """What the step pays; ``ended``: the environment terminated with it."""
        paid: Any = native if np.ndim(native) else float(native)
        transition, state, reward = -1, -1, 0.0
        if self.track is not None:
            transition = self.track.follow(self.state, action, observation, paid, ended)
            state = self.track.targets[transition]
        step = Step(self.before, action, observation, paid, info, transition)
        if not self.over:
            with self.undo:
                reward = self.meter.step(step, ended, self.draws.random)
        self.before, self.state = observation, state
        if not self.over:
            self.over = self.meter.final
            self.cut = self._cut(ended)
        return reward

    def _cut(self, ended: bool) -> bool:
        """Whether chance or a horizon has ended the reward, which its memory does not say."""
        meter = self.meter
        if isinstance(meter, ReturnMeter) or not meter.final or ended:
            return False
        return not _controller(meter).final[meter.memory]

    def told(self) -> dict[str, Any]:
        """What ``info["specc"]`` says."""
        told: dict[str, Any] = {
            "formalism": self.formalism,
            "machine": self.memory,
            "satisfied": self.meter.verdict(),
            "over": self.over,
        }
        if isinstance(self.meter, ReturnMeter):
            told["numbers"] = self.meter.values
        return told

    def shown(self, observation: Any, observe: Observe) -> Any:
        """The observation of one agent, with the memory as asked for."""
        machine = np.int64(self.memory)
        match observe:
            case "none":
                return observation
            case "index":
                return observation, machine
            case "onehot":
                return observation, np.eye(self.memories, dtype=np.int8)[self.memory]
            case "dict" if isinstance(observation, dict):
                return {**observation, "machine": machine}
            case "dict":
                return {"observation": observation, "machine": machine}
            case _:
                assert_never(observe)

    def save(self) -> Any:
        """The present state, for :meth:`restore`."""
        draws = self.draws.bit_generator.state if self._draws() else None
        meter = self.meter
        whole = [(one, dict(vars(one))) for one in (self, meter, *self.undo.whole)]
        return whole, [(read, read.last) for read in self.undo.left], draws

    def restore(self, saved: Any) -> None:
        """Go back to a state: what several accounts are told, all or none have heard."""
        whole, lasts, draws = saved
        for one, state in whole:
            vars(one).update(state)
        for read, last in lasts:
            read.last = last
        if draws is not None:
            self.draws.bit_generator.state = draws

    def _draws(self) -> bool:
        return isinstance(self.meter, FormulaMeter) and self.meter.controller.zeta < 1


def together(accounts: Iterable[Account], tell: Callable[[Account], T]) -> list[T]:
    """Tell all accounts something: what each answers. Where one fails, none has heard it."""
    heard = []
    answers = []
    try:
        for account in accounts:
            heard.append((account, account.save()))
            answers.append(tell(account))
    except BaseException:
        for account, saved in heard:
            account.restore(saved)
        raise
    return answers


def _controller(meter: Any) -> Controller:
    found: Controller = meter.classes.controller
    return found
