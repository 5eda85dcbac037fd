"""Policies as JSON files, exact.

A stationary policy names every state; actions left out have probability 0:

    {"choices": {"s0": {"left": "1/3", "right": "2/3"}, "s1": {"left": "1"}}}

A policy with memory has one such object per memory, and says how the memory moves:

    {"memory": {"initial": "m0",
                "update": {"m0": {"s0": {"right": {"s1": "m1"}}}}},
     "choices": {"m0": {"s0": {"right": "1"}, "s1": {"left": "1"}},
                 "m1": {"s0": {"left": "1"}, "s1": {"left": "1"}}}}

Memories are the keys of ``choices``. ``initial`` is one memory, or an object with the memory for
every initial state. ``update[memory][state][action][successor]`` is the next memory; transitions
left out keep it. A (memory, state) that no run reaches may be left out; it is read as uniform.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.model.json_text import JsonFault, parse_json, rational, text_map
from specc.model.mdp import Mdp
from specc.model.nearest import did_you_mean, some_of
from specc.model.policy import MemoryPolicy, Policy

__all__ = ["policy_of", "policy_text", "read_policy"]

_MAXIMUM_UPDATES = 100_000_000

IntArray = NDArray[np.int64]


def read_policy(path: Path, mdp: Mdp) -> Policy | MemoryPolicy:
    """The policy of a file, for this MDP.

    Raises OSError, or SpecError E441 (malformed), E442 (names that the MDP or the policy does not
    have, a state without a choice) or E443 (probabilities that do not sum to 1).
    """
    with _faults(f"{path.name}: "):
        document = text_map(parse_json(path), "the document", {"memory", "choices"})
        names = _Names(mdp)
        if "memory" in document:
            return _memory_policy(document, names)
        return Policy(tuple(names.row(document.get("choices"), "`choices`", None)))


def policy_of(choices: object, mdp: Mdp) -> Policy:
    """The stationary policy that JSON values ``{state: {action: "p/q"}}`` give; a state with a
    single action may be left out. Raises SpecError as :func:`read_policy`."""
    with _faults(""):
        missing: set[int] = set()
        policy = Policy(tuple(_Names(mdp).row(choices, "a policy", missing)))
        for state in sorted(missing):
            if len(mdp.choices(state)) > 1:
                raise JsonFault(f"a policy has no choice for state `{mdp.states[state]}`", "E442")
        return policy


@contextmanager
def _faults(where: str) -> Iterator[None]:
    """Faults and unknown names as diagnostics."""
    try:
        yield
    except JsonFault as fault:
        code = "E441" if fault.code == "E433" else fault.code
        raise SpecError.of(code, f"{where}{fault}") from fault
    except _Unknown as unknown:
        raise SpecError.of(
            "E442", f"{where}{unknown}", help=did_you_mean(unknown.word, unknown.known)
        ) from unknown


def policy_text(policy: Policy | MemoryPolicy, mdp: Mdp) -> str:
    """The file's text; :func:`read_policy` reads the same policy back."""

    def choices(row: tuple[Fraction, ...]) -> dict[str, dict[str, str]]:
        return {
            state: {mdp.actions[c]: str(row[c]) for c in mdp.choices(number) if row[c]}
            for number, state in enumerate(mdp.states)
        }

    if isinstance(policy, Policy):
        return json.dumps({"choices": choices(policy.probabilities)}, indent=1) + "\n"
    initial = {mdp.states[s]: policy.memories[policy.initial[s]] for s in range(mdp.state_count)}
    update: dict[str, Any] = {}
    moves = policy.update != np.arange(len(policy.memories))[:, None]
    sources, owners = mdp.transition_sources(), mdp.transition_choices()
    for memory, t in np.argwhere(moves).tolist():
        by_state = update.setdefault(policy.memories[memory], {})
        by_action = by_state.setdefault(mdp.states[int(sources[t])], {})
        successors = by_action.setdefault(mdp.actions[int(owners[t])], {})
        after = policy.memories[int(policy.update[memory, t])]
        successors[mdp.states[int(mdp.successors[t])]] = after
    document = {
        "memory": {"initial": initial, "update": update},
        "choices": {
            memory: choices(row)
            for memory, row in zip(policy.memories, policy.probabilities, strict=True)
        },
    }
    return json.dumps(document, indent=1) + "\n"


class _Unknown(Exception):
    """A name that is not there."""

    def __init__(self, message: str, word: str, known: list[str]) -> None:
        super().__init__(f"{message}; there is: {some_of(known)}" if known else message)
        self.word, self.known = word, known


class _Names:
    """The MDP's names, to read rows of choices with."""

    def __init__(self, mdp: Mdp) -> None:
        self.mdp = mdp
        self.states = {state: number for number, state in enumerate(mdp.states)}

    def state(self, name: str, where: str) -> int:
        if name not in self.states:
            raise _Unknown(f"{where}: unknown state `{name}`", name, list(self.states))
        return self.states[name]

    def choice(self, state: int, action: str, where: str) -> int:
        choices = self.mdp.choices(state)
        actions = [self.mdp.actions[c] for c in choices]
        if action not in actions:
            place = f"state `{self.mdp.states[state]}`"
            raise _Unknown(f"{where}: {place} has no action `{action}`", action, actions)
        return choices[actions.index(action)]

    def row(self, written: object, where: str, missing: set[int] | None) -> list[Fraction]:
        """One probability per choice. States left out are put into ``missing`` and are uniform;
        they are an error where it is None."""
        row = [Fraction(0)] * self.mdp.choice_count
        seen = set()
        for name, actions in text_map(written, where).items():
            state = self.state(name, where)
            seen.add(state)
            place = f"{where}, state `{name}`"
            for action, value in text_map(actions, place).items():
                probability = rational(value, f"{place}, action `{action}`")
                if probability < 0:
                    raise JsonFault(f"{place}: a probability is not negative", "E443")
                row[self.choice(state, action, where)] = probability
            total = sum((row[c] for c in self.mdp.choices(state)), Fraction(0))
            if total != 1:
                raise JsonFault(f"{place}: the probabilities sum to {total}, not to 1", "E443")
        left_out = [s for s in range(self.mdp.state_count) if s not in seen]
        if left_out and missing is None:
            state_name = self.mdp.states[left_out[0]]
            raise JsonFault(f"{where}: no choice for state `{state_name}`", "E442")
        for state in left_out:
            choices = self.mdp.choices(state)
            row[choices.start : choices.stop] = [Fraction(1, len(choices))] * len(choices)
        if missing is not None:
            missing.update(left_out)
        return row


def _memory_policy(document: Mapping[str, Any], names: _Names) -> MemoryPolicy:
    memory = text_map(document["memory"], "`memory`", {"initial", "update"})
    choices = text_map(document.get("choices"), "`choices`")
    if not choices:
        raise JsonFault("`choices` has no memory")
    mdp = names.mdp
    if len(choices) * mdp.transition_count > _MAXIMUM_UPDATES:
        raise JsonFault(f"more than {_MAXIMUM_UPDATES:,} memory updates", "E419")
    numbers = {name: number for number, name in enumerate(choices)}
    missing: list[set[int]] = [set() for _ in choices]
    rows = [
        tuple(names.row(row, f"`choices`, memory `{name}`", left_out))
        for (name, row), left_out in zip(choices.items(), missing, strict=True)
    ]
    policy = MemoryPolicy(
        memories=tuple(choices),
        initial=_initial(memory.get("initial"), numbers, names),
        update=_update(memory.get("update", {}), numbers, names),
        probabilities=tuple(rows),
    )
    _check_missing(policy, mdp, missing)
    return policy


def _memory(value: object, numbers: Mapping[str, int], where: str) -> int:
    if not isinstance(value, str):
        raise JsonFault(f"{where}: expected the name of a memory")
    if value not in numbers:
        raise _Unknown(f"{where}: unknown memory `{value}`", value, list(numbers))
    return numbers[value]


def _initial(written: object, numbers: Mapping[str, int], names: _Names) -> tuple[int, ...]:
    where = "`memory`, `initial`"
    if isinstance(written, str):
        return (_memory(written, numbers, where),) * names.mdp.state_count
    found = [0] * names.mdp.state_count
    given = text_map(written, where)
    for state, value in given.items():
        found[names.state(state, where)] = _memory(value, numbers, f"{where}, state `{state}`")
    for number, _ in names.mdp.initial:
        if names.mdp.states[number] not in given:
            raise JsonFault(f"{where}: no memory for state `{names.mdp.states[number]}`", "E442")
    return tuple(found)


def _update(written: object, numbers: Mapping[str, int], names: _Names) -> IntArray:
    mdp = names.mdp
    update = np.repeat(np.arange(len(numbers))[:, None], mdp.transition_count, axis=1)
    where = "`memory`, `update`"
    for name, by_state in text_map(written, where).items():
        memory = _memory(name, numbers, where)
        for state_name, by_action in text_map(by_state, f"{where}, `{name}`").items():
            state = names.state(state_name, where)
            for action, successors in text_map(by_action, f"{where}, `{state_name}`").items():
                choice = names.choice(state, action, where)
                steps = {int(mdp.successors[t]): t for t in mdp.transitions(choice)}
                for successor, after in text_map(successors, f"{where}, `{action}`").items():
                    step = steps.get(names.state(successor, where))
                    if step is None:
                        known = [mdp.states[s] for s in steps]
                        place = f"{where}: `{state_name} {action}` does not lead to `{successor}`"
                        raise _Unknown(place, successor, known)
                    update[memory, step] = _memory(after, numbers, where)
    return update


def _check_missing(policy: MemoryPolicy, mdp: Mdp, missing: list[set[int]]) -> None:
    """Refuse a reachable (memory, state) that the file leaves out."""
    pending = [(policy.initial[s], s) for s, _ in mdp.initial]
    seen = set(pending)
    while pending:
        memory, state = pending.pop()
        if state in missing[memory]:
            raise JsonFault(
                f"`choices`, memory `{policy.memories[memory]}`: no choice for state "
                f"`{mdp.states[state]}`, which a run can reach",
                "E442",
            )
        for choice in mdp.choices(state):
            if not policy.probabilities[memory][choice]:
                continue
            for t in mdp.transitions(choice):
                after = (int(policy.update[memory, t]), int(mdp.successors[t]))
                if after not in seen:
                    seen.add(after)
                    pending.append(after)
