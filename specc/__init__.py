"""A compiler and verifier for the objectives of reinforcement learning.

    >>> import specc
    >>> from specc.resolve.file import load_text
    >>> file = load_text('''
    ... env coin = mdp { initial s
    ...   s: heads -> t
    ...      tails -> s
    ...   t: heads -> t
    ...   label goal: t }
    ... spec soon in coin = E[discounted([goal], 1/2)]
    ... ''')
    >>> specc.check(file["soon"]).formalism
    'MR'

Importing specc imports nothing heavy: each function brings in what it needs.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.api import (
        check,
        compare,
        compile,
        evaluate,
        learned_policy,
        lint,
        load,
        preorder,
        relabel,
        solve,
        sweep,
        translate,
        wrap,
        wrap_mo,
        wrap_pettingzoo,
        wrap_vector,
    )

__all__ = [
    "__version__",
    "check",
    "compare",
    "compile",
    "evaluate",
    "learned_policy",
    "lint",
    "load",
    "preorder",
    "relabel",
    "solve",
    "sweep",
    "translate",
    "wrap",
    "wrap_mo",
    "wrap_pettingzoo",
    "wrap_vector",
]

__version__ = "0.1.0"


class _Front(ModuleType):
    """The module `specc` itself."""

    def __setattr__(self, name: str, value: object) -> None:
        # Importing the room specc.check would put the room in the place of the function.
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Front


def __getattr__(name: str) -> Any:
    if name in __all__:
        value = getattr(importlib.import_module("specc.api"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'specc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
