"""The probability of an LTL formula on a chain, without automata.

Courcoubetis and Yannakakis, "The complexity of probabilistic verification" (JACM 1995): take an
innermost ``X`` or ``U``, find its exact probability q at every node, and split each node with
0 < q < 1 into a copy where it is true and one where it is false, with the conditional transition
probabilities. The trajectories keep their law, and the subformula has become a property of
nodes. When none is left, the answer is the initial mass of the nodes where the formula holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from fractions import Fraction

from .arithmetic import holds
from .chain import Process, explore, until
from .germ import Number
from .limits import at_most
from .statement import Environment, Letter, Step
from .terms import Term, walk

__all__ = ["probability"]

_TRUE = Term("true", ())
_THERE = Term("there", ())
"""True on the letters that a formula on finitely many letters reads."""

Node = tuple[Hashable, tuple[bool, ...], int]
"""A place, the guards that hold on the letter that led to it, and the number of that letter: only
as far as letters are counted."""


def probability(
    environment: Environment, process: Process, formula: Term, letters: int = 0
) -> Number:
    """P(the word of the trajectory satisfies the formula).

    The word has the letter of the start state, then one letter per transition. Where ``letters``
    is not 0, only so many first letters are read: as LTL on finite words, with a strong next.
    """
    guards = list(dict.fromkeys(t.fields[0] for t in walk(formula) if t.kind == "atom"))

    def node(place: Hashable, letter: Letter, time: int) -> Node:
        bits = (holds(environment, guard, letter) for guard in guards)
        return place, (*bits, time < letters), time

    def step(at: Node) -> list[tuple[Node, Number, Step]]:
        place, _, time = at
        later = min(time + 1, letters)
        return [(node(to, tag, later), chance, tag) for to, chance, tag in process.moves(place)]

    start = [(node(place, (None, None, s), 0), mass) for place, s, mass in process.start]
    chain = explore(start, step)
    rows: list[dict[int, Number]] = []
    for edges in chain.edges:
        row: dict[int, Number] = {}
        for to, weight, _ in edges:
            row[to] = row.get(to, Fraction(0)) + weight
        rows.append(row)
    atoms = [*(Term("atom", (guard,)) for guard in guards), _THERE]
    truth = [[bits[k] for _, bits, _ in chain.nodes] for k in range(len(atoms))]
    words = _Words(chain.initial, rows, truth, {atom: k for k, atom in enumerate(atoms)})
    column = words.settle(_on_those_there(formula) if letters else formula)
    true = [
        mass
        for mass, holds_here in zip(words.initial, words.truth[column], strict=True)
        if holds_here
    ]
    return sum(true, Fraction(0))


@dataclass(slots=True)
class _Words:
    """A chain whose nodes know which of the settled formulas (``column``) hold from them on:
    ``truth[column[f]][node]``."""

    initial: list[Number]
    rows: list[dict[int, Number]]
    truth: list[list[bool]]
    column: dict[Term, int]

    def settle(self, formula: Term) -> int:
        """The column of a formula; splits nodes where its truth is not decided."""
        if formula not in self.column:
            self.column[formula] = self._new_column(formula)
        return self.column[formula]

    def _new_column(self, formula: Term) -> int:
        match formula.kind, formula.fields:
            case "X", (operand,):
                return self._next(self.settle(operand))
            case "U", (left, right):
                # Both first: settling one may split the nodes that the other speaks of.
                columns = self.settle(left), self.settle(right)
                return self._until(*columns)
            case (("F" | "G" | "R" | "W" | "M"), _):
                return self.settle(_by_until(formula))
            case "true", ():
                return self._pointwise([], all)
            case "false", ():
                return self._pointwise([], any)
            case "not", (operand,):
                return self._pointwise([operand], lambda v: not v[0])
            case "and", (operands,):
                return self._pointwise(operands, all)
            case "or", (operands,):
                return self._pointwise(operands, any)
            case "->", operands:
                return self._pointwise(operands, lambda v: not v[0] or v[1])
            case "<->", operands:
                return self._pointwise(operands, lambda v: v[0] == v[1])
            case "xor", operands:
                return self._pointwise(operands, lambda v: v[0] != v[1])
            case _:
                raise AssertionError(f"no formula: {formula.kind}")

    def _pointwise(
        self, operands: tuple[Term, ...] | list[Term], rule: Callable[[list[bool]], bool]
    ) -> int:
        columns = [self.settle(operand) for operand in operands]
        found = [rule([self.truth[c][i] for c in columns]) for i in range(len(self.rows))]
        self.truth.append(found)
        return len(self.truth) - 1

    def _next(self, operand: int) -> int:
        goal = self.truth[operand]
        chance = [
            sum((weight for j, weight in row.items() if goal[j]), Fraction(0)) for row in self.rows
        ]
        return self._split(chance, lambda i, value, j, later: goal[j] is value)

    def _until(self, left: int, right: int) -> int:
        through, goal = self.truth[left], self.truth[right]
        waiting = [a and not b for a, b in zip(through, goal, strict=True)]
        chance = until(self.rows, waiting, goal)
        # Where it is not decided here, it is true now iff it is true at the next node.
        return self._split(chance, lambda i, value, j, later: not waiting[i] or later is value)

    def _split(self, chance: list[Number], follows: Callable[[int, bool, int, bool], bool]) -> int:
        """Replace every node by its copies (node, value of the formula there).

        ``follows(i, value, j, later)``: whether copy (i, value) may be followed by (j, later).
        """
        mass = [{True: q, False: Fraction(1) - q} for q in chance]
        copies = [(i, v) for i in range(len(self.rows)) for v in (True, False) if mass[i][v] != 0]
        at_most("chain nodes", len(copies))
        number = {copy: k for k, copy in enumerate(copies)}
        rows: list[dict[int, Number]] = []
        for i, value in copies:
            row: dict[int, Number] = {}
            for j, weight in self.rows[i].items():
                for later in (True, False):
                    if (j, later) in number and follows(i, value, j, later):
                        row[number[j, later]] = weight * mass[j][later] / mass[i][value]
            rows.append(row)
        self.initial = [self.initial[i] * mass[i][value] for i, value in copies]
        self.rows = rows
        self.truth = [[column[i] for i, _ in copies] for column in self.truth]
        self.truth.append([value for _, value in copies])
        return len(self.truth) - 1


def _on_those_there(formula: Term) -> Term:
    """LTL on a finite word as LTL on an infinite one that it begins: what is next, or reached
    by ``U``, must be there."""

    def there(part: Term) -> Term:
        return Term("and", ((_THERE, _on_those_there(part)),))

    match formula.kind, formula.fields:
        case "atom", _:
            return formula
        case "X", (operand,):
            return Term("X", (there(operand),))
        case "U", (left, right):
            return Term("U", (_on_those_there(left), there(right)))
        case (("F" | "G" | "R" | "W" | "M"), _):
            return _on_those_there(_by_until(formula))
        case (("and" | "or") as kind, (operands,)):
            return Term(kind, (tuple(map(_on_those_there, operands)),))
        case kind, operands:
            return Term(kind, tuple(map(_on_those_there, operands)))


def _by_until(formula: Term) -> Term:
    """F, G, R, W and M by U and the connectives."""

    def no(part: Term) -> Term:
        return Term("not", (part,))

    match formula.kind, formula.fields:
        case "F", (operand,):
            return Term("U", (_TRUE, operand))
        case "G", (operand,):
            return no(Term("U", (_TRUE, no(operand))))
        case "R", (left, right):
            return no(Term("U", (no(left), no(right))))
        case "W", (left, right):
            return no(Term("U", (no(right), Term("and", ((no(left), no(right)),)))))
        case "M", (left, right):
            return Term("U", (right, Term("and", ((left, right),))))
        case _:
            raise AssertionError(f"not by until: {formula.kind}")
