"""``relabel``: the spec's reward for transitions that were stored before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import gymnasium
import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.batches import Batch, Counterfactual, Trajectories, refuse_array
from specc.emit.buffers import Stored, numbers_of, read_buffer, write_buffer
from specc.emit.kernel import fixed_kernel, numbered_kernel
from specc.emit.reading import Reader, Tracker
from specc.emit.vector_reading import VectorLabels, VectorReader, VectorStep, VectorTracker
from specc.emit.wrapper import placed
from specc.model.mdp import Mdp
from specc.objective import stack

if TYPE_CHECKING:
    from specc.emit.controller import Controller
    from specc.emit.numba_kernels import Kernel
    from specc.resolve.file import Spec

__all__ = ["StoredRewards", "counterfactual", "relabel"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class StoredRewards:
    """Of n rows of T stored steps, in the order of time, each (n, T).

    ``reward`` and ``terminated`` are the spec's; ``before`` and ``after`` the memory around the
    step, 0 where it is a set of visited states. ``live`` is False behind an end that the reward
    itself put: such steps belong to no episode any more and pay 0. ``known`` is False where the
    buffer has lost the beginning of the episode.
    """

    reward: NDArray[np.float64]
    terminated: BoolArray
    truncated: BoolArray
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    live: BoolArray
    known: BoolArray


def relabel(
    buffer: Any,
    spec: Spec,
    labels: VectorLabels | None = None,
    *,
    last: Any = None,
    lost: Literal["error", "keep"] = "error",
    seed: int | None = None,
) -> StoredRewards:
    """The spec's rewards of stored transitions; written into a library's buffer, too.

    ``buffer`` is one of

    - a mapping of arrays (n, T, ...) or (T, ...) with ``next_observation`` and ``terminated``
      (bool), and ``observation``, ``action``, ``reward`` and ``truncated`` as far as the spec reads
      them; other keys are infos. Nothing is written into it.
    - a replay buffer of Stable-Baselines3.
    - a rollout buffer, with ``last=(observations, dones, finals)``: what came behind its last step,
      and the last observations of episodes (T, n, ...), which such buffers overwrite with the next
      start. All ends count as terminations.
    - a TensorDict in TorchRL's layout.

    Rows are runs: where one does not end, the next step follows it. Where the spec's finite model
    goes on behind a termination, another reward ended the episode: for this one it is truncated.
    ``labels`` as in
    :func:`specc.emit.vector.wrap_vector`, over all steps at once. ``lost``: what to do where a
    full ring has overwritten the beginning of an episode and the reward has a memory, or where
    ``finals`` are left out: refuse, or keep the old rewards there. ``seed`` is for the draws of
    the reachability gadget.

    :raises SpecError: E801 no reward per step, E814 arrays that do not fit, else as `wrap`.

    >>> from specc.resolve.file import load_text
    >>> spec = load_text("spec s = E[discounted([obs[0] > 1], 0.9)]")["s"]
    >>> rows = {"next_observation": np.array([[0.5], [2.0]]), "terminated": np.array([False, True])}
    >>> relabel(rows, spec).reward.tolist()
    [[0.0, 1.0]]
    """
    stored = read_buffer(buffer, last)
    stored, kernel, letters, first, numbers, loops = _read(spec, stored, labels or {})
    draws = None
    if kernel.tables.zeta < 1:
        draws = np.random.default_rng(seed).random(stored.terminated.shape)
    found = kernel.relabel(
        Trajectories(letters, first, stored.terminated, stored.truncated, numbers, draws, loops)
    )
    live, before = found.live, found.before
    known = _known(stored, kernel, lost)
    terminated = found.done & (~stored.truncated | _over(kernel, stored, found, draws))
    write_buffer(buffer, stored, found.reward, terminated, known)
    return StoredRewards(
        found.reward, terminated, stored.truncated, before, found.after, live, known
    )


def counterfactual(
    buffer: Any, spec: Spec, labels: VectorLabels | None = None, *, last: Any = None,
    seed: int | None = None,
) -> tuple[Stored, Counterfactual]:  # fmt: skip
    """Every stored transition from every memory (CRM, Toro Icarte et al. 2022): the transitions,
    and ``after``, ``reward`` and ``done``, each (n * T, memories). ``done`` tells ends, of the
    environment or of the reward, after which nothing is to be bootstrapped; time limits are none.

    :raises SpecError: E812 the reward has a horizon: the step's number matters, too; else as
        :func:`relabel`.
    """
    stored = read_buffer(buffer, last)
    stored, kernel, letters, _, numbers, loops = _read(spec, stored, labels or {}, numbered_kernel)
    if kernel.tables.horizon >= 0:
        raise SpecError.of(
            "E812",
            f"`{spec.name}` has a horizon, so a transition's reward depends on its time",
            help="`compile(spec).counterfactual(batch, clock)` takes the time",
        )
    draws = None
    if kernel.tables.zeta < 1:
        draws = np.random.default_rng(seed).random(letters.size)
    flat = None if numbers is None else numbers.reshape(letters.size, -1)
    batch = Batch(
        letters.reshape(-1), flat, draws, stored.terminated.reshape(-1),
        None if loops is None else loops.reshape(-1),
    )  # fmt: skip
    return stored, kernel.counterfactual(batch)


def _known(stored: Stored, kernel: Kernel, lost: str) -> BoolArray:
    """Whether the step's episode has its beginning in the buffer."""
    ends = stored.terminated | stored.truncated
    ended = np.zeros(ends.shape, dtype=np.bool_)
    ended[:, 1:] = np.logical_or.accumulate(ends[:, :-1], axis=1)
    known: BoolArray = ended | stored.opened[:, None]
    if kernel.memories == 1 and kernel.tables.horizon < 0:
        known[:] = True
    if lost == "error" and not known.all():
        refuse_array(
            f"{int((~known).sum())} steps of episodes that the buffer has begun to overwrite",
            'a buffer with whole episodes, or lost="keep"',
        )
    if stored.unseen is not None:
        if lost == "error" and stored.unseen.any():
            refuse_array(
                "the last observations of episodes are not in a rollout buffer",
                'last=(observations, dones, finals), or lost="keep"',
            )
        known = known & ~stored.unseen
    return known


def _over(kernel: Kernel, stored: Stored, found: Any, draws: Any) -> BoolArray:
    """Whether the reward is over with a step, if the environment cuts there or not."""
    tables = kernel.tables
    over: BoolArray = tables.final[found.after] | ~found.live
    if tables.horizon >= 0:
        times = np.arange(over.shape[1])
        clock = times - np.maximum.accumulate(np.where(found.begins, times, 0), axis=1)
        over |= clock + 1 >= tables.horizon
    if draws is not None:
        over |= (found.reward == 1.0) & (draws >= tables.zeta)
    return over


def _read(
    spec: Spec,
    stored: Stored,
    labels: VectorLabels,
    made: Callable[[Spec], Kernel] = fixed_kernel,
) -> tuple[Stored, Kernel, Any, Any, Any, Any]:
    """What was stored, with the environment's own ends; the kernel; and letters, first letters,
    numbers and absorbing letters of all steps."""
    shape = stored.terminated.shape
    n = shape[0] * shape[1]
    flat = _flattened(stored, n)
    try:
        kernel = _kernel(spec, made)
        track = _tracker(spec, flat)
        control = kernel.controller
        if control is None and track is None:
            raise SpecError.of("E815", "running numbers are followed in a finite model only")
        reader = None
        if control is not None:
            env: Any = _StandIn(flat)
            model = None if track is None else track.track
            reader = Reader(control.guards, control.inputs, model, labels, env)
            _complete(stored, control)
    except SpecError as error:
        raise placed(error, spec) from None
    if track is not None:
        stored = _own_ends(track, stored, flat, n)
        flat = _flattened(stored, n)
    begins = np.zeros(shape, dtype=np.bool_)
    begins[:, :1] = True
    begins[:, 1:] = (stored.terminated | stored.truncated)[:, :-1]
    step, first = _steps(track, stored, flat, n, begins)
    if reader is None:
        loops = _loops(track, step, None)
        return stored, kernel, _shaped(step.transition, shape), _shaped(first.start, shape), None, \
            _shaped(loops, shape)  # fmt: skip
    many = VectorReader(reader, begins.reshape(-1), first)
    letters = kernel.letters(many.truths(step))
    starts = None
    if kernel.tables.formula or (control is not None and control.reads_start):
        starts = _shaped(kernel.letters(many.first_truths()), shape)
    numbers = many.numbers(step).reshape(*shape, -1) if kernel.inputs else None
    loops = None
    if track is not None and reader.tabled:
        loops = _shaped(_loops(track, step, control), shape)
    return stored, kernel, _shaped(letters, shape), starts, numbers, loops


# Replay buffers are relabelled batch by batch, while specs and models stay.
@lru_cache(maxsize=16)
def _kernel(spec: Spec, made: Callable[[Spec], Kernel]) -> Kernel:
    return made(spec)


@lru_cache(maxsize=16)
def _model_tracker(mdp: Mdp) -> VectorTracker:
    return VectorTracker(Tracker(mdp))


def _complete(stored: Stored, control: Controller) -> None:
    """Refuse to guess what was not passed."""
    native = any(isinstance(number, stack.Native) for number in control.inputs)
    acted = any(isinstance(guard, stack.Action) for guard in control.guards)
    before = control.reads_start or any(isinstance(g, stack.Before) for g in control.guards)
    for name, array, read in (
        ("reward", stored.reward, native), ("action", stored.action, acted),
        ("observation", stored.before, before),
    ):  # fmt: skip
        missing = array is None or (name == "reward" and np.isnan(array).all())
        if read and missing and stored.terminated.size:
            refuse_array(f"no `{name}` was passed", "what the spec reads")


def _shaped(array: Any, shape: tuple[int, ...]) -> Any:
    return np.asarray(array).reshape(shape)


def _flattened(stored: Stored, n: int) -> Stored:
    """The arrays with one axis for all steps."""

    def flat(array: Any) -> Any:
        if array is None:
            return None
        if isinstance(array, dict):
            return {key: flat(value) for key, value in array.items()}
        return array.reshape(n, *array.shape[2:])

    return Stored(
        flat(stored.before), flat(stored.action), flat(stored.after), flat(stored.reward),
        flat(stored.terminated), flat(stored.truncated), stored.opened, stored.order,
        flat(stored.infos),
    )  # fmt: skip


class _StandIn:
    """The spaces that the arrays come from, as far as readers ask."""

    def __init__(self, flat: Stored) -> None:
        shape = getattr(flat.after, "shape", (0,))[1:]
        self.observation_space: Any = None
        if isinstance(flat.after, np.ndarray):
            self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, shape)
        self.unwrapped = self


def _tracker(spec: Spec, flat: Stored) -> VectorTracker | None:
    """The spec's finite model, where observations are its states' numbers."""
    mdp = spec.environment
    if not isinstance(mdp, Mdp) or numbers_of(flat.after, len(flat.terminated)) is None:
        return None
    if mdp.observations is not None and mdp.observations.shape[1] != 1:
        return None
    if flat.before is None or flat.action is None:
        refuse_array("no `observation` and `action` were passed", "whole transitions of the model")
    return _model_tracker(mdp)


def _steps(
    track: VectorTracker | None, stored: Stored, flat: Stored, n: int, begins: BoolArray
) -> tuple[VectorStep, VectorStep]:
    """All steps, and their starts as first letters."""
    nothing = np.full(n, -1, dtype=np.int64)
    transition, state = nothing, nothing
    if track is not None:
        state = track.states(_whole("observation", flat.before, n))
        action, after = _whole("action", flat.action, n), _whole("observation", flat.after, n)
        transition = track.follow(state, action, after, flat.reward, flat.terminated)
    action = nothing if flat.action is None else flat.action
    step = VectorStep(flat.before, action, flat.after, flat.reward, flat.infos, transition, state)
    return step, VectorStep(None, None, flat.before, np.zeros(n), {}, nothing, state)


def _own_ends(track: VectorTracker, stored: Stored, flat: Stored, n: int) -> Stored:
    """Ends where the model goes on are another reward's: for this one they cut the run short."""
    rows = (
        track.states(_whole("observation", flat.before, n)),
        _whole("action", flat.action, n),
        _whole("observation", flat.after, n),
    )
    other = flat.terminated & ~track.has(*rows, flat.terminated) & track.has(*rows, False)
    if not other.any():
        return stored
    foreign = other.reshape(stored.terminated.shape)
    return replace(
        stored, terminated=stored.terminated & ~foreign, truncated=stored.truncated | foreign
    )


def _whole(name: str, array: Any, n: int) -> IntArray:
    numbers = numbers_of(array, n)
    if numbers is None:
        refuse_array(f"`{name}` has the shape {np.shape(array)}", "whole numbers, or one-hot rows")
    return numbers


def _loops(track: Any, step: VectorStep, control: Any) -> Any:
    """What the absorbing run behind each step reads for ever."""
    mdp = track.track.mdp
    loops = mdp.transition_starts[mdp.choice_starts[:-1]]
    if control is not None:
        from specc.emit.tables import letters_of

        loops = letters_of(mdp, control)[0][loops]
    return loops[track.targets[step.transition]]
