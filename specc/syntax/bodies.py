"""Read the bodies in braces, entry by entry: grids, MDPs, machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from specc.diagnostics import Reporter
from specc.source import Source, Span
from specc.syntax import tree
from specc.syntax.build import Refused
from specc.syntax.build_environment import Piece, StateLine
from specc.syntax.explain import explain, nearest
from specc.syntax.grammar import Unexpected, run
from specc.syntax.mark import mark_expression
from specc.syntax.scan import Token
from specc.syntax.split import split_entries

__all__ = ["attempt", "grid_body", "machine_body", "mdp_body"]

_GRID_WORDS = {"map": "MAP", "legend": "LEGEND", "actions": "ACTIONS", "slip": "SLIP"}
_MDP_WORDS = {"initial": "INITIAL", "label": "LABEL"}
_MACHINE_WORDS = {"states": "STATES", "final": "FINAL"}


def attempt(
    reporter: Reporter, source: Source, start: str, tokens: list[Token], end: int, what: str
) -> Any:
    """What the start rule makes of the tokens; None after a mistake, which is reported."""
    try:
        return run(start, tokens, end)
    except Unexpected as error:
        reporter.extend([explain(source, error, tokens, what)])
    except Refused as error:
        reporter.extend([replace(error.diagnostic, source=source)])
    return None


def grid_body(
    source: Source, reporter: Reporter, body: Sequence[Token], bad: frozenset[int], span: Span
) -> tree.GridEnvironment | None:
    """The grid between the braces; None where a part that it needs is missing."""
    pieces: dict[str, Piece] = {}
    failed = False
    for entry in _entries(body, bad):
        word = entry[0]
        if word.text not in _GRID_WORDS:
            near = nearest(word.text, list(_GRID_WORDS)) if word.type == "WORD" else None
            reporter.report(
                "E106",
                f"`{word.text[:30]}` is no entry of a grid: expected map, legend, actions or slip",
                word.span,
                help=f"did you mean `{near}`?" if near is not None else None,
            )
            failed = True
            if near is None:
                continue
            word.text = near
        word.type = _GRID_WORDS[word.text]
        piece = attempt(
            reporter, source, "grid_entry", entry, entry[-1].end, f"the entry `{word.text}`"
        )
        if piece is None:
            failed = True
            pieces.setdefault(word.text, Piece(word, None))
        else:
            _once(reporter, pieces, piece)
    if not bad:
        _needed(reporter, span, "a grid", pieces, ("map", "actions"))
    content = {name: piece.content for name, piece in pieces.items()}
    rows, actions = content.get("map"), content.get("actions")
    if failed or not isinstance(rows, tuple) or not isinstance(actions, tuple):
        return None
    slip, legend = content.get("slip"), content.get("legend", ())
    return tree.GridEnvironment(
        rows,
        legend if isinstance(legend, tuple) else (),
        actions,
        slip if isinstance(slip, tree.Number) else None,
        span=span,
    )


def _entries(body: Sequence[Token], bad: frozenset[int]) -> Iterator[list[Token]]:
    """The entries without unpaired brackets: those are reported already."""
    for entry in split_entries(body, bad):
        if not any(token.start in bad for token in entry):
            yield entry


def _once(reporter: Reporter, pieces: dict[str, Piece], piece: Piece) -> None:
    name = piece.word.text
    if name in pieces:
        reporter.report(
            "E115",
            f"`{name}` is given twice",
            piece.word.span,
            secondary=((pieces[name].word.span, "the first stands here"),),
            help="keep one of them",
        )
    else:
        pieces[name] = piece


def _needed(
    reporter: Reporter, span: Span, what: str, given: dict[str, Piece], names: Sequence[str]
) -> None:
    for name in names:
        if name not in given:
            reporter.report(
                "E114", f"{what} needs an entry `{name}`", span, label=f"no `{name}` in here"
            )


def mdp_body(
    source: Source, reporter: Reporter, body: Sequence[Token], bad: frozenset[int], span: Span
) -> tree.MdpEnvironment | None:
    """The MDP between the braces; None where `initial` is missing or an entry is wrong."""
    pieces: dict[str, Piece] = {}
    transitions: list[tree.MdpTransition] = []
    labels: list[tree.MdpLabel] = []
    state: tree.Text | None = None
    failed = False
    for entry in _entries(body, bad):
        word, after = entry[0], entry[1].type if len(entry) > 1 else ""
        if word.type == "WORD" and word.text in _MDP_WORDS and after not in ("COLON", "ARROW"):
            word.type = _MDP_WORDS[word.text]
        line = attempt(reporter, source, "mdp_entry", entry, entry[-1].end, "the entry")
        if line is None:
            failed = True
            if word.type == "INITIAL":
                pieces.setdefault("initial", Piece(word, None))
            elif after == "COLON" and word.type in ("WORD", "NUMBER", "STRING"):
                state = tree.Text(word.text, span=word.span)
        elif isinstance(line, StateLine):
            state = line.state or state
            if line.action is not None and state is None:
                failed = True
                reporter.report(
                    "E106",
                    f"the action `{line.action.value}` belongs to no state",
                    line.action.span,
                    help="write `state: action -> target`",
                )
            elif line.action is not None and state is not None:
                last = line.outcomes[-1][1].span
                start = line.state.span if line.state is not None else line.action.span
                transitions.append(
                    tree.MdpTransition(state, line.action, line.outcomes, span=start.to(last))
                )
        elif isinstance(line.content, tree.MdpLabel):
            labels.append(line.content)
        else:
            _once(reporter, pieces, line)
    if not bad:
        _needed(reporter, span, "an mdp", pieces, ("initial",))
    initial = pieces["initial"].content if "initial" in pieces else None
    if failed or not isinstance(initial, tuple):
        return None
    return tree.MdpEnvironment(initial, tuple(transitions), tuple(labels), span=span)


def machine_body(
    source: Source,
    reporter: Reporter,
    name: tree.Text,
    body: Sequence[Token],
    bad: frozenset[int],
    span: Span,
) -> tree.MachineDeclaration | None:
    """The machine between the braces; None where `states` is missing or an entry is wrong."""
    states: list[tree.Text] = []
    final: list[tree.Text] = []
    edges: list[tree.MachineEdge] = []
    failed = has_states = False
    for entry in _entries(body, bad):
        marked = _mark_machine_entry(entry)
        has_states |= marked[0].type == "STATES"
        line = attempt(reporter, source, "machine_entry", marked, marked[-1].end, "the entry")
        if line is None:
            failed = True
        elif isinstance(line, tree.MachineEdge):
            edges.append(line)
        else:
            kind, names = line
            (states if kind == "states" else final).extend(names)
    if not has_states and not bad:
        reporter.report(
            "E114",
            "a machine needs an entry `states`",
            name.span,
            help="list the states, the initial one first: `states u0 u1`",
        )
    if failed or not states:
        return None
    return tree.MachineDeclaration(name, tuple(states), tuple(edges), tuple(final), span=span)


def _mark_machine_entry(entry: list[Token]) -> list[Token]:
    word = entry[0]
    after = entry[1].type if len(entry) > 1 else ""
    if word.type == "WORD" and word.text in _MACHINE_WORDS and after != "ARROW":
        word.type = _MACHINE_WORDS[word.text]
        return entry
    depth = 0
    places: list[int] = []
    for index, token in enumerate(entry):
        depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        wanted = ("when", "emit")[len(places)] if len(places) < 2 else ""
        if index >= 3 and depth == 0 and token.type == "WORD" and token.text == wanted:
            token.type = wanted.upper()
            places.append(index)
    if not places:
        return entry
    when = places[0]
    emit = places[1] if len(places) > 1 else len(entry)
    guard = mark_expression(entry[when + 1 : emit])
    return [
        *entry[: when + 1],
        *guard,
        *entry[emit : emit + 1],
        *mark_expression(entry[emit + 1 :]),
    ]
