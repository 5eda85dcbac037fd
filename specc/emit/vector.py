"""``wrap_vector``: a Gymnasium vector environment that pays the compiled reward of a spec."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.batches import Batch, State
from specc.emit.kernel import fixed_kernel, numbered_kernel
from specc.emit.planned import plan
from specc.emit.reading import Reader, tracker
from specc.emit.vector_infos import merged, only, same_rows
from specc.emit.vector_reading import VectorLabels, VectorReader, VectorStep, VectorTracker
from specc.emit.vector_undo import VectorUndo
from specc.emit.wrapper import Observe, observed_space, placed

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["SpecVectorWrapper", "wrap_vector"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def wrap_vector(
    envs: gymnasium.vector.VectorEnv[Any, Any, Any],
    spec: Spec,
    labels: VectorLabels | None = None,
    observe: Observe = "none",
) -> SpecVectorWrapper:
    """The vector environment with the spec's reward.

    ``labels["goal"](obs, action, next_obs, infos)`` answers for all environments, bool (n,); the
    rest is as in :func:`specc.emit.wrapped.wrap`. ``infos["specc"]`` has ``formalism``, and by
    environment ``machine`` (int64) and ``satisfied`` (True, False or None).

    All autoreset modes work. Where the reward ends an episode that the environment would go on
    with, the wrapper resets that environment: within the step (SAME_STEP), or in place of the next
    one (NEXT_STEP; the environment makes that step before it is reset, which nobody sees). Vector
    environments that cannot reset some of theirs (Gymnasium's own vector of CartPoles) are an error
    there, E823.

    :raises SpecError: as ``wrap``; E811 also for formulas with epsilon actions, E815 for running
        numbers without a finite model.

    >>> import gymnasium
    >>> from specc.resolve.file import load_text
    >>> spec = load_text('env pole = gym "CartPole-v1"\\nspec s in pole = P[G obs[0] < 2]')["s"]
    >>> poles = gymnasium.make_vec("CartPole-v1", 3, vectorization_mode="sync")
    >>> envs = wrap_vector(poles, spec)
    >>> _ = envs.reset(seed=0)
    >>> _, reward, *_ = envs.step(envs.action_space.sample())
    >>> reward.tolist()
    [0.0, 0.0, 0.0]
    """
    return SpecVectorWrapper(envs, spec, labels, observe)


class SpecVectorWrapper(gymnasium.vector.VectorWrapper):
    """See :func:`wrap_vector`."""

    def __init__(
        self,
        envs: gymnasium.vector.VectorEnv[Any, Any, Any],
        spec: Spec,
        labels: VectorLabels | None = None,
        observe: Observe = "none",
    ) -> None:
        super().__init__(envs)
        self._mode = envs.metadata.get("autoreset_mode", AutoresetMode.NEXT_STEP)
        self.formalism = plan(spec).formalism
        sample, made = _sample(envs)
        try:
            # What is observed needs a number; visited sets have one in tables only.
            self.kernel = fixed_kernel(spec) if observe == "none" else numbered_kernel(spec)
            track = tracker(sample, spec.environment)
            self._read(sample, track, labels or {})
        except SpecError as error:
            raise placed(error, spec) from None
        finally:
            if made:
                sample.close()
        self._observe: Observe = observe
        inner = envs.single_observation_space
        self.single_observation_space = observed_space(inner, observe, self.kernel.memories)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self._eye = np.eye(self.kernel.memories, dtype=np.int8) if observe == "onehot" else None
        n = self.num_envs
        self._state: Any = State(np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int32))
        self._place: IntArray = np.full(n, -1, dtype=np.int64)
        self._finished = self._stopped = np.zeros(n, dtype=np.bool_)
        self._satisfied = np.full(n, None, dtype=object)
        self._draws: list[np.random.Generator] = []
        self._drawn_from: list[tuple[int, Any]] = []
        self._before: Any = None
        self._undo = VectorUndo(self, () if self._reader is None else self._reader.remembering)

    def _read(self, sample: Any, track: Any, labels: VectorLabels) -> None:
        control = self.kernel.controller
        if control is None and track is None:
            raise SpecError.of(
                "E815",
                "this reward is the gain of running numbers, which many environments follow in the "
                "spec's finite model only",
                help="wrap each environment with `specc.wrap` before it goes into the vector",
            )
        if control is not None and control.jump_count:
            raise SpecError.of(
                "E811",
                "this formula needs epsilon actions, for which one environment of a vector cannot "
                "stand still",
                help="wrap each environment with `specc.wrap` before it goes into the vector",
            )
        self._track = None if track is None else VectorTracker(track)
        self._reader = None
        self._loops: IntArray | None = None
        if control is not None:
            reader = Reader(control.guards, control.inputs, track, labels, sample)
            self._reader = VectorReader(reader)
            self._verdicts = np.array([*control.verdict, None], dtype=object)[:-1]
        if track is not None:
            mdp = track.mdp
            self._loops = mdp.transition_starts[mdp.choice_starts[:-1]]
            if control is not None and reader.tabled:
                from specc.emit.tables import letters_of

                self._loops = letters_of(mdp, control)[0][self._loops]
            elif control is not None:
                self._loops = None

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environments, or those in ``options["reset_mask"]``; memories read the first
        letters."""
        where = np.ones(self.num_envs, dtype=np.bool_)
        if options is not None and "reset_mask" in options:
            where = np.array(options["reset_mask"], dtype=np.bool_)
        self._seed(seed, where)
        with self._undo:
            observations, infos = self.env.reset(seed=seed, options=options)
            self._begin(observations, infos, where)
            self._finished = self._finished & ~where
            self._stopped = self._stopped & ~where
            self._before = deepcopy(observations)
        return self._seen(observations), self._told(infos)

    def _seed(self, seed: Any, where: BoolArray) -> None:
        seeds = seed
        if seed is None or isinstance(seed, int):
            seeds = [None if seed is None else seed + i for i in range(self.num_envs)]
        if not self._draws:
            self._draws = [np.random.default_rng() for _ in range(self.num_envs)]
        for i in np.flatnonzero(where).tolist():
            if seeds[i] is not None:
                # As in the single wrapper: the gadget's draws are a stream of their own.
                self._draws[i] = np.random.default_rng([seeds[i], 0x5BEC])

    def _begin(self, observations: Any, infos: dict[str, Any], where: BoolArray) -> None:
        """The memories of new episodes."""
        chosen = np.flatnonzero(where)
        if self._track is not None:
            place = self._place.copy()
            place[chosen] = self._track.start(np.asarray(observations)[chosen])
            self._place = place
        first: Any = self._place[chosen]
        if self._reader is not None:
            n = self.num_envs
            nothing = np.full(n, -1, dtype=np.int64)
            step = VectorStep(None, None, observations, np.zeros(n), infos, nothing, self._place)
            first = self._reader.truths(step, where)[chosen]
        fresh = self.kernel.initial(len(chosen), first)
        self._state = fresh if where.all() else self._state.put(chosen, fresh)
        self._satisfied = self._satisfied.copy()
        if self.kernel.tables.formula:
            self._satisfied[chosen] = self._verdicts[fresh.memory]

    def step(self, actions: Any) -> tuple[Any, Any, BoolArray, BoolArray, dict[str, Any]]:
        """One step of every environment, with the spec's reward; one that fails changes nothing but
        the environments."""
        with self._undo:
            return self._step(actions)

    def _step(self, actions: Any) -> tuple[Any, Any, BoolArray, BoolArray, dict[str, Any]]:
        observations, native, ended, cut, infos = self.env.step(actions)
        fresh = np.zeros(self.num_envs, dtype=np.bool_)
        if self._mode == AutoresetMode.NEXT_STEP:
            fresh = self._finished | self._stopped
        if self._mode == AutoresetMode.NEXT_STEP and self._stopped.any():
            observations, more = self._reset_stopped(observations)
            ended, cut = ended & ~self._stopped, cut & ~self._stopped
            native = np.array(native)
            native[self._stopped] = 0.0
            infos = merged(infos, more, self._stopped)
        after, last = observations, infos
        finished = ended | cut
        if self._mode == AutoresetMode.SAME_STEP and finished.any():
            after, last = self._last(observations, infos, finished)
        reward, over = self._pay(actions, after, native, ended, last, ~fresh)
        terminated = ended | over
        self._stopped = terminated & ~finished
        self._finished = finished
        if fresh.any():
            self._begin(observations, infos, fresh)
        if self._mode == AutoresetMode.SAME_STEP and (finished | self._stopped).any():
            observations, infos = self._restart(after, observations, infos, finished)
        self._before = deepcopy(observations)
        return self._seen(observations), reward, terminated, cut, self._told(infos)

    def _pay(
        self, actions: Any, after: Any, native: Any, ended: BoolArray, infos: dict[str, Any],
        live: BoolArray,
    ) -> tuple[NDArray[np.float64], BoolArray]:  # fmt: skip
        """The rewards, and which runs are over; environments that are not live stand aside."""
        taken, place = self._moved(actions, after, native, ended, live)
        letters: Any = taken
        numbers = None
        if self._reader is not None:
            step = VectorStep(self._before, actions, after, native, infos, taken, place)
            letters = self.kernel.letters(self._reader.truths(step, live))
            numbers = self._reader.numbers(step) if self.kernel.inputs else None
        draws = self._drawn(letters, live) if self.kernel.tables.zeta < 1 else None
        loops = letters if self._loops is None else self._loops[place]
        state, reward, over = self._paid((letters, numbers, draws, ended, loops), live)
        if self.kernel.tables.formula:
            hit = False if draws is None else draws >= self.kernel.tables.zeta
            self._judge(state, ended & live & ~np.asarray(hit), loops)
        self._state, self._place = state, place
        return reward, over

    def _moved(
        self, actions: Any, after: Any, native: Any, ended: BoolArray, live: BoolArray
    ) -> tuple[IntArray, IntArray]:
        """The model's transitions, -1 where there are none, and its states behind them."""
        taken: IntArray = np.full(self.num_envs, -1, dtype=np.int64)
        if self._track is None:
            return taken, self._place
        chosen, place = np.flatnonzero(live), self._place.copy()
        taken[chosen] = self._track.follow(
            place[chosen], np.asarray(actions)[chosen], np.asarray(after)[chosen],
            np.asarray(native)[chosen], ended[chosen],
        )  # fmt: skip
        place[chosen] = self._track.targets[taken[chosen]]
        return taken, place

    def _paid(
        self, given: tuple[Any, ...], live: BoolArray
    ) -> tuple[State, NDArray[np.float64], BoolArray]:
        """The kernel's step; who is not live keeps the memory and is paid 0."""
        if live.all():
            state, reward, over = self.kernel.step(self._state, Batch(*given))
            return state, reward, over
        n, chosen = self.num_envs, np.flatnonzero(live)
        some = Batch(*(None if x is None else x[chosen] for x in given))
        moved, paid, stops = self.kernel.step(self._state.take(chosen), some)
        reward, over = np.zeros(n), np.zeros(n, dtype=np.bool_)
        reward[chosen], over[chosen] = paid, stops
        return self._state.put(chosen, moved), reward, over

    def _drawn(self, letters: Any, live: BoolArray) -> NDArray[np.float64]:
        """A draw where the gadget may pay; elsewhere nothing is drawn."""
        draws = np.zeros(self.num_envs)
        hit = self.kernel.accepts(self._state.memory, letters) & live
        for i in np.flatnonzero(hit).tolist():
            self._drawn_from.append((i, self._draws[i].bit_generator.state))
            draws[i] = self._draws[i].random()
        return draws

    def _judge(self, state: State, ended: BoolArray, loops: Any) -> None:
        """What the words so far decide, and, behind an end, the absorbing run."""
        satisfied = self._verdicts[state.memory]
        open_ends = np.flatnonzero(ended & ~self.kernel.tables.final[state.memory])
        rest = self.kernel.rests(state.memory[open_ends], loops[open_ends])
        satisfied[open_ends] = rest == 0 if self.kernel.tables.formula == "safe" else rest > 0
        self._satisfied = satisfied

    def _last(
        self, observations: Any, infos: dict[str, Any], finished: BoolArray
    ) -> tuple[Any, dict[str, Any]]:
        """Observations and infos of the transition itself, where SAME_STEP shows the next start."""
        finals = infos["final_obs"]
        last = merged(infos, infos.get("final_info", {}), finished)
        return self._replaced(
            observations, {i: finals[i] for i in np.flatnonzero(finished).tolist()}
        ), last

    def _replaced(self, observations: Any, by: dict[int, Any]) -> Any:
        if isinstance(observations, np.ndarray) and observations.dtype != object:
            found = observations.copy()
            for i, item in by.items():
                found[i] = item
            return found
        space = self.env.single_observation_space
        items = list(iterate(self.env.observation_space, observations))
        for i, item in by.items():
            items[i] = item
        empty: Any = create_empty_array(space, len(items))
        return concatenate(space, items, empty)

    def _reset_stopped(self, observations: Any) -> tuple[Any, dict[str, Any]]:
        """Begin new episodes where the reward ended them; the other environments stay."""
        fresh, infos = self.env.reset(options={"reset_mask": self._stopped.copy()})
        if not same_rows(fresh, observations, ~self._stopped):
            raise SpecError.of(
                "E823",
                "the reward ended one episode, and this vector environment began all of them again",
                help='gymnasium.make_vec(.., vectorization_mode="sync"), whose environments are '
                'reset one by one, as `options["reset_mask"]` says',
            )
        return fresh, infos

    def _restart(
        self, after: Any, observations: Any, infos: dict[str, Any], finished: BoolArray
    ) -> tuple[Any, dict[str, Any]]:
        """SAME_STEP: begin new episodes behind ends of either kind."""
        ends = finished | self._stopped
        seen = list(iterate(self.observation_space, self._seen(after)))
        own = self._told({})
        final_info = dict(infos.get("final_info", {}))
        if self._stopped.any():
            final_info = merged(final_info, only(infos, self._stopped), self._stopped)
            observations, more = self._reset_stopped(observations)
            infos = merged(infos, more, self._stopped)
        finals = np.full(self.num_envs, None, dtype=object)
        for i in np.flatnonzero(ends).tolist():
            finals[i] = deepcopy(seen[i])
        infos = {
            **infos, "final_obs": finals, "_final_obs": ends,
            "final_info": {**final_info, **own}, "_final_info": ends,
        }  # fmt: skip
        self._begin(observations, infos, ends)
        self._finished = self._stopped = np.zeros(self.num_envs, dtype=np.bool_)
        return observations, infos

    def _machine(self) -> IntArray:
        """The memories' numbers; 0 where they are sets."""
        memory = self._state.memory
        return (
            memory.astype(np.int64)
            if isinstance(memory, np.ndarray)
            else np.zeros(self.num_envs, dtype=np.int64)
        )

    def _seen(self, observations: Any) -> Any:
        memory = self._machine()
        match self._observe:
            case "none":
                return observations
            case "index":
                return observations, memory
            case "onehot":
                assert self._eye is not None
                return observations, self._eye[memory]
            case "dict":
                return {"observation": observations, "machine": memory}

    def _told(self, infos: dict[str, Any]) -> dict[str, Any]:
        told = {
            "formalism": self.formalism,
            "machine": self._machine(),
            "satisfied": self._satisfied.copy(),
        }
        return {**infos, "specc": told}


def _sample(envs: Any) -> tuple[Any, bool]:
    """One of the environments, and whether it was made for this; a stand-in where a vector has no
    single ones."""
    base = envs.unwrapped
    if getattr(base, "envs", None):
        return base.envs[0], False
    if getattr(base, "env_fns", None):
        return base.env_fns[0](), True
    return _StandIn(envs.single_observation_space, envs.single_action_space), True


class _StandIn:
    def __init__(self, observation_space: Any, action_space: Any) -> None:
        self.observation_space, self.action_space = observation_space, action_space
        self.unwrapped = self

    def close(self) -> None:
        """Nothing is open."""
