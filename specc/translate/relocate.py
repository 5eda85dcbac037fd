"""A `.spec` text for another folder: the paths in it lead to the same files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from specc.source import Source
from specc.syntax import tree
from specc.syntax.parse import parse
from specc.syntax.show_file import show_file

__all__ = ["relocated"]


def relocated(text: str, base: Path, folder: Path) -> str:
    """The text with paths relative to ``folder`` that were relative to ``base``. Absolute paths
    stay, and one becomes absolute where there is no relative one (another drive).

    >>> print(relocated('policy p = file "a/P.json"', Path("x"), Path("x/y")), end="")
    policy p = file "../a/P.json"
    """
    syntax, _ = parse(Source("translation", text))
    moved = tuple(_moved(declaration, base, folder) for declaration in syntax.declarations)
    return text if moved == syntax.declarations else show_file(replace(syntax, declarations=moved))


def _moved(declaration: tree.Declaration, base: Path, folder: Path) -> tree.Declaration:
    match declaration:
        case tree.EnvironmentDeclaration(definition=tree.FileEnvironment(path) as definition):
            return replace(
                declaration, definition=replace(definition, path=_path(path, base, folder))
            )
        case tree.MachineFile(path=path):
            return replace(declaration, path=_path(path, base, folder))
        case tree.PolicyDeclaration(path=path) if path is not None:
            return replace(declaration, path=_path(path, base, folder))
        case _:
            return declaration


def _path(written: tree.Text, base: Path, folder: Path) -> tree.Text:
    if Path(written.value).is_absolute():
        return written
    target = base / written.value
    try:
        found = os.path.relpath(target, folder)
    except ValueError:
        found = str(target.absolute())
    return replace(written, value=found.replace(os.sep, "/"))
