"""Models whose runs are finitely many lassos, and what every number is on a lasso.

A run is ``(probability, prefix, cycle)``: the letters before, starting with the first letter, and
the transitions repeated forever. Nothing here uses specc but the meaning of formulas on words.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from written_models import (
    Formula,
    Guard,
    Letter,
    Reward,
    Written,
    guard_text,
    holds,
    reward_text,
    worth,
)

from specc.automata import formula as ltl
from specc.automata.semantics import satisfies, satisfies_finite

__all__ = [
    "Machine",
    "Played",
    "Run",
    "Stream",
    "combined",
    "cvar",
    "discounted",
    "emitted",
    "mean",
    "paid",
    "quantile",
    "random_lasso_model",
    "random_machine",
    "random_played",
    "runs",
    "satisfied",
    "satisfied_at_first",
    "total",
    "variance",
    "visited",
]

Run = tuple[Fraction, list[Letter], list[Letter]]
Stream = tuple[list[Fraction], list[Fraction]]

_NAMES = {"!": "not", "&": "and", "|": "or"}


def random_lasso_model(rng: random.Random) -> Written:
    """Transient states that lead only forwards, into cycles without a choice."""
    inner = rng.randint(2, 4)
    cycles = [rng.randint(1, 3) for _ in range(rng.randint(1, 3))]
    count = inner + sum(cycles)
    rows: list[dict[str, list[tuple[int, Fraction]]]] = []
    for state in range(inner):
        row = {}
        for action in "abc"[: rng.randint(1, 3)]:
            later = list(range(state + 1, count))
            targets = rng.sample(later, min(len(later), rng.randint(1, 3)))
            weights = [rng.randint(1, 4) for _ in targets]
            row[action] = [
                (t, Fraction(w, sum(weights))) for t, w in zip(targets, weights, strict=True)
            ]
        rows.append(row)
    for length in cycles:
        first = len(rows)
        rows += [{"a": [(first + (k + 1) % length, Fraction(1))]} for k in range(length)]
    initial = [(0, Fraction(1))]
    if rng.random() < 0.4:
        initial = [(0, Fraction(1, 3)), (rng.randrange(1, count), Fraction(2, 3))]
    labels = {name: set(rng.sample(range(count), rng.randint(1, count - 1))) for name in "pq"}
    made = Written(rows, initial, labels, {})
    steps = [(s, a, t) for s, a, t, _ in made.steps()]
    made.step_labels["j"] = set(rng.sample(steps, rng.randint(1, len(steps) // 2 + 1)))
    return made


@dataclass
class Played:
    """A policy with memories 0..n-1: ``choices[memory][state][action]``, and the memory after a
    transition. A stationary policy has one memory."""

    choices: list[list[dict[str, Fraction]]]
    start: list[int]
    after: dict[tuple[int, int, str, int], int]


def random_played(rng: random.Random, model: Written, memories: int) -> Played:
    """Random rational choices, many of them zero."""
    choices = []
    for _ in range(memories):
        rows = []
        for row in model.rows:
            weights = [rng.choice([0, 0, 1, 2, 3]) for _ in row]
            if not any(weights):
                weights[rng.randrange(len(weights))] = 1
            rows.append({a: Fraction(w, sum(weights)) for a, w in zip(row, weights, strict=True)})
        choices.append(rows)
    start = [rng.randrange(memories) for _ in model.rows]
    after = {
        (m, s, a, t): rng.randrange(memories)
        for m in range(memories)
        for s, a, t, _ in model.steps()
    }
    return Played(choices, start, after)


def runs(model: Written, played: Played) -> list[Run]:
    """Every run of positive probability."""
    found: list[Run] = []
    pending: list[tuple[Fraction, list[Letter], int]] = [
        (chance, [(None, None, state)], played.start[state]) for state, chance in model.initial
    ]
    while pending:
        chance, letters, memory = pending.pop()
        state = letters[-1][2]
        if cycle := _cycle_from(model, state):
            found.append((chance, letters, cycle))
            continue
        for action, taken in played.choices[memory][state].items():
            for successor, share in model.rows[state][action]:
                if taken:
                    step = (state, action, successor)
                    moved = played.after[(memory, *step)]
                    pending.append((chance * taken * share, [*letters, step], moved))
    return found


def _cycle_from(model: Written, start: int) -> list[Letter]:
    """The transitions of the cycle through a state; empty where there is none."""
    letters: list[Letter] = []
    state = start
    while True:
        if len(model.rows[state]) != 1 or len(letters) > len(model.rows):
            return []
        ((action, outcomes),) = model.rows[state].items()
        if len(outcomes) != 1:
            return []
        letters.append((state, action, outcomes[0][0]))
        state = outcomes[0][0]
        if state == start:
            return letters


# Streams of numbers, one per transition.


def paid(model: Written, reward: Reward, run: Run) -> Stream:
    """The reward along the run."""
    _, prefix, cycle = run
    return [worth(model, reward, x) for x in prefix[1:]], [worth(model, reward, x) for x in cycle]


@dataclass
class Machine:
    """States by number, 0 first; a source None is ``*``; edges are tried in order."""

    states: int
    edges: list[tuple[int | None, Guard, int, Reward | Fraction]]
    final: set[int]

    def text(self, name: str) -> str:
        """The machine in the language."""
        inner = " ".join(f"u{k}" for k in range(self.states) if k not in self.final)
        lines = [f"machine {name} {{", f"  states {inner}"]
        for source, guard, target, emit in self.edges:
            number = str(emit) if isinstance(emit, Fraction) else reward_text(emit)
            left = "*" if source is None else f"u{source}"
            lines.append(f"  {left} -> u{target} when {guard_text(guard)} emit {number}")
        if self.final:
            lines.append("  final " + " ".join(f"u{k}" for k in sorted(self.final)))
        return "\n".join([*lines, "}"])


def random_machine(
    rng: random.Random, guard: Callable[[], Guard], reward: Callable[[], Reward]
) -> Machine:
    """A machine with up to three states and perhaps a final one; all are reachable."""
    count = rng.randint(2, 4)
    final = {count - 1} if rng.random() < 0.6 else set()
    inner = [k for k in range(count) if k not in final]

    def emit() -> Reward | Fraction:
        return reward() if rng.random() < 0.3 else Fraction(rng.randint(-3, 3), rng.randint(1, 2))

    edges: list[tuple[int | None, Guard, int, Reward | Fraction]] = [
        (k - 1, guard(), k, emit()) for k in range(1, count)
    ]
    for _ in range(rng.randint(1, 3)):
        source = rng.choice([*inner, None])
        edges.append((source, guard(), rng.randrange(count), emit()))
    rng.shuffle(edges)
    return Machine(count, edges, final)


def emitted(model: Written, machine: Machine, run: Run) -> Stream:
    """What the machine puts out; it reads transitions only."""
    _, prefix, cycle = run
    state, before = 0, []
    for letter in prefix[1:]:
        value, state = _moved(model, machine, state, letter)
        before.append(value)
    seen: dict[int, int] = {}
    rounds: list[list[Fraction]] = []
    while state not in seen:
        seen[state] = len(rounds)
        values = []
        for letter in cycle:
            value, state = _moved(model, machine, state, letter)
            values.append(value)
        rounds.append(values)
    back = seen[state]
    return (
        before + [v for values in rounds[:back] for v in values],
        [v for values in rounds[back:] for v in values],
    )


def _moved(model: Written, machine: Machine, state: int, letter: Letter) -> tuple[Fraction, int]:
    if state in machine.final:
        return Fraction(0), state
    for source, guard, target, emit in machine.edges:
        if source in (None, state) and holds(model, guard, letter):
            return (
                emit if isinstance(emit, Fraction) else worth(model, emit, letter),
                target,
            )
    return Fraction(0), state


def combined(function: Callable[..., Fraction], *streams: Stream) -> Stream:
    """The function applied transition by transition."""
    longest = max(len(prefix) for prefix, _ in streams)
    period = math.lcm(*(len(cycle) for _, cycle in streams))
    rows = []
    for prefix, cycle in streams:
        endless = itertools.chain(prefix, itertools.cycle(cycle))
        rows.append(list(itertools.islice(endless, longest + period)))
    values = [function(*row) for row in zip(*rows, strict=True)]
    return values[:longest], values[longest:]


# Numbers of one run.


def discounted(stream: Stream, discount: Fraction) -> Fraction:
    prefix, cycle = stream
    value = sum((discount**t * v for t, v in enumerate(prefix)), Fraction(0))
    once = sum((discount**t * v for t, v in enumerate(cycle)), Fraction(0))
    return value + discount ** len(prefix) * once / (1 - discount ** len(cycle))


def total(stream: Stream, horizon: int) -> Fraction:
    prefix, cycle = stream
    endless = itertools.chain(prefix, itertools.cycle(cycle))
    return sum(itertools.islice(endless, horizon), Fraction(0))


def visited(run: Run, horizon: int | None) -> set[int]:
    """The states s_0 .. s_horizon."""
    _, prefix, cycle = run
    letters = [*prefix, *cycle] if horizon is None else []
    if horizon is not None:
        endless = itertools.chain(prefix, itertools.cycle(cycle))
        letters = list(itertools.islice(endless, horizon + 1))
    return {letter[2] for letter in letters}


def satisfied(model: Written, formula: Formula, run: Run) -> Fraction:
    """1 where the word, first letter included, satisfies the formula."""
    atoms, read, translated = _read(model, formula)
    _, prefix, cycle = run
    word = [read(letter) for letter in prefix], [read(letter) for letter in cycle]
    return Fraction(int(satisfies(translated, *word, atoms)))


def satisfied_at_first(model: Written, formula: Formula, run: Run, letters: int) -> Fraction:
    """1 where the first letters satisfy the formula as a finite word."""
    atoms, read, translated = _read(model, formula)
    _, prefix, cycle = run
    endless = itertools.chain(prefix, itertools.cycle(cycle))
    word = [read(letter) for letter in itertools.islice(endless, letters)]
    return Fraction(int(satisfies_finite(translated, word, atoms)))


def _read(
    model: Written, formula: Formula
) -> tuple[tuple[str, ...], Callable[[Letter], int], ltl.Formula]:
    guards: list[Guard] = []

    def translated(node: Formula) -> ltl.Formula:
        if node[0] == "atom":
            if node[1] not in guards:
                guards.append(node[1])
            return ltl.Atom(f"x{guards.index(node[1])}")
        operator = _NAMES.get(node[0], node[0])
        return ltl.Connective(operator, tuple(translated(part) for part in node[1:]))

    result = translated(formula)

    def read(letter: Letter) -> int:
        return sum(holds(model, guard, letter) << k for k, guard in enumerate(guards))

    return tuple(f"x{k}" for k in range(len(guards))), read, result


# Numbers of a finite distribution, as (probability, value).

Law = list[tuple[Fraction, Fraction]]


def mean(law: Law) -> Fraction:
    return sum((chance * value for chance, value in law), Fraction(0))


def variance(law: Law) -> Fraction:
    return mean([(chance, value * value) for chance, value in law]) - mean(law) ** 2


def quantile(law: Law, level: Fraction) -> Fraction:
    """inf{x : P(t <= x) >= level}, by its definition."""
    return min(x for _, x in law if sum((c for c, v in law if v <= x), Fraction(0)) >= level)


def cvar(law: Law, level: Fraction) -> Fraction:
    """max over c of c - E[(c - t)+] / level; the maximum is at a value of t."""
    return max(
        c - sum((chance * max(c - v, Fraction(0)) for chance, v in law), Fraction(0)) / level
        for _, c in law
    )
