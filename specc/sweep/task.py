"""One task: a spec as text, an environment, a kind of work, a seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specc.diagnostics import Diagnostic

__all__ = ["Outcome", "Scheme", "Task", "Values"]

Values = Mapping[str, Any]
"""A JSON object: texts, finite numbers, truth values, null, lists and objects of these."""

Scheme = tuple[str, str]
"""A reward scheme's name and its zeta, see :class:`specc.resolve.file.SchemeChoice`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task; ``status`` is ``ok``, ``failed``, ``timeout`` or ``cancelled``.

    ``codes`` are those of ``message``, a text for people. ``result`` has the work's own values.
    ``again`` says that another attempt may end differently.
    """

    status: str
    codes: tuple[str, ...] = ()
    message: str | None = None
    seconds: float = 0.0
    result: Values = field(default_factory=dict)
    attempts: int = 1
    again: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is told, and what names the task's row.

    ``text`` is the whole `.spec` file, with the environment that is swept over put in; ``path``
    (absolute) is where it came from. ``work`` is shown, ``function`` is what a worker imports.
    ``inputs`` is a digest of the files that the text names. ``refusal`` is not empty where it is
    known already that the spec cannot be read.
    """

    file: str
    path: str | None
    text: str
    spec: str
    environment: str | None
    work: str
    function: str
    seed: int | None = None
    parameters: Values = field(default_factory=dict)
    scheme: Scheme | None = None
    inputs: str = ""
    refusal: tuple[Diagnostic, ...] = ()

    @property
    def key(self) -> str:
        """The same for equal tasks only: 32 hexadecimal digits of a SHA-256.

        The path is no part of it: a folder may move.
        """
        from specc import __version__

        parts = [
            __version__,
            self.text,
            self.spec,
            self.environment,
            self.work,
            self.seed,
            dict(self.parameters),
            self.scheme,
            self.inputs,
        ]
        written = json.dumps(parts, sort_keys=True, ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(written.encode("ascii")).hexdigest()[:32]

    @property
    def message(self) -> dict[str, Any]:
        """What a worker needs, as JSON's own types."""
        return {
            "file": self.file,
            "path": self.path,
            "text": self.text,
            "spec": self.spec,
            "function": self.function,
            "seed": self.seed,
            "parameters": dict(self.parameters),
            "scheme": self.scheme,
        }
