"""``file "path"``: the ending says which reader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from specc.diagnostics import Diagnostic, Reporter, SpecError
from specc.files import refuse_pipe
from specc.model.environment import Argument
from specc.model.mdp import Mdp
from specc.model.model_file import ModelFile
from specc.model.nearest import did_you_mean
from specc.syntax import tree

__all__ = ["file_mdp"]

_ENDINGS = (".drn", ".json", ".nm", ".prism")


def file_mdp(
    name: str, written: tree.FileEnvironment, base: Path, reporter: Reporter
) -> Mdp | None:
    """The MDP in a file, or None after a reported mistake (E419, E431-E436).

    Raises MissingExtra for a PRISM model without stormpy.
    """
    path = base / written.path.value
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        seen = f"in `{ending}`" if ending else "without an ending"
        reporter.report(
            "E432",
            f"`{written.path.value}` ends {seen}; model files end in {', '.join(_ENDINGS)}",
            written.path.span,
            help=did_you_mean(ending, _ENDINGS),
        )
        return None
    if written.arguments and ending in (".drn", ".json"):
        reporter.report(
            "E436",
            f"a {ending} file has no constants to set",
            written.arguments[0][0].span,
            help="leave out the brackets",
        )
        return None

    def placed(diagnostic: Diagnostic) -> Diagnostic:
        return replace(diagnostic, source=reporter.source, span=written.path.span)

    try:
        arguments = {key.value: value for key, value in written.arguments}
        refuse_pipe(path)
        found = _read(path, ending, name, arguments)
    except OSError as error:
        reporter.report(
            "E431",
            f"cannot read `{written.path.value}`: {error.strerror or 'unknown reason'}",
            written.path.span,
            help="paths are relative to the .spec file",
        )
        return None
    except SpecError as error:
        reporter.extend(placed(d) for d in error.diagnostics)
        return None
    reporter.extend(placed(d) for d in found.remarks)
    return found.mdp


def _read(path: Path, ending: str, name: str, arguments: dict[str, Argument]) -> ModelFile:
    match ending:
        case ".drn":
            from specc.model.drn import read_drn

            return read_drn(path, name)
        case ".json":
            from specc.model.json_format import read_json

            return read_json(path, name)
        case _:
            from specc.model.prism import read_prism

            return read_prism(path, name, arguments)
