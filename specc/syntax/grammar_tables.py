"""The notations' grammars as tables, made with Lark by whoever changes a file in grammars/.

    python -m specc.syntax.grammar_tables

writes `grammars/main.json` and `grammars/environments.json`, which :mod:`specc.syntax.grammar`
reads. States are numbered in the order in which they are reached, so equal grammars give equal
files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

__all__ = ["NOTATIONS", "tables", "text_of"]

NOTATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "main": (
        ("tokens", "ltl", "expressions", "file", "machines"),
        (
            "whole_formula",
            "whole_expression",
            "proposition",
            "reward",
            "specification",
            "policy",
            "assertion",
            "machine_file",
            "machine_entry",
        ),
    ),
    "environments": (("tokens", "environments"), ("external", "grid_entry", "mdp_entry")),
}
"""Of each notation the files that make it up, and where its texts may start."""


def tables(name: str) -> dict[str, Any]:
    """The tables of a notation.

    ``starts``: by start rule its first and its last state. ``states``: by token, or rule, the state
    to go to, or -1 - r to apply rule r. ``rules``: [name, length, callback, whether a single
    child stands for the whole, [place, spliced, absent children before it] of every child that is
    kept, absent children at the end].
    """
    import lark

    files, starts = NOTATIONS[name]
    folder = resources.files("specc.grammars")
    text = "\n".join(folder.joinpath(f"{file}.lark").read_text("utf-8") for file in files)
    made = lark.Lark(
        text, parser="lalr", lexer="basic", start=list(starts), maybe_placeholders=True
    )
    table: Any = made.parser.parser._parse_table
    number = {rule: place for place, rule in enumerate(made.rules)}
    places = _places(table, starts)
    return {
        "starts": {
            start: [places[table.start_states[start]], places[table.end_states[start]]]
            for start in starts
        },
        "rules": [_rule(rule) for rule in made.rules],
        "states": [
            {
                token: places[target] if type(target) is int else -1 - number[target]
                for token, (_, target) in sorted(table.states[state].items())
            }
            for state in places
        ],
    }


def _places(table: Any, starts: Iterable[str]) -> dict[int, int]:
    """The new number of every state that the starts reach."""
    places: dict[int, int] = {}
    waiting = [table.start_states[start] for start in starts]
    for state in waiting:
        if state not in places:
            places[state] = len(places)
            targets = (target for _, (_, target) in sorted(table.states[state].items()))
            waiting.extend(target for target in targets if type(target) is int)
    return places


def _rule(rule: Any) -> list[Any]:
    """A rule as Lark's tree builder treats it (`lark.parse_tree_builder`)."""
    options, absent = rule.options, [0] * (len(rule.expansion) + 1)
    if options.empty_indices:
        marks = "".join(str(int(empty)) for empty in options.empty_indices)
        absent = [len(ones) for ones in marks.split("0")]
    kept, before = [], 0
    for place, symbol in enumerate(rule.expansion):
        before += absent[place]
        if not symbol.is_term or options.keep_all_tokens or not symbol.filter_out:
            spliced = not symbol.is_term and symbol.name.startswith("_")
            kept.append([place, spliced, before])
            before = 0
    single = bool(options.expand1 and not rule.alias)
    callback = rule.alias or options.template_source or rule.origin.name
    return [rule.origin.name, len(rule.expansion), callback, single, kept, before + absent[-1]]


def text_of(name: str) -> str:
    """The file of a notation, a rule or state a line."""
    found = tables(name)
    lines = [f'"starts": {json.dumps(found["starts"])}']
    for part in ("rules", "states"):
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in found[part])
        lines.append(f'"{part}": [\n{rows}\n]')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    for notation in NOTATIONS:
        place = Path(str(resources.files("specc.grammars"))) / f"{notation}.json"
        place.write_text(text_of(notation), "utf-8")
