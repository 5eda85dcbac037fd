"""From what happens inside a command to its exit status and its last words.

0 fine; 1 the content is wrong; 2 usage, an unreadable path, a missing extra, a crash; 130
interrupt (typer's own).
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec

import typer

from specc import __version__
from specc.cli.terminal import show_diagnostics
from specc.diagnostics import Diagnostic, MissingExtra, SpecError

__all__ = ["UsageError", "command", "diagnosed", "document", "print_json", "status_of"]

_Parameters = ParamSpec("_Parameters")


class UsageError(Exception):
    """Arguments that do not fit together (exit status 2)."""


def command(
    **empty: object,
) -> Callable[[Callable[_Parameters, int]], Callable[_Parameters, None]]:
    """Make a function that returns an exit status a command that never shows a traceback.

    With ``--json`` a failure is still one document: the keys ``empty`` and ``diagnostics``.
    """

    def wrap(function: Callable[_Parameters, int]) -> Callable[_Parameters, None]:
        @functools.wraps(function)
        def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> None:
            try:
                status = function(*args, **kwargs)
                sys.stdout.flush()
            except (typer.Exit, typer.Abort, BrokenPipeError):
                raise
            except Exception as error:
                diagnostics, status = diagnosed(error)
                if kwargs.get("as_json"):
                    print_json(document(**empty, diagnostics=diagnostics))
                else:
                    show_diagnostics(diagnostics)
            raise typer.Exit(status)

        return run

    return wrap


def diagnosed(error: Exception) -> tuple[tuple[Diagnostic, ...], int]:
    """What an exception says to the user, and the exit status it stands for."""
    match error:
        case SpecError(diagnostics=diagnostics):
            return diagnostics, 1
        case UsageError():
            return (Diagnostic("E004", str(error)),), 2
        case MissingExtra():
            return (Diagnostic("E002", str(error)),), 2
        case OSError() if error.strerror:
            place = f"`{error.filename}`: " if error.filename is not None else ""
            return (Diagnostic("E001", f"{place}{error.strerror.lower()}"),), 2
        case _:
            return (_crash(error),), 2


def _crash(error: Exception) -> Diagnostic:
    if os.environ.get("SPECC_DEBUG") == "1":
        traceback.print_exception(error)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    text = text if len(text) <= 300 else text[:297] + "..."
    return Diagnostic(
        "E003",
        f"this is a bug in specc: {text}",
        help="please report it with the command and the file; SPECC_DEBUG=1 shows the traceback",
    )


def document(**content: object) -> dict[str, object]:
    """One JSON document: the version first."""
    return {"specc": __version__, **content}


def print_json(content: Mapping[str, Any]) -> None:
    """The document on standard output."""
    from specc.reports import document_text

    sys.stdout.write(document_text(content))


def status_of(diagnostics: Iterable[Diagnostic]) -> int:
    """1 where one of the diagnostics is an error, else 0."""
    return int(any(diagnostic.severity == "error" for diagnostic in diagnostics))
