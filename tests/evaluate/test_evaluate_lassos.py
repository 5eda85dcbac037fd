"""Every construct against its definition, on models whose runs can be listed."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from lassos import (
    Played,
    Run,
    combined,
    cvar,
    discounted,
    emitted,
    mean,
    paid,
    quantile,
    random_lasso_model,
    random_machine,
    random_played,
    runs,
    satisfied,
    satisfied_at_first,
    total,
    variance,
    visited,
)
from written_models import (
    Written,
    formula_text,
    holds,
    random_formula,
    random_guard,
    random_reward,
    reward_text,
)

from specc.evaluate import evaluate
from specc.model.mdp import Mdp
from specc.model.policy import MemoryPolicy, Policy
from specc.resolve.file import load_text

Number = Callable[[Run], Fraction]


def policy_of(mdp: Mdp, played: Played) -> Policy | MemoryPolicy:
    """The same policy as specc's, found by names."""
    rows = []
    for choices in played.choices:
        row = []
        for number, name in enumerate(mdp.states):
            state = int(name[1:])
            row += [choices[state][mdp.actions[c]] for c in mdp.choices(number)]
        rows.append(tuple(row))
    if len(rows) == 1:
        return Policy(rows[0])
    update = np.zeros((len(rows), mdp.transition_count), dtype=np.int64)
    for number, name in enumerate(mdp.states):
        for c in mdp.choices(number):
            for t in mdp.transitions(c):
                successor = int(mdp.states[int(mdp.successors[t])][1:])
                for memory in range(len(rows)):
                    key = (memory, int(name[1:]), mdp.actions[c], successor)
                    update[memory, t] = played.after[key]
    start = tuple(played.start[int(name[1:])] for name in mdp.states)
    return MemoryPolicy(tuple(f"m{k}" for k in range(len(rows))), start, update, tuple(rows))


class Case:
    """A model with declarations, and numbers of a run as (text, definition)."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        model = self.model = random_lasso_model(rng)
        self.reward, self.other = random_reward(rng, model), random_reward(rng, model)
        self.machine = random_machine(
            rng, lambda: random_guard(rng, model), lambda: random_reward(rng, model)
        )
        guards = [random_guard(rng, model) for _ in range(3)]
        self.formula = random_formula(rng, guards, rng.randint(1, 5))
        self.short = random_formula(rng, guards, rng.randint(1, 5))
        self.guard = ("label", "p")
        self.numbers: list[tuple[str, Number]] = [
            *self._sums(),
            *self._verdicts(),
            *self._sets(),
        ]

    def declarations(self) -> str:
        return "\n".join(
            [
                self.model.text(),
                f"reward r = {reward_text(self.reward)}",
                f"reward o = {reward_text(self.other)}",
                self.machine.text("m"),
            ]
        )

    def _sums(self) -> list[tuple[str, Number]]:
        model = self.model
        horizon = self.rng.randint(0, 5)

        def r(run: Run) -> tuple[list[Fraction], list[Fraction]]:
            return paid(model, self.reward, run)

        def m(run: Run) -> tuple[list[Fraction], list[Fraction]]:
            return emitted(model, self.machine, run)

        def mixed(run: Run) -> tuple[list[Fraction], list[Fraction]]:
            o = paid(model, self.other, run)
            return combined(lambda x, y, z: 2 * x - y * z + max(x, z), m(run), r(run), o)

        found: list[tuple[str, Number]] = []
        for text, stream in (("r", r), ("m", m), ("2*m - r*o + max(m, o)", mixed)):
            found += [
                (f"discounted({text}, 2/3)", lambda x, s=stream: discounted(s(x), Fraction(2, 3))),
                (f"discounted({text}, 0)", lambda x, s=stream: discounted(s(x), Fraction(0))),
                (f"average({text})", lambda x, s=stream: mean_of(s(x)[1])),
                (f"sup({text})", lambda x, s=stream: max([*s(x)[0], *s(x)[1]])),
                (f"inf({text})", lambda x, s=stream: min([*s(x)[0], *s(x)[1]])),
                (f"total({text}, horizon={horizon})", lambda x, s=stream: total(s(x), horizon)),
            ]
        return found

    def _verdicts(self) -> list[tuple[str, Number]]:
        letters = self.rng.randint(1, 5)
        return [
            (
                f"sat({formula_text(self.formula)})",
                lambda run: satisfied(self.model, self.formula, run),
            ),
            (
                f"LTLf[{letters}]({formula_text(self.short)})",
                lambda run: satisfied_at_first(self.model, self.short, run, letters),
            ),
        ]

    def _sets(self) -> list[tuple[str, Number]]:
        model = self.model
        horizon, radius = self.rng.randint(0, 4), self.rng.randint(0, 2)
        near = within(model, radius)
        weights = [
            sum((c for c, g in self.reward if state_holds(model, g, s)), Fraction(0))
            for s in range(len(model.rows))
        ]

        def covered(run: Run) -> set[int]:
            return {t for s in visited(run, horizon) for t in near[s]}

        found: list[tuple[str, Number]] = [
            (f"coverage(horizon={horizon}, radius={radius})", lambda x: Fraction(len(covered(x)))),
            ("coverage(radius=0)", lambda x: Fraction(len(visited(x, None)))),
            (
                f"distinct(p, horizon={horizon})",
                lambda x: Fraction(len(visited(x, horizon) & model.state_labels["p"])),
            ),
        ]
        if all(speaks_of_states(guard) for _, guard in self.reward):
            found.append(
                (
                    f"weighted_coverage(r, horizon={horizon}, radius={radius})",
                    lambda x: sum((weights[s] for s in covered(x)), Fraction(0)),
                )
            )
        return found


def mean_of(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def speaks_of_states(guard: tuple) -> bool:
    match guard:
        case ("label", name):
            return name != "j"
        case ("at", _):
            return True
        case ("from", _) | ("action", _):
            return False
        case (_, *parts):
            return all(speaks_of_states(part) for part in parts)
    raise AssertionError(guard)


def state_holds(model: Written, guard: tuple, state: int) -> bool:
    return speaks_of_states(guard) and holds(model, guard, (None, None, state))


def within(model: Written, radius: int) -> list[set[int]]:
    near = [{s} for s in range(len(model.rows))]
    for _ in range(radius):
        near = [
            here | {t for s in here for row in model.rows[s].values() for t, _ in row}
            for here in near
        ]
    return near


def check(seed: int) -> int:
    case = Case(seed)
    rng = case.rng
    played = random_played(rng, case.model, rng.choice([1, 1, 3]))
    everything = runs(case.model, played)
    assert sum(chance for chance, _, _ in everything) == 1
    level = Fraction(rng.randint(1, 8), 8)
    questions: list[tuple[str, Fraction]] = []
    for text, number in case.numbers:
        law = [(run[0], number(run)) for run in everything]
        questions.append((f"E[{text}]", mean(law)))
        questions.append((f"quantile({level}, {text})", quantile(law, level)))
        questions.append((f"cvar({level}, {text})", cvar(law, level)))
        questions.append((f"variance({text})", variance(law)))
        nonlinear = [(chance, max(v, Fraction(1, 3)) ** 2 - abs(v)) for chance, v in law]
        questions.append((f"E[max({text}, 1/3)**2 - abs({text})]", mean(nonlinear)))
        chosen = [(chance, v if v >= 1 else Fraction(-7)) for chance, v in law]
        questions.append((f"E[if {text} >= 1 then {text} else -7]", mean(chosen)))
        outer = mean(law)
        questions.append((f"max(E[{text}] ** 2, 1/2) - E[{text}]", max(outer**2, Fraction(1, 2))
                          - outer))  # fmt: skip
    specs = [f"spec q{k} in e = {text}" for k, (text, _) in enumerate(questions)]
    file = load_text("\n".join([case.declarations(), *specs]) + "\n")
    unreachable = {"E505", "E506", "E507"}
    wrong = [d for d in file.diagnostics if d.severity == "error" and d.code not in unreachable]
    assert not wrong, (wrong, case.declarations())
    for k, (text, truth) in enumerate(questions):
        spec = file[f"q{k}"]
        assert isinstance(spec.environment, Mdp)
        found = evaluate(spec, policy_of(spec.environment, played))
        assert found.value == truth, (seed, text, found, truth, case.declarations(), played)
        assert found.lower == found.upper == truth
    return len(questions)


def test_every_construct_on_lassos() -> None:
    cases = sum(check(seed) for seed in range(8))
    print(f"{cases} values are as defined")
    assert cases >= 1200


@pytest.mark.long
def test_many_more_constructs_on_lassos() -> None:
    cases = sum(check(seed) for seed in range(1000, 1200))
    print(f"{cases} values are as defined")
