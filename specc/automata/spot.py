"""The only door to Spot: formulas in, our automata out.

Spot's names for atoms are internal (``p0``, ``p1``, ...), so any text may name an atom.
"""

from __future__ import annotations

from typing import Any, Literal

from specc.automata.acceptance import parse_acceptance
from specc.automata.automaton import Automaton, Cube, Edge
from specc.automata.formula import Atom, Connective, Formula, Truth
from specc.diagnostics import MissingExtra

__all__ = [
    "Kind",
    "Level",
    "TooLarge",
    "require_spot",
    "spot_determinise",
    "spot_text",
    "spot_translate",
]

Kind = Literal["generic", "parity"]
Level = Literal["low", "medium", "high"]

_TYPES: dict[Kind, str] = {"generic": "generic", "parity": "parity max even"}
# Spot 2.13 translates some formulas with xor or iff wrongly unless it leaves them in one piece:
# `XGq xor (q xor FGq)` would reject `q q q ...`.
_OPTIONS: dict[Kind, str] = {"generic": "ltl-split=0,", "parity": ""}
_MAXIMUM_CUBES = 500_000
_SYMBOLS = {"and": "&", "or": "|", "not": "!"}


class TooLarge(Exception):
    """The automaton has more states or cubes than allowed."""


def require_spot() -> Any:
    """The module ``spot``.

    :raises MissingExtra: it is not installed.
    """
    try:
        import spot
    except ImportError as error:
        raise MissingExtra(
            "LTL formulas and HOA files need Spot's Python bindings: "
            "`pip install spottl` on Linux x86-64, `conda install -c conda-forge spot` elsewhere"
        ) from error
    return spot


def spot_text(formula: Formula, atoms: tuple[str, ...], *, strong_next: bool = False) -> str:
    """The formula in Spot's syntax; atom i of ``atoms`` is called ``"pi"``.

    >>> spot_text(Connective("U", (Atom("the door"), Atom("b"))), ("the door", "b"))
    '("p0" U "p1")'
    """
    index = {name: position for position, name in enumerate(atoms)}

    def text(node: Formula) -> str:
        match node:
            case Truth(value):
                return "1" if value else "0"
            case Atom(name):
                return f'"p{index[name]}"'
            case Connective("X", (operand,)) if strong_next:
                return f"X[!]({text(operand)})"
            case Connective(operator, (operand,)):
                return f"{_SYMBOLS.get(operator, operator)}({text(operand)})"
            case Connective(operator, operands):
                symbol = _SYMBOLS.get(operator, operator)
                return "(" + f" {symbol} ".join(map(text, operands)) + ")"

    return text(formula)


def spot_translate(
    text: str, atoms: tuple[str, ...], kind: Kind, level: Level, maximum_states: int
) -> Automaton:
    """The deterministic, complete automaton of a formula in Spot's syntax over ``p0 p1 ...``.

    ``parity`` gives "parity max even": the greatest mark seen infinitely often is even.

    :raises TooLarge: more than ``maximum_states`` states, or too many cubes.
    :raises MissingExtra: Spot is not installed.
    """
    spot = require_spot()
    options = f"{_OPTIONS[kind]}det-max-states={maximum_states}"
    arguments = (_TYPES[kind], "deterministic", "complete", level)
    graph = spot.translate(spot.formula(text), *arguments, xargs=options)
    if not spot.is_deterministic(graph) or graph.num_states() > maximum_states:
        raise TooLarge
    graph = spot.complete(graph)
    if kind == "parity" and graph.acc().is_t():
        # "All words" as a parity condition: one priority, 0, on every edge.
        for state in range(graph.num_states()):
            for edge in graph.out(state):
                edge.acc = spot.mark_t([0])
        graph.set_acceptance(1, "Inf(0)")
    return from_twa(graph, atoms)


def spot_determinise(text: str, atoms: tuple[str, ...], maximum_states: int) -> Automaton:
    """The HOA text over ``p0 p1 ...`` as a deterministic, complete automaton.

    :raises TooLarge: more than ``maximum_states`` states, or too many cubes.
    """
    spot = require_spot()
    options = spot.option_map()
    options.set("det-max-states", maximum_states)
    post = spot.postprocessor(options)
    post.set_type(spot.postprocessor.Generic)
    post.set_pref(spot.postprocessor.Deterministic | spot.postprocessor.Complete)
    post.set_level(spot.postprocessor.Low)
    graph = post.run(spot.automaton(text))
    if not spot.is_deterministic(graph) or graph.num_states() > maximum_states:
        raise TooLarge
    return from_twa(spot.complete(graph), atoms)


def from_twa(graph: Any, atoms: tuple[str, ...]) -> Automaton:
    """Our value for a deterministic, complete Spot automaton over ``p0 p1 ...``.

    :raises TooLarge: the edges need too many cubes.
    """
    variables = {graph.register_ap(f"p{position}"): position for position in range(len(atoms))}
    cubes: dict[int, tuple[Cube, ...]] = {}
    total = 0
    edges = []
    for state in range(graph.num_states()):
        row = []
        for edge in graph.out(state):
            key = edge.cond.id()
            if key not in cubes:
                cubes[key] = _cubes(edge.cond, variables, _MAXIMUM_CUBES - total)
            total += len(cubes[key])
            if total > _MAXIMUM_CUBES:
                raise TooLarge
            marks = sum(1 << mark for mark in edge.acc.sets())
            row.append(Edge(cubes[key], edge.dst, marks))
        edges.append(tuple(row))
    return Automaton(
        atoms=atoms,
        initial=graph.get_init_state_number(),
        edges=tuple(edges),
        acceptance=parse_acceptance(str(graph.get_acceptance())),
        mark_count=graph.num_sets(),
    )


def _cubes(function: Any, variables: dict[int, int], limit: int) -> tuple[Cube, ...]:
    """A disjunction of prime cubes, irredundant (Minato 1992)."""
    import buddy

    spot = require_spot()
    false, true = buddy.bddfalse, buddy.bddtrue
    remaining = spot.minato_isop(function)
    cubes: list[Cube] = []
    while (cube := remaining.next()) != false:
        care = value = 0
        while cube != true:
            bit = 1 << variables[buddy.bdd_var(cube)]
            care |= bit
            low = buddy.bdd_low(cube)
            if low == false:
                value |= bit
                low = buddy.bdd_high(cube)
            cube = low
        cubes.append(Cube(care, value))
        if len(cubes) > limit:
            raise TooLarge
    return tuple(cubes)
