"""Automata in HOA v1, the Hanoi omega-automata format (Babiak et al. 2015)."""

from __future__ import annotations

from specc.automata.acceptance import show_acceptance
from specc.automata.automaton import Automaton, Cube
from specc.automata.hoa_reader import read_raw
from specc.automata.limit import LimitDeterministic

__all__ = ["read_hoa", "write_hoa"]


def read_hoa(text: str) -> Automaton:
    """The automaton in the text, deterministic and complete, whatever its acceptance condition.

    An automaton that is neither is completed with a rejecting sink, or determinised by Spot.

    :raises SpecError: E507 malformed text or too large, E508 a kind that is not supported, E501
        determinising overruns the budget.
    :raises MissingExtra: the automaton is nondeterministic and Spot is not installed.

    >>> text = write_hoa(read_hoa('''HOA: v1
    ... Start: 0
    ... AP: 1 "a"
    ... Acceptance: 1 Inf(0)
    ... --BODY--
    ... State: 0
    ... [0] 0 {0}
    ... --END--'''))
    >>> read_hoa(text).state_count
    2
    """
    from specc.automata.hoa_repair import repaired

    return repaired(read_raw(text))


def write_hoa(automaton: Automaton | LimitDeterministic, name: str | None = None) -> str:
    """The automaton as HOA v1 text, ending with a newline.

    The jumps of a limit-deterministic automaton become ordinary nondeterminism: a state also has
    the edges of the states it may jump to.
    """
    lines = ["HOA: v1"]
    if name is not None:
        lines.append(f"name: {_quoted(name)}")
    lines += [
        f"States: {automaton.state_count}",
        f"Start: {automaton.initial}",
        " ".join([f"AP: {len(automaton.atoms)}", *map(_quoted, automaton.atoms)]),
    ]
    properties = "properties: trans-labels explicit-labels trans-acc complete"
    if isinstance(automaton, Automaton):
        condition, marks = show_acceptance(automaton.acceptance), automaton.mark_count
        lines += [f"Acceptance: {marks} {condition}", f"{properties} deterministic"]
        jumps: tuple[tuple[int, ...], ...] = ((),) * automaton.state_count
    else:
        lines += ["acc-name: Buchi", "Acceptance: 1 Inf(0)", properties]
        jumps = automaton.jumps
    lines.append("--BODY--")
    for state in range(automaton.state_count):
        lines.append(f"State: {state}")
        for origin in (state, *jumps[state]):
            for edge in automaton.edges[origin]:
                sets = [str(i) for i in range(edge.marks.bit_length()) if edge.marks >> i & 1]
                marks_text = f" {{{' '.join(sets)}}}" if sets else ""
                lines.append(f"[{_label(edge.guard)}] {edge.target}{marks_text}")
    lines.append("--END--")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _label(guard: tuple[Cube, ...]) -> str:
    return " | ".join(map(_conjunction, guard)) or "f"


def _conjunction(cube: Cube) -> str:
    literals = [
        str(position) if cube.value >> position & 1 else f"!{position}"
        for position in range(cube.care.bit_length())
        if cube.care >> position & 1
    ]
    return "&".join(literals) or "t"
