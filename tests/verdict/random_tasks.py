"""Random small environments and specs of every kind, as `.spec` texts.

Environments of four shapes, because verdicts depend on the shape: one-shot (choices that are met at
most once, then absorption), episodic (choices may be met again, absorbing ends), recurrent (every
state is met again and again), and anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["environment", "objective", "task"]

_SHAPES = ("one-shot", "episodic", "recurrent", "anything")
_SPLITS = ((1,), (1,), (1,), (1, 1), (1, 2), (1, 1, 2))


def task(seed: int, most_states: int = 20) -> str:
    """A file with one environment `e`, one machine `m` and one spec `x`."""
    chance = random.Random(seed)
    parts = [
        environment(chance, most_states),
        _machine(chance),
        f"spec x in e = {objective(chance)}",
    ]
    return "\n".join(parts) + "\n"


def environment(chance: random.Random, most_states: int = 20) -> str:
    """States s0, s1, ..; actions a, b, c; labels g, h on states and j on a transition."""
    shape = chance.choice(_SHAPES)
    count = min(most_states, chance.choice([2, 2, 3, 3, 4, 5, 6, 8, 12, 20]))
    lines, steps = [], []
    for state in range(count):
        actions = "a"
        absorbing = shape in ("one-shot", "episodic") and state >= count - max(1, count // 3)
        if state == 0 or (not absorbing and chance.random() < (0.9 if count < 5 else 0.4)):
            actions = chance.choice(["ab", "ab", "abc"])
        for action in actions:
            targets = [state] if absorbing else _targets(chance, shape, state, count)
            weights = chance.choice([s for s in _SPLITS if len(s) <= len(targets)])
            ends = targets[: len(weights)]
            steps.append((state, action, ends[0]))
            total = sum(weights)
            shown = " + ".join(
                f"s{end}" if total == 1 else f"{weight}/{total} s{end}"
                for weight, end in zip(weights, ends, strict=True)
            )
            lines.append(f"  s{state}: {action} -> {shown}")
    initial = "s0" if count < 3 or chance.random() < 0.8 else "1/3 s0 + 2/3 s1"
    labels = [_label(chance, "g", count), _label(chance, "h", count)]
    source, action, end = chance.choice(steps)
    labels.append(f"  label j: s{source} {action} s{end}")
    return "\n".join(["env e = mdp {", f"  initial {initial}", *lines, *labels, "}"])


def _targets(chance: random.Random, shape: str, state: int, count: int) -> list[int]:
    """Different successors, in a random order."""
    if shape == "one-shot":
        later = list(range(state + 1, count))
    elif shape == "recurrent":
        later = list({(state + 1) % count, 0, chance.randrange(count)})
    else:
        later = list(range(count))
    chance.shuffle(later)
    return later[:3] or [state]


def _label(chance: random.Random, name: str, count: int) -> str:
    members = sorted(chance.sample(range(count), chance.randint(1, max(1, count // 2))))
    return f"  label {name}: " + ", ".join(f"s{state}" for state in members)


def _machine(chance: random.Random) -> str:
    first, second = chance.sample(["g", "h", "j", "action = a", "!g"], 2)
    back, pay = chance.choice(["u", "done"]), chance.choice(["1", "-1"])
    return "\n".join(
        [
            "machine m {",
            "  states u v",
            f"  u -> v when {first} emit {chance.choice(['0', '1', '2'])}",
            f"  v -> {back} when {second} emit {pay}",
            "  v -> done when j",
            "  final done",
            "}",
        ]
    )


def _signal(chance: random.Random) -> str:
    parts = [
        "[g]",
        "[h]",
        "[j]",
        "[action = a]",
        "[from(g)]",
        "2 * [g & action = b]",
        "[from(at(s0))]",
    ]
    picked = chance.sample(parts, chance.choice([1, 1, 2]))
    return chance.choice([" + ", " - "]).join(picked)


def _formula(chance: random.Random) -> str:
    return chance.choice(
        ["F g", "G !h", "F G g", "G F h", "X g", "X X g", "X (g | X h)", "g U h", "F (g & X F h)",
         "F g & G !h", "G (g -> X h)", "F j", "G F g -> G F h", "X X X h", "F (action = b)"]
    )  # fmt: skip


def objective(chance: random.Random) -> str:
    """A right-hand side of some kind; each kind about as often as another."""
    discount = chance.choice(["1/2", "1/3", "0.9", "0"])
    other = chance.choice(["1/4", "2/3"])
    r, q, f, f2 = _signal(chance), _signal(chance), _formula(chance), _formula(chance)
    kinds: list[Callable[[], str]] = [
        lambda: f"E[discounted({r}, {discount})]",
        lambda: f"E[discounted(m, {discount})]",
        lambda: f"E[discounted(m + {r}, {discount})]",
        lambda: f"P[{f}]",
        lambda: f"P[{f}]",
        lambda: f"E[average({r})]",
        lambda: f"E[total({r}, horizon={chance.randint(1, 4)})]",
        lambda: f"E[discounted({r}, {discount})] ** 2",
        lambda: f"min(E[discounted({r}, 1/2)], 1/2)",
        lambda: f"min(E[discounted({r}, 1/2)], E[discounted({q}, 1/2)])",
        lambda: f"E[discounted({r}, 1/2)] * E[discounted({q}, 1/2)]",
        lambda: f"P[{f}] + P[{f2}]",
        lambda: f"E[discounted({r}, 1/2)] + E[discounted({q}, {other})]",
        lambda: f"E[discounted({r} + tsallis(2), 1/2)]",
        lambda: f"E[discounted({r} + entropy, 1/2)]",
        lambda: f"E[sup({r})]",
        lambda: f"LTLf[{chance.randint(2, 4)}]({f})",
        lambda: f"E[coverage(horizon={chance.randint(1, 3)})]",
        lambda: f"lexicographic(P[{f}], E[discounted({r}, 1/2)])",
        lambda: f"maximise E[discounted({r}, 1/2)] subject to P[{f}] >= 1/2",
        lambda: "policy(a | s0) * (1 - policy(a | s0))",
        lambda: f"E[average({r})] ** 2",
        lambda: f"exp(-E[discounted({r}, 1/2)])",
    ]
    return chance.choice(kinds)()
