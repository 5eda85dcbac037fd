"""Random changes of JSON documents, of their text and of their bytes."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from fractions import Fraction

from kernel_documents import Json

RATIONALS = ["0", "1", "-1", "1/2", "2", "1/3", "2/3", "9/10", "-1/2", "3/4", "1/4"]


def places(value: Json, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all inner values."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def at(value: Json, path: tuple) -> Json:
    for key in path:
        value = value[key]
    return value


def mutated(rng: random.Random, document: Json) -> Json:
    """One or two small changes; most of them leave a document of the same form."""
    made = copy.deepcopy(document)
    for _ in range(rng.choice([1, 1, 1, 2])):
        rng.choice([_reweigh, _reweigh, _change_leaf, _change_leaf, _swap, _change_shape])(
            rng, made
        )
    return made


def _reweigh(rng: random.Random, made: Json) -> None:
    """Another distribution over the same names, or over names used elsewhere."""
    found = [at(made, path) for path in places(made)]
    rows = [x for x in found if _is_distribution(x)]
    if rows:
        row = rng.choice(rows)
        names = sorted(row) + rng.sample(sorted({n for r in rows for n in r}), 1)
        weights = [rng.choice([0, 1, 1, 2]) for _ in names]
        weights[rng.randrange(len(names))] += 1
        shares: dict[str, Fraction] = {}
        for name, weight in zip(names, weights, strict=True):
            share = Fraction(weight, sum(weights))
            shares[name] = shares.get(name, Fraction(0)) + share
        row.clear()
        row.update({name: str(share) for name, share in shares.items() if share})


def _is_distribution(value: Json) -> bool:
    try:
        return isinstance(value, dict) and sum(map(Fraction, value.values())) == 1
    except (TypeError, ValueError):
        return False


def _change_leaf(rng: random.Random, made: Json) -> None:
    leaves = [path for path in places(made) if not isinstance(at(made, path), dict | list)]
    path = rng.choice(leaves)
    at(made, path[:-1])[path[-1]] = _nearby(rng, at(made, path))


def _swap(rng: random.Random, made: Json) -> None:
    """Two values of the same type, and under the same key if that can be."""
    everywhere = list(places(made))
    path = rng.choice(everywhere)
    old = at(made, path)
    alike = [p for p in everywhere if p[-1] == path[-1] and type(at(made, p)) is type(old)]
    at(made, path[:-1])[path[-1]] = copy.deepcopy(at(made, rng.choice(alike)))


def _change_shape(rng: random.Random, made: Json) -> None:
    everywhere = list(places(made))
    path = rng.choice(everywhere)
    holder, key = at(made, path[:-1]), path[-1]
    old = holder[key]
    match rng.randrange(5):
        case 0:
            holder[key] = copy.deepcopy(at(made, rng.choice(everywhere)))
        case 1 if isinstance(holder, list):
            holder[key:] = rng.choice([holder[key + 1 :], [*holder[key:], copy.deepcopy(old)]])
        case 2 if isinstance(holder, dict):
            del holder[key]
        case 3 if isinstance(old, list):
            rng.shuffle(old)
        case _:
            holder[key] = rng.choice([None, [], {}, 0, "0", "1", True, _nearby(rng, old)])


def _nearby(rng: random.Random, old: Json) -> Json:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return old + rng.choice([-1, 1, 2])
    if isinstance(old, str):
        try:
            shifted = Fraction(old) * rng.choice([-1, 2]) + rng.choice([-1, 0, 1])
        except ValueError:
            return rng.choice([*"abc01", "MR", "ONMR", "RRL", "LAR", "RM", "LTL", "FTR", "+", "-"])
        return rng.choice([str(shifted), rng.choice(RATIONALS)])
    return rng.choice([None, [], {}, 0, "0", "1", True])


def broken(rng: random.Random, text: bytes) -> bytes:
    """Bytes cut, doubled, dropped or replaced."""
    start, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return rng.choice(
        [
            text[:start],
            text[start:],
            text[:start] + text[end:],
            text[:end] + text[start:],
            text[:start] + bytes([rng.randrange(256)]) + text[start + 1 :],
            text[:start]
            + rng.choice([b"1.5", b"NaN", b"true", b"null", b"-0", b"1e9"])
            + text[start:],
        ]
    )
