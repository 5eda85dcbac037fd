"""``specc eval``: the exact value of every spec under a policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specc.cli.files import chosen_specs, read_file
from specc.cli.outcome import command, diagnosed, document, print_json
from specc.cli.solve import placed
from specc.cli.terminal import Progress, columns, dim, say, show_diagnostics
from specc.cli.words import certain_digits, fraction_text

if TYPE_CHECKING:
    from specc.evaluate import Evaluation

__all__ = ["evaluate"]


@command(specs=[])
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .spec file.")],
    policy: Annotated[str, typer.Option(metavar="uniform|P.json", help="The policy.")],
    spec: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this spec (may be repeated).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """The exact value under a policy."""
    loaded, diagnostics, status = read_file(file)
    found: list[Evaluation] = []
    if loaded is not None:
        from specc.api import evaluate as value

        progress = Progress()
        for one in chosen_specs(loaded, spec):
            progress.show(f"evaluating {one.name}")
            try:
                found.append(value(one, policy))
            except Exception as error:
                more, worst = diagnosed(error)
                diagnostics += placed(more, one)
                status = max(status, worst)
            finally:
                progress.clear()
    if as_json:
        entries = [_entry(result) for result in found]
        print_json(document(specs=entries, diagnostics=tuple(dict.fromkeys(diagnostics))))
        return status
    if found:
        lines = columns([["spec", "value"], *([r.name, _value(r)] for r in found)])
        say(dim(lines[0]))
        for line in lines[1:]:
            say(line)
    show_diagnostics(dict.fromkeys(diagnostics))
    return status


def _entry(result: Evaluation) -> dict[str, Any]:
    from specc.reports import plain

    entry: dict[str, Any] = plain(result)
    keys = ("value", "lower", "upper")
    entry["values"] = [
        {key: plain(part, key) for key, part in zip(keys, row, strict=True)}
        for row in result.values
    ]
    return entry


def _value(result: Evaluation) -> str:
    rows = result.values or ((result.value, result.lower, result.upper),)
    shown = ", ".join(
        fraction_text(value) if value is not None else certain_digits(lower, upper)
        for value, lower, upper in rows
    )
    if result.feasible is False:
        return f"{shown} (not feasible)"
    return shown
