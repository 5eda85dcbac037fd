"""specc's own model format: JSON that says everything an MDP has, exactly.

    {"specc": "mdp", "version": 1,
     "initial": {"s0": "1"},
     "propositions": {"goal": "state", "jump": "transition"},
     "rewards": ["", "cost"],
     "states": {
       "s0": {"labels": [],
              "actions": {"a": {"s0": "1/2",
                                "s1": {"probability": "1/2", "labels": ["jump"],
                                       "rewards": {"cost": "3/2"}}}}},
       "s1": {"labels": ["goal"], "stopped": true, "observation": [1.5], "coordinates": [0, 1],
              "actions": {"a": {"s1": "1"}}}}}

Numbers are texts ``"p/q"`` or integers; a JSON number with a point is read as the simplest
rational nearby, with a note. An outcome is a probability, or an object with one. ``propositions``
says on what each proposition speaks, ``rewards`` lists the rewards (``""`` is `native`); both may
be left out where there are none, and so may ``labels``, ``stopped`` and a transition's
``rewards`` (0). Stopped states lead to stopped states only. Either all states have an
``observation`` (of one length) or none, likewise ``coordinates``. ``"exact": false`` says that the
numbers came from floats. Other keys, keys that come twice and empty states are errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from specc.diagnostics import Diagnostic
from specc.model.json_text import JsonFault, parse_json, rational, text_map
from specc.model.mdp import ExactArray, Label, Mdp
from specc.model.model_file import ModelFile, malformed, rounding_remark
from specc.model.rationals import nearby, rational_row

__all__ = ["json_text", "read_json"]

_TOP = {"specc", "version", "initial", "propositions", "rewards", "states", "exact"}
_STATE = {"labels", "stopped", "observation", "coordinates", "actions"}
_OUTCOME = {"probability", "labels", "rewards"}


def json_text(mdp: Mdp) -> Iterator[str]:
    """The document in pieces; :func:`read_json` reads the same MDP back."""

    def dumped(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    on_states = [(p, x.holds.tolist()) for p, x in mdp.labels.items() if x.on == "state"]
    on_steps = [(p, x.holds.tolist()) for p, x in mdp.labels.items() if x.on == "transition"]
    rewards = [(name, reward.exact()) for name, reward in mdp.rewards.items()]
    targets = mdp.successors.tolist()
    initial = {mdp.states[s]: str(p) for s, p in mdp.initial}
    kinds = {p: x.on for p, x in mdp.labels.items()}
    yield f'{{"specc": "mdp", "version": 1, "exact": {dumped(mdp.exact)},\n'
    yield f' "initial": {dumped(initial)},\n "propositions": {dumped(kinds)},\n'
    yield f' "rewards": {dumped(list(mdp.rewards))},\n "states": {{'
    for state, name in enumerate(mdp.states):
        body: dict[str, object] = {}
        if held := [p for p, holds in on_states if holds[state]]:
            body["labels"] = held
        if mdp.stopped[state]:
            body["stopped"] = True
        if mdp.observations is not None:
            body["observation"] = mdp.observations[state].tolist()
        if mdp.coordinates is not None:
            body["coordinates"] = mdp.coordinates[state].tolist()
        actions: dict[str, dict[str, object]] = {}
        for choice in mdp.choices(state):
            outcomes: dict[str, object] = {}
            for t in mdp.transitions(choice):
                probability = str(mdp.probabilities[t])
                carried = [p for p, holds in on_steps if holds[t]]
                paid = {r: str(values[t]) for r, values in rewards if values[t]}
                full: dict[str, object] = {"probability": probability}
                if carried:
                    full["labels"] = carried
                if paid:
                    full["rewards"] = paid
                outcomes[mdp.states[targets[t]]] = full if len(full) > 1 else probability
            actions[mdp.actions[choice]] = outcomes
        body["actions"] = actions
        yield ("," if state else "") + f"\n  {dumped(name)}: {dumped(body)}"
    yield "}}\n"


def read_json(path: Path, name: str) -> ModelFile:
    """The MDP of a JSON model. Raises OSError, or SpecError E433 (malformed), E435 (probabilities
    that do not sum to 1) or E419 (too large)."""
    try:
        document = parse_json(path)
        return _Document(path, document).model(name)
    except JsonFault as fault:
        raise malformed(path, str(fault), code=fault.code) from fault


class _Document:
    def __init__(self, path: Path, document: object) -> None:
        self.path = path
        top = text_map(document, "the document", _TOP)
        if top.get("specc") != "mdp" or type(top.get("version")) is not int or top["version"] != 1:
            raise JsonFault('expected `"specc": "mdp", "version": 1`')
        self.top = top
        self.rounded: tuple[str, Fraction] | None = None
        self.states = text_map(top.get("states"), "`states`")
        self.index = {state: number for number, state in enumerate(self.states)}
        self.kinds = text_map(top.get("propositions", {}), "`propositions`")
        for proposition, kind in self.kinds.items():
            if kind not in ("state", "transition"):
                raise JsonFault(f"`propositions`: `{proposition}` is on `state` or `transition`")
        rewards = top.get("rewards", [])
        if not isinstance(rewards, list) or not all(isinstance(r, str) for r in rewards):
            raise JsonFault("`rewards` is a list of names")
        if len(set(rewards)) < len(rewards):
            raise JsonFault("`rewards` has a name twice")
        self.reward_names: list[str] = rewards

    def model(self, name: str) -> ModelFile:
        if not self.states:
            raise JsonFault("there are no states")
        actions: list[str] = []
        choice_starts, transition_starts = [0], [0]
        successors: list[int] = []
        probabilities: list[Fraction] = []
        rewards: dict[str, list[Fraction]] = {r: [] for r in self.reward_names}
        held: dict[str, list[int]] = {p: [] for p in self.kinds}
        stopped = []
        for state, body in self.states.items():
            where = f"state `{state}`"
            row = text_map(body, where, _STATE)
            for proposition in self._labels(row, where, "state"):
                held[proposition].append(self.index[state])
            stopped.append(row.get("stopped", False))
            if not isinstance(stopped[-1], bool):
                raise JsonFault(f"{where}: `stopped` is true or false")
            choices = text_map(row.get("actions"), f"{where}: `actions`")
            if not choices:
                raise JsonFault(f"{where} has no action")
            for action, written in choices.items():
                what = f"{where}, action `{action}`"
                outcomes = self._outcomes(written, what)
                for successor, probability, full in outcomes:
                    for proposition in self._labels(full, what, "transition"):
                        held[proposition].append(len(successors))
                    paid = text_map(full.get("rewards", {}), f"{what}: `rewards`", rewards)
                    for reward, values in rewards.items():
                        values.append(self._number(paid.get(reward, 0), what))
                    successors.append(successor)
                    probabilities.append(probability)
                actions.append(action)
                transition_starts.append(len(successors))
            choice_starts.append(len(actions))
        self._refuse_resumption(stopped, transition_starts, choice_starts, successors)
        counts = {"state": len(self.states), "transition": len(successors)}
        mdp = Mdp(
            name=name,
            states=tuple(self.states),
            actions=tuple(actions),
            choice_starts=np.array(choice_starts, dtype=np.int64),
            transition_starts=np.array(transition_starts, dtype=np.int64),
            successors=np.array(successors, dtype=np.int64),
            probabilities=ExactArray.of(probabilities),
            initial=self._initial(),
            labels={p: _label(self.kinds[p], counts, places) for p, places in held.items()},
            rewards={r: ExactArray.of(values) for r, values in rewards.items()},
            stopped=np.array(stopped, dtype=np.bool_),
            observations=self._vectors("observation", np.float64),
            coordinates=self._vectors("coordinates", np.int64),
            exact=self._exact(),
        )
        remarks: tuple[Diagnostic, ...] = ()
        if self.rounded is not None:
            remarks = (rounding_remark(self.path, *self.rounded),)
        return ModelFile(mdp, remarks)

    def _refuse_resumption(
        self, stopped: list[bool], rows: list[int], choices: list[int], successors: list[int]
    ) -> None:
        """Nothing leads on from the end of an episode."""
        names = tuple(self.states)
        for state, over in enumerate(stopped):
            entered = successors[rows[choices[state]] : rows[choices[state + 1]]] if over else []
            for successor in entered:
                if not stopped[successor]:
                    raise JsonFault(
                        f"state `{names[state]}` is stopped and leads to `{names[successor]}`, "
                        "which is not: let its actions stay in it"
                    )

    def _exact(self) -> bool:
        exact = self.top.get("exact", True)
        if not isinstance(exact, bool):
            raise JsonFault("`exact` is true or false")
        return exact and self.rounded is None

    def _number(self, value: object, where: str) -> Fraction:
        found = rational(value, where)
        if isinstance(value, float):
            near = nearby(found)
            self._rounding(value, near)
            return near
        return found

    def _rounding(self, value: float, near: Fraction) -> None:
        if self.rounded is None:
            self.rounded = (repr(value), near)

    def _distribution(self, written: Mapping[str, object], where: str) -> list[Fraction]:
        found = [rational(value, where) for value in written.values()]
        if any(p <= 0 for p in found):
            raise JsonFault(f"{where}: a probability must be positive")
        floats = [v for v in written.values() if isinstance(v, float)]
        if floats and (row := rational_row(found)) is not None:
            self._rounding(floats[0], row[list(written.values()).index(floats[0])])
            return row
        if sum(found) != 1:
            raise JsonFault(f"{where}: the probabilities sum to {sum(found)}, not to 1", "E435")
        return found

    def _initial(self) -> tuple[tuple[int, Fraction], ...]:
        written = text_map(self.top.get("initial"), "`initial`")
        row = self._distribution(written, "`initial`")
        return tuple(
            (self._state(state, "`initial`"), p) for state, p in zip(written, row, strict=True)
        )

    def _state(self, state: str, where: str) -> int:
        if state not in self.index:
            raise JsonFault(f"{where}: unknown state `{state}`")
        return self.index[state]

    def _outcomes(
        self, written: object, where: str
    ) -> list[tuple[int, Fraction, Mapping[str, Any]]]:
        outcomes = text_map(written, where)
        full = {
            state: text_map(value, f"{where} -> `{state}`", _OUTCOME)
            if isinstance(value, dict)
            else {"probability": value}
            for state, value in outcomes.items()
        }
        row = self._distribution({s: v.get("probability") for s, v in full.items()}, where)
        return [
            (self._state(state, where), p, value)
            for (state, value), p in zip(full.items(), row, strict=True)
        ]

    def _labels(self, row: Mapping[str, Any], where: str, on: str) -> list[str]:
        labels = row.get("labels", [])
        if not isinstance(labels, list) or len(set(map(str, labels))) < len(labels):
            raise JsonFault(f"{where}: `labels` is a list of different names")
        for label in labels:
            if not isinstance(label, str) or self.kinds.get(label) != on:
                raise JsonFault(f"{where}: `propositions` has no `{label}` on {on}s")
        return labels

    def _vectors(self, key: str, kind: Any) -> Any:
        rows = [body.get(key) for body in self.states.values()]
        if all(row is None for row in rows):
            return None
        width = len(rows[0]) if isinstance(rows[0], list) else 0
        allowed = (int,) if kind is np.int64 else (int, float)
        for state, row in zip(self.states, rows, strict=True):
            sound = isinstance(row, list) and len(row) == width > 0
            if not sound or not all(type(x) in allowed and abs(x) < 2**63 for x in row):
                raise JsonFault(
                    f"state `{state}`: `{key}` is a list of numbers, equally long in all"
                )
        return np.array(rows, dtype=kind)


def _label(kind: str, counts: Mapping[str, int], places: list[int]) -> Label:
    holds = np.zeros(counts[kind], dtype=np.bool_)
    holds[places] = True
    return Label("state" if kind == "state" else "transition", holds)
