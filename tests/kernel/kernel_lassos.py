"""Numbers of lotteries by their definitions: every trajectory is walked, nothing is solved.

Environments here lead from layer to layer into cycles without choice, so that every policy has
finitely many trajectories.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from kernel_documents import Json
from kernel_random import distribution, satisfaction_of

from specc.automata.semantics import satisfies, satisfies_finite

Step = tuple[str | None, str | None, str]
Lasso = tuple[list[Step], list[Step]]


def layered_environment(rng: random.Random) -> Json:
    """Up to four states with choices, each leading on; then cycles."""
    choices = [f"s{i}" for i in range(rng.randint(1, 4))]
    ends = [f"z{i}" for i in range(rng.randint(1, 3))]
    turn = rng.sample(ends, len(ends))
    rows: Json = {end: {"a": {to: "1"}} for end, to in zip(ends, turn, strict=True)}
    for i, state in enumerate(choices):
        later = choices[i + 1 :] + ends
        rows[state] = {a: distribution(rng, later, 2) for a in "ab"[: rng.randint(1, 2)]}
    steps = [[s, a, t] for s, row in rows.items() for a, outcome in row.items() for t in outcome]
    return {
        "states": rows,
        "initial": distribution(rng, choices, 2),
        "labels": {
            "p": {"states": rng.sample(sorted(rows), rng.randint(1, len(rows)))},
            "q": {"states": rng.sample(sorted(rows), rng.randint(1, len(rows)))},
            "j": {"transitions": rng.sample(steps, rng.randint(0, len(steps)))},
        },
        "rewards": {"native": [[*step, str(rng.randint(-2, 3))] for step in steps]},
    }


def trajectories(environment: Json, policy: Json) -> Iterator[tuple[Fraction, Lasso]]:
    """Each with its mass; a state seen twice starts the cycle anew."""

    def onward(state: str, steps: list[Step], mass: Fraction) -> Iterator[tuple[Fraction, Lasso]]:
        seen = [left for left, _, _ in steps]
        if state in seen:
            at = seen.index(state)
            yield mass, (steps[:at], steps[at:])
            return
        for action, ends in environment["states"][state].items():
            for to, chance in ends.items():
                weight = Fraction(policy[state].get(action, "0")) * Fraction(chance)
                if weight:
                    yield from onward(to, [*steps, (state, action, to)], mass * weight)

    for state, mass in environment["initial"].items():
        yield from onward(state, [], Fraction(mass))


class Along:
    """What terms are worth along one lasso."""

    def __init__(self, environment: Json, machines: Json, lasso: Lasso) -> None:
        self.environment, self.machines = environment, machines
        self.path, self.cycle = lasso

    def number(self, term: Json) -> Fraction:
        match term["kind"]:
            case "discounted":
                path, cycle = self.signals(term["signal"])
                discount = Fraction(term["discount"])
                once = _polynomial(cycle, discount) * discount ** len(path)
                return _polynomial(path, discount) + once / (1 - discount ** len(cycle))
            case "average":
                _, cycle = self.signals(term["signal"])
                return sum(cycle, Fraction(0)) / len(cycle)
            case "total":
                path, cycle = self.signals(term["signal"])
                return sum((path + cycle * term["horizon"])[: term["horizon"]], Fraction(0))
            case "sup" | "inf" as kind:
                path, cycle = self.signals(term["signal"])
                return (max if kind == "sup" else min)(path + cycle)
            case "satisfied":
                return Fraction(self.holds(term["formula"], None))
            case "satisfied within":
                return Fraction(self.holds(term["formula"], term["letters"]))
            case _:
                return arithmetic_of(term, self.number, self.event)

    def event(self, term: Json) -> bool:
        return logic_of(term, self.event, self.number)

    def holds(self, formula: Json, letters: int | None) -> bool:
        made = satisfaction_of(formula)
        guards = [inner["guard"] for inner in _atoms(formula)]
        first: Step = (None, None, (self.path + self.cycle)[0][0] or "")

        def read(step: Step) -> int:
            return sum(self.guard(guard, step) << k for k, guard in enumerate(guards))

        names = tuple(name for name, _ in made.meaning)
        path, cycle = [read(s) for s in [first, *self.path]], [read(s) for s in self.cycle]
        if letters is None:
            return satisfies(made.formula, path, cycle, names)
        return satisfies_finite(made.formula, (path + cycle * letters)[:letters], names)

    def signals(self, signal: Json) -> tuple[list[Fraction], list[Fraction]]:
        """The signal on the path and the cycle, these unrolled until the machine repeats."""
        found: list[Fraction] = []
        memory, starts = 0, {}
        for step in self.path:
            worth, memory = self.signal(signal, step, memory)
            found.append(worth)
        while memory not in starts:
            starts[memory] = len(found)
            for step in self.cycle:
                worth, memory = self.signal(signal, step, memory)
                found.append(worth)
        return found[: starts[memory]], found[starts[memory] :]

    def signal(self, signal: Json, step: Step, memory: int) -> tuple[Fraction, int]:
        emitted, following = Fraction(0), memory
        for edge in self.machines.get("m", [[]] * (memory + 1))[memory]:
            if self.guard(edge["when"], step):
                emitted, following = self.reward(edge["emit"], step), edge["to"]
                break
        return self.reward(signal, step, emitted), following

    def reward(self, term: Json, step: Step, emitted: Fraction = Fraction(0)) -> Fraction:
        if term["kind"] == "machine":
            return emitted
        if term["kind"] == "reward":
            paid = {(s, a, t): r for s, a, t, r in self.environment["rewards"][term["name"]]}
            return Fraction(paid.get(step, 0))
        return arithmetic_of(
            term, lambda x: self.reward(x, step, emitted), lambda x: self.guard(x, step)
        )

    def guard(self, term: Json, step: Step) -> bool:
        left, action, entered = step
        match term["kind"]:
            case "label":
                said = self.environment["labels"][term["name"]]
                return entered in said.get("states", []) or [*step] in said.get("transitions", [])
            case "at":
                return entered == term["state"]
            case "action":
                return action == term["action"]
            case "from":
                return left is not None and self.guard(term["operand"], (None, None, left))
            case _:
                return logic_of(term, lambda x: self.guard(x, step), lambda x: self.reward(x, step))


def _polynomial(values: list[Fraction], at: Fraction) -> Fraction:
    return sum((value * at**k for k, value in enumerate(values)), Fraction(0))


def _atoms(formula: Json) -> Iterator[Json]:
    if formula["kind"] == "atom":
        yield formula
    for part in [formula.get("operand"), *formula.get("operands", ()), formula.get("left")]:
        yield from _atoms(part) if part else ()
    if "right" in formula:
        yield from _atoms(formula["right"])


def arithmetic_of(
    term: Json, number: Callable[[Json], Fraction], test: Callable[[Json], bool]
) -> Fraction:
    match term["kind"]:
        case "constant":
            return Fraction(term["value"])
        case "+":
            return sum(map(number, term["operands"]), Fraction(0))
        case "*":
            found = Fraction(1)
            for part in term["operands"]:
                found *= number(part)
            return found
        case "min" | "max" as kind:
            return (min if kind == "min" else max)(map(number, term["operands"]))
        case "-":
            return number(term["left"]) - number(term["right"])
        case "/":
            return number(term["left"]) / number(term["right"])
        case "power":
            return number(term["base"]) ** term["exponent"]
        case "abs":
            return abs(number(term["operand"]))
        case "if":
            return number(term["then"] if test(term["condition"]) else term["else"])
        case kind:
            raise AssertionError(kind)


def logic_of(term: Json, truth: Callable[[Json], bool], number: Callable[[Json], Fraction]) -> bool:
    match term["kind"]:
        case "true" | "false" as kind:
            return bool(kind == "true")
        case "not":
            return not truth(term["operand"])
        case "and":
            return all(map(truth, term["operands"]))
        case "or":
            return any(map(truth, term["operands"]))
        case "compare":
            left, right = number(term["left"]), number(term["right"])
            return bool(
                {
                    "<": left < right,
                    "<=": left <= right,
                    "=": left == right,
                    "!=": left != right,
                    ">=": left >= right,
                    ">": left > right,
                }[term["operator"]]
            )
        case kind:
            raise AssertionError(kind)


def of_lottery(term: Json, outcomes: list[tuple[Fraction, Fraction]]) -> Fraction:
    """``mean``, ``variance``, ``quantile``, ``cvar`` of (mass, value), by their definitions."""
    mean = sum((m * x for m, x in outcomes), Fraction(0))
    level = Fraction(term.get("level", "1"))
    match term["kind"]:
        case "mean":
            return mean
        case "variance":
            return sum((m * (x - mean) ** 2 for m, x in outcomes), Fraction(0))
        case "quantile":
            return min(x for _, x in outcomes if sum(m for m, y in outcomes if y <= x) >= level)
        case "cvar":
            # The maximum over c is taken at an outcome: it is concave and linear between them.
            return max(
                c - sum((m * max(c - x, Fraction(0)) for m, x in outcomes), Fraction(0)) / level
                for _, c in outcomes
            )
        case kind:
            raise AssertionError(kind)


def random_trajectory(rng: random.Random, leaf: Callable[[], Json], depth: int = 2) -> Any:
    """Arithmetic on trajectory numbers."""
    if not depth or rng.random() < 0.3:
        return leaf()
    one, other = (random_trajectory(rng, leaf, depth - 1) for _ in range(2))
    compared = {
        "kind": "compare",
        "operator": rng.choice(["<", "<=", "=", "!=", ">=", ">"]),
        "left": one,
        "right": other,
    }
    return rng.choice(
        [
            {"kind": "+", "operands": [one, other]},
            {"kind": "*", "operands": [one, other]},
            {"kind": "-", "left": one, "right": other},
            {"kind": "min", "operands": [one, other]},
            {"kind": "power", "base": one, "exponent": rng.randint(0, 2)},
            {"kind": "if", "condition": compared, "then": one, "else": other},
            {
                "kind": "if",
                "condition": {"kind": "not", "operand": compared},
                "then": {"kind": "abs", "operand": one},
                "else": other,
            },
        ]
    )
