"""One entry of the catalogue of diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Code"]


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic code with its page: `specc explain` prints it, a test runs both examples.

    ``wrong`` is a whole `.spec` file that yields the code, ``right`` the mended file, which does
    not. Where the mistake does not lie in a `.spec` file (a budget, a policy file), both are
    empty and ``explanation`` shows the case.
    """

    code: str
    title: str
    explanation: str
    wrong: str = ""
    right: str = ""
