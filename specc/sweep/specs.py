"""Which specs a sweep speaks of, as texts."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from specc.diagnostics import Diagnostic, SpecError
from specc.resolve.file import SchemeChoice, Spec, TaskFile, load
from specc.source import Source
from specc.sweep.task import Scheme
from specc.syntax import tree
from specc.syntax.parse import parse

__all__ = ["Origin", "Specs", "origins"]

Specs = str | Path | Spec | TaskFile
"""A path, a pattern of paths, ``FILE:NAME``, or what :func:`specc.load` gave."""

_MAGIC = frozenset("*?[")
_NOTHING = tree.File(())


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """One spec of a file; ``refusal`` says why the file has none that could be named."""

    file: str
    path: str | None
    text: str
    spec: str
    syntax: tree.File = _NOTHING
    scheme: Scheme | None = None
    refusal: tuple[Diagnostic, ...] = ()


def origins(specs: Specs | Iterable[Specs]) -> tuple[Origin, ...]:
    """The specs, in the order of the items, files of a pattern by name, specs as declared.

    A file with mistakes is no error here: its tasks fail, the others run.

    :raises SpecError: E951 nothing is there under a name, or a spec has no text that says it.
    """
    if isinstance(specs, str | Path | Spec | TaskFile):
        specs = [specs]
    if not isinstance(specs, Iterable):
        specs = [specs]  # it is refused below
    found: list[Origin] = []
    for item in specs:
        match item:
            case str() | Path():
                found.extend(_written(str(item)))
            case Spec():
                found.append(_loaded(item))
            case TaskFile():
                found.extend(_of_text(item.source.name, item.path, item.source.text))
            case _:
                raise SpecError.of(
                    "E951",
                    f"a {type(item).__name__} is neither a path nor a spec",
                    help="give paths, patterns, or what specc.load read",
                )
    return tuple(found)


def _written(text: str) -> Iterator[Origin]:
    """The specs of a path, a pattern, or of either with names behind a colon."""
    paths = _paths(text)
    wanted = None
    if not paths:
        before, colon, after = text.rpartition(":")
        paths, wanted = (_paths(before), after) if colon else ([], None)
    if not paths:
        what = "no file matches" if _MAGIC & set(text) else "there is no file"
        raise SpecError.of("E951", f"{what} `{text}`", help="patterns: `tasks/*.spec`, `**/*.spec`")
    matched = False
    for path in paths:
        for origin in _of_file(path):
            fits = wanted is None or origin.refusal or fnmatch.fnmatchcase(origin.spec, wanted)
            if fits:
                matched = True
                yield origin
    if not matched:
        have = ", ".join(origin.spec for path in paths for origin in _of_file(path))
        raise SpecError.of("E951", f"no spec `{wanted}` in `{paths[0]}`", help=f"there is: {have}")


def _paths(text: str) -> list[str]:
    if Path(text).is_file():
        return [text]
    if Path(text).is_dir():
        raise SpecError.of("E951", f"`{text}` is a folder", help=f"`{text}/*.spec` are its specs")
    if not _MAGIC & set(text):
        return []
    # Path.glob takes no absolute patterns.
    found = glob.glob(text, recursive=True)  # noqa: PTH207
    return sorted(path for path in found if Path(path).is_file())


def _of_file(name: str) -> Iterator[Origin]:
    path = Path(name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        # The one who reads files for all commands says what is wrong.
        refusal = load(path).diagnostics
        return iter([Origin(name, str(path.resolve()), "", "", refusal=refusal)])
    except OSError as error:
        raise SpecError.of("E951", f"cannot read `{name}`: {error.strerror}") from None
    return _of_text(name, path, text)


def _of_text(name: str, path: Path | None, text: str) -> Iterator[Origin]:
    syntax, diagnostics = parse(Source(name, text))
    declared = [d for d in syntax.declarations if isinstance(d, tree.SpecDeclaration)]
    place = None if path is None else str(path.resolve())
    whole = Origin(name, place, text, "", syntax)
    if not declared:
        nothing = Diagnostic("E951", f"`{name}` declares no spec", help="write `spec x = ...`")
        yield replace(whole, refusal=_errors(diagnostics) or (nothing,))
    # A spec that is declared twice is one task, which fails with E209.
    for word in dict.fromkeys(d.name.value for d in declared):
        yield replace(whole, spec=word)


def _errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(d for d in diagnostics if d.severity == "error")


def _loaded(spec: Spec) -> Origin:
    """The file's text, if that says the same objective."""
    file = spec.file
    same = file.specs.get(spec.name)
    if same is None or same.objective is not spec.objective:
        raise SpecError.of(
            "E951",
            f"`{spec.name}` was made in Python: {file.source.name} does not say it",
            help="write its text to a file, see specc.written",
        )
    (origin,) = (
        o for o in _of_text(file.source.name, file.path, file.source.text) if o.spec == spec.name
    )
    if spec.scheme == SchemeChoice():
        return origin
    return replace(origin, scheme=(spec.scheme.name, str(spec.scheme.zeta)))
