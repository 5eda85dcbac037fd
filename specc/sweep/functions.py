"""Functions by name: a worker imports what the sweep was given."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from specc.diagnostics import SpecError

__all__ = [
    "BUILT_IN",
    "function_of",
    "is_reading_script",
    "judge_call",
    "located",
    "reference",
    "shown",
]

BUILT_IN = ("check", "solve", "train")
"""Work that needs no function of the user's."""

_HELP = "define it at the top of a module or of the script, and put settings beside it: (f, {..})"
_scripts: dict[str, ModuleType] = {}
_reading: list[str] = []


def reference(function: Callable[..., Any]) -> str:
    """``module:name`` or ``/path/of/script.py:name`` for a function that can be imported.

    >>> from json import dumps
    >>> reference(dumps)
    'json:dumps'

    :raises SpecError: E953 a lambda, a local function, a method, anything without such a name.
    """
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
        raise SpecError.of("E953", f"workers cannot import {_seen(function)}", help=_HELP)
    text = f"{_of_main() if module == '__main__' else module}:{name}"
    found: object = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not function or inspect.ismethod(function):
        raise SpecError.of(
            "E953", f"workers cannot import {_seen(function)}: `{text}` is another", help=_HELP
        )
    return text


def _seen(function: object) -> str:
    name = getattr(function, "__qualname__", None)
    return f"`{name}`" if isinstance(name, str) else f"a {type(function).__name__}"


def _of_main() -> str:
    """How a worker finds what runs as ``__main__`` here; nothing to find in a notebook."""
    main = sys.modules["__main__"]
    specification = getattr(main, "__spec__", None)
    if specification is not None:
        return str(specification.name)
    file = Path(str(getattr(main, "__file__", None) or ""))
    return str(file.resolve()) if file.is_file() else "__main__"


def shown(text: str) -> str:
    """The reference as a row shows it: a script without its folder.

    >>> shown("/home/me/train.py:sarsa"), shown("learners:sarsa")
    ('train.py:sarsa', 'learners:sarsa')
    """
    module, colon, name = text.rpartition(":")
    return f"{Path(module).name}{colon}{name}" if _is_script(module) else text


def located(text: str) -> str:
    """The reference as it is, a script's path made absolute where that is a file."""
    module, colon, name = text.rpartition(":")
    is_path = module.endswith(".py") and Path(module).is_file()
    return f"{Path(module).resolve()}{colon}{name}" if is_path else text


def function_of(text: str) -> Callable[..., Any]:
    """The function behind a reference, imported now.

    :raises SpecError: E953 it cannot be imported, or is no function.
    """
    module, _, name = text.rpartition(":")
    if not module or not name:
        built_in = ", ".join(f"`{word}`" for word in BUILT_IN)
        raise SpecError.of(
            "E953", f"no work `{text}`", help=f'there is: {built_in}, a function, "module:name"'
        )
    try:
        found: Any = _script(module) if _is_script(module) else importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except SpecError:
        raise
    # Importing runs code of the user's; whatever it raises is about this name.
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise SpecError.of("E953", f"cannot import `{text}`: {why[:300]}", help=_HELP) from error
    if not callable(found):
        raise SpecError.of("E953", f"`{text}` is a {type(found).__name__}, no function", help=_HELP)
    return found  # type: ignore[no-any-return]


def _is_script(module: str) -> bool:
    """Whether it is a path: modules have no absolute names."""
    return Path(module).is_absolute()


def _script(path: str) -> ModuleType:
    """The script as a module; what stands under ``if __name__ == "__main__":`` does not run."""
    main = sys.modules["__main__"]
    if getattr(main, "__file__", None) and Path(str(main.__file__)).resolve() == Path(path):
        return main
    if path in _scripts:
        return _scripts[path]
    name = f"__specc_script_{len(_scripts)}__"
    loader = SourceFileLoader(name, path)
    specification = importlib.util.spec_from_loader(name, loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    _reading.append(path)
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        _reading.pop()
    _scripts[path] = module
    return module


def is_reading_script() -> bool:
    """Whether a worker is importing a script now: a sweep in it would begin itself again."""
    return bool(_reading)


def judge_call(text: str, function: Callable[..., Any], parameters: Mapping[str, Any]) -> None:
    """Nothing where ``function(spec, seed, **parameters)`` can be called.

    :raises SpecError: E953 with the function's own words on what does not fit.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(object(), 0, **parameters)
    except TypeError as error:
        raise SpecError.of(
            "E953",
            f"`{text}` cannot be called as (spec, seed, **parameters): {error}",
            help=f"it is {text.rpartition(':')[2]}{signature}",
        ) from None
