"""The finite control of a reward scheme as dense tables over letter classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from specc.automata.automaton import Automaton, Edge, Fin
from specc.automata.letters import (
    LetterClasses,
)
from specc.diagnostics import SpecError
from specc.emit.bytecode import Program
from specc.emit.letter_programs import Letters, Paying, Programs, signal_guards
from specc.emit.plan import FormulaScheme, SignalScheme
from specc.objective import stack
from specc.objective.stack import Guard, Number
from specc.objective.walk import leaves

if TYPE_CHECKING:
    from specc.automata.limit import LimitDeterministic
    from specc.automata.translate import Budget

__all__ = [
    "Controller",
    "deciding",
    "edge_condition",
    "formula_controller",
    "signal_controller",
    "unrolled",
]

_MOST_ENTRIES = 4_000_000

Event = stack.Satisfaction | stack.AutomatonSatisfaction


@dataclass(frozen=True, slots=True, eq=False)
class Controller:
    """Tables ``[state][class]``: where to go and which program pays.

    ``guards`` are the propositions, in the order of the letters' bits; ``inputs`` the native
    rewards and observations that programs read. ``first[class]`` is the state after the first
    letter (``reads_start``: it is read). On an edge with ``accepting`` the gadget ends the run with
    chance ``1 - zeta``, and then pays 1 in place of the edge's reward. ``jumps[state]`` are the
    targets of epsilon actions. ``final[state]``: every later reward is 0. ``verdict[state]`` is
    what the word so far decides, or None. ``values[p]`` is program p's exact value where it reads
    nothing, else None; ``numbers[p]`` what it computes.
    """

    guards: tuple[Guard, ...]
    classes: LetterClasses
    states: tuple[str, ...]
    first: tuple[int, ...]
    reads_start: bool
    next: tuple[tuple[int, ...], ...]
    reward: tuple[tuple[int, ...], ...]
    programs: tuple[Program, ...]
    values: tuple[Fraction | None, ...]
    numbers: tuple[Number, ...]
    inputs: tuple[Number, ...]
    accepting: tuple[tuple[bool, ...], ...]
    zeta: float
    jumps: tuple[tuple[int, ...], ...]
    final: tuple[bool, ...]
    verdict: tuple[bool | None, ...]

    @property
    def jump_count(self) -> int:
        """The most epsilon actions of a state."""
        return max(map(len, self.jumps), default=0)


def signal_controller(scheme: SignalScheme) -> Controller:
    """The machines that the signal reads, as one controller, and its reward per edge.

    :raises SpecError: E504 or E804 the tables would be too large, E803 an expression too deep.
    """
    nodes = list(leaves(scheme.signal))
    machines = list(dict.fromkeys(n.machine for n in nodes if isinstance(n, stack.MachineOutput)))
    emits = [step.emit for machine in machines for step in machine.steps]
    wanted = [step.guard for machine in machines for step in machine.steps]
    wanted += [g for number in (scheme.signal, *emits) for g in signal_guards(number)]
    letters = Letters(wanted)
    count = letters.classes.class_count
    numbers: dict[tuple[int, ...], int] = {}
    rows: list[tuple[int, ...]] = []

    def visit(state: tuple[int, ...]) -> int:
        found = numbers.setdefault(state, len(rows))
        if found == len(rows):
            rows.append(state)
            if len(rows) * count > _MOST_ENTRIES:
                raise SpecError.of(
                    "E804",
                    f"the machines of this objective together need more than {_MOST_ENTRIES:,} "
                    "table entries",
                    help="use fewer or smaller machines in one spec",
                )
        return found

    starting = tuple(0 for _ in machines)
    leaving = [_by_source(machine) for machine in machines]
    first = [
        visit(
            tuple(
                _move(m, leaving[i], 0, letters, letter)[0] if m.reads_start else 0
                for i, m in enumerate(machines)
            )
        )
        for letter in range(count)
    ]
    visit(starting)
    book = Programs(scheme.signal)
    paying = Paying(scheme.signal, machines, letters, book)
    following, paid = [], []
    for state in rows:  # grows while it is read
        targets, rewards = [], []
        for letter in range(count):
            moves = [
                _move(m, leaving[i], state[i], letters, letter) for i, m in enumerate(machines)
            ]
            targets.append(visit(tuple(target for target, _ in moves)))
            rewards.append(paying.program([emit for _, emit in moves], letter))
        following.append(tuple(targets))
        paid.append(tuple(rewards))
    names = tuple(
        ",".join(m.states[s] for m, s in zip(machines, state, strict=True)) for state in rows
    )
    zero = [all(book.values[p] == 0 for p in row) for row in paid]
    return Controller(
        guards=letters.names,
        classes=letters.classes,
        states=names,
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
        final=_final(following, zero),
        verdict=(None,) * len(rows),
    )


_ZERO = stack.Constant(Fraction(0))
_Leaving = dict[int, list[stack.MachineStep]]


def _by_source(machine: stack.Machine) -> _Leaving:
    found: _Leaving = {}
    for step in machine.steps:
        found.setdefault(step.source, []).append(step)
    return found


def _move(
    machine: stack.Machine, leaving: _Leaving, state: int, letters: Letters, letter: int
) -> tuple[int, Number]:
    if state in machine.final:
        return state, _ZERO
    for step in leaving.get(state, ()):
        if letters.holds(step.guard, letter):
            return step.target, step.emit
    return (state if machine.otherwise is None else machine.otherwise), _ZERO


def _final(following: list[tuple[int, ...]], quiet: list[bool]) -> tuple[bool, ...]:
    """Which states can never again reach one that is not quiet."""
    final = list(quiet)
    changed = True
    while changed:
        changed = False
        for state, targets in enumerate(following):
            if final[state] and not all(final[target] for target in targets):
                final[state] = False
                changed = True
    return tuple(final)


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
    conditions = {e.guard: edge_condition(e, names, meaning) for row in edges for e in row}
    letters = Letters(conditions.values())
    count = letters.classes.class_count
    taken = [
        [next(e for e in row if letters.holds(conditions[e.guard], c)) for c in range(count)]
        for row in edges
    ]
    following = [tuple(edge.target for edge in row) for row in taken]
    looping = [all(t == s for t in row) for s, row in enumerate(following)]
    marked = [all(e.marks for e in row) for row in taken]
    book = Programs(stack.Constant(Fraction(0)))
    zero, pay = (book.number(stack.Constant(Fraction(v))) for v in (0, -1 if kind == "safe" else 1))
    decided = [looping[s] and marked[s] for s in range(len(edges))]
    buchi = kind == "buchi"
    often = book.number(stack.Constant(1 - scheme.discount)) if buchi else zero
    reward = tuple(
        tuple(
            (often if edge.marks else zero)
            if buchi
            else (pay if decided[edge.target] and not decided[state] else zero)
            for edge in taken[state]
        )
        for state in range(len(edges))
    )
    steps = [[*row, *(jumps[s] if jumps else ())] for s, row in enumerate(following)]
    quiet = [
        all(not e.marks for e in taken[s]) if buchi else all(p == zero for p in reward[s])
        for s in range(len(edges))
    ]
    final = _final([tuple(row) for row in steps], quiet)
    good = kind != "safe"
    verdict = tuple(
        good if decided[s] else (not good if final[s] else None) for s in range(len(edges))
    )
    return Controller(
        guards=letters.names,
        classes=letters.classes,
        states=tuple(f"q{s}" for s in range(len(edges))),
        first=following[initial],
        reads_start=True,
        next=tuple(following),
        reward=reward,
        programs=tuple(book.programs),
        values=tuple(book.values),
        numbers=tuple(book.known),
        inputs=(),
        accepting=tuple(tuple(buchi and bool(e.marks) for e in row) for row in taken),
        zeta=float(scheme.zeta / scheme.discount) if buchi else 1.0,
        jumps=jumps or ((),) * len(edges),
        final=final,
        verdict=verdict,
    ), kind


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
