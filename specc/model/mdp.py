"""The finite MDP: compressed rows of choices and transitions, exact rationals beside floats.

A *choice* is a (state, action) pair, a *transition* one (state, action, next state) outcome.
Choices of state ``s`` are ``choice_starts[s] : choice_starts[s + 1]``; transitions of choice
``c`` are ``transition_starts[c] : transition_starts[c + 1]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["ExactArray", "Label", "Mdp", "MdpBuilder"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ExactArray:
    """Rationals of which few are different: a table of values and an index into it."""

    values: tuple[Fraction, ...]
    index: IntArray

    @classmethod
    def of(cls, items: Iterable[Fraction]) -> ExactArray:
        """Intern the items, in order of first appearance."""
        table: dict[Fraction, int] = {}
        index = np.fromiter((table.setdefault(x, len(table)) for x in items), dtype=np.int64)
        return cls(tuple(table), index)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, position: int) -> Fraction:
        return self.values[int(self.index[position])]

    def exact(self) -> list[Fraction]:
        """All items, exact."""
        return [self.values[i] for i in self.index.tolist()]

    def floats(self) -> FloatArray:
        """All items, each rounded once to the nearest double."""
        table = np.array([float(v) for v in self.values], dtype=np.float64)
        return table[self.index] if len(table) else np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """Where a proposition holds: a truth value per state, or per transition."""

    on: Literal["state", "transition"]
    holds: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Mdp:
    """A finite Markov decision process with labels and native rewards.

    ``initial`` is a distribution (positive rationals that sum to 1). ``stopped[s]`` marks states
    that stand for "the episode is over": ``discounted`` and ``total`` pay nothing from there on.
    ``rewards`` are the environment's own, per transition, by name (``native`` is the plain one).
    ``observations`` has one row per state (floats), or is None; ``coordinates`` the same for grid
    cells (row, column). ``exact`` says whether the source's numbers were exact rationals.
    """

    name: str
    states: tuple[str, ...]
    actions: tuple[str, ...]  # per choice
    choice_starts: IntArray
    transition_starts: IntArray
    successors: IntArray
    probabilities: ExactArray
    initial: tuple[tuple[int, Fraction], ...]
    labels: Mapping[str, Label]
    rewards: Mapping[str, ExactArray] = field(default_factory=dict)
    stopped: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    observations: FloatArray | None = None
    coordinates: IntArray | None = None
    exact: bool = True

    def __post_init__(self) -> None:
        if len(self.stopped) != len(self.states):
            object.__setattr__(self, "stopped", np.zeros(len(self.states), dtype=np.bool_))

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.states)

    @property
    def choice_count(self) -> int:
        """Number of (state, action) pairs."""
        return len(self.actions)

    @property
    def transition_count(self) -> int:
        """Number of (state, action, next state) outcomes."""
        return len(self.successors)

    def choices(self, state: int) -> range:
        """The choices of a state."""
        return range(int(self.choice_starts[state]), int(self.choice_starts[state + 1]))

    def transitions(self, choice: int) -> range:
        """The transitions of a choice."""
        return range(int(self.transition_starts[choice]), int(self.transition_starts[choice + 1]))

    def choice_sources(self) -> IntArray:
        """The state of every choice, shape (choices,)."""
        return np.repeat(np.arange(self.state_count), np.diff(self.choice_starts))

    def transition_choices(self) -> IntArray:
        """The choice of every transition, shape (transitions,)."""
        return np.repeat(np.arange(self.choice_count), np.diff(self.transition_starts))

    def transition_sources(self) -> IntArray:
        """The state left by every transition, shape (transitions,)."""
        return self.choice_sources()[self.transition_choices()]

    def action_names(self) -> tuple[str, ...]:
        """The different action names, in order of first appearance."""
        return tuple(dict.fromkeys(self.actions))

    def validate(self) -> None:
        """Check the invariants above; raises ValueError (tests run this between stages)."""
        n, c, t = self.state_count, self.choice_count, self.transition_count
        if len(set(self.states)) != n:
            raise ValueError("state names are not unique")
        _check_starts("choice_starts", self.choice_starts, n, c)
        _check_starts("transition_starts", self.transition_starts, c, t)
        if len(self.probabilities) != t or (t and self.successors.min() < 0):
            raise ValueError("transition arrays differ in length")
        if t and self.successors.max() >= n:
            raise ValueError("a successor is not a state")
        exact = self.probabilities.exact()
        for choice in range(c):
            row = [exact[i] for i in self.transitions(choice)]
            if sum(row) != 1 or min(row) <= 0:
                raise ValueError(f"probabilities of choice {choice} are not a distribution")
        for state in range(n):
            names = [self.actions[i] for i in self.choices(state)]
            if len(set(names)) != len(names):
                raise ValueError(f"state {self.states[state]} has an action twice")
        if sum(p for _, p in self.initial) != 1 or any(p <= 0 for _, p in self.initial):
            raise ValueError("initial is not a distribution")
        for name, label in self.labels.items():
            if len(label.holds) != (n if label.on == "state" else t):
                raise ValueError(f"label {name} has the wrong length")
        for name, reward in self.rewards.items():
            if len(reward) != t:
                raise ValueError(f"reward {name} has the wrong length")


def _check_starts(name: str, starts: IntArray, rows: int, total: int) -> None:
    if len(starts) != rows + 1 or starts[0] != 0 or starts[-1] != total:
        raise ValueError(f"{name} does not span its rows")
    if rows and np.diff(starts).min() < 1:
        raise ValueError(f"{name} has an empty row")


class MdpBuilder:
    """Collects transitions in any order and freezes them into an :class:`Mdp`.

    >>> b = MdpBuilder("coin")
    >>> b.add("s", "flip", [("s", Fraction(1, 2)), ("t", Fraction(1, 2))])
    >>> b.add("t", "stay", [("t", Fraction(1))])
    >>> b.label_state("goal", "t")
    >>> mdp = b.build([("s", Fraction(1))])
    >>> mdp.states, mdp.transition_count
    (('s', 't'), 3)
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._index: dict[str, int] = {}
        self._rows: list[list[tuple[str, list[_Outcome]]]] = []
        self._state_labels: dict[str, set[int]] = {}
        self._transition_labels: set[str] = set()
        self._stopped: set[int] = set()

    def state(self, name: str) -> int:
        """The number of a state, making it if it is new."""
        number = self._index.setdefault(name, len(self._index))
        if number == len(self._rows):
            self._rows.append([])
        return number

    def __contains__(self, state: str) -> bool:
        return state in self._index

    def add(
        self,
        state: str,
        action: str,
        outcomes: Iterable[tuple[str, Fraction]],
        *,
        rewards: Mapping[str, Mapping[str, Fraction]] | None = None,
        labels: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Add one choice. ``rewards[name][successor]`` and ``labels[proposition]`` (successors
        whose transition carries it) speak of this choice's outcomes. Zero probabilities are
        dropped, equal successors summed."""
        source = self.state(state)
        merged: dict[int, Fraction] = {}
        for successor, probability in outcomes:
            number = self.state(successor)
            if probability:
                merged[number] = merged.get(number, Fraction(0)) + probability
        row = []
        for number, probability in merged.items():
            row.append(_Outcome(number, probability, {}, set()))
        by_number = {outcome.successor: outcome for outcome in row}
        for name, values in (rewards or {}).items():
            for successor, value in values.items():
                if (number := self._index[successor]) in by_number:
                    by_number[number].rewards[name] = value
        for proposition, successors in (labels or {}).items():
            self._transition_labels.add(proposition)
            for successor in successors:
                if (number := self._index[successor]) in by_number:
                    by_number[number].labels.add(proposition)
        self._rows[source].append((action, row))

    def label_state(self, proposition: str, state: str) -> None:
        """The proposition holds in the state."""
        self._state_labels.setdefault(proposition, set()).add(self.state(state))

    def label_transition(self, proposition: str, state: str, action: str, successor: str) -> None:
        """The proposition holds on a transition that was added."""
        self._transition_labels.add(proposition)
        number = self._index[successor]
        for name, row in self._rows[self._index[state]]:
            for outcome in row:
                if name == action and outcome.successor == number:
                    outcome.labels.add(proposition)

    def declare_label(self, proposition: str) -> None:
        """The proposition exists, even where no state carries it."""
        self._state_labels.setdefault(proposition, set())

    def declare_transition_label(self, proposition: str) -> None:
        """The proposition exists on transitions, even where none carries it."""
        self._transition_labels.add(proposition)

    def stop(self, state: str) -> None:
        """The episode is over in this state."""
        self._stopped.add(self.state(state))

    def deadlocks(self) -> list[str]:
        """States without a choice, in order."""
        return [name for name, number in self._index.items() if not self._rows[number]]

    def build(
        self,
        initial: Iterable[tuple[str, Fraction]],
        *,
        observations: FloatArray | None = None,
        coordinates: IntArray | None = None,
        exact: bool = True,
        deadlock_action: str = "stay",
    ) -> Mdp:
        """Freeze; a state without a choice gets one self-loop named ``deadlock_action``."""
        start = [(self.state(s), p) for s, p in initial if p]
        for name in self.deadlocks():
            self.add(name, deadlock_action, [(name, Fraction(1))])
        actions: list[str] = []
        choice_starts, transition_starts = [0], [0]
        outcomes: list[_Outcome] = []
        for row in self._rows:
            for action, row_outcomes in row:
                actions.append(action)
                outcomes.extend(row_outcomes)
                transition_starts.append(len(outcomes))
            choice_starts.append(len(actions))
        n = len(self._rows)
        labels: dict[str, Label] = {}
        for proposition, members in self._state_labels.items():
            holds = np.zeros(n, dtype=np.bool_)
            holds[sorted(members)] = True
            labels[proposition] = Label("state", holds)
        for proposition in sorted(self._transition_labels):
            flags = (proposition in o.labels for o in outcomes)
            holds = np.fromiter(flags, dtype=np.bool_, count=len(outcomes))
            labels[proposition] = Label("transition", holds)
        names = dict.fromkeys(name for o in outcomes for name in o.rewards)
        zero = Fraction(0)
        stopped = np.zeros(n, dtype=np.bool_)
        stopped[sorted(self._stopped)] = True
        return Mdp(
            name=self.name,
            states=tuple(self._index),
            actions=tuple(actions),
            choice_starts=np.array(choice_starts, dtype=np.int64),
            transition_starts=np.array(transition_starts, dtype=np.int64),
            successors=np.array([o.successor for o in outcomes], dtype=np.int64),
            probabilities=ExactArray.of(o.probability for o in outcomes),
            initial=tuple(start),
            labels=labels,
            rewards={k: ExactArray.of(o.rewards.get(k, zero) for o in outcomes) for k in names},
            stopped=stopped,
            observations=observations,
            coordinates=coordinates,
            exact=exact,
        )


@dataclass(slots=True)
class _Outcome:
    successor: int
    probability: Fraction
    rewards: dict[str, Fraction]
    labels: set[str]
