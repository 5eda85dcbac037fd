"""The finite control of a reward scheme: dense tables over letter classes where those are few, else
decision diagrams by state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from specc.automata.automaton import Automaton, Cube, Edge, Fin
from specc.automata.branching import View
from specc.diagnostics import SpecError
from specc.emit.finite_control import Controller, WholeLetters, final_states, on_letters, views
from specc.emit.letter_programs import Letters, Paying, Programs, signal_guards
from specc.emit.plan import FormulaScheme, SignalScheme
from specc.objective import stack
from specc.objective.stack import Guard, Number
from specc.objective.walk import leaves

if TYPE_CHECKING:
    from specc.automata.branching import Branching
    from specc.automata.limit import LimitDeterministic
    from specc.automata.translate import Budget

__all__ = [
    "Controller",
    "deciding",
    "edge_condition",
    "formula_controller",
    "on_letters",
    "signal_controller",
    "unrolled",
]

_MOST_CLASSES = 4096
_MOST_ENTRIES = 400_000
"""States times classes of dense tables, which are the faster ones; more go to diagrams."""

Event = stack.Satisfaction | stack.AutomatonSatisfaction
Guards = tuple[Cube, ...]
_Parts = dict[str, Any]


def signal_controller(scheme: SignalScheme) -> Controller:
    """The machines that the signal reads, as one controller, and its reward per edge.

    :raises SpecError: E504 or E804 the tables would be too large, E803 an expression too deep.
    """
    nodes = list(leaves(scheme.signal))
    machines = list(dict.fromkeys(n.machine for n in nodes if isinstance(n, stack.MachineOutput)))
    emits = dict.fromkeys(step.emit for machine in machines for step in machine.steps)
    wanted = [step.guard for machine in machines for step in machine.steps]
    wanted += [g for number in (scheme.signal, *emits) for g in signal_guards(number)]
    states = max((len(machine.states) for machine in machines), default=1)
    letters = Letters.of(wanted, min(_MOST_CLASSES, _MOST_ENTRIES // states))
    made = None if letters is None else _dense(scheme.signal, machines, letters)
    if made is None:
        made = _branching(scheme.signal, machines)
    if scheme.terms is not None:
        # What the learner adds for its policy goes on where the machines have nothing left to pay.
        made = replace(made, final=(False,) * len(made.final))
    return made


def _dense(signal: Number, machines: list[stack.Machine], letters: Letters) -> Controller | None:
    """The controller over letter classes; None where its tables would be too large."""
    count = letters.classes.class_count
    numbers: dict[tuple[int, ...], int] = {}
    rows: list[tuple[int, ...]] = []

    def visit(state: tuple[int, ...]) -> int:
        found = numbers.setdefault(state, len(rows))
        if found == len(rows):
            rows.append(state)
        return found

    leaving = [_Edges(machine, letters) for machine in machines]
    first = [
        visit(
            tuple(
                leaving[i].move(0, letter)[0] if m.reads_start else 0
                for i, m in enumerate(machines)
            )
        )
        for letter in range(count)
    ]
    visit(tuple(0 for _ in machines))
    book = Programs(signal)
    paying = Paying(signal, machines, letters, book)
    following, paid = [], []
    for state in rows:  # grows while it is read
        if len(rows) * count > _MOST_ENTRIES:
            return None
        taken = [leaving[i].taken(held) for i, held in enumerate(state)]
        known: dict[tuple[int, ...], tuple[int, int]] = {}
        row = []
        for letter, key in enumerate(zip(paying.groups, *taken, strict=True)):
            if key not in known:
                moves = [leaving[i].move(held, letter) for i, held in enumerate(state)]
                target = visit(tuple(target for target, _ in moves))
                known[key] = target, paying.program([emit for _, emit in moves], letter)
            row.append(known[key])
        following.append(tuple(target for target, _ in row))
        paid.append(tuple(program for _, program in row))
    zero = [all(book.values[p] == 0 for p in row) for row in paid]
    return Controller(
        guards=letters.names,
        classes=letters.classes,
        states=_names(machines, rows),
        first=tuple(first),
        reads_start=any(m.reads_start for m in machines),
        next=tuple(following),
        reward=tuple(paid),
        programs=tuple(book.programs),
        values=tuple(book.values),
        numbers=tuple(book.known),
        inputs=tuple(book.inputs),
        accepting=tuple((False,) * count for _ in rows),
        zeta=1.0,
        jumps=((),) * len(rows),
        final=final_states(following, zero),
        verdict=(None,) * len(rows),
    )


def _names(machines: list[stack.Machine], rows: list[tuple[int, ...]]) -> tuple[str, ...]:
    return tuple(
        ",".join(m.states[s] for m, s in zip(machines, state, strict=True)) for state in rows
    )


def _branching(signal: Number, machines: list[stack.Machine]) -> Controller:
    """The controller over whole letters."""
    from specc.emit.branching_control import SignalBranches

    made = SignalBranches(signal, machines)
    branching, edges = made.build()
    book = made.book
    leaving = [[edges[e] for e in branching.leaves(root)] for root in branching.roots]
    zero = [all(book.values[program] == 0 for _, program, _ in row) for row in leaving]
    return Controller(
        states=_names(machines, made.rows),
        reads_start=any(m.reads_start for m in machines),
        programs=tuple(book.programs),
        values=tuple(book.values),
        numbers=tuple(book.known),
        inputs=tuple(book.inputs),
        zeta=1.0,
        jumps=((),) * len(made.rows),
        final=final_states([[after for after, _, _ in row] for row in leaving], zero),
        verdict=(None,) * len(made.rows),
        **_whole(branching, edges, tuple(made.propositions.column)),
    )


def _whole(
    branching: Branching, edges: tuple[tuple[int, int, bool], ...], guards: tuple[Guard, ...]
) -> _Parts:
    """The parts of a controller that stand by whole letter."""
    after, program, accepting = ([edge[part] for edge in edges] for part in range(3))
    return {
        "guards": guards,
        "classes": WholeLetters(len(guards)),
        "first": View(branching, branching.first, after),
        "next": views(branching, after),
        "reward": views(branching, program),
        "accepting": views(branching, accepting),
        "branching": branching,
        "edges": edges,
    }


_ZERO = stack.Constant(Fraction(0))


class _Edges:
    """The edges of a machine over letter classes."""

    def __init__(self, machine: stack.Machine, letters: Letters) -> None:
        self.machine, self.letters = machine, letters
        self._leaving: dict[int, list[stack.MachineStep]] = {}
        for step in machine.steps:
            self._leaving.setdefault(step.source, []).append(step)
        self._taken: dict[int, list[int]] = {}

    def taken(self, state: int) -> list[int]:
        """By letter, which edge of the state is the first that matches; -1 for none."""
        if state not in self._taken:
            steps = () if state in self.machine.final else self._leaving.get(state, ())
            found = np.full(self.letters.classes.class_count, -1, dtype=np.int64)
            for place in reversed(range(len(steps))):
                found[self.letters.on(steps[place].guard)] = place
            self._taken[state] = found.tolist()
        return self._taken[state]

    def move(self, state: int, letter: int) -> tuple[int, Number]:
        """Where a letter leads, and what is emitted."""
        place = self.taken(state)[letter]
        if place >= 0:
            step = self._leaving[state][place]
            return step.target, step.emit
        otherwise = None if state in self.machine.final else self.machine.otherwise
        return (state if otherwise is None else otherwise), _ZERO


def formula_controller(
    scheme: FormulaScheme, budget: Budget | None = None
) -> tuple[Controller, str]:
    """The controller of an event, and its kind: ``co-safe``, ``safe`` or ``buchi``.

    ``budget`` bounds each translation of a formula.

    :raises SpecError: E5xx from the translation, E802 an acceptance condition with too many
        alternatives, E816 ``exact`` for a formula that no finite prefix decides.
    """
    event = scheme.event
    meaning = dict(event.meaning)
    prefix = None
    if scheme.method in {"auto", "exact"} and isinstance(event, stack.Satisfaction):
        prefix = deciding(event, budget)
    if prefix is not None:
        found, kind = prefix
        return _omega(found.atoms, found.initial, found.edges, None, kind, meaning, scheme)
    if scheme.method == "exact":
        raise SpecError.of(
            "E816",
            "no finite part of a run decides this formula, so no reward is exact",
            span=event.span,
            help="the schemes `gadget`, `two-discounts` and `average` fit every formula",
        )
    limit = _limit_deterministic(event, budget)
    return _omega(limit.atoms, limit.initial, limit.edges, limit.jumps, "buchi", meaning, scheme)


def _limit_deterministic(event: Event, budget: Budget | None) -> LimitDeterministic:
    from specc.automata.limit import limit_deterministic

    if isinstance(event, stack.AutomatonSatisfaction):
        from specc.emit.committed import committed

        limit = committed(event.automaton)
        if limit is None:
            raise SpecError.of(
                "E802",
                f"the acceptance condition of `{event.name}` has too many alternatives to train on",
                span=event.span,
                help="give an automaton with a simpler condition, such as parity or "
                "`Acceptance: 1 Inf(0)`",
            )
        return limit
    from specc.automata.translate import translate

    if event.horizon is not None:
        return limit_deterministic(unrolled(event, budget))
    return translate(event.formula, "ldba", budget)


def deciding(
    event: stack.Satisfaction, budget: Budget | None = None
) -> tuple[Automaton, str] | None:
    """The automaton whose sink decides the event, and ``co-safe`` or ``safe``; None where no finite
    prefix decides it. ``budget`` bounds the translation.

    :raises SpecError: E5xx from the translation.
    """
    from specc.automata.prefixes import deciding_automaton
    from specc.automata.translate import translate

    if event.horizon is not None:
        found: Automaton | None = unrolled(event, budget)
    else:
        found = deciding_automaton(translate(event.formula, "parity", budget))
    if found is None:
        return None
    return found, "safe" if isinstance(found.acceptance, Fin) else "co-safe"


def unrolled(event: stack.Satisfaction, budget: Budget | None) -> Automaton:
    """The automaton of a formula on the first letters of a run."""
    from specc.automata.finite import translate_finite
    from specc.automata.unroll import unroll

    assert event.horizon is not None
    return unroll(translate_finite(event.formula, budget), event.horizon)


def _omega(
    names: tuple[str, ...],
    initial: int,
    edges: tuple[tuple[Edge, ...], ...],
    jumps: tuple[tuple[int, ...], ...] | None,
    kind: str,
    meaning: Mapping[str, Guard],
    scheme: FormulaScheme,
) -> tuple[Controller, str]:
    letters = _automaton_letters(names, edges, meaning)
    diagrams = None
    if letters is None:
        from specc.emit.branching_control import FormulaBranches

        diagrams = FormulaBranches.of(edges)
        moves = diagrams.moves()
    else:
        conditions, classes = letters
        taken = [_taken(row, conditions, classes) for row in edges]
        moves = [{(e.target, e.marks) for e in row} for row in taken]
    after = [{target for target, _ in row} for row in moves]
    marked = [all(marks for _, marks in row) for row in moves]
    decided = [after[s] == {s} and marked[s] for s in range(len(edges))]
    book = Programs(stack.Constant(Fraction(0)))
    zero, pay = (book.number(stack.Constant(Fraction(v))) for v in (0, -1 if kind == "safe" else 1))
    buchi, good = kind == "buchi", kind != "safe"
    often = book.number(stack.Constant(1 - scheme.discount)) if buchi else zero

    def edge(held: bool, target: int, marks: int) -> tuple[int, int, bool]:
        if buchi:
            return target, often if marks else zero, bool(marks)
        return target, pay if decided[target] and not held else zero, False

    quiet = [
        not any(m for _, m in row) if buchi else decided[s] or not any(decided[t] for t in after[s])
        for s, row in enumerate(moves)
    ]
    steps = [[*row, *(jumps[s] if jumps else ())] for s, row in enumerate(after)]
    final = final_states(steps, quiet)
    if diagrams is None:
        table = [[edge(decided[s], e.target, e.marks) for e in row] for s, row in enumerate(taken)]
        parts = _classed(table, initial, classes)
    else:
        branching, found, column = diagrams.build(names, meaning, initial, decided, edge)
        parts = _whole(branching, found, column)
    return Controller(
        states=tuple(f"q{s}" for s in range(len(edges))),
        reads_start=True,
        programs=tuple(book.programs),
        values=tuple(book.values),
        numbers=tuple(book.known),
        inputs=(),
        zeta=float(scheme.zeta / scheme.discount) if buchi else 1.0,
        jumps=jumps or ((),) * len(edges),
        final=final,
        verdict=tuple(
            good if held else (not good if over else None)
            for held, over in zip(decided, final, strict=True)
        ),
        **parts,
    ), kind


def _automaton_letters(
    names: tuple[str, ...], edges: tuple[tuple[Edge, ...], ...], meaning: Mapping[str, Guard]
) -> tuple[dict[Guards, Guard], Letters] | None:
    """What the edges' guards mean, and their letter classes; None where those are too many."""
    if len({e.guard for row in edges for e in row}) > _MOST_CLASSES:
        return None
    conditions = {e.guard: edge_condition(e, names, meaning) for row in edges for e in row}
    most = min(_MOST_CLASSES, _MOST_ENTRIES // len(edges))
    letters = Letters.of(conditions.values(), most)
    return None if letters is None else (conditions, letters)


def _taken(
    row: tuple[Edge, ...], conditions: Mapping[Guards, Guard], letters: Letters
) -> list[Edge]:
    """The edge of a state by letter class."""
    held = [(e, letters.on(conditions[e.guard])) for e in row]
    return [
        next(e for e, holds in held if holds[letter])
        for letter in range(letters.classes.class_count)
    ]


def _classed(table: list[list[tuple[int, int, bool]]], initial: int, letters: Letters) -> _Parts:
    """The parts of a controller that stand by letter class."""
    after, program, accepting = (
        tuple(tuple(edge[part] for edge in row) for row in table) for part in range(3)
    )
    return {
        "guards": letters.names,
        "classes": letters.classes,
        "first": after[initial],
        "next": after,
        "reward": program,
        "accepting": accepting,
    }


def edge_condition(edge: Edge, names: tuple[str, ...], meaning: Mapping[str, Guard]) -> Guard:
    """When the edge is taken, over the guards that the atoms mean."""
    cubes = []
    for cube in edge.guard:
        literals: list[Guard] = []
        for bit, name in enumerate(names):
            if cube.care >> bit & 1:
                held = meaning[name]
                literals.append(held if cube.value >> bit & 1 else stack.Negation(held))
        cubes.append(stack.AllOf(tuple(literals)))
    return stack.AnyOf(tuple(cubes))
