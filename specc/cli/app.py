"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import specc
from specc.cli.automaton import automaton
from specc.cli.check import check
from specc.cli.compare import compare
from specc.cli.compile import compile_command
from specc.cli.doctor import doctor
from specc.cli.evaluate import evaluate
from specc.cli.explain import explain
from specc.cli.format import fmt
from specc.cli.prove import prove
from specc.cli.render import render
from specc.cli.solve import solve
from specc.cli.translate import translate

__all__ = ["app"]

app = typer.Typer(
    name="specc",
    add_completion=False,
    no_args_is_help=True,
    # Rich would be imported for every help text and every mistyped option.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"specc {specc.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A compiler and verifier for the objectives of reinforcement learning."""


app.command("check")(check)
app.command("solve")(solve)
app.command("eval")(evaluate)
app.command("compare")(compare)
app.command("translate")(translate)
app.command("compile")(compile_command)
app.command("automaton")(automaton)
app.command("prove")(prove)
app.command("render")(render)
app.command("explain")(explain)
app.command("fmt")(fmt)
app.command("doctor")(doctor)
