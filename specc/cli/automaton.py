"""``specc automaton``: a formula's automaton in the HOA format."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from specc.cli.files import budget_seconds
from specc.cli.outcome import command

__all__ = ["Acceptance", "automaton"]


class Acceptance(StrEnum):
    """What ``--acceptance`` takes."""

    generic = "generic"
    parity = "parity"
    buchi = "buchi"
    ldba = "ldba"
    dfa = "dfa"


@command()
def automaton(
    formula: Annotated[str, typer.Argument(metavar="FORMULA", help="Such as 'G F a'.")],
    acceptance: Annotated[
        Acceptance, typer.Option(help="The kind of automaton.")
    ] = Acceptance.generic,
    budget: Annotated[str, typer.Option(metavar="20s", help="Time for the translation.")] = "20s",
) -> int:
    """Translate a formula, print HOA.

    The automaton was checked against the formula's meaning on sampled words.
    """
    from specc.automata.formula import show
    from specc.automata.hoa import write_hoa
    from specc.automata.translate import Budget, translate
    from specc.cli.formulas import read_formula

    parsed = read_formula(formula)
    seconds = budget_seconds(budget)
    assert seconds is not None
    found = translate(parsed, acceptance.value, Budget(seconds=seconds))
    typer.echo(write_hoa(found, show(parsed)), nl=False)
    return 0
