"""The proof kernel: exact, small, and with nothing but the standard library under it.

It decides one question: does this *certificate* prove this *statement*, "the order that this
spec induces on the stationary policies of this environment is induced by no X-spec"? See
docs/kernel.md for the two formats and the theorem behind each kind of certificate.
"""

from .check import Accepted, check
from .classify import is_in
from .errors import KernelError, LimitExceeded, Malformed, Rejected
from .statement import Statement, read_statement

__all__ = [
    "Accepted",
    "KernelError",
    "LimitExceeded",
    "Malformed",
    "Rejected",
    "Statement",
    "check",
    "is_in",
    "read_statement",
]
