"""``gym "Id" (...)``: the finite MDP of a Gymnasium toy-text environment, read from its table.

States are pairs of an observation and whether the episode is over. A transition that the table
flags as terminated leads to an absorbing copy, marked in ``Mdp.stopped``, where every action
stays and pays 0. Outcomes of one (state, action, observation) with different rewards or labels
lead to different copies of the observation. Only what can be reached from the initial states is
kept. The copies of observation 5 are named ``s5``, ``s5'1``, ``s5'2``, ..., running copies first;
column 0 of ``Mdp.observations`` is the observation, so a wrapper finds the possible states of an
observation there.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from specc.diagnostics import Reporter
from specc.model.environment import Argument, UnboundedEnvironment
from specc.model.mdp import Mdp, MdpBuilder
from specc.model.nearest import did_you_mean, some_of
from specc.model.rationals import nearby, rational_row
from specc.model.toy_text import Reading, reading
from specc.syntax import tree

__all__ = ["MAXIMUM_TRANSITIONS", "gym_environment"]

MAXIMUM_TRANSITIONS = 5_000_000
"""Most entries of a table that are read."""

_TOY_TEXT = "gymnasium.envs.toy_text."
_FIXED = {"render_mode": "specc draws nothing", "fickle_passenger": "it is not in the table P"}
_MAXIMUM_MAP = 250_000


def gym_environment(
    name: str, written: tree.GymEnvironment, reporter: Reporter
) -> Mdp | UnboundedEnvironment | None:
    """The finite MDP, or the name of an environment that has none, or None after E419-E425.

    Toy-text environments are made and read, and so are those whose class this process has already
    imported; others are neither imported nor made.
    """
    import gymnasium

    identifier = written.identifier.value
    specification = gymnasium.registry.get(identifier)
    if specification is None:
        reporter.report(
            "E421",
            f"Gymnasium knows no environment `{identifier}`",
            written.identifier.span,
            help=did_you_mean(identifier, gymnasium.registry)
            or "ids end in a version, as in `FrozenLake-v1`",
        )
        return None
    arguments = {key.value: value for key, value in written.arguments}
    constructor = _constructor(specification.entry_point)
    if constructor is None:
        return UnboundedEnvironment(name, identifier, tuple(arguments.items()))
    keywords = _keywords(written, constructor, reporter)
    if keywords is None:
        return None
    table = _table(written, keywords, reporter)
    if table is None:
        return None
    if isinstance(table, str):
        return UnboundedEnvironment(name, identifier, tuple(arguments.items()))
    return _read(name, table, written, reporter)


def _constructor(entry: object) -> Any:
    """The class behind an entry point, if it is toy-text or imported already."""
    if callable(entry):
        return entry
    module, _, attribute = str(entry).partition(":")
    if module.startswith(_TOY_TEXT):
        import importlib

        return getattr(importlib.import_module(module), attribute)
    if module.startswith("gymnasium.") or module not in sys.modules:
        return None
    return getattr(sys.modules[module], attribute, None)


def _keywords(
    written: tree.GymEnvironment, constructor: Any, reporter: Reporter
) -> dict[str, Any] | None:
    """The keyword arguments, checked against the constructor's signature."""
    known = dict(inspect.signature(constructor).parameters)
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values())
    names = [key for key in known if key not in ("self", *_FIXED)]
    found: dict[str, Any] = {}
    sound = True
    for key, value in written.arguments:
        problem: str | None = None
        hint: str | None = None
        if key.value in found:
            problem = f"the argument `{key.value}` is given twice"
        elif key.value in _FIXED:
            problem = f"the argument `{key.value}` cannot be set: {_FIXED[key.value]}"
        elif key.value not in known and not open_ended:
            problem = f"`{written.identifier.value}` takes no argument `{key.value}`"
            hint = did_you_mean(key.value, names) or f"it takes: {some_of(names)}"
        elif key.value in known:
            problem = _wrong_kind(key.value, known[key.value].default, value)
        if problem is not None:
            reporter.report("E422", problem, key.span, help=hint)
            sound = False
        found[key.value] = _plain(key.value, value)
    return found if sound else None


def _wrong_kind(key: str, default: object, value: Argument) -> str | None:
    if key == "desc":
        rows = str(value).split()
        if not isinstance(value, str) or not rows or any(set(r) - set("SFHG") for r in rows):
            return "`desc` is a text of rows of the letters S F H G, with blanks between rows"
        if len({len(row) for row in rows}) > 1 or "S" not in value:
            return "the rows of `desc` are equally long, and one letter is S"
        if len(value) > _MAXIMUM_MAP:
            return f"`desc` has {len(value):,} letters, more than {_MAXIMUM_MAP:,}"
        return None
    number = isinstance(value, int | Fraction) and not isinstance(value, bool)
    match default:
        case bool():
            return None if isinstance(value, bool) else f"`{key}` is true or false, not {value}"
        case int() | float():
            if not number:
                return f"`{key}` is a number, not {value}"
            if isinstance(default, float) and not 0 <= Fraction(value) <= 1:
                return f"`{key}` is a probability, {value} does not lie between 0 and 1"
            return None
        case str():
            return None if isinstance(value, str) else f"`{key}` is a quoted text, not {value}"
        case _:
            return None


def _plain(key: str, value: Argument) -> object:
    if key == "desc" and isinstance(value, str):
        return value.split()
    return float(value) if isinstance(value, Fraction) else value


@dataclass(frozen=True, slots=True)
class _Table:
    """What is read of an environment: plain rows, never the environment's own objects."""

    rows: Sequence[Sequence[Sequence[tuple[float, int, float, bool]]]]
    initial: Sequence[tuple[int, float]]
    reading: Reading


def _table(
    written: tree.GymEnvironment, keywords: Mapping[str, Any], reporter: Reporter
) -> _Table | str | None:
    """The table; a text where there is none because the environment is not finite."""
    import gymnasium

    identifier = written.identifier
    # A constructor is foreign code; whatever it raises is about the arguments.
    try:
        environment = gymnasium.make(identifier.value, disable_env_checker=True, **keywords)
    except Exception as error:
        reporter.report(
            "E422",
            f"Gymnasium cannot make `{identifier.value}` with these arguments: "
            f"{type(error).__name__}: {str(error)[:200]}",
            identifier.span,
        )
        return None
    try:
        inner: Any = environment.unwrapped
        if not hasattr(inner, "P"):
            return "the environment has no table P"
        spaces = (inner.observation_space, inner.action_space)
        if not all(isinstance(space, gymnasium.spaces.Discrete) for space in spaces):
            return "its observations and actions are not all Discrete"
        if any(space.start for space in spaces):
            raise ValueError("Discrete spaces that do not start at 0")
        return _plain_table(inner, int(spaces[0].n), int(spaces[1].n))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        reporter.report(
            "E423",
            f"the table P of `{identifier.value}` cannot be read: {str(error)[:200]}",
            identifier.span,
            help="P[state][action] lists (probability, next state, reward, terminated)",
        )
        return None
    finally:
        environment.close()


def _plain_table(inner: Any, states: int, actions: int) -> _Table:
    if states * actions > MAXIMUM_TRANSITIONS:
        raise ValueError(f"more than {MAXIMUM_TRANSITIONS:,} entries")
    rows = []
    for state in range(states):
        choices = []
        for action in range(actions):
            row = [
                (float(p), int(after), float(reward), bool(terminated))
                for p, after, reward, terminated in inner.P[state][action]
            ]
            if any(not 0 <= after < states for _, after, _, _ in row):
                raise ValueError(f"P[{state}][{action}] leads to a state that does not exist")
            if not all(0 <= p <= 2 and abs(reward) < 1e300 for p, _, reward, _ in row):
                raise ValueError(f"P[{state}][{action}] has a number that is out of range")
            choices.append(row)
        rows.append(choices)
    distribution = np.asarray(inner.initial_state_distrib, dtype=np.float64)
    if distribution.shape != (states,) or not np.all(distribution >= 0):
        raise ValueError("initial_state_distrib is not a distribution over the observations")
    initial = [(int(s), float(distribution[s])) for s in np.flatnonzero(distribution)]
    return _Table(rows, initial, reading(inner, states, actions))


_Node = tuple[bool, int, int]
"""(stopped, observation, copy): a state of the MDP before it has a name."""


@dataclass(slots=True)
class _Outcomes:
    """One choice, exact, with what the outcome into each node pays and carries."""

    probability: dict[_Node, Fraction] = field(default_factory=dict)
    reward: dict[_Node, Fraction] = field(default_factory=dict)
    labels: dict[str, list[_Node]] = field(default_factory=dict)


class _Unusable(Exception):
    """A row of floats that are no distribution."""


def _read(name: str, table: _Table, written: tree.GymEnvironment, reporter: Reporter) -> Mdp | None:
    place = written.identifier.span
    rounded: list[str] = []
    try:
        start = _exact_row([p for _, p in table.initial], "the initial distribution", rounded)
        roots: list[_Node] = [(False, s, 0) for s, _ in table.initial]
        choices = _explore(table, roots, rounded)
    except _Unusable as error:
        reporter.report(
            "E424",
            str(error),
            place,
            help="the floats of every row must lie within 1e-9 of rationals that sum to 1",
        )
        return None
    if rounded:
        reporter.report(
            "N421",
            f"probabilities of `{written.identifier.value}` are floats; read as the simplest "
            f"rationals within 1e-9 that sum to 1, as in {rounded[0]}",
            place,
        )
    names = _names(choices)
    mdp_initial = [(names[node], p) for node, p in zip(roots, start, strict=True)]
    return _freeze(name, table.reading, choices, names, mdp_initial, not rounded)


def _exact_row(row: list[float], what: str, rounded: list[str]) -> list[Fraction]:
    exact = [Fraction(p) for p in row]
    found = rational_row(exact) if exact else None
    if found is None:
        raise _Unusable(f"the probabilities of {what} sum to {sum(row)!r}, not to 1")
    if not rounded and found != exact:
        where = next(i for i, (p, q) in enumerate(zip(exact, found, strict=True)) if p != q)
        rounded.append(f"{row[where]!r} as {found[where]}")
    return found


def _explore(table: _Table, roots: list[_Node], rounded: list[str]) -> dict[_Node, list[_Outcomes]]:
    found: dict[_Node, list[_Outcomes]] = {root: [] for root in roots}
    pending = list(reversed(roots))
    plain: dict[int, list[_Outcomes]] = {}
    while pending:
        node = pending.pop()
        stopped, observation, _ = node
        if stopped:
            one = [_Outcomes({node: Fraction(1)}) for _ in table.rows[observation]]
            found[node] = one
            continue
        if observation not in plain:
            plain[observation] = [
                _outcomes(table, observation, action, rounded)
                for action in range(len(table.rows[observation]))
            ]
        found[node] = plain[observation]
        for outcomes in plain[observation]:
            for after in outcomes.probability:
                if after not in found:
                    found[after] = []
                    pending.append(after)
    return found


def _outcomes(table: _Table, state: int, action: int, rounded: list[str]) -> _Outcomes:
    row = [entry for entry in table.rows[state][action] if entry[0] > 0]
    exact = _exact_row([p for p, _, _, _ in row], f"P[{state}][{action}]", rounded)
    result = _Outcomes()
    copies: dict[tuple[bool, int], dict[tuple[float, tuple[str, ...]], int]] = {}
    for probability, (_, after, reward, terminated) in zip(exact, row, strict=True):
        labels = table.reading.transition_labels(state, action, after, reward)
        same = copies.setdefault((terminated, after), {})
        copy = same.setdefault((reward, labels), len(same))
        node = (terminated, after, copy)
        result.probability[node] = result.probability.get(node, Fraction(0)) + probability
        result.reward[node] = nearby(Fraction(reward))
        for label in labels:
            result.labels.setdefault(label, []).append(node)
    return result


def _names(choices: Mapping[_Node, object]) -> dict[_Node, str]:
    copies: dict[int, list[_Node]] = {}
    for node in sorted(choices):
        copies.setdefault(node[1], []).append(node)
    return {
        node: f"s{observation}" + (f"'{number}" if number else "")
        for observation, nodes in sorted(copies.items())
        for number, node in enumerate(nodes)
    }


def _freeze(
    name: str,
    reading: Reading,
    choices: Mapping[_Node, list[_Outcomes]],
    names: Mapping[_Node, str],
    initial: list[tuple[str, Fraction]],
    exact: bool,
) -> Mdp:
    builder = MdpBuilder(name)
    for state in names.values():
        builder.state(state)
    for proposition in reading.state_propositions:
        builder.declare_label(proposition)
    for proposition in reading.transition_propositions:
        builder.declare_transition_label(proposition)
    for node, state in names.items():
        if node[0]:
            builder.stop(state)
        for proposition in reading.state_labels(node[1], node[0]):
            builder.label_state(proposition, state)
        for action, outcomes in zip(reading.actions, choices[node], strict=True):
            paid = {names[n]: outcomes.reward.get(n, Fraction(0)) for n in outcomes.probability}
            builder.add(
                state,
                action,
                [(names[n], p) for n, p in outcomes.probability.items()],
                rewards={"": paid},
                labels={p: [names[n] for n in nodes] for p, nodes in outcomes.labels.items()},
            )
    observations = np.array([[node[1]] for node in names], dtype=np.float64)
    return builder.build(initial, observations=observations, exact=exact)
