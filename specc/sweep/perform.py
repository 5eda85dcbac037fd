"""A task, done: in a worker process, or here."""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Diagnostic, MissingExtra, SpecError
from specc.reports import plain
from specc.resolve.file import SchemeChoice, Spec, TaskFile, load_text
from specc.sweep.flat import flat, readable
from specc.sweep.functions import function_of
from specc.sweep.task import Outcome

if TYPE_CHECKING:
    from specc.check import SpecCheck

__all__ = ["described", "perform"]

_FRAMES = 3
_LONGEST_ERROR = 2000


def perform(message: Mapping[str, Any]) -> Outcome:
    """What became of the task (see :attr:`specc.sweep.task.Task.message`); never raises, except
    for an interrupt from the keyboard."""
    started = time.perf_counter()

    def over(outcome: Outcome) -> Outcome:
        return replace(outcome, seconds=time.perf_counter() - started)

    try:
        return over(_done(message))
    except SpecError as error:
        codes, text = described(error.diagnostics)
        return over(Outcome("failed", codes, text))
    except MissingExtra as error:
        return over(Outcome("failed", ("E002",), f"E002: {error}"))
    except MemoryError:
        text = "E958: the memory that this worker may have is used up"
        return over(Outcome("failed", ("E958",), text, again=True))
    except Exception as error:
        text = f"E003: this is a bug in specc: {type(error).__name__}: {error}"
        return over(Outcome("failed", ("E003",), text[:_LONGEST_ERROR]))


def described(diagnostics: Iterable[Diagnostic]) -> tuple[tuple[str, ...], str]:
    """The codes, each once, and one line per diagnostic: code, message, place, what to do."""
    lines: list[str] = []
    codes: dict[str, None] = {}
    for found in diagnostics:
        codes[found.code] = None
        place = ""
        if found.source is not None and found.span is not None:
            at = found.source.position(found.span.start)
            place = f" ({found.source.name}:{at.line}:{at.column})"
        help = f"; {found.help}" if found.help else ""
        lines.append(f"{found.code}: {found.message}{place}{help}")
    return tuple(codes), "\n".join(lines)


def _done(message: Mapping[str, Any]) -> Outcome:
    spec = _spec(message)
    parameters = message["parameters"]
    match message["function"]:
        case "check":
            return Outcome("ok", result=_checked(spec, parameters))
        case "solve":
            return _solved(spec, parameters)
        case "train":
            from specc.sweep.tabular import train

            return Outcome("ok", result=flat("train", train(spec, message["seed"], **parameters)))
        case text:
            return _called(text, spec, message["seed"], parameters)


def _spec(message: Mapping[str, Any]) -> Spec:
    file = _file(message["text"], message["file"], message["path"])
    name = message["spec"]
    errors = [d for d in file.diagnostics if d.severity == "error"]
    found = file.specs.get(name)
    lost = found is not None and found.environment is None and found.environment_name is not None
    if errors and (found is None or lost):
        raise SpecError(errors)
    spec = file[name]
    if message["scheme"] is None:
        return spec
    scheme, zeta = message["scheme"]
    return replace(spec, scheme=SchemeChoice(scheme, Fraction(zeta)))


@lru_cache(maxsize=4)
def _file(text: str, name: str, path: str | None) -> TaskFile:
    """A worker often gets the same file for several seeds."""
    return load_text(text, name, None if path is None else Path(path))


def _checked(spec: Spec, parameters: Mapping[str, Any]) -> dict[str, Any]:
    from specc.check import check_spec

    against = parameters.get("against")
    settings = {**parameters, "against": None if against is None else tuple(against)}
    found: SpecCheck = check_spec(spec, **settings)
    return flat(
        "check",
        {
            "formalism": found.formalism,
            "also": list(found.also),
            "because": found.because,
            "verdicts": {name: verdict.verdict for name, verdict in found.verdicts.items()},
            "training": plain(found.training),
            "optimise": plain(found.optimise),
        },
    )


def _solved(spec: Spec, parameters: Mapping[str, Any]) -> Outcome:
    from specc.optimise import solve

    settings = dict(parameters)
    if "precision" in settings:
        settings["precision"] = Fraction(str(settings["precision"]))
    found = solve(spec, **settings)
    policy = dict(found.policy or {"memory": None, "deterministic": None})
    result = flat(
        "solve",
        {
            **{
                key: plain(getattr(found, key), key)
                for key in ("direction", "lower", "upper", "exact", "values", "method", "promise")
            },
            "policy_class": found.policy_class,
            "policy": plain(policy),
            "states": found.states,
            "product_states": found.product_states,
            "seconds": plain(found.seconds),
        },
    )
    errors = [d for d in found.diagnostics if d.severity == "error"]
    codes, text = described(found.diagnostics)
    return Outcome("failed" if errors else "ok", codes, text or None, result=result)


def _called(text: str, spec: Spec, seed: int, parameters: Mapping[str, Any]) -> Outcome:
    function = function_of(text)
    _seed_everything(seed)
    try:
        answer = function(spec, seed, **parameters)
    except MemoryError:
        raise
    # A function of the user's may raise, or call sys.exit: that is this task's failure only.
    except (Exception, SystemExit) as error:
        own = error.diagnostics if isinstance(error, SpecError) else ()
        codes = dict.fromkeys(("E956", *(d.code for d in own)))
        return Outcome("failed", tuple(codes), f"E956: {_short(error)}", again=True)
    if not isinstance(answer, Mapping):
        raise SpecError.of(
            "E957", f"`{text}` returned a {type(answer).__name__}", help="return a dictionary"
        )
    try:
        return Outcome("ok", result=flat("train", answer))
    except (TypeError, ValueError) as error:
        raise SpecError.of("E957", f"the answer of `{text}` is no row: {error}") from None


def _short(error: BaseException) -> str:
    """The exception, and where it came from: the last lines, without those of this module."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    places = [f"  {Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames[-_FRAMES:]]
    try:
        message = readable(str(error)[: _LONGEST_ERROR // 2])
    except Exception:  # The user's own class of errors may have an error.
        message = ""
    head = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return "\n".join([head, *places])[:_LONGEST_ERROR]


def _seed_everything(seed: int) -> None:
    """Global generators begin anew with each task: what ran before in this worker is no input."""
    random.seed(seed)
    for name in ("numpy", "torch"):
        module = sys.modules.get(name)
        if name == "numpy" and module is not None:
            module.random.seed(seed % 2**32)
        elif module is not None:
            module.manual_seed(seed % 2**63)
