"""Another environment for a spec: an edit of the file's text."""

from __future__ import annotations

import dataclasses
import fnmatch
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from specc.diagnostics import SpecError
from specc.source import Source, Span
from specc.sweep.specs import Origin
from specc.syntax import tree
from specc.syntax.parse import parse
from specc.syntax.show import show_quoted
from specc.syntax.show_file import show_declaration

__all__ = ["Environments", "Override", "overrides", "variants"]

Override = str | Mapping[str, Any]
"""A name or a pattern, the right side of a declaration, or settings."""

Environments = Override | Iterable[Override] | Mapping[str, Override] | None

_DEFINITION = re.compile(r"\s*(grid|mdp|gym|file)\b\s*[{\"]")
_NAME = re.compile(r"[\w*?\[\]!-]+")
_SWEPT = "swept"


@dataclasses.dataclass(frozen=True, slots=True)
class _Named:
    pattern: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Written:
    label: str
    definition: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Settings:
    label: str | None
    values: tuple[tuple[tree.Text, bool | int | Fraction | str], ...]


_Change = _Named | _Written | _Settings


def overrides(environments: Environments) -> tuple[_Change, ...] | None:
    """What is to be changed, judged before any file is; None for nothing.

    :raises SpecError: E952 neither a name, nor a definition that can be read, nor settings.
    """
    if environments is None:
        return None
    if isinstance(environments, str):
        return (_change(None, environments),)
    if isinstance(environments, Mapping):
        if environments and all(map(_is_environment, environments.values())):
            return tuple(_change(str(name), item) for name, item in environments.items())
        return (_change(None, environments),)
    if not isinstance(environments, Iterable):
        raise SpecError.of("E952", f"{environments!r} is no environment", help=_HELP)
    return tuple(_change(None, item) for item in environments)


def _is_environment(value: object) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, str) and _DEFINITION.match(value) is not None
    )


def _change(label: str | None, item: object) -> _Change:
    if isinstance(item, Mapping):
        settings = tuple((tree.Text(str(key)), _setting(key, v)) for key, v in item.items())
        return _Settings(label, settings)
    if isinstance(item, str) and _DEFINITION.match(item):
        source = Source("environments", f"env {_SWEPT} = {item}")
        syntax, diagnostics = parse(source)
        wrong = [d for d in diagnostics if d.severity == "error"]
        if wrong or len(syntax.declarations) != 1:
            why = f": {wrong[0].message}" if wrong else ""
            raise SpecError.of("E952", f"`{_line(item)}` cannot be read{why}", help=_HELP)
        return _Written(label or _line(item), item)
    if isinstance(item, str) and _NAME.fullmatch(item):
        return _Named(item)
    raise SpecError.of("E952", f"{item!r} is no environment", help=_HELP)


_HELP = 'give names, settings such as {"is_slippery": False}, or `gym "Id" (key=value)`'


def _setting(key: object, value: object) -> bool | int | Fraction | str:
    match value:
        case bool() | int() | str() | Fraction():
            return value
        case float() if math.isfinite(value):
            return Fraction(Decimal(repr(value)))
    raise SpecError.of(
        "E952",
        f"the setting `{key}` is {value!r}: not a number, a truth value or a text",
        help=f"for several, use specc.sweep.grid({key}=[..])",
    )


def variants(
    origin: Origin, changes: tuple[_Change, ...] | None
) -> Iterator[tuple[str | None, Origin]]:
    """The spec in each environment: what the row calls it, and the spec with its new text.

    A change that does not fit this file gives a spec that is refused.
    """
    declared = {
        d.name.value: d
        for d in origin.syntax.declarations
        if isinstance(d, tree.EnvironmentDeclaration)
    }
    own = next(
        (
            d
            for d in origin.syntax.declarations
            if isinstance(d, tree.SpecDeclaration) and d.name.value == origin.spec
        ),
        None,
    )
    if own is None or changes is None:
        yield _present(own, declared), origin
        return
    for change in changes:
        match change:
            case _Named(pattern):
                # A plain name that is not there stays: the file's own message is the best.
                names = fnmatch.filter(declared, pattern) or [pattern]
                for name in names:
                    yield name, _moved(origin, own, name)
            case _Written(label, definition):
                yield label, _redefined(origin, own, declared, definition)
            case _Settings():
                yield _with_settings(origin, own, declared, change)


def _present(
    own: tree.SpecDeclaration | None, declared: Mapping[str, tree.EnvironmentDeclaration]
) -> str | None:
    if own is not None and own.environment is not None:
        return own.environment.value
    return next(iter(declared)) if own is not None and len(declared) == 1 else None


def _moved(origin: Origin, own: tree.SpecDeclaration, name: str) -> Origin:
    if _NAME.fullmatch(name) and not re.fullmatch(r"[^\W\d]\w*", name):
        return _refused(origin, f"no environment of `{origin.file}` matches `{name}`")
    return _edited(origin, _within(own, name))


def _within(own: tree.SpecDeclaration, name: str) -> tuple[Span, str]:
    if own.environment is not None:
        return own.environment.span, name
    return Span(own.name.span.end, own.name.span.end), f" in {name}"


def _redefined(
    origin: Origin,
    own: tree.SpecDeclaration,
    declared: Mapping[str, tree.EnvironmentDeclaration],
    definition: str,
) -> Origin:
    name = _present(own, declared)
    if name is not None and name in declared:
        return _edited(origin, (declared[name].span, f"env {name} = {definition}"))
    end = len(origin.text)
    return _edited(
        origin,
        _within(own, name or _SWEPT),
        (Span(end, end), f"\nenv {name or _SWEPT} = {definition}\n"),
    )


def _with_settings(
    origin: Origin,
    own: tree.SpecDeclaration,
    declared: Mapping[str, tree.EnvironmentDeclaration],
    change: _Settings,
) -> tuple[str | None, Origin]:
    name = _present(own, declared)
    found = declared.get(name or "")
    definition = found.definition if found else None
    if found is None or not isinstance(definition, tree.GymEnvironment | tree.FileEnvironment):
        keys = ", ".join(key.value for key, _ in change.values)
        what = "no environment" if found is None else "a grid or a written model"
        return change.label or name, _refused(
            origin, f"`{origin.spec}` has {what}, which takes no setting ({keys})"
        )
    new = {key.value: (key, value) for key, value in (*definition.arguments, *change.values)}
    declaration = dataclasses.replace(
        found, definition=dataclasses.replace(definition, arguments=tuple(new.values()))
    )
    shown = ", ".join(f"{key.value}={_shown(value)}" for key, value in change.values)
    return change.label or (f"{name}({shown})" if shown else name), _edited(
        origin, (found.span, show_declaration(declaration))
    )


def _edited(origin: Origin, *edits: tuple[Span, str]) -> Origin:
    text = origin.text
    for span, new in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return dataclasses.replace(origin, text=text, syntax=parse(Source(origin.file, text))[0])


def _refused(origin: Origin, message: str) -> Origin:
    return dataclasses.replace(
        origin, refusal=SpecError.of("E952", message, help=_HELP).diagnostics
    )


def _shown(value: bool | int | Fraction | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return show_quoted(value) if isinstance(value, str) else str(value)


def _line(text: str) -> str:
    return " ".join(text.split())
