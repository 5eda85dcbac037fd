"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import specc

MODULES = ["specc", *(m.name for m in pkgutil.walk_packages(specc.__path__, "specc."))]


@pytest.mark.parametrize("name", [m for m in MODULES if not m.endswith("__main__")])
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    count = sum(
        bool(test.examples)
        for name in MODULES
        if not name.endswith("__main__")
        for test in finder.find(importlib.import_module(name))
    )
    assert count > 50
