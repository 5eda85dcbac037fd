"""The three ways in which the kernel says no. Nothing else leaves it on any input."""

from __future__ import annotations

__all__ = ["KernelError", "LimitExceeded", "Malformed", "Rejected"]


class KernelError(Exception):
    """Not accepted; never a statement about the truth of the claim."""


class Malformed(KernelError):
    """A document is not of the published form; the message says where."""


class LimitExceeded(KernelError):
    """A declared limit (see `limits.py`) was passed."""


class Rejected(KernelError):
    """Both documents are well formed, and the check named ``check`` fails."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(f"{check}: {message}")
        self.check = check
