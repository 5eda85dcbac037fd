"""A reward as a text file of the original reward-machine repository (Toro Icarte et al. 2018)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

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
    if controller.reads_start and len(set(controller.first)) > 1:
        raise _refusal(spec, "reads the start state, where reward machines read transitions only")
    names = [_name(guard, spec) for guard in controller.guards]
    formulas = [_letter_formulas(controller, c, names) for c in range(len(controller.first))]
    paid = [_decimal(value, spec) for value in controller.values if value is not None]
    edges = _edges(controller, formulas, paid)
    split = _split(edges)
    loops = any(
        len({reward for after, reward in row if controller.final[after]}) > 1
        for row in edges.values()
    )
    nodes = _nodes(controller.first[0], edges, split)
    ends = [place for (state, _), place in nodes.items() if controller.final[state]]
    lines = [
        f"{nodes[controller.first[0], None]} # initial state",
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


def _edges(
    controller: Controller, formulas: Sequence[list[str]], paid: Sequence[str]
) -> dict[int, _Row]:
    """The edges out of every state that is not final."""
    edges: dict[int, _Row] = {}
    for state, row in enumerate(controller.next):
        if controller.final[state]:
            continue
        mine = edges.setdefault(state, {})
        for letter, after in enumerate(row):
            reward = paid[controller.reward[state][letter]]
            mine.setdefault((after, reward), []).extend(formulas[letter])
    return edges


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


def _letter_formulas(controller: Controller, letter: int, names: list[str]) -> list[str]:
    """The ways through the decision diagram to a class, as conjunctions ``a&!b``."""
    classes = controller.classes
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
