"""Potentials: rewards with memory as rewards without, plus what telescopes.

Looks for a function of nodes (the potential) and one of choices (the reward) with
``E[r + discount * potential(after)] - potential(before) = reward`` at every node and choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from specc.chain.rational import from_flint, to_flint
from specc.deadline import Deadline
from specc.lower import Lowered
from specc.model.mdp import ExactArray, Mdp
from specc.verdict.realise.unroll import OVER, Node, Step, Unrolled

__all__ = ["Form", "Row", "form_of_product", "form_of_unrolled", "potential", "pruned", "solve_any"]

_OPERATIONS = 3_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A choice at a node: the environment's choice, outcomes (probability, node after), and the
    mean of what it is paid."""

    choice: int
    outcomes: tuple[tuple[Fraction, int], ...]
    reward: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A reward with memory: ``rows[n]`` are the choices at node n; ``roots`` has the nodes in
    which runs start, with probabilities."""

    rows: tuple[tuple[Row, ...], ...]
    roots: tuple[tuple[int, Fraction], ...]


def form_of_product(lowered: Lowered, rewards: ExactArray) -> Form:
    """A reward per product transition."""
    built = lowered.product
    model = built.model
    choices, starts = model.choice_starts.tolist(), model.transition_starts.tolist()
    targets, origin = model.successors.tolist(), built.choice_origin.tolist()
    chances, paid = model.probabilities.exact(), rewards.exact()

    def row(choice: int) -> Row:
        ts = range(starts[choice], starts[choice + 1])
        mean = sum((chances[t] * paid[t] for t in ts if paid[t]), Fraction(0))
        return Row(origin[choice], tuple((chances[t], targets[t]) for t in ts), mean)

    rows = tuple(
        tuple(row(c) for c in range(choices[n], choices[n + 1])) for n in range(model.state_count)
    )
    return Form(rows, model.initial)


def pruned(mdp: Mdp, unrolled: Unrolled) -> Unrolled:
    """The same mean with less memory: what no policy influences is gained at once.

    Where the mean of all that is still gained is one number under every policy, it is gained on
    the transition before.
    """
    worth: list[Fraction | None] = [None] * len(unrolled.nodes)

    def after(step: Step) -> Fraction | None:
        return Fraction(0) if step.target == OVER else worth[step.target]

    chances = mdp.probabilities.exact()
    for number in range(len(unrolled.nodes) - 1, -1, -1):
        node = unrolled.nodes[number]
        means: set[Fraction | None] = set()
        for row in node.rows:
            total = Fraction(0)
            for step in row:
                rest = Fraction(0) if node.lasting else after(step)
                if rest is None:
                    means.add(None)
                    break
                total += chances[step.transition] * (step.gain + rest)
            else:
                means.add(total)
        if len(means) == 1:
            worth[number] = means.pop()
    return _rebuilt(mdp, unrolled, worth)


def _rebuilt(mdp: Mdp, unrolled: Unrolled, worth: Sequence[Fraction | None]) -> Unrolled:
    numbers: dict[int, int] = {}
    order: list[int] = []

    def enter(target: int) -> tuple[int, Fraction]:
        if target == OVER:
            return OVER, Fraction(0)
        value = worth[target]
        if value is not None:
            return OVER, value
        if target not in numbers:
            numbers[target] = len(order)
            order.append(target)
        return numbers[target], Fraction(0)

    start = unrolled.start
    roots = []
    for target, (_, chance) in zip(unrolled.roots, mdp.initial, strict=True):
        number, value = enter(target)
        roots.append(number)
        start += chance * value
    nodes: list[Node] = []
    for old in order:  # grows while it is read
        node = unrolled.nodes[old]
        rows = []
        for row in node.rows:
            steps = []
            for step in row:
                target, value = enter(step.target)
                steps.append(Step(step.transition, target, step.gain + value))
            rows.append(tuple(steps))
        nodes.append(Node(node.state, node.memory, node.time, tuple(rows), node.lasting))
    return Unrolled(tuple(nodes), tuple(roots), start)


def form_of_unrolled(
    mdp: Mdp, unrolled: Unrolled, paid: Callable[[Node, Fraction], Fraction]
) -> tuple[Form, dict[int, int]]:
    """The unrolled number as a reward, with what a node's gain is ``paid`` as; and the nodes that
    stand for each environment state when nothing is gained any more."""
    chances = mdp.probabilities.exact()
    targets = mdp.successors.tolist()
    count = len(unrolled.nodes)
    over: dict[int, int] = {}
    order: list[int] = []

    def place(target: int, state: int) -> int:
        if target != OVER:
            return target
        if state not in over:
            over[state] = count + len(order)
            order.append(state)
        return over[state]

    roots = [
        (place(target, state), chance)
        for target, (state, chance) in zip(unrolled.roots, mdp.initial, strict=True)
    ]
    rows: list[tuple[Row, ...]] = []
    for node in unrolled.nodes:
        here = []
        for choice, steps in zip(mdp.choices(node.state), node.rows, strict=True):
            mean = sum((chances[s.transition] * s.gain for s in steps), Fraction(0))
            outcomes = tuple(
                (chances[s.transition], place(s.target, targets[s.transition])) for s in steps
            )
            here.append(Row(choice, outcomes, paid(node, mean)))
        rows.append(tuple(here))
    for state in order:  # grows while it is read
        rows.append(
            tuple(
                Row(
                    choice,
                    tuple((chances[t], place(OVER, targets[t])) for t in mdp.transitions(choice)),
                    Fraction(0),
                )
                for choice in mdp.choices(state)
            )
        )
    return Form(tuple(rows), tuple(roots)), over


def potential(
    form: Form, discount: Fraction, unpaid: Callable[[int], bool], deadline: Deadline
) -> tuple[list[Fraction], dict[int, Fraction]] | None:
    """A potential per node and a reward per choice of the environment; None where there is none,
    or the search takes too long. Choices that are ``unpaid`` get the reward 0."""
    plain = _plain(form, unpaid)
    if plain is not None:
        return [Fraction(0)] * len(form.rows), plain
    choices = dict.fromkeys(row.choice for rows in form.rows for row in rows)
    place = {c: i for i, c in enumerate(c for c in choices if not unpaid(c))}
    shift = len(place)
    equations: list[dict[int, Fraction]] = []
    right: list[Fraction] = []
    for number, rows in enumerate(form.rows):
        for row in rows:
            equation = {shift + number: Fraction(1)}
            if row.choice in place:
                equation[place[row.choice]] = Fraction(1)
            for chance, target in row.outcomes:
                column = shift + target
                equation[column] = equation.get(column, Fraction(0)) - discount * chance
            equations.append(equation)
            right.append(row.reward)
    solution = solve_any(equations, right, shift + len(form.rows), deadline)
    if solution is None:
        return None
    return solution[shift:], {choice: solution[column] for choice, column in place.items()}


def _plain(form: Form, unpaid: Callable[[int], bool]) -> dict[int, Fraction] | None:
    """The reward where none of the memory matters."""
    found: dict[int, Fraction] = {}
    for rows in form.rows:
        for row in rows:
            if found.setdefault(row.choice, row.reward) != row.reward:
                return None
            if row.reward and unpaid(row.choice):
                return None
    return found


def solve_any(
    equations: Iterable[dict[int, Fraction]],
    right: Sequence[Fraction],
    unknowns: int,
    deadline: Deadline,
) -> list[Fraction] | None:
    """Some solution of a sparse rational system, unknowns of small number eliminated first and
    free ones 0; None where there is none or it takes too many operations."""
    pivots: dict[int, tuple[dict[int, fmpq], fmpq]] = {}
    spent = 0
    for equation, side in zip(equations, right, strict=True):
        row = {column: to_flint(value) for column, value in equation.items() if value}
        value = to_flint(side)
        while row:
            lead = min(row)
            if lead not in pivots:
                break
            factor = row[lead]
            other, known = pivots[lead]
            value -= factor * known
            spent += len(other)
            for column, entry in other.items():
                changed = row.get(column, fmpq(0)) - factor * entry
                if changed:
                    row[column] = changed
                else:
                    row.pop(column, None)
        if not row:
            if value:
                return None
            continue
        if spent > _OPERATIONS or deadline.passed:
            return None
        lead = min(row)
        factor = row[lead]
        pivots[lead] = ({c: entry / factor for c, entry in row.items()}, value / factor)
    solution = [fmpq(0)] * unknowns
    for column in sorted(pivots, reverse=True):
        row, value = pivots[column]
        solution[column] = value - sum(
            (entry * solution[c] for c, entry in row.items() if c != column), fmpq(0)
        )
    return [from_flint(value) for value in solution]
