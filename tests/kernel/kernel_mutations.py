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
    """One to three small changes: a value, a name, a sign, a key, an item more or less."""
    made = copy.deepcopy(document)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        everywhere = list(places(made))
        path = rng.choice(everywhere)
        holder, key = at(made, path[:-1]), path[-1]
        old = holder[key]
        match rng.randrange(6):
            case 0:
                holder[key] = copy.deepcopy(at(made, rng.choice(everywhere)))
            case 1 if isinstance(holder, list):
                holder[key:] = rng.choice([holder[key + 1 :], [*holder[key:], copy.deepcopy(old)]])
            case 2 if isinstance(holder, dict):
                del holder[key]
            case 3 if isinstance(old, list):
                rng.shuffle(old)
            case _:
                holder[key] = _nearby(rng, old)
    return made


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
