"""Base lemmas of the preorder: what a file in `proofs/` says, read strictly.

A lemma states ``upper >= lower`` (positive: every order that a `lower` spec induces, some `upper`
spec induces too) or ``upper not>= lower`` (negative). The published schema of the files is
`proofs/schema/lemma.schema.json`; :func:`read_lemma` is the validator that specc itself trusts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from specc.diagnostics import SpecError
from specc.source import Source, Span
from specc.statement import compact

__all__ = [
    "Instance",
    "Kind",
    "Lemma",
    "Proof",
    "Status",
    "Translation",
    "Witness",
    "canonical",
    "packaged_lemmas",
    "read_lemma",
]

Kind = Literal["positive", "negative"]
Status = Literal["failed", "stated", "checked"]

_FORMAT = 1
_MAXIMUM_LENGTH = 1_000_000
_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_MOST_INSTANCES = 50
_MOST_POLICIES = 200
_PLACE = re.compile(r"docs/proofs/([a-z][a-z-]{0,60})\.md#([a-z0-9-]+)")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COMMON = ("format", "id", "kind", "lower", "statement", "status", "upper")
_KEYS = {
    "positive": (*_COMMON, "translation"),
    "negative": (*_COMMON, "obstruction", "proof", "witness"),
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A spec of the lower formalism and stationary policies, to try a translation on.

    ``specification`` is a `.spec` text with one environment and one spec; ``policies`` are JSON
    texts ``{state: {action: "p/q"}}``, as under ``choices`` in a policy file. A state with a
    single action may be left out.
    """

    specification: str
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """How a spec of the lower formalism becomes one of the upper, for every spec.

    ``name`` is that of a :class:`specc.registry.Rule`, ``text`` says it in words. The written
    proof stands in docs/proofs, on the page ``page``, under a heading that is the lemma's id.
    """

    name: str
    text: str
    page: str
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """The environment and order that refute.

    ``specification`` is a `.spec` text with the environment and one spec, which lies in the lower
    formalism and induces the order; None where the language has no text for it, and then
    ``without_text`` says why.
    """

    name: str
    title: str
    environment: str
    order: str
    realised_by: str
    specification: str | None
    without_text: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the kernel is given for a negative lemma: two JSON texts in canonical form.

    ``statement`` is what the witness's `.spec` text says, ``sha256`` its digest as the file claims
    it. Reading a lemma checks none of them; :func:`specc.prove.prove` does.
    """

    statement: str
    sha256: str
    certificate: str


@dataclass(frozen=True, slots=True)
class Lemma:
    """One base lemma.

    A file can only be ``stated``: reading it checks nothing, and whoever checks its proof says so.
    A positive lemma has a ``translation``; a negative one has a ``proof`` where its witness has a
    `.spec` text.
    """

    id: str
    kind: Kind
    upper: str
    lower: str
    statement: str
    status: Status
    file: str
    translation: Translation | None = None
    witness: Witness | None = None
    obstruction: str | None = None
    proof: Proof | None = None

    @property
    def has_proof(self) -> bool:
        """Whether its file has something that :func:`specc.prove.prove` can check: a certificate,
        or a translation with instances."""
        if self.kind == "negative":
            return self.proof is not None
        return self.translation is not None and bool(self.translation.instances)

    @property
    def trust(self) -> str | None:
        """What a checked lemma rests on: the ``kernel``, or a ``written proof`` whose translation
        agreed on every stored instance; None where nothing was checked."""
        if self.status != "checked":
            return None
        return "kernel" if self.proof is not None else "written proof"


def read_lemma(source: Source) -> Lemma:
    """The lemma in a JSON text.

    Raises :class:`SpecError` with E901 (not JSON) or E902 (not a lemma) and the place.

    >>> read_lemma(Source("x.json", "[]"))
    Traceback (most recent call last):
    ...
    specc.diagnostics.SpecError: E902: expected a lemma, a JSON object, found a list
    """
    record = _Fields(source, _decode(source), "a lemma")
    kind = record.choice("kind", tuple(_KEYS))
    record.exactly(_KEYS[kind])
    record.number("format", _FORMAT)
    record.choice("status", ("stated",))
    upper, lower = record.symbol("upper"), record.symbol("lower")
    if upper == lower:
        raise record.wrong(f"a lemma relates two formalisms, found {upper} twice")
    relation = "geq" if kind == "positive" else "not-geq"
    expected = f"{upper}-{relation}-{lower}".lower().replace("_", "-")
    if record.text("id") != expected:
        raise record.wrong(f"expected the id `{expected}`, found `{record.text('id')}`")
    positive = kind == "positive"
    witness = None if positive else _witness(record.object("witness"))
    return Lemma(
        id=expected,
        kind=cast(Kind, kind),
        upper=upper,
        lower=lower,
        statement=record.text("statement"),
        status="stated",
        file=source.name,
        translation=_translation(record.object("translation"), expected) if positive else None,
        witness=witness,
        obstruction=None if positive else record.text("obstruction"),
        proof=None if witness is None else _proof(record, witness),
    )


def canonical(text: str) -> str:
    """The canonical form of a JSON text: sorted keys, two spaces, one line end at the end.

    >>> canonical('{"b": 1, "a": []}')
    '{\\n  "a": [],\\n  "b": 1\\n}\\n'
    """
    return json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def packaged_lemmas() -> tuple[Lemma, ...]:
    """The lemmas that ship with specc, by id."""
    from importlib.resources import files

    entries = [entry for entry in files("specc.proofs").iterdir() if entry.name.endswith(".json")]
    texts = {entry.name: entry.read_text(encoding="utf-8") for entry in entries}
    return tuple(read_lemma(Source(f"proofs/{name}", texts[name])) for name in sorted(texts))


def _decode(source: Source) -> object:
    if len(source.text) > _MAXIMUM_LENGTH:
        raise SpecError.of(
            "E901", f"a lemma file has at most {_MAXIMUM_LENGTH} characters", source=source
        )
    try:
        return json.loads(source.text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        end = min(error.pos + 1, len(source.text))
        raise SpecError.of(
            "E901",
            f"expected a JSON document: {error.msg}",
            source=source,
            span=Span(min(error.pos, end), end),
        ) from None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise SpecError.of("E901", f"expected a JSON document: {reason}", source=source) from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {json.dumps(twice)} stands twice in one object")
    return record


def _translation(record: _Fields, lemma: str) -> Translation:
    record.exactly(("instances", "name", "proof", "text"))
    place = _PLACE.fullmatch(record.text("proof"))
    if place is None or place[2] != lemma:
        raise record.wrong(f"expected `docs/proofs/PAGE.md#{lemma}` under `proof`")
    instances = tuple(_instance(each) for each in record.objects("instances", _MOST_INSTANCES))
    return Translation(record.text("name"), record.text("text"), place[1], instances)


def _instance(record: _Fields) -> Instance:
    record.exactly(("policies", "specification"))
    policies = record.objects("policies", _MOST_POLICIES)
    if len(policies) < 2:
        raise record.wrong("an instance needs two policies to compare")
    return Instance(record.text("specification"), tuple(compact(p.values) for p in policies))


def _witness(record: _Fields) -> Witness:
    fields = ("environment", "name", "order", "realised_by", "title")
    record.exactly((*fields, "specification", "without_text"))
    specification = record.optional_text("specification")
    reason = record.optional_text("without_text")
    if (specification is None) == (reason is None):
        raise record.wrong("expected exactly one of `specification` and `without_text` to be null")
    texts = {name: record.text(name) for name in fields}
    return Witness(**texts, specification=specification, without_text=reason)


def _proof(record: _Fields, witness: Witness) -> Proof | None:
    if witness.specification is None:
        if record.values["proof"] is not None:
            raise record.wrong("expected no `proof` where the witness has no `specification`")
        return None
    fields = record.object("proof")
    fields.exactly(("certificate", "sha256", "statement"))
    return Proof(fields.json("statement"), fields.digest("sha256"), fields.json("certificate"))


class _Fields:
    """The fields of one JSON object, each read with its expected type."""

    def __init__(self, source: Source, value: object, what: str) -> None:
        self.source = source
        self.what = what
        if not isinstance(value, dict):
            raise self.wrong(f"expected {what}, a JSON object, found {_kind_of(value)}")
        self.values = cast(dict[str, object], value)

    def wrong(self, message: str) -> SpecError:
        """The error for this file."""
        return SpecError.of("E902", message, source=self.source)

    def exactly(self, names: Iterable[str]) -> None:
        """All these keys and no others."""
        expected = set(names)
        for name in sorted(expected - self.values.keys()):
            raise self.wrong(f"{self.what} lacks the key `{name}`")
        for name in sorted(self.values.keys() - expected):
            raise self.wrong(
                f"{self.what} has an unknown key `{name}`; expected {', '.join(sorted(expected))}"
            )

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"expected a text under `{name}`, found {_kind_of(value)}")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or None for null."""
        return None if self.values.get(name) is None else self.text(name)

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        """One of the options."""
        value = self.values.get(name)
        if not isinstance(value, str) or value not in options:
            shown = f"`{value}`" if isinstance(value, str) else _kind_of(value)
            raise self.wrong(f"expected {' or '.join(options)} under `{name}`, found {shown}")
        return value

    def number(self, name: str, expected: int) -> None:
        """Exactly this integer."""
        value = self.values.get(name)
        if type(value) is not int or value != expected:
            raise self.wrong(f"expected {expected} under `{name}`, found {_kind_of(value)}")

    def symbol(self, name: str) -> str:
        """A formalism's symbol."""
        value = self.text(name)
        if not _SYMBOL.fullmatch(value):
            raise self.wrong(f"expected a formalism's symbol under `{name}`, found `{value}`")
        return value

    def digest(self, name: str) -> str:
        """A SHA-256 in lower-case hexadecimal."""
        value = self.text(name)
        if not _DIGEST.fullmatch(value):
            raise self.wrong(f"expected a SHA-256, 64 hexadecimal digits, under `{name}`")
        return value

    def json(self, name: str) -> str:
        """The canonical text of a nested object, whatever it holds."""
        try:
            return compact(self.object(name).values)
        except RecursionError:
            raise self.wrong(f"`{name}` is nested too deeply") from None

    def object(self, name: str) -> _Fields:
        """A nested object."""
        return _Fields(self.source, self.values.get(name), f"`{name}`")

    def objects(self, name: str, limit: int) -> list[_Fields]:
        """A list of at most so many nested objects."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > limit:
            raise self.wrong(f"expected a list of at most {limit} objects under `{name}`")
        return [_Fields(self.source, item, f"an entry of `{name}`") for item in value]


def _kind_of(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "a truth value"
        case int() | float():
            return f"the number {str(value)[:40]}"
        case str():
            return "an empty text" if not value.strip() else "a text"
        case list():
            return "a list"
        case _:
            return "an object"
