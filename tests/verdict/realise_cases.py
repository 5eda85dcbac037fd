"""Random environments and objectives, and what the rules say of them."""

from __future__ import annotations

import random
from fractions import Fraction

from specc.deadline import Deadline
from specc.model.mdp import Mdp
from specc.resolve.file import load_text
from specc.verdict.evidence import Realisation
from specc.verdict.question import Question
from specc.verdict.realise import REALISERS

__all__ = ["environment", "objective", "question", "realised"]

MACHINES = """
machine flip { states u0 u1
  u0 -> u1 when g
  u1 -> u0 when g emit 1 }
machine twice { states u0 u1
  u0 -> u1 when h emit 1
  u1 -> done when h emit -1
  final done }
machine idle { states u0 u1
  u0 -> u1 when g emit if h then 2 else 1
  u0 -> u0 when h emit 1/2
  u1 -> u0 when g emit if h then 2 else 1
  u1 -> u1 when h emit 1/2 }
machine last { states u0 u1
  u0 -> u1 when g
  u1 -> u0 when !g emit 1 }
"""


def question(environment: str, objective: str, seed: int = 0) -> Question:
    """The question whether `objective` can be said otherwise in the environment `e`."""
    file = load_text(f"{environment}\n{MACHINES}\nspec x in e = {objective}")
    assert not file.has_errors, [d.message for d in file.diagnostics]
    mdp = file["x"].environment
    assert isinstance(mdp, Mdp)
    return Question(file["x"], mdp, seed, Deadline())


def realised(asked: Question) -> dict[str, Realisation]:
    """All realisations by formalism, the first rule's where there are several."""
    found: dict[str, Realisation] = {}
    for rule in REALISERS:
        for one in rule(asked):
            found.setdefault(one.formalism, one)
    return found


def environment(chance: random.Random) -> str:
    """A small environment with labels g and h: layered ones, looping ones, few choices."""
    count = chance.randint(2, 5)
    kind = chance.choice(["layers", "loops", "absorbing", "any"])
    lines = []
    for state in range(count):
        actions = chance.choice([1, 2, 2, 3]) if kind != "absorbing" else chance.choice([1, 1, 2])
        if state == 0:
            actions = max(actions, 2)
        for action in "abc"[:actions]:
            lines.append(f"  s{state}: {action} -> {_successors(chance, kind, state, count)}")
    for label in "gh":
        members = [f"s{s}" for s in range(count) if chance.random() < 0.4] or [f"s{count - 1}"]
        lines.append(f"  label {label}: {', '.join(members)}")
    start = "s0" if chance.random() < 0.8 else "1/3 s0 + 2/3 s1"
    return "\n".join(["env e = mdp {", f"  initial {start}", *lines, "}"])


def _successors(chance: random.Random, kind: str, state: int, count: int) -> str:
    later = list(range(state + 1, count)) or [state]
    if kind == "layers":
        pool = later
    elif kind == "absorbing":
        pool = later if state < count - 2 else [state]
    elif kind == "loops":
        pool = [state, *later]
    else:
        pool = list(range(count))
    first, second = chance.choice(pool), chance.choice(pool)
    if first == second or chance.random() < 0.6:
        return f"s{first}"
    return chance.choice([f"1/2 s{first} + 1/2 s{second}", f"1/3 s{first} + 2/3 s{second}"])


TRAJECTORIES = [
    "discounted([g], 0.9)", "discounted([g] - 2 * [h], 1/2)", "discounted([action = a], 1/2)",
    "discounted(flip, 0.9)", "discounted(twice + [h], 1/2)", "discounted(idle, 0.9)",
    "discounted(last, 1/2)", "average([g])", "average([g] - [action = b])", "average(flip)",
    "average(last + [h])", "average(idle)", "total([g], horizon=2)", "total(flip, horizon=3)",
    "coverage(horizon=2)", "distinct(g)", "distinct(h, horizon=2)", "sup([g] + 2 * [h])",
    "inf([g] - [h])", "sat(F g)", "sat(G !h)", "sat(G F g)", "sat(X g)", "sat(X X h)",
    "sat(F (g & X h))", "sat(!g U h)", "LTLf[3](F h)", "sat(F G (g | h))",
    "max(total([g], horizon=2), 1)", "sat(F g) * average([h])", "distinct(g) * sat(F h)",
    "total([h & !from(h)])", "discounted([h], 0)", "sat(X (g & X (action = a)))",
]  # fmt: skip


def objective(chance: random.Random) -> str:
    """A random objective, most of them one or two means."""
    one, two = (f"E[{chance.choice(TRAJECTORIES)}]" for _ in range(2))
    factor = Fraction(chance.randint(-3, 3) or 2, chance.randint(1, 3))
    shapes = [
        one, one, one, f"{one} + {factor} * {two}", f"{factor} * {one} - {two}",
        f"({one}) ** 2", f"min({one}, {two})", f"max({one}, {two} + 1)", f"({one}) * ({two})",
        f"lexicographic({one}, {two})", f"maximise {one} subject to {two} >= {factor}",
        "policy(a | s0)", f"policy(b | s1) + {one}", f"exp({one})",
    ]  # fmt: skip
    return chance.choice(shapes)
