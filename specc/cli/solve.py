"""``specc solve``: the optimum of every spec, and a policy that attains it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specc.cli.files import chosen_specs, positive_rational, read_file
from specc.cli.outcome import (
    UsageError,
    command,
    diagnosed,
    document,
    print_json,
    status_of,
)
from specc.cli.terminal import Progress, columns, dim, say, show_diagnostics
from specc.cli.words import certain_digits, fraction_text, seconds_text
from specc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from specc.optimise import SolveResult
    from specc.resolve.file import Spec

__all__ = ["solve"]


@command(specs=[])
def solve(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .spec file.")],
    spec: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this spec (may be repeated).")
    ] = None,
    minimum: Annotated[bool, typer.Option("--min", help="Minimise instead of maximise.")] = False,
    exact: Annotated[bool, typer.Option(help="The optimum as a rational.")] = False,
    precision: Annotated[str, typer.Option(help="How far the bounds may lie apart.")] = "1e-6",
    policy_out: Annotated[
        Path | None, typer.Option(metavar="P.json", help="Write the policy (of one spec).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Find the optimum over all policies.

    The bounds are certain; --exact gives a rational.
    """
    width = positive_rational(precision, "--precision")
    loaded, diagnostics, status = read_file(file)
    found: list[SolveResult] = []
    if loaded is not None:
        specs = chosen_specs(loaded, spec)
        if policy_out is not None and len(specs) != 1:
            raise UsageError(f"--policy-out is for one spec, and there are {len(specs)}: name one "
                             "with --spec")  # fmt: skip
        progress = Progress()
        for number, one in enumerate(specs, 1):
            progress.show(f"solving {one.name} ({number} of {len(specs)})")
            try:
                result = _solved(one, minimum, exact, width)
                found.append(result)
                diagnostics += placed(result.diagnostics, one)
                status = max(status, status_of(result.diagnostics))
            except Exception as error:
                more, worst = diagnosed(error)
                diagnostics += placed(more, one)
                status = max(status, worst)
            finally:
                progress.clear()
        if policy_out is not None and found:
            _write_policy(policy_out, specs[0], found[0])
    if as_json:
        entries = [_entry(result) for result in found]
        print_json(document(specs=entries, diagnostics=diagnostics))
        return status
    if found:
        _show(found, exact)
    show_diagnostics(diagnostics)
    return status


def placed(diagnostics: tuple[Diagnostic, ...], spec: Spec) -> tuple[Diagnostic, ...]:
    """The diagnostics, those without a place at the spec's name."""
    span = spec.declaration.name.span
    return tuple(
        dataclasses.replace(d, source=spec.source, span=d.span or span)
        if d.source is None and d.code[:2] not in ("E0",)
        else d
        for d in diagnostics
    )


def _solved(spec: Spec, minimum: bool, exact: bool, precision: Any) -> SolveResult:
    from specc.optimise import solve as optimise

    return optimise(spec, minimise=minimum, exact=exact, precision=precision)


def _entry(result: SolveResult) -> dict[str, Any]:
    from specc.reports import plain

    # The policy itself goes into a file of its own, its diagnostics stand in the document's list.
    entry: dict[str, Any] = plain(dataclasses.replace(result, strategy=None))
    del entry["strategy"]
    return {key: value for key, value in entry.items() if key != "diagnostics"}


def _write_policy(path: Path, spec: Spec, result: SolveResult) -> None:
    from specc.files import write_whole
    from specc.model.mdp import Mdp
    from specc.model.policy_file import policy_text

    if result.strategy is None or not isinstance(spec.environment, Mdp):
        raise UsageError(f"--policy-out: no policy that attains `{spec.name}` was found")
    write_whole(path, policy_text(result.strategy, spec.environment))


def _show(found: list[SolveResult], exact: bool) -> None:
    head = ["spec", "", "value", "policy", "states", "product", "time"]
    rows = [head]
    for result in found:
        seconds = sum(_seconds(result).values())
        rows.append(
            [
                result.name,
                result.direction,
                _value(result, exact),
                _policy(result),
                _count(result.states),
                _count(result.product_states),
                seconds_text(seconds),
            ]
        )
    lines = columns(rows, right=frozenset({4, 5, 6}))
    say(dim(lines[0]))
    for line in lines[1:]:
        say(line)
    ways: dict[str, list[str]] = {}
    for result in found:
        parts = [part for part in (result.method, result.promise) if part and part != "none"]
        ways.setdefault("; ".join(parts), []).append(result.name)
    say()
    for way, names in ways.items():
        say(f"{', '.join(names)}: {dim(way)}")


def _seconds(result: SolveResult) -> dict[str, float]:
    from specc.reports import plain

    seconds: dict[str, float] = plain(result.seconds)
    return seconds


def _value(result: SolveResult, exact: bool) -> str:
    if exact and result.exact is not None:
        return fraction_text(result.exact)
    if result.lower is None and result.upper is None:
        return "none found"
    return certain_digits(result.lower, result.upper)


def _policy(result: SolveResult) -> str:
    from specc.reports import plain

    policy = plain(result.policy)
    if not policy:
        return result.policy_class or "-"
    kind = "deterministic" if policy["deterministic"] else "randomised"
    memory = policy["memory"]
    return f"{kind}, {'no memory' if memory <= 1 else f'{memory:,} memories'}"


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
