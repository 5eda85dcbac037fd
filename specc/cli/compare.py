"""``specc compare``: two specs of a file side by side."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specc.cli.files import budget_seconds, read_file
from specc.cli.outcome import command, document, print_json
from specc.cli.terminal import Progress, bold, columns, dim, say, show_diagnostics, tint
from specc.render.policies import differing_rows

if TYPE_CHECKING:
    from specc.compare import Comparison
    from specc.evaluate import Evaluation

__all__ = ["compare"]

_EMPTY: dict[str, Any] = {
    "a": None, "b": None, "same_order": None, "same_optimum": None, "relation": None,
    "why": None, "why_optimum": None, "policies": None,
}  # fmt: skip
_ANSWERS = {True: ("yes", "green"), False: ("no", "red"), None: ("not known", "yellow")}


@command(**_EMPTY)
def compare(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .spec file.")],
    a: Annotated[str, typer.Argument(metavar="A", help="A spec.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another, in the same environment.")],
    budget: Annotated[str | None, typer.Option(metavar="20s", help="How long to search.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Same order? Same optimum? Else two policies that tell the specs apart."""
    seconds = budget_seconds(budget)
    loaded, diagnostics, status = read_file(file)
    if loaded is None:
        if as_json:
            print_json(document(**_EMPTY, diagnostics=diagnostics))
        show_diagnostics(() if as_json else diagnostics)
        return status
    from specc.compare import compare as compare_specs

    one, other = loaded[a], loaded[b]
    progress = Progress()
    progress.show(f"comparing {a} and {b}")
    try:
        found = compare_specs(one, other, budget=seconds)
    finally:
        progress.clear()
    if as_json:
        from specc.reports import plain

        print_json(document(**plain(found), diagnostics=diagnostics))
        return status
    _show(found)
    show_diagnostics(diagnostics)
    return status


def _show(found: Comparison) -> None:
    for title, answer, why in (
        ("same order", found.same_order, found.why),
        ("same optimum", found.same_optimum, found.why_optimum),
    ):
        word, colour = _ANSWERS[answer]
        say(f"{bold(title.ljust(13))} {tint(word, colour)}")
        for line in textwrap.wrap(why, 84, break_long_words=False):
            say(f"{' ' * 14}{dim(line)}")
    if found.policies is not None:
        say()
        _show_policies(found)


def _show_policies(found: Comparison) -> None:
    assert found.policies is not None
    pair = found.policies
    rows = [["", "first", "second"], *differing_rows([p.choices for p in pair])]
    rows.append([found.a, *(_value(p.a) for p in pair)])
    rows.append([found.b, *(_value(p.b) for p in pair)])
    for line in columns(rows):
        say(f"  {line}")


def _value(found: Evaluation) -> str:
    from specc.cli.words import certain_digits, fraction_text

    def one(value: Any, lower: Any, upper: Any) -> str:
        return certain_digits(lower, upper) if value is None else fraction_text(value)

    if found.feasible is False:
        return "infeasible"
    if found.values:
        return "(" + ", ".join(one(*row) for row in found.values) + ")"
    return one(found.value, found.lower, found.upper)
