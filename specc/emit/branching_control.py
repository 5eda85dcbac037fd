"""Reward schemes whose states tell too many letters apart for classes: by decision diagrams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from specc.automata.automaton import Edge
from specc.automata.branching import Branches, Branching, Cases, Graft
from specc.automata.letters import Diagrams
from specc.diagnostics import SpecError
from specc.emit.letter_programs import Programs, signal_guards
from specc.objective import stack
from specc.objective.diagrams import boolean
from specc.objective.guards import atoms
from specc.objective.simplify import simplify
from specc.objective.stack import Guard, Number
from specc.objective.two_valued import guard_text
from specc.objective.walk import leaves, rebuild

__all__ = ["Edges", "FormulaBranches", "SignalBranches"]

_ZERO = stack.Constant(Fraction(0))
_MOST_NUMBERS = 20_000

Edges = tuple[tuple[int, int, bool], ...]
"""By edge: the state after, the program that pays, whether the gadget may end the run."""


class Propositions:
    """Guards as diagrams over numbered propositions, in order of appearance."""

    def __init__(self) -> None:
        self.diagrams = Diagrams()
        self.column: dict[Guard, int] = {}
        self._known: dict[Guard, int] = {}

    def number(self, guard: Guard) -> None:
        """Number the propositions of a guard."""
        for atom in atoms(guard):
            self.column.setdefault(atom, len(self.column))

    def of(self, guard: Guard, where: str) -> int:
        """The diagram of a guard; ``where`` is what errors say about it.

        :raises SpecError: E504 it is too large.
        """
        if guard not in self._known:
            self.number(guard)
            with_guard = boolean(guard, self.column)
            try:
                self._known[guard] = self.diagrams.of_expression(with_guard)
            except SpecError:
                raise too_many(guard, where) from None
        return self._known[guard]


def too_many(guard: Guard, where: str) -> SpecError:
    """What a guard whose diagram has too many nodes is told."""
    text = guard_text(guard)
    return SpecError.of(
        "E504",
        f"{where} tells too many combinations of propositions apart, at the guard "
        f"`{text if len(text) <= 60 else text[:57] + '...'}`",
        span=guard.span,
        help="split the guard, or use fewer propositions in it",
    )


class SignalBranches:
    """The machines of a signal as one, and what it pays: a diagram for every product state.

    ``rows`` are the product states, in the order in which they are found.
    """

    def __init__(self, signal: Number, machines: Sequence[stack.Machine]) -> None:
        self.signal, self.machines = signal, machines
        self.propositions = Propositions()
        for guard in _guards(signal, machines):
            self.propositions.number(guard)
        self.book = Programs(signal)
        self.rows: list[tuple[int, ...]] = []
        self._row: dict[tuple[int, ...], int] = {}
        nodes = (node for node in leaves(signal) if isinstance(node, stack.MachineOutput))
        self._place = {id(node): machines.index(node.machine) for node in nodes}
        guards = self.propositions.diagrams
        # Leaves: where the machines go, and the numbers of what they emit.
        self._moves: Branches[tuple[tuple[int, ...], tuple[int, ...]]] = Branches(guards)
        self._paid: Branches[int] = Branches(guards)
        self._edges: Branches[tuple[int, int, bool]] = Branches(guards)
        self._emits: dict[Number, int] = {_ZERO: 0}
        self._numbers: dict[Number, int] = {}
        self._leaving = [_by_source(machine) for machine in machines]
        self._alone: dict[tuple[int, int], int] = {}
        self._graft = Graft(self._edges, self._moves.joined.nodes, self._edge)

    def build(self) -> tuple[Branching, Edges]:
        """The diagrams of all product states that can be reached.

        :raises SpecError: E504 too many combinations of propositions, E803 an expression too deep.
        """
        first = self._first()
        self._visit((0,) * len(self.machines))
        roots = []
        for row in self.rows:  # grows while it is read
            together = self._together(row)
            try:
                roots.append(self._graft.of(together))
            except SpecError as error:
                raise self._joined(error, row) from None
        return (
            Branching.of(self._edges.joined.nodes, roots, first),
            tuple(self._edges.leaves),
        )

    def _joined(self, error: SpecError, row: tuple[int, ...]) -> SpecError:
        """The error, with the place where diagrams of several guards became too large."""
        if error.diagnostics[0].span is not None or not self.machines:
            return error
        guards = [s.guard for i, held in enumerate(row) for s in self._leaving[i].get(held, ())]
        return too_many(guards[-1], self._where(row)) if guards else error

    def _where(self, row: Sequence[int]) -> str:
        pairs = zip(self.machines, row, strict=True)
        return " with ".join(f"state `{m.states[held]}` of machine `{m.name}`" for m, held in pairs)

    def _visit(self, row: tuple[int, ...]) -> int:
        found = self._row.setdefault(row, len(self.rows))
        if found == len(self.rows):
            self.rows.append(row)
        return found

    def _first(self) -> int:
        """The diagram of the letter of the start; nothing is paid for it."""
        zero = self.book.number(_ZERO)
        stays = [None if m.reads_start else self._move(0, 0) for m in self.machines]

        def leaf(move: int) -> int:
            return self._edges.leaf((self._visit(self._moves.leaves[move][0]), zero, False))

        together = self._together((0,) * len(self.machines), stays)
        return Graft(self._edges, self._moves.joined.nodes, leaf).of(together)

    def _move(self, target: int, emit: int) -> int:
        return self._moves.leaf(((target,), (emit,)))

    def _together(self, row: tuple[int, ...], instead: Sequence[int | None] | None = None) -> int:
        """The diagram of what all machines do; ``instead`` of what some of them would."""
        found = self._moves.leaf(((), ()))
        for i, held in enumerate(row):
            other = None if instead is None else instead[i]
            own = self._machine(i, held) if other is None else other
            found = own if i == 0 else self._pair(found, own)
        return found

    def _pair(self, left: int, right: int) -> int:
        moves = self._moves

        def outer(one: int) -> int:
            targets, emits = moves.leaves[one]

            def inner(other: int) -> int:
                more, paid = moves.leaves[other]
                return moves.leaf((targets + more, emits + paid))

            return Graft(moves, moves.joined.nodes, inner).of(right)

        return Graft(moves, moves.joined.nodes, outer).of(left)

    def _machine(self, i: int, held: int) -> int:
        """The diagram of a state of one machine: the first edge that matches."""
        if (i, held) not in self._alone:
            machine = self.machines[i]
            stays = held in machine.final or machine.otherwise is None
            found = self._move(held if stays else machine.otherwise or 0, 0)
            where = f"state `{machine.states[held]}` of machine `{machine.name}`"
            leaving = () if held in machine.final else self._leaving[i].get(held, ())
            for step in reversed(leaving):
                guard = self.propositions.of(step.guard, where)
                emit = self._emits.setdefault(step.emit, len(self._emits))
                try:
                    found = self._moves.select(guard, self._move(step.target, emit), found)
                except SpecError:
                    raise too_many(step.guard, where) from None
            self._alone[i, held] = found
        return self._alone[i, held]

    def _edge(self, move: int) -> int:
        """The diagram in place of a leaf of moves: the signal may ask guards of its own."""
        targets, emits = self._moves.leaves[move]
        number = self._visit(targets)
        emitted = list(self._emits)
        paid = self._pays(simplify(self._filled([emitted[e] for e in emits])))

        def leaf(program: int) -> int:
            return self._edges.leaf((number, self._paid.leaves[program], False))

        return Graft(self._edges, self._paid.joined.nodes, leaf).of(paid)

    def _filled(self, emitted: Sequence[Number]) -> Number:
        """The signal with what the machines emit."""

        def change(part: Number) -> Number:
            match part:
                case stack.MachineOutput():
                    return emitted[self._place[id(part)]]
                case stack.Indicator():
                    return part
                case stack.Choice(_, then, otherwise):
                    return replace(part, then=change(then), otherwise=change(otherwise))
                case _:
                    return rebuild(part, change)

        return change(self.signal)

    def _pays(self, number: Number) -> int:
        """The diagram of a number by the guards that it asks; equal rests are one."""
        if number not in self._numbers:
            asked = signal_guards(number)
            if not asked:
                self._numbers[number] = self._paid.leaf(self.book.number(number))
                return self._numbers[number]
            where = f"the reward `{self.book.text}`"
            if len(self._numbers) > _MOST_NUMBERS:
                raise too_many(asked[0], where)
            guard = self.propositions.of(asked[0], where)
            yes, no = (self._pays(simplify(_decided(number, asked[0], v))) for v in (True, False))
            self._numbers[number] = self._paid.select(guard, yes, no)
        return self._numbers[number]


def _guards(signal: Number, machines: Sequence[stack.Machine]) -> dict[Guard, None]:
    found = dict.fromkeys(step.guard for machine in machines for step in machine.steps)
    emits = dict.fromkeys(step.emit for machine in machines for step in machine.steps)
    for number in (signal, *emits):
        found.update(dict.fromkeys(signal_guards(number)))
    return found


def _by_source(machine: stack.Machine) -> dict[int, list[stack.MachineStep]]:
    found: dict[int, list[stack.MachineStep]] = {}
    for step in machine.steps:
        found.setdefault(step.source, []).append(step)
    return found


def _decided(number: Number, guard: Guard, value: bool) -> Number:
    """The number where the guard holds, or where it does not."""

    def change(part: Number) -> Number:
        match part:
            case stack.Indicator(asked):
                return stack.Constant(Fraction(value), span=part.span) if asked == guard else part
            case stack.Choice(asked, then, otherwise):
                if asked == guard:
                    return change(then if value else otherwise)
                return replace(part, then=change(then), otherwise=change(otherwise))
            case _:
                return rebuild(part, change)

    return change(number)


@dataclass(frozen=True, slots=True, eq=False)
class FormulaBranches:
    """An automaton's diagrams over its own atoms; leaves are (state after, marks)."""

    cubes: Branches[tuple[int, int]]
    roots: tuple[int, ...]

    @staticmethod
    def of(edges: Sequence[Sequence[Edge]]) -> FormulaBranches:
        """The diagrams of a complete automaton.

        :raises SpecError: E504 they have too many nodes.
        """
        cubes: Branches[tuple[int, int]] = Branches(Diagrams())
        cases = Cases(cubes)
        roots = tuple(
            cases.of([(cube, cubes.leaf((e.target, e.marks))) for e in row for cube in e.guard])
            for row in edges
        )
        return FormulaBranches(cubes, roots)

    def moves(self) -> list[set[tuple[int, int]]]:
        """By state, the states after and the marks that it can have."""
        plain = Branching(tuple(self.cubes.joined.nodes), self.roots, self.roots[0])
        return [{self.cubes.leaves[leaf] for leaf in plain.leaves(root)} for root in self.roots]

    def build(
        self,
        names: Sequence[str],
        meaning: Mapping[str, Guard],
        initial: int,
        kinds: Sequence[bool],
        edge: Callable[[bool, int, int], tuple[int, int, bool]],
    ) -> tuple[Branching, Edges, tuple[Guard, ...]]:
        """The diagrams over what the atoms mean; ``edge(kinds[state], after, marks)`` is what a
        leaf becomes.

        :raises SpecError: E504 they have too many nodes.
        """
        propositions = Propositions()
        for name in names:
            propositions.number(meaning[name])
        conditions = [propositions.of(meaning[n], f"the proposition `{n}`") for n in names]
        into: Branches[tuple[int, int, bool]] = Branches(propositions.diagrams)
        grafts = [
            Graft(into, self.cubes.joined.nodes, partial(self._leaf, into, edge, kind), conditions)
            for kind in (False, True)
        ]
        roots = [grafts[kind].of(root) for kind, root in zip(kinds, self.roots, strict=True)]
        branching = Branching.of(into.joined.nodes, roots, roots[initial])
        return branching, tuple(into.leaves), tuple(propositions.column)

    def _leaf(
        self,
        into: Branches[tuple[int, int, bool]],
        edge: Callable[[bool, int, int], tuple[int, int, bool]],
        kind: bool,
        number: int,
    ) -> int:
        return into.leaf(edge(kind, *self.cubes.leaves[number]))
