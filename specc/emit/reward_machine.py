"""A reward as a text file of the original reward-machine repository (Toro Icarte et al. 2018)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from specc.automata.automaton import Cube
from specc.automata.letters import LetterClasses
from specc.diagnostics import SpecError
from specc.emit.controller import Controller
from specc.emit.kernel import control
from specc.objective import stack

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["reward_machine_text"]

_PLAIN = re.compile(r"[a-z_]\w*")
_WORDS = {"not", "and", "or", "next", "eventually", "always", "until", "weak_until", "release",
          "xor", "true", "false"}  # fmt: skip
_MOST_LINES = 200_000


def reward_machine_text(spec: Spec) -> str:
    """The file: the initial state, the terminal states, one edge a line.

    The program of that repository keeps one formula and one reward per pair of states, and takes
    all terminal states for one. So a state that is entered with several rewards is written once
    for each, and where that does not tell the rewards into terminal states apart, final states are
    written as loops that pay 0. Every letter has an edge: nothing falls out of a state.

    :raises SpecError: E812 what the format cannot say: a horizon, a chance, a reward that is no
        finite decimal or reads the environment, a start state, more than labels, too many edges.
    """
    controller, horizon = control(spec)
    if horizon >= 0 or any(v is None for v in controller.values) or controller.zeta < 1:
        raise _refusal(spec, "has a horizon, a chance or a reward of the environment")
    starts = _starts(controller)
    if len(starts) > 1:
        raise _refusal(spec, "reads the start state, where reward machines read transitions only")
    names = [_name(guard, spec) for guard in controller.guards]
    paid = [_decimal(value, spec) for value in controller.values if value is not None]
    edges = _edges(controller, names, paid)
    split = _split(edges)
    loops = any(
        len({reward for after, reward in row if controller.final[after]}) > 1
        for row in edges.values()
    )
    nodes = _nodes(starts[0], edges, split)
    ends = [place for (state, _), place in nodes.items() if controller.final[state]]
    lines = [
        f"{nodes[starts[0], None]} # initial state",
        f"{[] if loops else ends} # terminal states",
    ]
    for (state, _), place in nodes.items():
        if state not in edges and loops:
            lines.append(f"({place},{place},'True',ConstantRewardFunction(0))")
        for (after, reward), found in edges.get(state, {}).items():
            target, formula = nodes[after, reward if after in split else None], "|".join(found)
            lines.append(f"({place},{target},{formula!r},ConstantRewardFunction({reward}))")
        if len(lines) > _MOST_LINES:
            raise _refusal(spec, f"needs more than {_MOST_LINES:,} edges")
    return "\n".join(lines) + "\n"


_Row = dict[tuple[int, str], list[str]]
"""By state after and reward: the conjunctions, one of which holds."""

_Node = tuple[int, str | None]
"""A state, and the reward that it was entered with where that matters."""


def _starts(controller: Controller) -> list[int]:
    """The states that the letter of the start leads to."""
    if controller.branching is None:
        return sorted(set(controller.table([controller.first])[0]))
    found = controller.branching.leaves(controller.branching.first)
    return sorted({controller.edges[edge][0] for edge in found})


def _edges(controller: Controller, names: Sequence[str], paid: Sequence[str]) -> dict[int, _Row]:
    """The edges out of every state that is not final."""
    ways = _ways(controller, names)
    edges: dict[int, _Row] = {}
    for state, final in enumerate(controller.final):
        if final:
            continue
        mine = edges.setdefault(state, {})
        for after, program, formulas in ways(state):
            mine.setdefault((after, paid[program]), []).extend(formulas)
    return edges


_Ways = Callable[[int], Iterator[tuple[int, int, list[str]]]]
"""By state: the state after, the program that pays, and conjunctions, one of which holds."""


def _ways(controller: Controller, names: Sequence[str]) -> _Ways:
    branching = controller.branching
    if branching is None:
        formulas = [_letter_formulas(controller, c, names) for c in range(controller.letter_count)]

        def classed(state: int) -> Iterator[tuple[int, int, list[str]]]:
            for letter, formula in enumerate(formulas):
                yield controller.next[state][letter], controller.reward[state][letter], formula

        return classed

    def branched(state: int) -> Iterator[tuple[int, int, list[str]]]:
        for cube, edge in branching.paths(branching.roots[state]):
            after, program, _ = controller.edges[edge]
            yield after, program, [_conjunction(cube, names)]

    return branched


def _conjunction(cube: Cube, names: Sequence[str]) -> str:
    literals = [
        name if cube.value >> bit & 1 else f"!{name}"
        for bit, name in enumerate(names)
        if cube.care >> bit & 1
    ]
    return "&".join(literals) or "True"


def _split(edges: Mapping[int, _Row]) -> set[int]:
    """The states that some state leads to with more than one reward."""
    found: set[int] = set()
    for row in edges.values():
        entered = [after for after, _ in row]
        found |= {after for after in entered if entered.count(after) > 1}
    return found


def _nodes(first: int, edges: Mapping[int, _Row], split: set[int]) -> dict[_Node, int]:
    """The reachable nodes, numbered."""
    pending: list[_Node] = [(first, None)]
    numbers: dict[_Node, int] = {(first, None): 0}
    for state, _ in pending:  # grows while it is read
        for after, reward in edges.get(state, {}):
            node = after, reward if after in split else None
            if node not in numbers:
                numbers[node] = len(numbers)
                pending.append(node)
    return numbers


def _refusal(spec: Spec, what: str) -> SpecError:
    return SpecError.of(
        "E812",
        f"`{spec.name}` {what}, which a reward machine file does not express",
        help="use the target `gym`",
    )


def _name(guard: stack.Guard, spec: Spec) -> str:
    if not isinstance(guard, stack.LabelIs):
        raise _refusal(spec, "reads more than labels")
    name = guard.name
    if _PLAIN.fullmatch(name) and name not in _WORDS:
        return name
    if "'" in name or '"' in name or "\\" in name or not name.isprintable():
        raise _refusal(spec, f"reads the label {name!r}")
    return f'"{name}"'


def _decimal(value: Fraction, spec: Spec) -> str:
    """The exact decimal, without an exponent."""
    scaled = value * 10**15
    if scaled.denominator != 1 or abs(value) >= 10**15:
        raise _refusal(spec, f"pays {value}, a number without a short decimal")
    digits = f"{abs(scaled.numerator):016d}"
    fraction = digits[-15:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-15]}" + (f".{fraction}" if fraction else "")


def _letter_formulas(controller: Controller, letter: int, names: Sequence[str]) -> list[str]:
    """The ways through the decision diagram to a class, as conjunctions ``a&!b``."""
    classes = controller.classes
    assert isinstance(classes, LetterClasses)
    found: list[str] = []
    pending: list[tuple[int, tuple[str, ...]]] = [(classes.root, ())]
    while pending:
        node, literals = pending.pop()
        if node < 0:
            if -1 - node == letter:
                found.append("&".join(literals) or "True")
            continue
        name = names[int(classes.atom[node])]
        pending.append((int(classes.high[node]), (*literals, name)))
        pending.append((int(classes.low[node]), (*literals, f"!{name}")))
    return found
