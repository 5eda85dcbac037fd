"""Automata as HOA v1 text."""

from __future__ import annotations

from specc.automata.acceptance import show_acceptance
from specc.automata.automaton import Automaton, Cube
from specc.automata.limit import LimitDeterministic

__all__ = ["write_hoa"]


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
