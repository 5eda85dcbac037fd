"""An environment declaration becomes an environment."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from specc.diagnostics import Reporter
from specc.model.environment import Environment, UnboundedEnvironment
from specc.source import Source
from specc.syntax import tree

__all__ = ["Environment", "UnboundedEnvironment", "load_environment"]


def load_environment(
    declaration: tree.EnvironmentDeclaration, source: Source, base: Path, reporter: Reporter
) -> Environment | None:
    """The environment, or None after an error was reported.

    ``source`` is the text of the declaration, ``base`` the folder that its paths are relative to.
    Environments that are not finite are named, not made. Raises MissingExtra where a model file
    needs an optional dependency.
    """
    local = Reporter(source)
    try:
        return _load(declaration, base, local)
    finally:
        reporter.extend(local.diagnostics)


def _load(
    declaration: tree.EnvironmentDeclaration, base: Path, reporter: Reporter
) -> Environment | None:
    from specc.model.explicit import explicit_mdp
    from specc.model.files import file_mdp
    from specc.model.grid import grid_mdp
    from specc.model.gym import gym_environment

    name = declaration.name.value
    match declaration.definition:
        case tree.GridEnvironment() as grid:
            return grid_mdp(name, grid, reporter)
        case tree.MdpEnvironment() as written:
            return explicit_mdp(name, written, reporter)
        case tree.GymEnvironment() as gym:
            return gym_environment(name, gym, reporter)
        case tree.FileEnvironment() as file:
            return file_mdp(name, file, base, reporter)
        case _:
            assert_never(declaration.definition)
