"""Environments from text, as a `.spec` file would give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from readings import Load, LoadMdp

from specc.diagnostics import Diagnostic, Reporter
from specc.model.load import Environment, load_environment
from specc.model.mdp import Mdp
from specc.source import Source
from specc.syntax import tree
from specc.syntax.parse import parse


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The environment of ``env x = <text>``, and the diagnostics; paths start at tmp_path."""

    def loaded(text: str) -> tuple[Environment | None, list[Diagnostic]]:
        source = Source("test.spec", f"env x = {text}")
        file, problems = parse(source)
        assert not problems, problems
        (declaration,) = file.declarations
        assert isinstance(declaration, tree.EnvironmentDeclaration)
        reporter = Reporter(source)
        environment = load_environment(declaration, source, tmp_path, reporter)
        return environment, reporter.diagnostics

    return loaded


@pytest.fixture
def load_mdp(load: Load) -> LoadMdp:
    """The same where it must be a sound MDP without errors."""

    def loaded(text: str) -> Mdp:
        environment, problems = load(text)
        assert not [d for d in problems if d.severity == "error"], problems
        assert isinstance(environment, Mdp)
        environment.validate()
        return environment

    return loaded
