"""Write the published JSON schemas of statements and certificates, next to the kernel.

The forms of terms are read from the kernel's own table; the rest is written here.
"""

from __future__ import annotations

import json
from pathlib import Path

from kernel_documents import Json

from specc.kernel.formalisms import ALL
from specc.kernel.limits import LIMITS
from specc.kernel.terms import FORMS, OPERATORS

KERNEL = Path(__file__).resolve().parents[2] / "specc" / "kernel"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

RATIONAL = {
    "type": "string",
    "pattern": "^(0|-?[1-9][0-9]*)(/([2-9]|[1-9][0-9]+))?$",
    "maxLength": LIMITS["digits of a number"],
    "$comment": "in lowest terms",
}


def listed(items: Json, **more: Json) -> Json:
    return {"type": "array", "items": items, **more}


def named(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


def closed(required: dict[str, Json], optional: dict[str, Json] | None = None) -> Json:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def integer(least: int, most: int | None = None) -> Json:
    found = {"type": "integer", "minimum": least}
    return found if most is None else {**found, "maximum": most}


def ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def held(what: str) -> Json:
    if what.endswith("+"):
        return listed(ref(what[:-1]), minItems=1)
    if what in FORMS:
        return ref(what)
    return {
        "rational": ref("rational"),
        "discount": {**ref("rational"), "$comment": "at least 0, below 1"},
        "level": {**ref("rational"), "$comment": "above 0, at most 1"},
        "operator": {"enum": list(OPERATORS)},
        "exponent": integer(0, LIMITS["exponent"]),
        "horizon": integer(0, LIMITS["horizon"]),
        "letters": integer(1, LIMITS["horizon"]),
        "tsallis order": integer(2, LIMITS["exponent"]),
    }.get(what, {"type": "string", "$comment": f"a {what}"})


def sort(forms: Json) -> Json:
    return {
        "oneOf": [
            closed({"kind": {"const": kind}, **{field: held(what) for field, what in form}})
            for kind, form in forms.items()
        ]
    }


def statement_schema() -> Json:
    step = [{"type": "string"}] * 3
    label = closed(
        {},
        {
            "states": listed({"type": "string"}),
            "transitions": listed(
                {"type": "array", "prefixItems": step, "minItems": 3, "items": False}
            ),
        },
    )
    entry = {
        "type": "array",
        "prefixItems": [*step, ref("rational")],
        "minItems": 4,
        "items": False,
    }
    distribution = {**named(ref("rational")), "$comment": "positive, sum to 1"}
    environment = closed(
        {"states": named({**named(distribution), "minProperties": 1}), "initial": distribution},
        {"labels": named(label), "rewards": named(listed(entry))},
    )
    edge = closed({"when": ref("guard"), "to": integer(0), "emit": ref("reward")})
    order = {
        "oneOf": [
            closed({"kind": {"const": "scalar"}, "number": ref("value")}),
            closed(
                {"kind": {"const": "lexicographic"}, "numbers": listed(ref("value"), minItems=1)}
            ),
            closed(
                {
                    "kind": {"const": "constrained"},
                    "number": ref("value"),
                    "constraints": listed(ref("condition")),
                }
            ),
        ]
    }
    spec = closed(
        {"order": order},
        {
            "machines": named(listed(listed(edge), minItems=1)),
            "references": named(named(named(ref("rational")))),
        },
    )
    top = closed(
        {
            "format": {"const": "specc-statement-1"},
            "environment": environment,
            "spec": spec,
            "formalism": {"enum": sorted(ALL)},
        }
    )
    kinds = {name: sort(forms) for name, forms in FORMS.items()}
    return {
        "$schema": DIALECT,
        "title": "A statement of the specc kernel",
        "description": "No spec of `formalism` induces the order that `spec` induces on the "
        "stationary policies of `environment`. See docs/kernel.md.",
        **top,
        "$defs": {**kinds, "rational": RATIONAL},
    }


def certificate_schema() -> Json:
    policies = listed(ref("policy"))
    number = integer(0)
    comparison = closed({"better": number, "worse": number, "strict": {"type": "boolean"}})
    term = {"prefixItems": [ref("rational"), *[integer(0, LIMITS["degree of a multiplier"])] * 2]}
    form = listed({"type": "array", **term, "minItems": 3, "items": False})
    multiplier = {"anyOf": [form, listed(ref("rational"))]}
    tile = closed(
        {"from": ref("rational"), "to": ref("rational"), "multipliers": listed(multiplier)}
    )
    direction = named(named(ref("rational")))
    pair = listed(number, minItems=2, maxItems=2)
    point = closed({"policy": number, "tie": direction, "slope": direction})
    lists = {"policies": policies, "comparisons": listed(comparison)}
    kinds: dict[str, dict[str, Json]] = {
        "C1 farkas": {**lists, "tiles": listed(tile)},
        "C2 mixture": {**lists, "multipliers": listed(ref("rational"))},
        "C3 zero-one": lists,
        "C4a infinitesimal ties": {
            "policies": policies,
            "pair": pair,
            "points": listed(point),
            "tiles": listed(tile),
        },
        "C4b range": {
            "policies": policies,
            "faces": named(listed({"type": "string"}, minItems=1)),
            "segments": listed(pair),
            "outside": number,
        },
        "C5 limit": {"family": ref("policy"), "reference": ref("policy")},
        "C6 jump family": {"lower": ref("policy"), "upper": ref("policy")},
        "C7 same lottery": {"policies": policies, "pair": pair},
        "C7 same limit occupancy": {"policies": policies, "pair": pair},
        "C8 few values": {"policies": policies},
        "C9 same visits": {"policies": policies, "pair": pair},
        "C9 more visits": {
            "policies": policies,
            "state": {"type": "string"},
            "mixed": number,
            "pure": listed(number),
        },
        "C9 covered visits": {"policies": policies, "above": number, "below": listed(number)},
        "C10 reversal": {
            "policies": policies,
            "state": {"type": "string"},
            "kept": pair,
            "reversed": pair,
        },
    }
    # For CMDP alone, and then it is needed.
    optional = {kind: {"floor": number} for kind in ("C1 farkas", "C4a infinitesimal ties")}
    start = {"format": {"const": "specc-certificate-1"}}
    chance = {"anyOf": [ref("rational"), listed(ref("rational"))]}
    return {
        "$schema": DIALECT,
        "title": "A certificate of the specc kernel",
        "description": "Why a statement holds. See docs/kernel.md.",
        "oneOf": [
            closed({**start, "kind": {"const": kind}, **fields}, optional.get(kind))
            for kind, fields in kinds.items()
        ],
        "$defs": {
            "rational": RATIONAL,
            "policy": {
                **named(named(chance)),
                "$comment": "{state: {action: probability}}; a list is a polynomial in e",
            },
        },
    }


def schemas() -> dict[Path, str]:
    """The files and what they should hold."""
    return {
        KERNEL / f"{name}.schema.json": json.dumps(schema, indent=1) + "\n"
        for name, schema in (
            ("statement", statement_schema()),
            ("certificate", certificate_schema()),
        )
    }


if __name__ == "__main__":
    for path, text in schemas().items():
        path.write_text(text, encoding="utf-8")
