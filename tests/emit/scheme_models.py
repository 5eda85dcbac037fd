"""Random small environments with formulas that no finite prefix decides, and some that one does."""

from __future__ import annotations

import random
from fractions import Fraction

FORMULAS = (
    "G F a", "F G a", "G F a & G F b", "F G a | G F b", "G F a & F G !b", "G(a -> F b)",
    "F G (a -> X b)", "G F a -> G F b", "F a & G !b", "a U b", "G(a | X b)", "G F (a & X b)",
)  # fmt: skip


def random_text(seed: int, states: int = 5) -> str:
    """A `.spec` file: an environment of that many states, the last two of them traps (one with
    both labels, one with none), actions x, y, labels a, b, and a spec."""
    rng = random.Random(seed)
    lines = ["  initial s0"]
    for state in range(states - 2):
        for place, action in enumerate("xy"[: rng.choice([1, 2, 2])]):
            head = f"  s{state}: " if not place else "      "
            lines.append(f"{head}{action} -> {_outcomes(rng, states)}")
    lines += [f"  s{state}: x -> s{state}" for state in range(states - 2, states)]
    for label in "ab":
        held = [f"s{s}" for s in range(states - 2) if rng.random() < 0.4]
        lines.append(f"  label {label}: {', '.join([*held, f's{states - 2}'])}")
    body = "\n".join(lines)
    return f"env e = mdp {{\n{body}\n}}\nspec s in e = P[{FORMULAS[seed % len(FORMULAS)]}]\n"


def _outcomes(rng: random.Random, states: int) -> str:
    targets = rng.sample(range(states), rng.choice([1, 2, 3, 4]))
    if rng.random() < 0.4:
        targets = list({*targets, rng.choice([states - 2, states - 1, states - 1])})
    weights = [rng.choice([1, 1, 2, 5]) for _ in targets]
    parts = zip(targets, weights, strict=True)
    return " + ".join(f"{Fraction(w, sum(weights))} s{t}" for t, w in parts)
