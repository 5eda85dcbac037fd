"""From bytes to plain JSON values, and from these to checked Python ones.

A *rational* is a string, ``p`` or ``p/q`` in lowest terms with q > 1, without leading zeros,
plus signs or ``-0``: so every number has one spelling, and no float ever exists.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NoReturn

from .errors import Malformed
from .limits import at_most

__all__ = ["array", "digest", "integer", "mapping", "parse", "rational", "record", "text"]

Json = Any
"""dict, list, str, int, bool or None, as :func:`parse` made it."""

_RATIONAL = re.compile(r"(0|-?[1-9][0-9]*)(?:/([1-9][0-9]*))?")


def parse(document: bytes) -> Json:
    """The JSON value of a UTF-8 document.

    Refuses duplicate keys, floats, NaN and infinities, deep nesting and oversize.
    """
    at_most("document bytes", len(document))
    try:
        source = document.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("document: not UTF-8") from None
    _check_nesting(source)
    try:
        return json.loads(
            source,
            object_pairs_hook=_object,
            parse_float=_not_exact,
            parse_constant=_not_exact,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"document: {error.msg} at {error.pos}") from None


def digest(value: Json) -> str:
    """The SHA-256 of the canonical form: ASCII JSON, keys sorted, no spaces."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _check_nesting(source: str) -> None:
    # The JSON decoder recurses, so the depth is bounded before it runs.
    depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', source, re.DOTALL):
        mark = found[0]
        if mark in "[{":
            depth += 1
            at_most("nesting", depth)
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("document: an object has a key twice")
    return found


def _not_exact(literal: str) -> NoReturn:
    raise Malformed(f"document: {literal[:20]} is not exact; numbers are strings like '1/2'")


def _integer(literal: str) -> int:
    at_most("digits of a number", len(literal))
    return int(literal)


def record(value: Json, where: str, fields: Iterable[str], optional: Iterable[str] = ()) -> None:
    """An object with all of ``fields``, perhaps some ``optional`` ones, and nothing else."""
    found = mapping(value, where)
    needed, allowed = set(fields), {*fields, *optional}
    if missing := needed - found.keys():
        raise Malformed(f"{where}: {min(missing)!r} is missing")
    if unknown := found.keys() - allowed:
        raise Malformed(f"{where}: {min(unknown)[:40]!r} is not a field")


def mapping(value: Json, where: str) -> dict[str, Json]:
    """Any object."""
    if not isinstance(value, dict):
        raise Malformed(f"{where}: an object was expected")
    at_most("items of a list", len(value))
    return value


def array(value: Json, where: str, length: int | None = None) -> list[Json]:
    """An array, of this length if one is given."""
    if not isinstance(value, list) or length not in (None, len(value)):
        raise Malformed(f"{where}: an array{f' of {length}' if length else ''} was expected")
    at_most("items of a list", len(value))
    return value


def text(value: Json, where: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise Malformed(f"{where}: a string was expected")
    return value


def integer(value: Json, where: str, least: int, most: int) -> int:
    """An integer of the range, both ends included; a boolean is none."""
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"{where}: an integer from {least} to {most} was expected")
    return value


def rational(value: Json, where: str) -> Fraction:
    """A rational in its one spelling."""
    found = _RATIONAL.fullmatch(text(value, where))
    if found is None:
        raise Malformed(f"{where}: a rational like '-3/4' was expected")
    at_most("digits of a number", len(value))
    above, below = int(found[1]), int(found[2] or 1)
    if found[2] is not None and (below == 1 or math.gcd(above, below) != 1):
        raise Malformed(f"{where}: {value[:40]} is not in lowest terms")
    return Fraction(above, below)
