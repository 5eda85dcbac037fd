"""Storm's explicit format DRN, read in plain Python; :mod:`specc.model.drn_writer` writes it.

MDPs and DTMCs are read. States are named ``s<index>``, actions by their choice labels, else
``a0 a1 ..``. Rewards of a state and of an action add up on every transition that leaves, which
is when Storm accrues them. Several `init` states are read as a uniform choice among them.

Format: https://www.stormchecker.org/documentation/background/languages.html (explicit formats).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import Diagnostic
from specc.model.mdp import ExactArray, Label, Mdp
from specc.model.model_file import (
    ModelFile,
    deadlock_remark,
    malformed,
    number,
    rounding_remark,
)
from specc.model.rationals import nearby, rational_row

__all__ = ["read_drn"]

_MAXIMUM_STATES = 20_000_000
_MAXIMUM_TRANSITIONS = 100_000_000
_MAXIMUM_LINE = 2**20
_UNLABELLED = "__NOLABEL__"
_STATE = re.compile(r"state (\d{1,9})((?: *(?:\[[^\]]*\]|\{[^}]*\}|![^ ]+))*)(.*)")
_ACTION = re.compile(r"action ([^\s\[]+)(?:\s*\[([^\]]*)\])?")
_LABEL = re.compile(r'"([^"]*)"|(\S+)')


def read_drn(path: Path, name: str) -> ModelFile:
    """The MDP of a DRN file. Raises OSError, or SpecError E433 (malformed), E434 (no MDP or DTMC),
    E435 (probabilities that do not sum to 1) or E419 (too large)."""
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = _lines(path, file)
        header = _header(path, lines)
        reader = _Reader(path, header)
        for line_number, line in lines:
            reader.line(line_number, line)
    return reader.finish(name)


def _lines(path: Path, file: TextIO) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without comments and blank ends; the format's own lines are
    never long."""
    count = 0
    while True:
        line = file.readline(_MAXIMUM_LINE)
        if not line:
            return
        count += 1
        if len(line) == _MAXIMUM_LINE:
            raise malformed(path, "the line is too long", line=count)
        yield count, line.rstrip("\r\n")


@dataclass(slots=True)
class _Header:
    deterministic: bool = False
    states: int = 0
    rewards: list[str] = field(default_factory=list)


def _header(path: Path, lines: Iterator[tuple[int, str]]) -> _Header:
    header = _Header()
    kind: str | None = None
    for line_number, line in lines:
        text = line.strip()
        if not text or text.startswith("//"):
            continue
        key, _, value = text.partition(":")
        match key:
            case "@model":
                if kind is None:
                    raise malformed(path, "there is no @type before @model", line=line_number)
                if not header.states:
                    raise malformed(path, "there is no @nr_states before @model", line=line_number)
                return header
            case "@type":
                kind = value.strip()
                if kind.upper() not in ("MDP", "DTMC"):
                    raise malformed(
                        path,
                        f"the model is of type {kind}; specc reads MDP and DTMC",
                        line=line_number,
                        code="E434",
                    )
                header.deterministic = kind.upper() == "DTMC"
            case "@value_type":
                if value.strip() not in ("double", "rational", "double-interval"):
                    raise malformed(
                        path,
                        f"values are of type {value.strip()}, specc reads double and rational",
                        line=line_number,
                        code="E434",
                    )
            case "@parameters":
                if next(lines, (0, ""))[1].strip():
                    raise malformed(
                        path,
                        "the model has parameters, specc reads models with numbers only",
                        line=line_number,
                        code="E434",
                    )
            case "@reward_models":
                names = next(lines, (0, ""))[1].split(" ")
                header.rewards = names if names[-1] else names[:-1]
            case "@nr_states":
                header.states = _count(path, line_number, value or next(lines, (0, ""))[1])
            case "@nr_choices":
                _count(path, line_number, value or next(lines, (0, ""))[1])
            case _:
                raise malformed(
                    path, f"unknown entry `{text[:40]}` in the header", line=line_number
                )
    raise malformed(path, "there is no @model")


def _count(path: Path, line_number: int, text: str) -> int:
    text = text.strip()
    if not re.fullmatch(r"[0-9]{1,12}", text) or not int(text):
        raise malformed(path, f"expected a positive number, saw `{text[:40]}`", line=line_number)
    if int(text) > _MAXIMUM_STATES:
        raise malformed(
            path, f"{int(text):,} is more than {_MAXIMUM_STATES:,}", line=line_number, code="E419"
        )
    return int(text)


class _Values:
    """Rationals in the order of their first appearance, each once."""

    def __init__(self) -> None:
        self.numbers: dict[Fraction, int] = {}

    def number(self, value: Fraction) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def exact(self, index: NDArray[np.int64]) -> ExactArray:
        return ExactArray(tuple(self.numbers), index)


class _Reader:
    """Takes the lines after @model one by one; rows become arrays as they end."""

    def __init__(self, path: Path, header: _Header) -> None:
        self.path, self.header = path, header
        self.actions: list[str] = []
        self.labels: dict[str, list[int]] = {}
        self.choice_starts = array("q", [0])
        self.transition_starts = array("q", [0])
        self.successors = array("q")
        self.weights = array("q")
        self.probabilities = _Values()
        self.rewards = _Values()
        self.reward_rows: list[array[int]] = [array("q") for _ in header.rewards]
        self.rounded: tuple[str, Fraction] | None = None
        self.deadlocks: list[str] = []
        self.state = -1
        self.state_rewards: tuple[Fraction, ...] = ()
        self.row: list[str] = []
        self.row_known: dict[tuple[str, ...], tuple[int, ...]] = {}
        self.reward_known: dict[str, tuple[Fraction, ...]] = {}
        self.taken: set[str] = set()
        self.open = False

    def line(self, line_number: int, line: str) -> None:
        text = line.strip()
        if not text or text.startswith("//"):
            return
        if text.startswith("state "):
            self._end_state(line_number)
            self._begin_state(line_number, text)
        elif text.startswith("action "):
            self._end_choice(line_number)
            self._begin_choice(line_number, text)
        else:
            self._outcome(line_number, text)

    def _begin_state(self, line_number: int, text: str) -> None:
        found = _STATE.fullmatch(text)
        self.state += 1
        if found is None or int(found[1]) != self.state or self.state >= self.header.states:
            raise malformed(
                self.path,
                f"expected `state {self.state}` of {self.header.states}, saw `{text[:40]}`",
                line=line_number,
            )
        attributes = found[2]
        if "{" in attributes or "!" in attributes:
            raise malformed(
                self.path,
                "observations and exit rates belong to other models than MDPs",
                line=line_number,
                code="E434",
            )
        inside = attributes.strip().strip("[]")
        self.state_rewards = self._reward_values(line_number, inside)
        for quoted, plain in _LABEL.findall(found[3]):
            self.labels.setdefault(quoted or plain, []).append(self.state)
        self.taken = set()

    def _reward_values(self, line_number: int, text: str) -> tuple[Fraction, ...]:
        if text in self.reward_known:
            return self.reward_known[text]
        parts = text.split(",") if text.strip() else []
        values = []
        for part in parts:
            value = number(part.strip())
            if value is None:
                raise malformed(
                    self.path, f"`{part.strip()[:40]}` is no finite number", line=line_number
                )
            near = value if "/" in part else nearby(value)
            if near != value and self.rounded is None:
                self.rounded = (part.strip(), near)
            values.append(near)
        if parts and not self.header.rewards and self.state == 0 and not self.actions:
            # Storm names rewards that the header forgets.
            self.header.rewards = [f"rew{i}" for i in range(len(parts))]
            self.reward_rows = [array("q") for _ in parts]
        if parts and len(parts) != len(self.header.rewards):
            raise malformed(
                self.path,
                f"{len(parts)} rewards for {len(self.header.rewards)} reward models",
                line=line_number,
            )
        self.reward_known[text] = tuple(values)
        return tuple(values)

    def _begin_choice(self, line_number: int, text: str) -> None:
        found = _ACTION.fullmatch(text)
        if found is None or self.state < 0:
            raise malformed(
                self.path, f"expected `action name`, saw `{text[:40]}`", line=line_number
            )
        local = len(self.actions) - self.choice_starts[-1]
        if local and self.header.deterministic:
            raise malformed(self.path, "a DTMC has one action per state", line=line_number)
        paid = self._reward_values(line_number, found[2] or "")
        for column, row in enumerate(self.reward_rows):
            value = (self.state_rewards[column] if self.state_rewards else Fraction(0)) + (
                paid[column] if paid else Fraction(0)
            )
            row.append(self.rewards.number(value))
        self.actions.append(self._action_name(found[1], local))
        self.open = True

    def _action_name(self, written: str, local: int) -> str:
        name = f"a{local}" if written in (_UNLABELLED, str(local)) else written
        fresh, copy = name, 0
        while fresh in self.taken:
            copy += 1
            fresh = f"{name}'{copy}"
        self.taken.add(fresh)
        return fresh

    def _outcome(self, line_number: int, text: str) -> None:
        target, colon, probability = text.partition(":")
        target, probability = target.strip(), probability.strip()
        if not colon or not self.open or not re.fullmatch(r"[0-9]{1,9}", target):
            raise malformed(
                self.path, f"expected `state : probability`, saw `{text[:40]}`", line=line_number
            )
        successor = int(target)
        if successor >= self.header.states:
            raise malformed(
                self.path,
                f"state {successor} does not exist, there are {self.header.states}",
                line=line_number,
            )
        self.successors.append(successor)
        self.row.append(probability)
        if len(self.successors) > _MAXIMUM_TRANSITIONS:
            raise malformed(
                self.path, f"more than {_MAXIMUM_TRANSITIONS:,} transitions", code="E419"
            )

    def _end_choice(self, line_number: int) -> None:
        if not self.open:
            return
        row = tuple(self.row)
        known = self.row_known.get(row)
        if known is None:
            known = self._weights(line_number, row)
            if len(self.row_known) < 1_000_000:
                self.row_known[row] = known
        first = self.transition_starts[-1]
        targets = self.successors[first:]
        if len(set(targets)) < len(targets):
            raise malformed(self.path, "a choice leads to one state twice", line=line_number - 1)
        if -1 in known:
            kept = [t for t, w in zip(targets, known, strict=True) if w >= 0]
            del self.successors[first:]
            self.successors.extend(kept)
        self.weights.extend(w for w in known if w >= 0)
        self.transition_starts.append(len(self.successors))
        self.row = []
        self.open = False

    def _weights(self, line_number: int, row: tuple[str, ...]) -> tuple[int, ...]:
        """The value number of every probability of a row; -1 for a zero."""
        values = []
        for text in row:
            value = number(text)
            if value is None or value < 0:
                raise malformed(self.path, f"`{text[:40]}` is no probability", line=line_number - 1)
            values.append(value)
        positive = [v for v in values if v]
        total = sum(positive, Fraction(0))
        found: list[Fraction] | None = positive
        if any("." in text or "e" in text.lower() for text in row):
            found = rational_row(positive) if positive else None
        elif total != 1:
            found = None
        if found is None:
            shown = str(total) if total.denominator < 10**12 else f"{float(total):.12g}"
            raise malformed(
                self.path,
                f"the probabilities of state {self.state}, `{self.actions[-1]}`, sum to {shown}",
                line=line_number - 1,
                code="E435",
            )
        for value, near in zip(positive, found, strict=True):
            if value != near and self.rounded is None:
                written = next(text for text in row if number(text) == value)
                self.rounded = (written, near)
        numbers = iter(self.probabilities.number(v) for v in found)
        return tuple(next(numbers) if v else -1 for v in values)

    def _end_state(self, line_number: int) -> None:
        self._end_choice(line_number)
        if self.state < 0:
            return
        if len(self.actions) == self.choice_starts[-1]:
            self.deadlocks.append(f"s{self.state}")
            self.actions.append("stay")
            for row in self.reward_rows:
                row.append(self.rewards.number(Fraction(0)))
            self.successors.append(self.state)
            self.weights.append(self.probabilities.number(Fraction(1)))
            self.transition_starts.append(len(self.successors))
        self.choice_starts.append(len(self.actions))

    def finish(self, name: str) -> ModelFile:
        """The MDP, when all lines are read."""
        self._end_state(0)
        if self.state + 1 != self.header.states:
            raise malformed(
                self.path, f"@nr_states is {self.header.states}, there are {self.state + 1}"
            )
        initial = self.labels.get("init", [])
        if not initial:
            raise malformed(self.path, "no state has the label `init`")
        if len(set(self.header.rewards)) < len(self.header.rewards):
            raise malformed(self.path, "two reward models have one name")
        remarks = self._remarks(initial)
        starts = np.array(self.transition_starts, dtype=np.int64)
        lengths = np.diff(starts)
        mdp = Mdp(
            name=name,
            states=tuple(f"s{state}" for state in range(self.header.states)),
            actions=tuple(self.actions),
            choice_starts=np.array(self.choice_starts, dtype=np.int64),
            transition_starts=starts,
            successors=np.array(self.successors, dtype=np.int64),
            probabilities=self.probabilities.exact(np.array(self.weights, dtype=np.int64)),
            initial=tuple((s, Fraction(1, len(initial))) for s in initial),
            labels={p: Label("state", self._mask(states)) for p, states in self.labels.items()},
            rewards={
                model: self.rewards.exact(np.repeat(np.array(row, dtype=np.int64), lengths))
                for model, row in zip(self.header.rewards, self.reward_rows, strict=True)
            },
            exact=self.rounded is None,
        )
        return ModelFile(mdp, tuple(remarks))

    def _mask(self, states: list[int]) -> NDArray[np.bool_]:
        holds = np.zeros(self.header.states, dtype=np.bool_)
        holds[states] = True
        return holds

    def _remarks(self, initial: list[int]) -> list[Diagnostic]:
        remarks = []
        if self.deadlocks:
            remarks.append(deadlock_remark(self.path, self.deadlocks, "stay"))
        if self.rounded is not None:
            remarks.append(rounding_remark(self.path, *self.rounded))
        if len(initial) > 1:
            remarks.append(
                Diagnostic(
                    "N422",
                    f"{self.path.name}: {len(initial)} states are initial; "
                    "the start is read as uniform among them",
                )
            )
        return remarks
