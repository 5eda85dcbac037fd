"""Statements: an environment, a spec, and the formalism that is claimed not to reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .decode import Json, array, digest, integer, mapping, parse, rational, record, text
from .errors import Malformed
from .formalisms import ALL
from .germ import Number, polynomial, sign
from .limits import at_most
from .terms import Names, Term, read_term

__all__ = [
    "Environment",
    "Letter",
    "Machine",
    "Policy",
    "Spec",
    "Statement",
    "Step",
    "read_policy",
    "read_statement",
]

Step = tuple[str, str, str]
"""A transition (state, action, next state)."""

Letter = tuple[str | None, str | None, str]
"""The same; the first letter of a word, and what ``from`` reads, are (None, None, state)."""

Policy = Mapping[str, Mapping[str, Number]]
"""The positive probabilities of every state's actions, in the order of the names."""


@dataclass(frozen=True, slots=True)
class Environment:
    """``moves[s][a]`` are the (next state, positive probability) pairs, all in order of names."""

    moves: Mapping[str, Mapping[str, tuple[tuple[str, Fraction], ...]]]
    initial: tuple[tuple[str, Fraction], ...]
    state_labels: Mapping[str, frozenset[str]]
    step_labels: Mapping[str, frozenset[Step]]
    rewards: Mapping[str, Mapping[Letter, Fraction]]  # 0 where nothing is said


@dataclass(frozen=True, slots=True)
class Machine:
    """``edges[u]`` are tried in order; no match: the state stays and emits 0. Starts in 0."""

    edges: tuple[tuple[tuple[Term, int, Term], ...], ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """``order`` is ``scalar`` (one number), ``lexicographic``, or ``constrained`` (one number,
    larger is better among policies that meet all ``constraints``; these above the others, which
    are all tied)."""

    order: str
    numbers: tuple[Term, ...]
    constraints: tuple[Term, ...]
    machines: Mapping[str, Machine]
    references: Mapping[str, Policy]


@dataclass(frozen=True, slots=True)
class Statement:
    """No ``formalism``-spec induces the order that ``spec`` induces on the stationary policies."""

    environment: Environment
    spec: Spec
    formalism: str
    sha256: str


def read_statement(document: bytes) -> Statement:
    """The checked statement of a JSON document."""
    value = parse(document)
    record(value, "statement", ("format", "environment", "spec", "formalism"))
    if value["format"] != "specc-statement-1":
        raise Malformed("statement.format: 'specc-statement-1' was expected")
    if value["formalism"] not in tuple(ALL):
        raise Malformed("statement.formalism: not the symbol of a known formalism")
    environment = _environment(value["environment"], "environment")
    spec = _spec(value["spec"], environment, "spec")
    return Statement(environment, spec, value["formalism"], digest(value))


def read_policy(value: Json, environment: Environment, where: str) -> Policy:
    """A policy: {state: {action: probability}}; zeros may be left out.

    A probability is a rational, or a list of the coefficients of a polynomial in e. A state
    that is left out takes its first action in the order of the names.
    """
    given = mapping(value, where)
    if unknown := given.keys() - environment.moves.keys():
        raise Malformed(f"{where}: {min(unknown)[:40]!r} is not a state")
    policy: dict[str, dict[str, Number]] = {}
    for state, moves in environment.moves.items():
        row = mapping(given.get(state, {min(moves): "1"}), f"{where}.{state}")
        chances: dict[str, Number] = {}
        total: Number = Fraction(0)
        for action in sorted(row):
            chance = _chance(row[action], f"{where}.{state}.{action}")
            if action not in moves or sign(chance) < 0:
                raise Malformed(f"{where}.{state}: no action there, or a negative probability")
            total = total + chance
            if chance != 0:
                chances[action] = chance
        if total != 1:
            raise Malformed(f"{where}.{state}: the probabilities do not sum to 1")
        policy[state] = chances
    return policy


def _chance(value: Json, where: str) -> Number:
    if isinstance(value, list):
        at_most("exponent", len(value))
        return polynomial([rational(x, where) for x in value])
    return rational(value, where)


def _environment(value: Json, where: str) -> Environment:
    record(value, where, ("states", "initial"), ("labels", "rewards"))
    states = mapping(value["states"], f"{where}.states")
    moves = {}
    for state in sorted(states):
        actions = mapping(states[state], f"{where}.states.{state}")
        if not actions:
            raise Malformed(f"{where}.states.{state}: a state needs an action")
        moves[state] = {
            a: _distribution(actions[a], states, f"{where}.states.{state}.{a}")
            for a in sorted(actions)
        }
    initial = _distribution(value["initial"], states, f"{where}.initial")
    steps = {(s, a, t) for s, row in moves.items() for a, ends in row.items() for t, _ in ends}
    labels = mapping(value.get("labels", {}), f"{where}.labels")
    state_labels, step_labels = {}, {}
    for name, label in labels.items():
        place = f"{where}.labels.{name}"
        record(label, place, (), ("states", "transitions"))
        members = array(label.get("states", []), place)
        if not all(isinstance(s, str) and s in states for s in members):
            raise Malformed(f"{place}: not a list of states")
        state_labels[name] = frozenset(members)
        step_labels[name] = frozenset(
            _step(x, steps, place) for x in array(label.get("transitions", []), place)
        )
    rewards = {
        name: _reward(rows, steps, f"{where}.rewards.{name}")
        for name, rows in mapping(value.get("rewards", {}), f"{where}.rewards").items()
    }
    return Environment(moves, initial, state_labels, step_labels, rewards)


def _distribution(
    value: Json, states: Mapping[str, Json], where: str
) -> tuple[tuple[str, Fraction], ...]:
    row = mapping(value, where)
    found = [(s, rational(row[s], f"{where}.{s}")) for s in sorted(row)]
    if any(s not in states or p <= 0 for s, p in found) or sum(p for _, p in found) != 1:
        raise Malformed(f"{where}: not positive probabilities of states that sum to 1")
    return tuple(found)


def _step(value: Json, steps: set[Step], where: str) -> Step:
    s, a, t = (text(x, where) for x in array(value, where, 3))
    if (s, a, t) not in steps:
        raise Malformed(f"{where}: not a transition of the environment")
    return s, a, t


def _reward(value: Json, steps: set[Step], where: str) -> dict[Letter, Fraction]:
    found: dict[Letter, Fraction] = {}
    for entry in array(value, where):
        step = _step(array(entry, where, 4)[:3], steps, where)
        if step in found:
            raise Malformed(f"{where}: a transition has two rewards")
        found[step] = rational(entry[3], where)
    return found


def _spec(value: Json, environment: Environment, where: str) -> Spec:
    record(value, where, ("order",), ("machines", "references"))
    names = {
        "state": environment.moves.keys(),
        "action": {a for row in environment.moves.values() for a in row},
        "label name": environment.state_labels.keys(),
        "reward name": environment.rewards.keys(),
        "machine name": mapping(value.get("machines", {}), f"{where}.machines").keys(),
        "reference name": mapping(value.get("references", {}), f"{where}.references").keys(),
    }
    machines = {
        name: _machine(machine, names, f"{where}.machines.{name}")
        for name, machine in value.get("machines", {}).items()
    }
    references = {
        name: _reference(policy, environment, f"{where}.references.{name}")
        for name, policy in value.get("references", {}).items()
    }
    place = f"{where}.order"
    order = value["order"]
    kind = mapping(order, place).get("kind")
    constraints: tuple[Term, ...] = ()
    if kind == "lexicographic":
        record(order, place, ("kind", "numbers"))
        numbers = [read_term("value", x, names, place) for x in array(order["numbers"], place)]
        if not numbers:
            raise Malformed(f"{place}.numbers: at least one was expected")
    elif kind in ("scalar", "constrained"):
        fields = ("kind", "number") if kind == "scalar" else ("kind", "number", "constraints")
        record(order, place, fields)
        numbers = [read_term("value", order["number"], names, place)]
        constraints = tuple(
            read_term("condition", x, names, place)
            for x in array(order.get("constraints", []), place)
        )
    else:
        raise Malformed(f"{place}.kind: scalar, lexicographic or constrained was expected")
    return Spec(kind, tuple(numbers), constraints, machines, references)


def _machine(value: Json, names: Names, where: str) -> Machine:
    states = array(value, where)
    if not states:
        raise Malformed(f"{where}: a machine needs a state")
    rows = []
    for u, edges in enumerate(states):
        row = []
        for edge in array(edges, f"{where}[{u}]"):
            record(edge, f"{where}[{u}]", ("when", "to", "emit"))
            guard = read_term("guard", edge["when"], names, f"{where}[{u}].when")
            target = integer(edge["to"], f"{where}[{u}].to", 0, len(states) - 1)
            row.append((guard, target, read_term("reward", edge["emit"], names, where)))
        rows.append(tuple(row))
    return Machine(tuple(rows))


def _reference(value: Json, environment: Environment, where: str) -> Policy:
    policy = read_policy(value, environment, where)
    for state, row in policy.items():
        if len(row) != len(environment.moves[state]) or not all(
            isinstance(p, Fraction) for p in row.values()
        ):
            raise Malformed(f"{where}.{state}: a reference takes every action, rationally")
    return policy
