"""What a learner learned, as an exact policy of the spec's finite environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, assert_never

import gymnasium
import numpy as np
from gymnasium.vector.utils import concatenate, create_empty_array
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.chosen import Chosen, chosen
from specc.emit.functional.meter import FunctionalMeter
from specc.emit.meter import FormulaMeter, ReturnMeter, SignalMeter
from specc.emit.tables import letters_of, on_model, return_memory
from specc.emit.wrapper import SpecWrapper
from specc.model.mdp import Mdp
from specc.model.policy import MemoryPolicy

__all__ = ["learned_policy"]

IntArray = NDArray[np.int64]
Pair = tuple[int, int]
_Meter = SignalMeter | FormulaMeter | ReturnMeter | FunctionalMeter


def learned_policy(env: gymnasium.Env[Any, Any], choose: Callable[[Any], Any]) -> MemoryPolicy:
    """The policy that acts as ``choose`` does, exact: ``specc.evaluate(spec, policy)`` values it.

    ``env`` is what the learner acts in: ``specc.wrap(..)``, possibly inside wrappers of one's own.
    ``choose(observations)`` is asked once, for every pair of an environment state and a memory that
    some run shows; the observations are a batch as Gymnasium's vector environments stack them
    (arrays with the pairs along the first axis; tuples and dicts of such). It answers actions,
    integers of shape (pairs,), or probabilities, floats of shape (pairs, actions), which are read
    exactly as the floats that they are and divided by their sum.

    The memory is the one that ``observe`` shows; without it the policy has none. Where no run under
    the policy comes, or the episode is over, it takes the first action. Epsilon actions become
    moves of the memory on arrival.

    :raises SpecError: E810 no finite environment behind ``env``, E821 answers that are no policy,
        E822 wrappers whose observations cannot be made again.

    >>> import specc
    >>> from specc.emit.model_env import ModelEnv
    >>> from specc.resolve.file import load_text
    >>> spec = load_text('''
    ... env coin = mdp { initial s
    ...   s: toss -> 1/2 s + 1/2 t
    ...   t: toss -> s
    ...      keep -> t
    ...   label head: t }
    ... spec twice in coin = E[discounted([head], 1/2)]
    ... ''')["twice"]
    >>> env = specc.wrap(ModelEnv(spec.environment), spec)
    >>> policy = learned_policy(env, lambda places: np.where(places == 0, 0, 1))
    >>> specc.evaluate(spec, policy).value
    Fraction(4, 3)
    """
    wrapper, outer = _layers(env)
    if wrapper.track is None:
        raise SpecError.of(
            "E810",
            "the wrapped environment has no finite model behind it, so no policy of it is exact",
            help="wrap the toy-text environment that the spec names, or "
            "`ModelEnv(spec.environment)`; elsewhere measure fresh episodes",
        )
    mdp, memory = wrapper.track.mdp, _memory(wrapper)
    pairs = _pairs(mdp, memory)
    observations = _observations(env, wrapper, outer, pairs)
    answers = chosen(choose(observations), len(pairs), _actions(env, wrapper, outer))
    return _policy(mdp, memory, dict(zip(pairs, answers, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """The memory that the learner sees: ``first[state]``, ``update[memory, transition]``, where the
    episode is ``over``, and where its epsilon actions lead."""

    first: IntArray
    update: IntArray
    over: NDArray[np.bool_]
    jumps: tuple[tuple[int, ...], ...]


def _memory(wrapper: SpecWrapper) -> _Memory:
    assert wrapper.track is not None
    mdp = wrapper.track.mdp
    return _none(mdp) if wrapper.observe == "none" else _of_meter(mdp, wrapper.meter)


def _none(mdp: Mdp) -> _Memory:
    return _Memory(
        np.zeros(mdp.state_count, dtype=np.int64),
        np.zeros((1, mdp.transition_count), dtype=np.int64),
        np.zeros(1, dtype=np.bool_),
        ((),),
    )


def _of_meter(mdp: Mdp, meter: _Meter) -> _Memory:
    match meter:
        case FormulaMeter() | SignalMeter():
            if not meter.classes.reader.tabled:
                raise SpecError.of(
                    "E810",
                    "propositions from Python move this memory, and no finite model says how",
                    help="label the states in the `.spec` file, as in `label goal: s5`",
                )
            control = on_model(mdp, meter.controller)
            letters, starts = letters_of(mdp, control)
            return _Memory(
                np.array(control.table([control.first])[0], dtype=np.int64)[starts],
                np.array(control.table(control.next), dtype=np.int64)[:, letters],
                np.array(control.final, dtype=np.bool_),
                control.jumps,
            )
        case ReturnMeter():
            found = return_memory(mdp, meter.scheme)
            return _Memory(found.first, found.update, found.final, found.jumps)
        case FunctionalMeter():
            if any(part.by_chance for part in meter.parts):
                raise SpecError.of(
                    "E810",
                    "a formula inside this objective is paid by chance, and its memory moves by it",
                    help='observe="none", or a formula that a finite prefix decides',
                )
            parts = [_of_meter(mdp, part.meter) for part in meter.parts]
            return reduce(_joined, parts)
        case _:
            assert_never(meter)


def _joined(one: _Memory, other: _Memory) -> _Memory:
    """Both side by side, the other in the last place."""
    width = len(other.update)
    update = one.update[:, None] * width + other.update[None]
    return _Memory(
        one.first * width + other.first,
        update.reshape(-1, update.shape[-1]),
        (one.over[:, None] & other.over[None]).reshape(-1),
        ((),) * (len(one.update) * width),
    )


def _pairs(mdp: Mdp, memory: _Memory) -> list[Pair]:
    """The pairs in which some run of the wrapped environment asks for an action."""
    seen: dict[Pair, None] = {}

    def visit(state: int, held: int) -> None:
        if not (mdp.stopped[state] or memory.over[held]) and (state, held) not in seen:
            seen[state, held] = None
            pending.append((state, held))

    pending: list[Pair] = []
    for state, _ in mdp.initial:
        visit(state, int(memory.first[state]))
    while pending:
        state, held = pending.pop()
        for choice in mdp.choices(state):
            for t in mdp.transitions(choice):
                visit(int(mdp.successors[t]), int(memory.update[held, t]))
        for target in memory.jumps[held]:
            visit(state, target)
    return sorted(seen)


def _layers(env: Any) -> tuple[SpecWrapper, list[gymnasium.Wrapper[Any, Any, Any, Any]]]:
    """The spec's wrapper, and those around it, innermost first."""
    outer: list[gymnasium.Wrapper[Any, Any, Any, Any]] = []
    layer = env
    while not isinstance(layer, SpecWrapper):
        if not isinstance(layer, gymnasium.Wrapper):
            raise SpecError.of(
                "E822",
                f"there is no `specc.wrap(..)` in {type(env).__name__}",
                help="pass the single environment that the learner acts in, not a vector of them",
            )
        outer.append(layer)
        layer = layer.env
    return layer, outer[::-1]


def _observations(
    env: gymnasium.Env[Any, Any],
    wrapper: SpecWrapper,
    outer: Sequence[gymnasium.Wrapper[Any, Any, Any, Any]],
    pairs: Sequence[Pair],
) -> Any:
    """The batch of what the learner sees in these pairs."""
    for layer in outer:
        known = isinstance(layer, gymnasium.ObservationWrapper)
        if not known and layer.observation_space != layer.env.observation_space:
            raise SpecError.of(
                "E822",
                f"{type(layer).__name__} makes observations that depend on more than the last one",
                help="a policy of states and memories sees one observation: put such a wrapper "
                "aside, or derive yours from gymnasium.ObservationWrapper",
            )
    assert wrapper.track is not None
    rows = []
    with _still(outer):
        for state, held in pairs:
            seen = wrapper.shown(wrapper.track.observed[state], held)
            for layer in outer:
                if isinstance(layer, gymnasium.ObservationWrapper):
                    seen = layer.observation(seen)
            rows.append(seen)
    space = env.observation_space
    empty: Any = create_empty_array(space, len(rows))
    return concatenate(space, rows, empty)


@contextmanager
def _still(outer: Sequence[Any]) -> Iterator[None]:
    """Running means (NormalizeObservation) stay as they are meanwhile."""
    moving = [layer for layer in outer if getattr(layer, "update_running_mean", False)]
    for layer in moving:
        layer.update_running_mean = False
    try:
        yield
    finally:
        for layer in moving:
            layer.update_running_mean = True


def _actions(
    env: gymnasium.Env[Any, Any],
    wrapper: SpecWrapper,
    outer: Sequence[gymnasium.Wrapper[Any, Any, Any, Any]],
) -> list[int]:
    """The spec wrapper's action for each of the learner's."""
    space = env.action_space
    if not isinstance(space, gymnasium.spaces.Discrete) or space.start:
        raise SpecError.of(
            "E822",
            f"the learner's actions are {space}, not Discrete from 0",
            help="learn in the actions of the finite environment",
        )
    found = []
    for number in range(int(space.n)):
        action: Any = number
        for layer in reversed(outer):
            if isinstance(layer, gymnasium.ActionWrapper):
                action = layer.action(action)
        found.append(int(action))
    return found


def _policy(mdp: Mdp, memory: _Memory, answers: dict[Pair, Chosen]) -> MemoryPolicy:
    names = {name: number for number, name in enumerate(mdp.action_names())}
    count = len(memory.update)
    settled = np.tile(np.arange(count), (mdp.state_count, 1))
    stuck = set()
    for state, held in answers:
        target = _settle(state, held, memory, answers, len(names))
        if target is None:
            stuck.add((state, held))
        else:
            settled[state, held] = target
    row = [Fraction(0)] * mdp.choice_count
    for state in range(mdp.state_count):
        row[int(mdp.choice_starts[state])] = Fraction(1)
    rows = [row.copy() for _ in range(count)]
    first = tuple(int(settled[s, m]) for s, m in enumerate(memory.first.tolist()))
    update = settled[mdp.successors[None, :], memory.update]
    pending = [(state, first[state]) for state, _ in mdp.initial]
    seen = set(pending)
    while pending:
        state, held = pending.pop()
        if (state, held) in stuck:
            chance = len(answers[state, held]) > 1
            what = "are taken by chance" if chance else "alone are taken, for ever"
            raise _no_policy(mdp, state, held, f"epsilon actions {what}")
        if (state, held) not in answers:
            continue
        _fill(rows[held], mdp, state, held, answers[state, held], names)
        for choice in mdp.choices(state):
            if rows[held][choice]:
                for t in mdp.transitions(choice):
                    after = int(mdp.successors[t]), int(update[held, t])
                    if after not in seen:
                        seen.add(after)
                        pending.append(after)
    memories = tuple(f"m{number}" for number in range(count))
    return MemoryPolicy(memories, first, update, tuple(map(tuple, rows)))


def _settle(
    state: int, held: int, memory: _Memory, answers: dict[Pair, Chosen], own: int
) -> int | None:
    """The memory after the epsilon actions that are taken here; None where they never end."""
    seen = set()
    while (state, held) in answers:
        jumps = [action - own for action in answers[state, held] if action >= own]
        if not jumps:
            return held
        if (state, held) in seen or len(answers[state, held]) > 1:
            return None
        seen.add((state, held))
        targets = memory.jumps[held]
        held = targets[jumps[0]] if jumps[0] < len(targets) else held
    return held


def _fill(
    row: list[Fraction],
    mdp: Mdp,
    state: int,
    held: int,
    answer: Chosen,
    names: dict[str, int],
) -> None:
    choices = {names[mdp.actions[c]]: c for c in mdp.choices(state)}
    for choice in choices.values():
        row[choice] = Fraction(0)
    for action, chance in answer.items():
        if action not in choices:
            have = ", ".join(str(number) for number in choices)
            what = f"the policy takes action {action}, and the state has {have}"
            raise _no_policy(mdp, state, held, what)
        row[choices[action]] += chance


def _no_policy(mdp: Mdp, state: int, held: int, what: str) -> SpecError:
    return SpecError.of(
        "E821",
        f"in state `{mdp.states[state]}` with memory {held} {what}",
        help='choose among the actions that are there (`info["action_mask"]`; an epsilon action '
        "only where it moves the memory, and with chance 0 or 1)",
    )
