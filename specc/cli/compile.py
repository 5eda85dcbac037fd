"""``specc compile``: a spec in a form that something else reads."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from specc.cli.files import chosen_specs, read_file
from specc.cli.outcome import UsageError, command
from specc.cli.terminal import Progress, note, say, show_diagnostics
from specc.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["compile_command"]


class Scheme(StrEnum):
    """What ``--scheme`` takes."""

    auto = "auto"
    exact = "exact"
    gadget = "gadget"
    two_discounts = "two-discounts"
    average = "average"


class Target(StrEnum):
    """What ``--target`` takes."""

    gym = "gym"
    numba = "numba"
    torch = "torch"
    hoa = "hoa"
    rm = "rm"
    prism = "prism"
    drn = "drn"
    json = "json"


@command()
def compile_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .spec file.")],
    target: Annotated[Target, typer.Option(help="What to write.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="The folder to write to.")
    ] = Path(),
    spec: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this spec (may be repeated).")
    ] = None,
    scheme: Annotated[
        Scheme, typer.Option(help="How the probability of a formula is paid.")
    ] = Scheme.auto,
    zeta: Annotated[
        str | None,
        typer.Option(
            metavar="0.99", help="Parameter of `gadget` and `two-discounts`; 1 is the limit."
        ),
    ] = None,
) -> int:
    """Write rewards, automata or models."""
    loaded, diagnostics, status = read_file(file)
    show_diagnostics(diagnostics)
    if loaded is None:
        return status
    if out.exists() and not out.is_dir():
        raise UsageError(f"-o: `{out}` is not a folder")
    from specc.emit.targets import write_target

    progress = Progress()
    shown: list[Diagnostic] = []
    for one in chosen_specs(loaded, spec):
        progress.show(f"compiling {one.name}")
        try:
            losses: list[str] = []
            chosen = _chosen(one, scheme, zeta, named=bool(spec))
            written = write_target(chosen, target.value, out, losses.append)
            told = _told(chosen) if target is not Target.hoa else None
        except SpecError as error:
            from specc.cli.solve import placed

            progress.clear()
            show_diagnostics(placed(error.diagnostics, one))
            status = max(status, 1)
            continue
        progress.clear()
        found = _remarks(one) if target is not Target.hoa else ()
        show_diagnostics(d for d in found if d not in shown)
        shown.extend(found)
        if told is not None:
            note(told)
        for loss in losses:
            note(f"{one.name}: in this format {loss}")
        for path in written:
            say(str(path))
    return status


def _chosen(spec: Spec, scheme: Scheme, zeta: str | None, named: bool) -> Spec:
    """The spec with the choice, which speaks of formulas only; a spec that was ``named`` must be
    one."""
    if scheme is Scheme.auto and zeta is None:
        return spec
    from specc.emit.plan import FormulaScheme
    from specc.emit.planned import plan
    from specc.emit.schemes.choice import with_scheme

    chosen = with_scheme(spec, scheme.value, zeta)
    return chosen if named or isinstance(plan(spec).scheme, FormulaScheme) else spec


def _remarks(spec: Spec) -> tuple[Diagnostic, ...]:
    """What the lint says of the spec's machines."""
    from specc.lint import lint

    return tuple(finding.diagnostic(spec.source) for finding in lint(spec))


def _told(spec: Spec) -> str | None:
    """Which scheme a formula got, why, and what it does not preserve."""
    from specc.emit.schemes.attained import judged
    from specc.emit.schemes.cards import card

    found = card(spec)
    if found is None:
        return None
    text = f"{spec.name}: scheme `{found.name}`: {found.reason}. Not preserved: {found.loses}."
    verdict = judged(spec) if found.name in {"gadget", "two-discounts"} else None
    return f"{text} {verdict}." if verdict else text
