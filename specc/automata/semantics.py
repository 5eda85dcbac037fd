"""What a formula means on a word, by its definition: the independent judge of every translation.

A word is a sequence of letters (bit masks over the atoms). The truth of a subformula at all
positions at once is one Python integer, bit i for position i.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specc.automata.automaton import Automaton
from specc.automata.formula import Atom, Connective, Formula, Truth

__all__ = ["run_lasso", "satisfies", "satisfies_finite"]

_Next = Callable[[int], int]


def satisfies(
    formula: Formula, prefix: Sequence[int], cycle: Sequence[int], atoms: tuple[str, ...]
) -> bool:
    """Whether ``prefix cycle cycle ...`` satisfies the formula (standard LTL semantics).

    An atom that is not among ``atoms`` is false. ``cycle`` must not be empty.

    >>> from specc.automata.formula import Atom, Connective
    >>> satisfies(Connective("G", (Connective("F", (Atom("a"),)),)), [], [0, 1], ("a",))
    True
    """
    if not cycle:
        raise ValueError("an infinite word needs a cycle")
    word = [*prefix, *cycle]
    last = len(word) - 1
    back = len(prefix)

    def following(positions: int) -> int:
        return positions >> 1 | (positions >> back & 1) << last

    return bool(_evaluate(formula, word, atoms, following) & 1)


def satisfies_finite(formula: Formula, word: Sequence[int], atoms: tuple[str, ...]) -> bool:
    """Whether the finite word satisfies the formula: LTL on finite traces, with a strong next.

    ``X a`` is false at the last position (De Giacomo and Vardi 2013). On the empty word atoms,
    ``X``, ``F``, ``U`` and ``M`` are false and ``G``, ``W`` and ``R`` are true.

    >>> from specc.automata.formula import Atom, Connective
    >>> satisfies_finite(Connective("X", (Atom("a"),)), [1], ("a",))
    False
    """
    if not word:
        return _satisfied_by_nothing(formula)
    return bool(_evaluate(formula, list(word), atoms, lambda positions: positions >> 1, True) & 1)


def run_lasso(automaton: Automaton, prefix: Sequence[int], cycle: Sequence[int]) -> bool:
    """Whether the deterministic automaton accepts ``prefix cycle cycle ...``."""
    state = automaton.initial
    for letter in prefix:
        state = automaton.step(state, letter).target
    seen: dict[int, int] = {}
    rounds: list[int] = []
    while state not in seen:
        seen[state] = len(rounds)
        marks = 0
        for letter in cycle:
            edge = automaton.step(state, letter)
            marks |= edge.marks
            state = edge.target
        rounds.append(marks)
    infinitely_often = 0
    for marks in rounds[seen[state] :]:
        infinitely_often |= marks
    return automaton.accepts_marks(infinitely_often)


def _evaluate(
    formula: Formula,
    word: list[int],
    atoms: tuple[str, ...],
    following: _Next,
    finite: bool = False,
) -> int:
    everywhere = (1 << len(word)) - 1
    # On a finite word, ``G`` and its kin see "true" after the end.
    beyond = 1 << (len(word) - 1) if finite else 0
    index = {name: position for position, name in enumerate(atoms)}
    value: dict[int, int] = {}
    for node in _operands_first(formula):
        match node:
            case Truth(truth):
                value[id(node)] = everywhere if truth else 0
            case Atom(name):
                bit = index.get(name)
                value[id(node)] = (
                    0
                    if bit is None
                    else sum((letter >> bit & 1) << i for i, letter in enumerate(word))
                )
            case Connective(operator, operands):
                arguments = [value[id(operand)] for operand in operands]
                value[id(node)] = _apply(operator, arguments, everywhere, beyond, following)
    return value[id(formula)]


def _apply(
    operator: str, arguments: list[int], everywhere: int, beyond: int, following: _Next
) -> int:
    left = arguments[0]
    right = arguments[-1]
    match operator:
        case "not":
            return everywhere & ~left
        case "and":
            for argument in arguments:
                left &= argument
            return left
        case "or":
            for argument in arguments:
                left |= argument
            return left
        case "xor":
            return left ^ right
        case "->":
            return everywhere & ~left | right
        case "<->":
            return everywhere & ~(left ^ right)
        case "X":
            return following(left)
        case "F":
            return _until(everywhere, left, 0, 0, following)
        case "G":
            return _until(left, 0, everywhere, beyond, following)
        case "U":
            return _until(left, right, 0, 0, following)
        case "W":
            return _until(left, right, everywhere, beyond, following)
        case "M":
            return _until(right, left & right, 0, 0, following)
        case "R":
            return _until(right, left & right, everywhere, beyond, following)
        case _:
            raise ValueError(f"no meaning is known for operator {operator}")


def _until(hold: int, goal: int, start: int, beyond: int, following: _Next) -> int:
    """The fixpoint of ``v = goal | hold & X v`` from ``start``: least from 0, greatest from 1."""
    positions = start
    while True:
        update = goal | hold & (following(positions) | beyond)
        if update == positions:
            return positions
        positions = update


def _satisfied_by_nothing(formula: Formula) -> bool:
    value: dict[int, bool] = {}
    for node in _operands_first(formula):
        match node:
            case Truth(truth):
                value[id(node)] = truth
            case Atom():
                value[id(node)] = False
            case Connective("X" | "F" | "U" | "M"):
                value[id(node)] = False
            case Connective("G" | "W" | "R"):
                value[id(node)] = True
            case Connective(operator, operands):
                arguments = [int(value[id(operand)]) for operand in operands]
                value[id(node)] = bool(_apply(operator, arguments, 1, 0, int))
    return value[id(formula)]


def _operands_first(formula: Formula) -> list[Formula]:
    """Every node once, operands before their connective, without recursion."""
    order: list[Formula] = []
    seen: set[int] = set()
    pending: list[tuple[Formula, bool]] = [(formula, False)]
    while pending:
        node, expanded = pending.pop()
        if expanded:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            pending.append((node, True))
            if isinstance(node, Connective):
                pending.extend((operand, False) for operand in node.operands)
    return order
