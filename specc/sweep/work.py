"""What is done with every spec: kinds of work, each with its parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from specc.diagnostics import SpecError
from specc.sweep.functions import BUILT_IN, function_of, judge_call, located, reference, shown
from specc.sweep.task import Values

__all__ = ["Item", "Work", "work_items"]

Named = str | Callable[..., Any]
Work = Named | tuple[Named, Mapping[str, Any] | Sequence[Mapping[str, Any]]]
"""A kind of work, alone or with one setting or several of its parameters."""

_PARAMETERS = {
    "check": ("against", "budget", "seed"),
    "solve": ("minimise", "exact", "precision"),
    "train": ("steps", "length"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """``name`` is shown, ``function`` what a worker does or imports; ``seeded`` work is done for
    every seed, other work once."""

    name: str
    function: str
    parameters: Values
    seeded: bool


def work_items(work: Work | Iterable[Work]) -> tuple[Item, ...]:
    """The kinds of work with each of their settings.

    >>> [(item.name, dict(item.parameters)) for item in work_items(["check", ("solve",
    ...     {"exact": True})])]
    [('check', {}), ('solve', {'exact': True})]

    :raises SpecError: E953 no such work, a function that workers cannot import or call with these
        parameters, a parameter that is no JSON value.
    """
    is_one = isinstance(work, str) or not isinstance(work, Iterable) or _is_pair(work)
    several: Iterable[Any] = [work] if is_one or callable(work) else work
    return tuple(item for one in several for item in _items(one))


def _is_pair(work: object) -> bool:
    """Whether it is (name, parameters), not two kinds of work side by side."""
    if not isinstance(work, tuple) or len(work) != 2:
        return False
    named, settings = work
    if not isinstance(named, str) and not callable(named):
        return False
    several = isinstance(settings, list | tuple) and all(isinstance(s, Mapping) for s in settings)
    return several or isinstance(settings, Mapping)


def _items(work: Any) -> list[Item]:
    named, settings = work if _is_pair(work) else (work, {})
    if not isinstance(named, str) and not callable(named):
        raise SpecError.of(
            "E953", f"{named!r} is no work", help='write "check", a function, or (function, {..})'
        )
    choices = [settings] if isinstance(settings, Mapping) else list(settings)
    text = located(named) if isinstance(named, str) else reference(named)
    function = None if text in BUILT_IN else function_of(text)
    found = []
    for choice in choices:
        parameters = _values(text, choice)
        if function is not None:
            judge_call(text, function, parameters)
        else:
            _judge_built_in(text, parameters)
        seeded = function is not None or text == "train"
        found.append(Item(shown(text), text, parameters, seeded))
    return found


def _values(name: str, parameters: object) -> Values:
    if not isinstance(parameters, Mapping):
        raise SpecError.of(
            "E953",
            f"the parameters of `{name}` are a {type(parameters).__name__}",
            help='write {"rate": 0.1}, or several: specc.sweep.grid(rate=[0.1, 0.5])',
        )
    try:
        written = json.dumps(dict(parameters), allow_nan=False, default=_rational)
    except (TypeError, ValueError) as error:
        raise SpecError.of(
            "E953",
            f"a parameter of `{name}` is no JSON value: {error}",
            help="texts, finite numbers, truth values, None, lists and dictionaries of these are",
        ) from None
    found: Values = json.loads(written)
    return found


def _rational(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"a {type(value).__name__}")


def _judge_built_in(name: str, parameters: Values) -> None:
    known = _PARAMETERS[name]
    if unknown := [key for key in parameters if key not in known]:
        raise SpecError.of(
            "E953", f"`{name}` has no parameter `{unknown[0]}`", help=f"it has: {', '.join(known)}"
        )
    for key, value in parameters.items():
        if fault := _fault(key, value):
            raise SpecError.of("E953", f"`{key}` of `{name}` is {value!r}", help=fault)


def _fault(key: str, value: object) -> str | None:
    """What a parameter of the built-in work must be, where it is not."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    match key:
        case "exact" | "minimise":
            return None if isinstance(value, bool) else "it is True or False"
        case "steps" | "length":
            return None if whole and value > 0 else "it is a count, at least 1"  # type: ignore[operator]
        case "seed":
            return None if whole else "it is an integer"
        case "budget":
            number = whole or isinstance(value, float)
            return None if number and value > 0 else "it is a number of seconds"  # type: ignore[operator]
        case "precision":
            return None if _is_positive(value) else "it is a positive number, such as 1e-6"
        case "against":
            from specc.registry import symbols

            names = symbols()
            good = isinstance(value, list) and all(name in names for name in value)
            return None if good else f"it lists formalisms: {', '.join(names)}"
    return None


def _is_positive(value: object) -> bool:
    try:
        return Fraction(str(value)) > 0
    except (ValueError, ZeroDivisionError):
        return False
