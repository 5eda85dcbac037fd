"""Whether training on a formula's reward to the end would attain the formula's optimum."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from specc.emit.controller import Controller, formula_controller, signal_controller
from specc.emit.plan import FormulaScheme, SignalScheme
from specc.emit.planned import plan
from specc.emit.tables import finite_model, letters_of, on_model
from specc.model.graph import Model
from specc.model.mdp import ExactArray, Mdp
from specc.model.policy import MemoryPolicy

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["Attained", "attained", "judged"]

_ENDED = 0
"""The node in which the run has been ended by chance."""


@dataclass(frozen=True, slots=True)
class Attained:
    """``optimum``: the greatest probability of the formula; ``attained``: its probability under
    ``policy``, which is optimal for the reward, whose greatest value is ``reward``."""

    optimum: Fraction
    attained: Fraction
    reward: Fraction
    policy: MemoryPolicy = field(repr=False)


def attained(spec: Spec) -> Attained:
    """Solve the scheme's reward exactly, and evaluate the formula under the optimal policy.

    Exact arithmetic over all pairs of a state and a memory: for small environments.

    :raises SpecError: E810 no finite environment, E816 the objective is not the probability of one
        formula; else as the scheme's tables and the solvers.

    >>> from specc.resolve.file import load_text
    >>> found = attained(load_text('''
    ... env coin = mdp { initial s
    ...   s: try -> 1/2 t + 1/2 lost
    ...      wait -> s
    ...   t: back -> t
    ...   lost: stay -> lost
    ...   label goal: t }
    ... spec again in coin = P[G F goal]
    ... ''')["again"])
    >>> found.optimum, found.attained
    (Fraction(1, 2), Fraction(1, 2))
    """
    from specc.evaluate import evaluate
    from specc.optimise import solve

    mdp = finite_model(spec)
    built, value, choice = _optimal(spec, mdp)
    policy = _strategy(mdp, built, choice)
    best, reached = solve(spec, exact=True).exact, evaluate(spec, policy).value
    if best is None or reached is None:
        raise AssertionError("probabilities of formulas are rational")
    return Attained(best, reached, value, policy)


_MOST_PAIRS = 1_500
"""How many transitions times memories are solved exactly without being asked for."""


def judged(spec: Spec) -> str | None:
    """What :func:`attained` finds, as a sentence; None where the environment is not small.

    Errors as :func:`attained`.
    """
    scheme = plan(spec).scheme
    if not isinstance(spec.environment, Mdp) or not isinstance(scheme, FormulaScheme):
        return None
    memories = len(formula_controller(scheme)[0].states)
    if memories * spec.environment.transition_count > _MOST_PAIRS:
        return None
    found = attained(spec)
    place = spec.environment_name or "the environment"
    if found.attained == found.optimum:
        return (
            f"Solved exactly in `{place}`: an optimal policy for this reward satisfies the formula "
            f"with probability {found.optimum}, the greatest possible"
        )
    return (
        f"Solved exactly in `{place}`: an optimal policy for this reward satisfies the formula "
        f"with probability {found.attained} only, where {found.optimum} is possible: "
        "zeta is too small"
    )


@dataclass(slots=True)
class _Built:
    """The nodes (state, memory) behind ``_ENDED``, and the reward's model over them."""

    control: Controller
    zeta: Fraction
    starts: list[int]
    letters: list[int]
    nodes: list[tuple[int, int]] = field(default_factory=lambda: [(-1, -1)])
    number: dict[tuple[int, int], int] = field(default_factory=dict)
    choice_starts: list[int] = field(default_factory=lambda: [0, 1])
    transition_starts: list[int] = field(default_factory=lambda: [0, 1])
    outcomes: list[tuple[int, Fraction, Fraction]] = field(
        default_factory=lambda: [(_ENDED, Fraction(1), Fraction(0))]
    )

    def visit(self, state: int, memory: int) -> int:
        found = self.number.setdefault((state, memory), len(self.nodes))
        if found == len(self.nodes):
            self.nodes.append((state, memory))
        return found


def _optimal(spec: Spec, mdp: Mdp) -> tuple[_Built, Fraction, list[int]]:
    """The model, the greatest value of the reward, and an optimal choice per node."""
    from specc.emit.schemes.chosen import not_a_formula
    from specc.solve.average import average
    from specc.solve.discounted import discounted
    from specc.solve.total import total

    discount: Fraction | None = None
    match plan(spec).scheme:
        case FormulaScheme() as scheme:
            control, kind = formula_controller(scheme)
            zeta = scheme.zeta / scheme.discount if kind == "buchi" else Fraction(1)
            discount = scheme.discount if kind == "buchi" else Fraction(1)
        case SignalScheme(event=event) as scheme if event is not None:
            control, zeta = signal_controller(scheme), Fraction(1)
        case _:
            raise not_a_formula(spec)
    built = _build(mdp, control, zeta)
    model = Model(
        np.array(built.choice_starts, dtype=np.int64),
        np.array(built.transition_starts, dtype=np.int64),
        np.array([target for target, _, _ in built.outcomes], dtype=np.int64),
        ExactArray.of(chance for _, chance, _ in built.outcomes),
        tuple((built.number[s, built.control.first[built.starts[s]]], p) for s, p in mdp.initial),
    )
    rewards = ExactArray.of(paid for _, _, paid in built.outcomes)
    if discount is None:
        found = average(model, rewards, exact=True)
    elif discount == 1:
        found = total(model, rewards, exact=True)
    else:
        found = discounted(model, rewards, discount, exact=True)
    assert found.exact is not None and found.choice is not None
    return built, found.exact, found.choice.tolist()


def _build(mdp: Mdp, control: Controller, zeta: Fraction) -> _Built:
    control = on_model(mdp, control)
    letters, starts = letters_of(mdp, control)
    built = _Built(control, zeta, starts.tolist(), letters.tolist())
    for state, _ in mdp.initial:
        built.visit(state, control.first[built.starts[state]])
    position = 1
    while position < len(built.nodes):
        state, memory = built.nodes[position]
        position += 1
        for choice in mdp.choices(state):
            for transition in mdp.transitions(choice):
                built.outcomes += _outcomes(mdp, built, memory, transition)
            built.transition_starts.append(len(built.outcomes))
        for target in control.jumps[memory]:
            built.outcomes.append((built.visit(state, target), Fraction(1), Fraction(0)))
            built.transition_starts.append(len(built.outcomes))
        built.choice_starts.append(len(built.transition_starts) - 1)
    return built


def _outcomes(
    mdp: Mdp, built: _Built, memory: int, transition: int
) -> list[tuple[int, Fraction, Fraction]]:
    """(node after, chance, reward) of a transition of the environment."""
    control, letter = built.control, built.letters[transition]
    chance = mdp.probabilities[transition]
    after = built.visit(int(mdp.successors[transition]), control.next[memory][letter])
    paid = control.values[control.reward[memory][letter]]
    assert paid is not None
    if not control.accepting[memory][letter] or built.zeta == 1:
        return [(after, chance, paid)]
    ended = (_ENDED, chance * (1 - built.zeta), Fraction(1))
    return [(after, chance * built.zeta, paid), ended]


def _strategy(mdp: Mdp, built: _Built, choice: list[int]) -> MemoryPolicy:
    """The policy over the environment; jumps are taken on arrival."""
    count = len(built.control.states)
    row = [Fraction(0)] * mdp.choice_count
    for state in range(mdp.state_count):
        row[mdp.choices(state).start] = Fraction(1)
    rows = [row.copy() for _ in range(count)]
    jump: dict[tuple[int, int], int] = {}
    for node, (state, memory) in enumerate(built.nodes):
        if node == _ENDED:
            continue
        taken = choice[node] - built.choice_starts[node]
        own = mdp.choices(state)
        if taken >= len(own):
            jump[state, memory] = built.control.jumps[memory][taken - len(own)]
            continue
        for place, c in enumerate(own):
            rows[memory][c] = Fraction(int(place == taken))
    first = [built.control.first[letter] for letter in built.starts]
    update = np.array(built.control.table(built.control.next), dtype=np.int64)[:, built.letters]
    for (state, memory), target in jump.items():
        into = mdp.successors == state
        update[:, into] = np.where(update[:, into] == memory, target, update[:, into])
    return MemoryPolicy(
        tuple(f"m{memory}" for memory in range(count)),
        tuple(jump.get((state, memory), memory) for state, memory in enumerate(first)),
        update,
        tuple(map(tuple, rows)),
    )
