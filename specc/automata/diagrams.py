"""Reduced ordered decision diagrams of Boolean expressions (Bryant 1986)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specc.automata.automaton import Cube
from specc.diagnostics import SpecError

__all__ = ["FALSE", "TRUE", "Boolean", "Combined", "Constant", "Diagrams", "Variable"]

_MAXIMUM_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false on every letter."""

    value: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """Bit ``atom`` of the letter, negated where ``positive`` is false."""

    atom: int
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Combined:
    """``and``, ``or``, ``xor`` or ``not`` of Boolean expressions."""

    operator: Literal["and", "or", "xor", "not"]
    operands: tuple[Boolean, ...]


Boolean = Constant | Variable | Combined


FALSE = -1
TRUE = -2


class Diagrams:
    """Hash-consed nodes ``(atom, low, high)``; -1 is false, -2 true, as in LetterClasses."""

    def __init__(self, most: int = _MAXIMUM_NODES) -> None:
        self.most = most
        self.nodes: list[tuple[int, int, int]] = []
        self.unique: dict[tuple[int, int, int], int] = {}
        self.known: dict[tuple[str, int, int], int] = {}
        # An expression may share parts many times over; it is kept here so that its id stays its.
        self.expressions: dict[int, tuple[Boolean, int]] = {}

    def node(self, atom: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = (atom, low, high)
        found = self.unique.get(key)
        if found is None:
            found = self.unique[key] = len(self.nodes)
            self.nodes.append(key)
            if found > self.most:
                raise SpecError.of(
                    "E504",
                    "the guards tell too many combinations of propositions apart",
                    help="use fewer propositions in one automaton or machine",
                )
        return found

    def cofactors(self, reference: int, atom: int) -> tuple[int, int]:
        if reference >= 0 and self.nodes[reference][0] == atom:
            return self.nodes[reference][1:]
        return reference, reference

    def top(self, *references: int) -> int:
        return min(self.nodes[reference][0] for reference in references if reference >= 0)

    def apply(self, operator: str, left: int, right: int) -> int:
        if left < 0 and right < 0:
            first, second = left == TRUE, right == TRUE
            value = {"and": first and second, "or": first or second, "xor": first != second}
            return TRUE if value[operator] else FALSE
        if left > right:
            left, right = right, left
        if operator != "xor" and left < 0:
            return right if (left == TRUE) == (operator == "and") else left
        key = (operator, left, right)
        if key not in self.known:
            atom = self.top(left, right)
            left_low, left_high = self.cofactors(left, atom)
            right_low, right_high = self.cofactors(right, atom)
            self.known[key] = self.node(
                atom,
                self.apply(operator, left_low, right_low),
                self.apply(operator, left_high, right_high),
            )
        return self.known[key]

    def cubes(self, reference: int, limit: int) -> tuple[Cube, ...] | None:
        """The ways to true as disjoint cubes, or None if they are more than ``limit``."""
        found: list[Cube] = []
        pending = [(reference, 0, 0)]
        while pending:
            node, care, value = pending.pop()
            if node == TRUE:
                found.append(Cube(care, value))
                if len(found) > limit:
                    return None
            elif node >= 0:
                atom, low, high = self.nodes[node]
                pending.append((high, care | 1 << atom, value | 1 << atom))
                pending.append((low, care | 1 << atom, value))
        return tuple(found)

    def of_cubes(self, cubes: tuple[Cube, ...]) -> int:
        parts = [self.of_cube(cube) for cube in cubes]
        while len(parts) > 1:
            parts = [
                self.apply("or", *parts[index : index + 2]) if index + 1 < len(parts) else parts[-1]
                for index in range(0, len(parts), 2)
            ]
        return parts[0] if parts else FALSE

    def of_cube(self, cube: Cube) -> int:
        reference = TRUE
        for atom in reversed(range(cube.care.bit_length())):
            if cube.care >> atom & 1:
                holds = cube.value >> atom & 1
                reference = self.node(
                    atom, FALSE if holds else reference, reference if holds else FALSE
                )
        return reference

    def of_expression(self, expression: Boolean) -> int:
        if id(expression) not in self.expressions:
            self.expressions[id(expression)] = (expression, self._of_expression(expression))
        return self.expressions[id(expression)][1]

    def _of_expression(self, expression: Boolean) -> int:
        match expression:
            case Constant(value):
                return TRUE if value else FALSE
            case Variable(atom, positive):
                return self.node(atom, FALSE, TRUE) if positive else self.node(atom, TRUE, FALSE)
            case Combined("not", (operand,)):
                return self.apply("xor", self.of_expression(operand), TRUE)
            case Combined(operator, operands):
                reference = TRUE if operator == "and" else FALSE
                for operand in operands:
                    reference = self.apply(operator, reference, self.of_expression(operand))
                return reference
