"""PRISM models, built by Storm (the extra `storm`) and read back exactly through DRN."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from specc.diagnostics import MissingExtra
from specc.model.drn import read_drn
from specc.model.environment import Argument
from specc.model.model_file import ModelFile, malformed

__all__ = ["read_prism"]


def read_prism(path: Path, name: str, constants: Mapping[str, Argument]) -> ModelFile:
    """The MDP (or DTMC) of a PRISM file with its undefined constants set.

    All reward models and labels are built, with rational arithmetic. Raises OSError; MissingExtra
    without stormpy; SpecError E433 (Storm's message), E434 (no MDP or DTMC), E436 (constants).
    """
    path.open("rb").close()
    try:
        import stormpy
        from stormpy.io import export_to_drn
    except ImportError as error:
        raise MissingExtra("PRISM models need Storm: pip install 'specc-rl[storm]'") from error
    try:
        program: Any = stormpy.parse_prism_program(str(path))
    except (RuntimeError, stormpy.exceptions.StormError) as error:
        raise malformed(path, _first_line(error)) from error
    undefined = {c.name for c in program.constants if not c.defined}
    if unknown := [key for key in constants if key not in undefined]:
        raise malformed(
            path,
            f"there is no undefined constant `{unknown[0]}`"
            + (f"; there is: {', '.join(sorted(undefined))}" if undefined else ""),
            code="E436",
        )
    if missing := sorted(undefined - set(constants)):
        raise malformed(
            path, f"the constant `{missing[0]}` needs a value: ({missing[0]}=...)", code="E436"
        )
    if texts := [key for key, value in constants.items() if isinstance(value, str)]:
        raise malformed(path, f"the constant `{texts[0]}` is a number, true or false", code="E436")
    values = ",".join(f"{key}={_written(value)}" for key, value in constants.items())
    try:
        if values:
            program, _ = stormpy.instantiate_constants(program, values)
        options = stormpy.developer.BuilderOptions(
            build_all_reward_models=True, build_all_labels=True
        )
        options.set_build_choice_labels()
        model = stormpy.build_model[stormpy.Rational](program, options=options)
        with tempfile.TemporaryDirectory() as folder:
            exported = Path(folder) / path.name
            export_to_drn(model, str(exported))
            found = read_drn(exported, name)
    except (RuntimeError, stormpy.exceptions.StormError) as error:
        raise malformed(path, _first_line(error)) from error
    return found


def _written(value: Argument) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"({value})" if isinstance(value, Fraction) else str(value)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else "Storm refused it"
