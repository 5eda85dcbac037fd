"""The wrapper that pays the compiled reward of a spec in a Gymnasium environment."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal, assert_never

import gymnasium
import numpy as np

from specc.diagnostics import SpecError
from specc.emit.many_rewards import reward_names
from specc.emit.meter import Context, FormulaMeter, Meter, ReturnMeter, SignalMeter
from specc.emit.plan import (
    FormulaScheme,
    FunctionalScheme,
    NoScheme,
    Plan,
    ReturnScheme,
    SignalScheme,
)
from specc.emit.planned import plan
from specc.emit.quick import Quick, quick_path
from specc.emit.reading import Labels, Step, Tracker, tracker
from specc.emit.undo import Undo

if TYPE_CHECKING:
    from specc.emit.functional.meter import FunctionalMeter
    from specc.resolve.file import Spec

__all__ = ["Observe", "SpecWrapper", "meter_of", "observed_space", "placed", "refuse"]

Observe = Literal["none", "index", "onehot", "dict"]


def refuse(planned: Plan, name: str, scheme: NoScheme | FunctionalScheme) -> SpecError:
    """The error for an objective without a reward per step, or without one that stays."""
    match scheme:
        case FunctionalScheme():
            why = " that stays: it changes between batches, with the estimates of its parts"
            instead = (
                "`specc.wrap(env, spec)` pays it in one environment, `env.update()` between "
                "batches; `specc.compile(spec)` is its kernel"
            )
        case NoScheme(reason, instead):
            why = f": {reason}"
        case _:
            assert_never(scheme)
    return SpecError.of(
        "E801",
        f"`{name}` ({planned.formalism}) has no reward per step{why}; its training interface is a "
        f"{planned.interface}",
        span=planned.inference.span,
        help=instead,
    )


class SpecWrapper(gymnasium.Wrapper[Any, Any, Any, Any], gymnasium.utils.RecordConstructorArgs):
    """See :func:`specc.emit.wrapped.wrap`."""

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        spec: Spec,
        labels: Labels | None = None,
        observe: Observe = "none",
    ) -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(
            self, spec=spec, labels=labels, observe=observe, _disable_deepcopy=True
        )
        gymnasium.Wrapper.__init__(self, env)
        planned = plan(spec)
        try:
            self._track = tracker(env, spec.environment)
            self._meter = meter_of(planned, spec.name, Context(env, self._track, labels or {}))
            self._reader = self._meter.classes.controller if _has_control(self._meter) else None
            self._memories = self._memory_count(observe)
        except SpecError as error:
            raise placed(error, spec) from None
        self._several = reward_names(env) is not None
        self._undo = Undo(self._meter)
        self._formalism = planned.formalism
        self._observe: Observe = observe
        self._bare = observe == "none"
        self._before: Any = None
        self._state = -1
        self._actions, self._jumps = self._action_count()
        self._quick = self._quick_path()
        self.observation_space = observed_space(env.observation_space, observe, self._memories)

    def _quick_path(self) -> Quick | None:
        return None if self._jumps else quick_path(self._meter, self._track)

    def __getstate__(self) -> dict[str, Any]:
        # The quick path holds functions that do not pickle, and can be made again.
        return {**self.__dict__, "_quick": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._quick = self._quick_path()

    def _memory_count(self, observe: Observe) -> int:
        if self._reader is not None:
            return len(self._reader.states)
        return 1 if observe == "none" else int(self._meter.watch())

    def _action_count(self) -> tuple[int, int]:
        """The environment's own actions, and the epsilon actions behind them."""
        jumps = 0 if self._reader is None else self._reader.jump_count
        space = self.env.action_space
        if not jumps:
            return 0, 0
        if not isinstance(space, gymnasium.spaces.Discrete) or space.start:
            raise SpecError.of(
                "E811",
                "this formula needs epsilon actions, which only a Discrete action space that "
                "starts at 0 can take",
                help="use a formula with a deterministic Buechi automaton, such as `G F a`",
            )
        self.action_space = gymnasium.spaces.Discrete(int(space.n) + jumps)
        return int(space.n), jumps

    @property
    def meter(self) -> SignalMeter | FormulaMeter | ReturnMeter | FunctionalMeter:
        """What pays along the episode."""
        found: SignalMeter | FormulaMeter | ReturnMeter | FunctionalMeter = self._meter
        return found

    @property
    def track(self) -> Tracker | None:
        """What follows the spec's finite model; None where the environment has none."""
        return self._track

    @property
    def observe(self) -> Observe:
        """How the memory is shown."""
        return self._observe

    def shown(self, observation: Any, memory: int) -> Any:
        """What a learner sees: the environment's observation, and the memory as asked for."""
        match self._observe:
            case "none":
                return observation
            case "index":
                return observation, np.int64(memory)
            case "onehot":
                return observation, np.eye(self._memories, dtype=np.int8)[memory]
            case "dict":
                return {"observation": observation, "machine": np.int64(memory)}
            case _:
                assert_never(self._observe)

    def _seen(self, observation: Any) -> Any:
        return self.shown(observation, self._meter.memory)

    def _told(self, info: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "formalism": self._formalism,
            "machine": self._meter.memory,
            "satisfied": self._meter.verdict(),
        }
        if isinstance(self._meter, ReturnMeter):
            told["numbers"] = self._meter.values
        return {**info, "specc": told}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment; the memory reads the first letter."""
        if seed is not None:
            # The gadget's draws have their own stream, so that the environment's stays its own.
            self._draws = np.random.default_rng([seed, 0x5BEC])
        elif not hasattr(self, "_draws"):
            self._draws = np.random.default_rng()
        observation, info = self.env.reset(seed=seed, options=options)
        state = -1 if self._track is None else self._track.start(observation)
        with self._undo:
            self._meter.start(Step(None, None, observation, 0.0, info, -1, state))
        self._before, self._info, self._state = observation, info, state
        return self._seen(observation), self._told(info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step with the spec's reward."""
        quick = self._quick
        if quick is None:
            return self._whole_step(action)
        observation, native, terminated, truncated, info = self.env.step(action)
        meter = self._meter
        moves = quick.moves
        if moves is not None:
            table = moves.known[meter.memory]
            if table is None:
                table = moves.of(meter.memory)
            if terminated:
                return self._paid(action, observation, native, terminated, truncated, info)
            try:
                self._state, after, reward = table[self._state, action, observation]
            except (KeyError, TypeError):  # the tracker says what is wrong; an array has no hash
                return self._paid(action, observation, native, terminated, truncated, info)
        else:
            before, mask = self._before, 0
            for bit, holds, truth in quick.labels:
                found = holds(before, action, observation, info)
                if found is not False and (found is True or truth(found)):
                    mask |= bit
            letter = quick.letters[mask]
            plain, after, reward = quick.edges[meter.memory][letter]
            if terminated or not plain:
                self._before = observation
                reward = quick.pay(letter, None, terminated, self._draws.random)
                ended = bool(terminated) or meter.final
                return self._seen(observation), reward, ended, bool(truncated), self._told(info)
        self._before, meter.memory = observation, after
        told = {"formalism": self._formalism, "machine": after, "satisfied": None}
        seen = observation if self._bare else self._seen(observation)
        cut = truncated is not False and bool(truncated)
        return seen, reward, False, cut, {**info, "specc": told}

    def _whole_step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if self._jumps and action >= self._actions:
            assert isinstance(self._meter, FormulaMeter)
            self._meter.jump(int(action) - self._actions)
            seen = self._seen(deepcopy(self._before))
            return seen, 0.0, self._meter.final, False, self._told(deepcopy(self._info))
        return self._paid(action, *self.env.step(action))

    def _paid(
        self, action: Any, observation: Any, native: Any, terminated: Any, truncated: Any,
        info: dict[str, Any],
    ) -> tuple[Any, float, bool, bool, dict[str, Any]]:  # fmt: skip
        """What a step of the environment means and pays."""
        paid: Any = native if self._several else float(native)
        transition, state = -1, -1
        if self._track is not None:
            transition = self._track.follow(self._state, action, observation, paid, terminated)
            state = self._track.targets[transition]
        step = Step(self._before, action, observation, paid, info, transition)
        with self._undo:
            reward = self._meter.step(step, terminated, self._draws.random)
        self._before, self._info, self._state = observation, info, state
        ended = bool(terminated) or self._meter.final
        return self._seen(observation), reward, ended, bool(truncated), self._told(info)


def observed_space(
    inner: gymnasium.Space[Any], observe: Observe, memories: int
) -> gymnasium.Space[Any]:
    """The space of observations that show the memory as ``observe`` says."""
    spaces = gymnasium.spaces
    match observe:
        case "none":
            return inner
        case "index":
            return spaces.Tuple((inner, spaces.Discrete(memories)))
        case "onehot":
            return spaces.Tuple((inner, spaces.MultiBinary(memories)))
        case "dict":
            machine = spaces.Discrete(memories)
            return spaces.Dict({"observation": inner, "machine": machine})
        case _:
            raise ValueError(f"observe={observe!r}: none, index, onehot or dict")


def _has_control(meter: Meter) -> bool:
    return isinstance(meter, SignalMeter | FormulaMeter)


def meter_of(planned: Plan, name: str, context: Context) -> Any:
    """What pays a plan's scheme along one episode; raises SpecError."""
    match planned.scheme:
        case SignalScheme() as scheme:
            return SignalMeter(scheme, context)
        case FormulaScheme() as scheme:
            return FormulaMeter(scheme, context)
        case ReturnScheme() as scheme:
            return ReturnMeter(scheme, context)
        case FunctionalScheme() as scheme:
            from specc.emit.functional.meter import FunctionalMeter
            from specc.emit.functional.pseudo import PseudoReward

            return FunctionalMeter(PseudoReward(scheme), context)
        case NoScheme() as scheme:
            raise refuse(planned, name, scheme)
        case _:
            assert_never(planned.scheme)


def placed(error: SpecError, spec: Spec) -> SpecError:
    """The error with the text that its spans point into."""
    from dataclasses import replace

    return SpecError(
        replace(d, source=spec.source) if d.span is not None and d.source is None else d
        for d in error.diagnostics
    )
