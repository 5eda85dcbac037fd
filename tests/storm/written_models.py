"""Random MDPs, guards, rewards and formulas: as `.spec` text, and as plain Python to judge it by.

Nothing here uses specc. A letter is ``(state left, action, state entered)``; the first letter of
a run is ``(None, None, start)``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "Formula",
    "Guard",
    "Letter",
    "Reward",
    "Written",
    "formula_text",
    "guard_text",
    "holds",
    "random_formula",
    "random_guard",
    "random_reward",
    "random_written",
    "reward_text",
    "worth",
]

Letter = tuple[int | None, str | None, int]
Guard = tuple  # ("label", name) ("at", s) ("action", a) ("from", g) ("not", g) ("and" | "or", g, h)
Reward = list[tuple[Fraction, Guard]]
Formula = tuple  # ("atom", guard) (operator, operand, ...)

_WEIGHTS = [1, 1, 2, 3, 7]
_COEFFICIENTS = [Fraction(n) for n in (1, -1, 2, 10)] + [Fraction(1, 3), Fraction(-5, 2)]


@dataclass
class Written:
    """An MDP: per state its actions, each a list of (successor, probability)."""

    rows: list[dict[str, list[tuple[int, Fraction]]]]
    initial: list[tuple[int, Fraction]]
    state_labels: dict[str, set[int]]
    step_labels: dict[str, set[tuple[int, str, int]]]

    def steps(self) -> Iterator[tuple[int, str, int, Fraction]]:
        """Every (state, action, successor, probability), in the order written."""
        for state, row in enumerate(self.rows):
            for action, outcomes in row.items():
                for successor, chance in outcomes:
                    yield state, action, successor, chance

    def text(self, name: str = "e") -> str:
        """The environment as `.spec` text."""
        lines = [f"env {name} = mdp {{", "  initial " + _mixture(self.initial)]
        for state, row in enumerate(self.rows):
            for action, outcomes in row.items():
                lines.append(f"  s{state}: {action} -> {_mixture(outcomes)}")
        for label, states in self.state_labels.items():
            lines += [f"  label {label}: s{state}" for state in sorted(states)]
        for label, steps in self.step_labels.items():
            lines += [f"  label {label}: s{s} {a} s{t}" for s, a, t in sorted(steps)]
        return "\n".join([*lines, "}", ""])


def _mixture(outcomes: list[tuple[int, Fraction]]) -> str:
    if len(outcomes) == 1:
        return f"s{outcomes[0][0]}"
    return " + ".join(f"{chance} s{state}" for state, chance in outcomes)


def _distribution(rng: random.Random, targets: list[int]) -> list[tuple[int, Fraction]]:
    weights = [rng.choice(_WEIGHTS) for _ in targets]
    if rng.random() < 0.05:
        weights[0] *= 10**6
    total = sum(weights)
    return [(t, Fraction(w, total)) for t, w in zip(targets, weights, strict=True)]


def random_written(rng: random.Random, most: int, actions: int = 3) -> Written:
    """Sparse random choices with planted cycles, so that end components occur; one or two start
    states; labels ``p q`` on states and ``j`` on transitions."""
    count = rng.randint(3, most)
    rows: list[dict[str, list[tuple[int, Fraction]]]] = []
    for _ in range(count):
        names = rng.sample("abc"[:actions], rng.randint(1, actions))
        rows.append(
            {
                name: _distribution(rng, rng.sample(range(count), rng.randint(1, min(3, count))))
                for name in sorted(names)
            }
        )
    for _ in range(rng.randint(0, max(1, count // 3))):
        cycle = rng.sample(range(count), rng.randint(1, min(3, count)))
        for here, there in zip(cycle, cycle[1:] + cycle[:1], strict=True):
            rows[here][rng.choice("abc"[:actions])] = [(there, Fraction(1))]
    initial = [(0, Fraction(1))]
    if rng.random() < 0.3:
        initial = _distribution(rng, rng.sample(range(count), 2))
    labels = {name: set(rng.sample(range(count), rng.randint(1, count // 2))) for name in "pq"}
    made = Written(rows, initial, labels, {})
    steps = [(s, a, t) for s, a, t, _ in made.steps()]
    made.step_labels["j"] = set(rng.sample(steps, rng.randint(1, max(1, len(steps) // 3))))
    return made


def holds(model: Written, guard: Guard, letter: Letter) -> bool:
    """Whether the guard holds on the letter."""
    left, action, entered = letter
    match guard:
        case ("label", name):
            if name in model.state_labels:
                return entered in model.state_labels[name]
            return (left, action, entered) in model.step_labels[name]
        case ("at", state):
            return bool(entered == state)
        case ("action", name):
            return bool(action == name)
        case ("from", inner):
            return left is not None and holds(model, inner, (None, None, left))
        case ("not", inner):
            return not holds(model, inner, letter)
        case ("and", one, two):
            return holds(model, one, letter) and holds(model, two, letter)
        case ("or", one, two):
            return holds(model, one, letter) or holds(model, two, letter)
    raise AssertionError(guard)


def guard_text(guard: Guard) -> str:
    """The guard in the language."""
    match guard:
        case ("label", name):
            return str(name)
        case ("at", state):
            return f"at(s{state})"
        case ("action", name):
            return f"action = {name}"
        case ("from", inner):
            return f"from({guard_text(inner)})"
        case ("not", inner):
            return f"!({guard_text(inner)})"
        case ("and", one, two):
            return f"({guard_text(one)}) & ({guard_text(two)})"
        case ("or", one, two):
            return f"({guard_text(one)}) | ({guard_text(two)})"
    raise AssertionError(guard)


def random_guard(rng: random.Random, model: Written, depth: int = 1) -> Guard:
    """A label, mostly; also places, actions, the state left, and Boolean functions of these."""
    draw = rng.random()
    if draw < 0.55 or depth == 0:
        return ("label", rng.choice(["p", "q", "p", "q", "j"]))
    if draw < 0.62:
        return ("at", rng.randrange(len(model.rows)))
    if draw < 0.70:
        return ("action", rng.choice(sorted({a for row in model.rows for a in row})))
    if draw < 0.80:
        inner = ("label", rng.choice("pq"))
        return ("from", rng.choice([inner, ("not", inner)]))
    if draw < 0.88:
        return ("not", random_guard(rng, model, depth - 1))
    kind = rng.choice(["and", "or"])
    return (kind, random_guard(rng, model, depth - 1), random_guard(rng, model, depth - 1))


def random_reward(rng: random.Random, model: Written) -> Reward:
    """A sum of indicators with rational weights."""
    return [(rng.choice(_COEFFICIENTS), random_guard(rng, model)) for _ in range(rng.randint(1, 3))]


def worth(model: Written, reward: Reward, letter: Letter) -> Fraction:
    """What the reward pays on a transition."""
    return sum((c for c, guard in reward if holds(model, guard, letter)), Fraction(0))


def reward_text(reward: Reward) -> str:
    """The reward in the language."""
    return " + ".join(f"({c}) * [{guard_text(guard)}]" for c, guard in reward)


_UNARY = ["!", "X", "F", "G", "F", "G"]
_BINARY = ["&", "|", "->", "<->", "xor", "U", "W", "R", "M", "U", "&", "|"]


def random_formula(rng: random.Random, atoms: list[Guard], size: int) -> Formula:
    """A formula with about ``size`` operators; ``G F`` and ``F G`` are drawn often."""
    if size <= 0:
        return ("atom", rng.choice(atoms))
    if size >= 2 and rng.random() < 0.2:
        outer, inner = rng.choice([("G", "F"), ("F", "G")])
        return (outer, (inner, random_formula(rng, atoms, size - 2)))
    if rng.random() < 0.35:
        return (rng.choice(_UNARY), random_formula(rng, atoms, size - 1))
    left = rng.randint(0, size - 1)
    return (
        rng.choice(_BINARY),
        random_formula(rng, atoms, left),
        random_formula(rng, atoms, size - 1 - left),
    )


def formula_text(formula: Formula) -> str:
    """The formula in the language, bracketed."""
    match formula:
        case ("atom", guard):
            return f"({guard_text(guard)})"
        case (operator, one):
            return f"({operator} {formula_text(one)})"
        case (operator, one, two):
            return f"({formula_text(one)} {operator} {formula_text(two)})"
    raise AssertionError(formula)
