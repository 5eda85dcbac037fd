"""Guards as letter classes, and what a signal pays on a class as programs."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.automata.letters import LetterClasses, few_classes
from specc.emit.bytecode import Program, compile_number
from specc.emit.plan import show_number
from specc.objective import stack
from specc.objective.diagrams import boolean
from specc.objective.guards import atoms
from specc.objective.simplify import simplify
from specc.objective.stack import Guard, Number
from specc.objective.walk import leaves, rebuild

__all__ = ["Letters", "Paying", "Programs", "signal_guards"]


def signal_guards(number: Number) -> list[Guard]:
    """The conditions that a signal asks on the way, comparisons left whole."""
    match number:
        case stack.Indicator(guard):
            return [guard]
        case stack.Choice(guard, then, otherwise):
            return [guard, *signal_guards(then), *signal_guards(otherwise)]
        case stack.Apply(_, operands):
            return [guard for part in operands for guard in signal_guards(part)]
        case _:
            return []


class Letters:
    """The classes of some guards, and the truth of each guard on each class."""

    def __init__(self, column: dict[Guard, int], names: tuple[Guard, ...], classes: LetterClasses):
        self.column, self.names, self.classes = column, names, classes
        self.masks: NDArray[np.bool_] = np.ascontiguousarray(classes.truth.T)
        self.truth: list[list[bool]] = self.masks.tolist()

    @staticmethod
    def of(guards: Iterable[Guard], most: int) -> Letters | None:
        """The classes; None where they are more than ``most``, or long to find."""
        column = {guard: number for number, guard in enumerate(dict.fromkeys(guards))}
        names = tuple(dict.fromkeys(atom for guard in column for atom in atoms(guard)))
        number = {name: index for index, name in enumerate(names)}
        expressions = [boolean(guard, number) for guard in column]
        classes = few_classes(expressions, len(names), most)
        return None if classes is None else Letters(column, names, classes)

    def on(self, guard: Guard) -> NDArray[np.bool_]:
        """Whether the guard holds, by letter class."""
        found: NDArray[np.bool_] = self.masks[self.column[guard]]
        return found

    def holds(self, guard: Guard, letter: int) -> bool:
        return self.truth[self.column[guard]][letter]


class Paying:
    """The program that pays on a letter, by what the machines emit.

    What machines emit is looked up by identity; where no edge matches, that is 0.
    """

    def __init__(
        self, signal: Number, machines: list[stack.Machine], letters: Letters, book: Programs
    ) -> None:
        self.signal, self.letters, self.book = signal, letters, book
        nodes = (node for node in leaves(signal) if isinstance(node, stack.MachineOutput))
        self.place = {id(node): machines.index(node.machine) for node in nodes}
        self.known: dict[tuple[int, ...], int] = {}
        emits = [step.emit for machine in machines for step in machine.steps]
        number: dict[Number, int] = {}
        self._emits = {id(emit): number.setdefault(emit, len(number)) for emit in emits}
        asked = [g for part in (signal, *number) for g in signal_guards(part)]
        columns = [letters.on(guard).tolist() for guard in dict.fromkeys(asked)]
        groups: dict[tuple[bool, ...], int] = {}
        rows = zip(*columns, strict=True) if columns else [()] * letters.classes.class_count
        # Letters on which what is asked is equal are paid the same.
        self.groups = [groups.setdefault(row, len(groups)) for row in rows]

    def program(self, emitted: list[Number], letter: int) -> int:
        key = (self.groups[letter], *(self._emits.get(id(emit), -1) for emit in emitted))
        if key not in self.known:
            self.known[key] = self.book.number(self._on_letter(emitted, letter))
        return self.known[key]

    def _on_letter(self, emitted: list[Number], letter: int) -> Number:
        """The signal on a letter class: only native rewards and observations are left to read."""

        def change(part: Number) -> Number:
            match part:
                case stack.MachineOutput():
                    return change(emitted[self.place[id(part)]])
                case stack.Indicator(guard):
                    return stack.Constant(
                        Fraction(self.letters.holds(guard, letter)), span=part.span
                    )
                case stack.Choice(guard, then, otherwise):
                    return change(then if self.letters.holds(guard, letter) else otherwise)
                case _:
                    return rebuild(part, change)

        return simplify(change(self.signal))


class Programs:
    """Each different expression once."""

    def __init__(self, signal: Number) -> None:
        self.text = show_number(signal)
        self.known: dict[Number, int] = {}
        self.programs: list[Program] = []
        self.values: list[Fraction | None] = []
        self.inputs: dict[Number, int] = {}

    def number(self, number: Number) -> int:
        if number not in self.known:
            for node in leaves(number):
                if isinstance(node, stack.Native | stack.Observation):
                    self.inputs.setdefault(node, len(self.inputs))
            self.known[number] = len(self.programs)
            self.programs.append(compile_number(number, self.inputs, {}, show_number(number)))
            exact = number.value if isinstance(number, stack.Constant) else None
            self.values.append(exact)
        return self.known[number]
