"""An automaton as read becomes deterministic and complete."""

from __future__ import annotations

from dataclasses import replace

from specc.automata.acceptance import show_acceptance
from specc.automata.automaton import Acceptance, Automaton, Combination, Cube, Edge, Fin
from specc.automata.hoa_reader import Raw, malformed
from specc.automata.letters import FALSE, TRUE, Diagrams
from specc.automata.remote import TimeOut, WorkerDied, ask
from specc.automata.translate import Budget
from specc.automata.wire import from_wire
from specc.diagnostics import MissingExtra, SpecError

__all__ = ["repaired"]

_MAXIMUM_CUBES = 500_000

# Per state: (target, marks) to the diagram of its letters.
_Rows = list[dict[tuple[int, int], int]]


def repaired(raw: Raw) -> Automaton:
    """The same language, deterministic and complete.

    :raises SpecError: E501 determinising overruns the budget, E507 no ``Start:`` or too large.
    """
    assert raw.acceptance is not None
    if not raw.starts:
        malformed("the header `Start:` is missing")
    diagrams = Diagrams()
    rows: _Rows = []
    for edges in raw.edges:
        row: dict[tuple[int, int], int] = {}
        for edge in edges:
            key = (edge.target, edge.marks)
            letters = diagrams.of_expression(edge.label)
            row[key] = diagrams.apply("or", row.get(key, FALSE), letters)
        rows.append({key: letters for key, letters in row.items() if letters != FALSE})
    covered = [_disjoint_union(diagrams, row) for row in rows]
    plain = _plain(raw, raw.acceptance, diagrams, rows)
    if len(raw.starts) > 1 or any(union is None for union in covered):
        return _determinised(plain, raw.starts)
    missing = {
        state: diagrams.apply("xor", union, TRUE)
        for state, union in enumerate(covered)
        if union is not None and union != TRUE
    }
    return _completed(plain, diagrams, missing) if missing else plain


def _disjoint_union(diagrams: Diagrams, row: dict[tuple[int, int], int]) -> int | None:
    """The letters with an edge; None if one letter has two."""
    union = FALSE
    for letters in row.values():
        if diagrams.apply("and", union, letters) != FALSE:
            return None
        union = diagrams.apply("or", union, letters)
    return union


def _plain(raw: Raw, acceptance: Acceptance, diagrams: Diagrams, rows: _Rows) -> Automaton:
    return Automaton(
        atoms=raw.atoms,
        initial=raw.starts[0],
        edges=tuple(
            tuple(
                Edge(_cubes(diagrams, letters), target, marks)
                for (target, marks), letters in row.items()
            )
            for row in rows
        ),
        acceptance=acceptance,
        mark_count=raw.mark_count,
    )


def _cubes(diagrams: Diagrams, letters: int) -> tuple[Cube, ...]:
    cubes = diagrams.cubes(letters, _MAXIMUM_CUBES)
    if cubes is None:
        malformed(f"a label needs more than {_MAXIMUM_CUBES} cubes")
    return cubes


def _completed(plain: Automaton, diagrams: Diagrams, missing: dict[int, int]) -> Automaton:
    sink = plain.state_count
    acceptance, mark_count, marks = plain.acceptance, plain.mark_count, 0
    if plain.accepts_marks(0):
        # Staying in the sink would be accepted; a mark of its own forbids it.
        marks = 1 << mark_count
        acceptance = Combination("and", (acceptance, Fin(mark_count)))
        mark_count += 1
    edges = [
        (*row, Edge(_cubes(diagrams, missing[state]), sink, 0)) if state in missing else row
        for state, row in enumerate(plain.edges)
    ]
    edges.append((Edge((Cube(0, 0),), sink, marks),))
    return replace(plain, edges=tuple(edges), acceptance=acceptance, mark_count=mark_count)


def _determinised(plain: Automaton, starts: list[int]) -> Automaton:
    budget = Budget()
    request = {
        "hoa": _text(plain, starts),
        "atoms": len(plain.atoms),
        "states": budget.states,
    }
    try:
        answer = ask(request, budget.seconds)
    except (TimeOut, WorkerDied):
        answer = {"error": "overrun"}
    if answer.get("error") == "missing":
        raise MissingExtra(answer["message"])
    if "automaton" not in answer:
        raise SpecError.of(
            "E501",
            f"making the HOA automaton deterministic takes more than {budget.seconds:g} seconds"
            f" or {budget.states} states",
            help="give a deterministic automaton (Spot: `autfilt --deterministic --generic`)",
        )
    return from_wire(answer["automaton"], plain.atoms)


def _text(plain: Automaton, starts: list[int]) -> str:
    """HOA with internal names, for Spot."""
    from specc.automata.hoa_writer import write_hoa

    names = tuple(f"p{position}" for position in range(len(plain.atoms)))
    body = write_hoa(replace(plain, atoms=names)).split("--BODY--", 1)[1]
    header = [
        "HOA: v1",
        f"States: {plain.state_count}",
        *(f"Start: {start}" for start in starts),
        " ".join([f"AP: {len(names)}", *(f'"{name}"' for name in names)]),
        f"Acceptance: {plain.mark_count} {show_acceptance(plain.acceptance)}",
    ]
    return "\n".join(header) + "\n--BODY--" + body
