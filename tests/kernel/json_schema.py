"""The part of JSON Schema 2020-12 that the published schemas use."""

from __future__ import annotations

import re

from kernel_documents import Json

_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
}
_KNOWN = {
    "$schema", "title", "description", "$comment", "$defs", "$ref", "type", "const", "enum",
    "oneOf", "anyOf", "properties", "required", "additionalProperties", "minProperties", "items",
    "prefixItems", "minItems", "maxItems", "pattern", "maxLength", "minimum", "maximum",
}  # fmt: skip


def valid(value: Json, schema: Json, root: Json) -> bool:
    """Whether the value satisfies the schema; every keyword must be known here."""
    if isinstance(schema, bool):
        return schema
    assert schema.keys() <= _KNOWN, schema.keys() - _KNOWN
    return all(_KEYWORDS[k](value, v, schema, root) for k, v in schema.items() if k in _KEYWORDS)


def _reference(value: Json, name: str, schema: Json, root: Json) -> bool:
    return valid(value, root["$defs"][name.removeprefix("#/$defs/")], root)


def _type(value: Json, name: str, schema: Json, root: Json) -> bool:
    if name == "integer":
        return type(value) is int
    return isinstance(value, _TYPES[name])


def _properties(value: Json, known: Json, schema: Json, root: Json) -> bool:
    return not isinstance(value, dict) or all(
        valid(value[k], inner, root) for k, inner in known.items() if k in value
    )


def _additional(value: Json, inner: Json, schema: Json, root: Json) -> bool:
    others = value.keys() - schema.get("properties", {}).keys() if isinstance(value, dict) else ()
    return all(valid(value[k], inner, root) for k in others)


def _items(value: Json, inner: Json, schema: Json, root: Json) -> bool:
    rest = value[len(schema.get("prefixItems", ())) :] if isinstance(value, list) else ()
    return all(valid(x, inner, root) for x in rest)


def _prefix(value: Json, inner: Json, schema: Json, root: Json) -> bool:
    return not isinstance(value, list) or all(
        valid(x, part, root) for x, part in zip(value, inner, strict=False)
    )


def _count(value: Json, schemas: Json, root: Json) -> int:
    return sum(valid(value, part, root) for part in schemas)


_KEYWORDS = {
    "$ref": _reference,
    "type": _type,
    "const": lambda v, x, s, r: v == x and type(v) is type(x),
    "enum": lambda v, x, s, r: v in x,
    "oneOf": lambda v, x, s, r: _count(v, x, r) == 1,
    "anyOf": lambda v, x, s, r: _count(v, x, r) >= 1,
    "properties": _properties,
    "required": lambda v, x, s, r: not isinstance(v, dict) or set(x) <= v.keys(),
    "additionalProperties": _additional,
    "minProperties": lambda v, x, s, r: not isinstance(v, dict) or len(v) >= x,
    "items": _items,
    "prefixItems": _prefix,
    "minItems": lambda v, x, s, r: not isinstance(v, list) or len(v) >= x,
    "maxItems": lambda v, x, s, r: not isinstance(v, list) or len(v) <= x,
    "pattern": lambda v, x, s, r: not isinstance(v, str) or re.search(x, v) is not None,
    "maxLength": lambda v, x, s, r: not isinstance(v, str) or len(v) <= x,
    "minimum": lambda v, x, s, r: type(v) is not int or v >= x,
    "maximum": lambda v, x, s, r: type(v) is not int or v <= x,
}
