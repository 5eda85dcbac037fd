"""Results as the plain values of specc's JSON.

The fields of a result dataclass are the keys of its JSON object. Numbers are finite or null,
bounds are rounded outward, rationals are strings, places are 1-based code points.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from specc.diagnostics import Diagnostic

__all__ = [
    "diagnostic_json",
    "document_text",
    "lower_float",
    "plain",
    "rational_text",
    "relative_path",
    "upper_float",
]

_TOO_MANY_DIGITS = 10**4000


def document_text(document: Mapping[str, Any]) -> str:
    """The JSON text of a document, with a line end; never NaN or Infinity."""
    return json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: object, key: str = "") -> Any:
    """The value as JSON's own types; ``key`` is the field it stands under.

    >>> plain({"lower": Fraction(1, 3), "value": Fraction(1, 3), "seconds": float("inf")})
    {'lower': 0.3333333333333333, 'value': '1/3', 'seconds': None}
    """
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Fraction():
            if key in ("lower", "upper"):
                return lower_float(value) if key == "lower" else upper_float(value)
            return rational_text(value)
        case Diagnostic():
            return diagnostic_json(value)
        case PurePath():
            return relative_path(str(value))
        case Mapping():
            return {str(name): plain(item, str(name)) for name, item in value.items()}
        case Iterable():
            return [plain(item, key) for item in value]
        case _ if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            return {field.name: plain(getattr(value, field.name), field.name) for field in fields}
        case _:
            raise TypeError(f"no JSON for a {type(value).__name__}")


def rational_text(value: Fraction) -> str | None:
    """``p/q``, an integer without the bar; None beyond 4,000 digits.

    >>> rational_text(Fraction(-2, 4)), rational_text(Fraction(3))
    ('-1/2', '3')
    """
    if max(abs(value.numerator), value.denominator) >= _TOO_MANY_DIGITS:
        return None
    return str(value)


def lower_float(value: Fraction) -> float | None:
    """The greatest float that is not above the rational; None where there is none.

    >>> lower_float(Fraction(1, 10)) <= Fraction(1, 10)
    True
    """
    return _directed(value, -math.inf)


def upper_float(value: Fraction) -> float | None:
    """The least float that is not below the rational; None where there is none."""
    return _directed(value, math.inf)


def _directed(value: Fraction, towards: float) -> float | None:
    try:
        nearest = float(value)
    except OverflowError:
        nearest = math.inf if value > 0 else -math.inf
    is_wrong = nearest > value if towards < 0 else nearest < value
    if is_wrong:
        nearest = math.nextafter(nearest, towards)
    return nearest if math.isfinite(nearest) else None


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    """The object of page "JSON"; the places are null for a message that belongs to no text."""
    source, span = diagnostic.source, diagnostic.span
    start = end = None
    if source is not None and span is not None:
        start, end = source.position(span.start), source.position(max(span.start, span.end))
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": relative_path(source.name) if source is not None else None,
        "line": start.line if start else None,
        "column": start.column if start else None,
        "end_line": end.line if end else None,
        "end_column": end.column if end else None,
        "help": diagnostic.help,
    }


def relative_path(path: str) -> str:
    """The path from the working directory; a relative one is left as it was written."""
    if not PurePath(path).is_absolute():
        return path
    try:
        return os.path.relpath(path)
    except (ValueError, OSError):  # another drive, or a working directory that is gone
        return path
