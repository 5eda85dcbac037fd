"""Strict JSON from an untrusted file: bounded, no key twice, exact numbers."""

from __future__ import annotations

import json
from collections.abc import Container
from fractions import Fraction
from pathlib import Path
from typing import Any

from specc.model.model_file import number

__all__ = ["JsonFault", "MAXIMUM_BYTES", "parse_json", "rational", "text_map"]

MAXIMUM_BYTES = 256 * 2**20
"""Largest JSON file that is read."""


class JsonFault(Exception):
    """The document is not what it should be; ``code`` is the diagnostic's."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or "E433"


def parse_json(path: Path) -> object:
    """The document. Raises OSError, or JsonFault for text that is not JSON, keys that come twice,
    `NaN` and infinities, nesting that is too deep, and files over :data:`MAXIMUM_BYTES` (E419)."""
    with path.open("rb") as file:
        content = file.read(MAXIMUM_BYTES + 1)
    if len(content) > MAXIMUM_BYTES:
        raise JsonFault(f"the file is larger than {MAXIMUM_BYTES >> 20} MiB", "E419")
    try:
        return json.loads(content, object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise JsonFault("the document is nested too deeply") from None
    except UnicodeDecodeError:
        raise JsonFault("the file is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise JsonFault(
            f"line {error.lineno}, column {error.colno}: no JSON ({error.msg})"
        ) from None
    except ValueError as error:
        raise JsonFault(str(error).partition(";")[0]) from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonFault(f"the key `{twice}` comes twice in one object")
    return found


def _refused(word: str) -> object:
    raise JsonFault(f"`{word}` is no number that JSON knows")


def text_map(value: object, where: str, allowed: Container[str] | None = None) -> dict[str, Any]:
    """The value as an object; JsonFault if it is none or has a key that is not ``allowed``."""
    if not isinstance(value, dict):
        raise JsonFault(
            f"{where}: expected an object" if value is not None else f"{where} is missing"
        )
    if allowed is not None:
        for key in value:
            if key not in allowed:
                raise JsonFault(f"{where}: unknown key `{key}`")
    return value


def rational(value: object, where: str) -> Fraction:
    """An integer, a text ``"p/q"`` or a finite JSON number, exact; else JsonFault."""
    if type(value) is int:
        return Fraction(value)
    if isinstance(value, float) and abs(value) < 1e300:
        return Fraction(value)
    if isinstance(value, str) and (found := number(value)) is not None:
        return found
    raise JsonFault(f'{where}: expected a number as in "1/2", saw {str(value)[:40]!r}')
