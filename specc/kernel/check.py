"""The one entry: does this certificate prove this statement?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .decode import Json, mapping, parse, text
from .errors import LimitExceeded, Malformed, Rejected
from .families import check_jumps, check_limit
from .farkas import check_farkas
from .few import check_few_values
from .formalisms import CONTINUOUS, LINEAR, LOTTERY, LOWER, MIXING, OCCUPANCY, REAL, UPPER, ZERO_ONE
from .level import check_level
from .mixture import check_mixture
from .reversal import check_reversal
from .same import check_same_limit, check_same_lottery
from .statement import Statement, read_statement
from .ties import check_ties
from .visits import check_covered_visits, check_more_visits, check_same_visits
from .zero_one import check_zero_one

__all__ = ["KINDS", "Accepted", "check"]

KINDS: dict[str, tuple[frozenset[str], Callable[[Statement, Json], None]]] = {
    "C1 farkas": (OCCUPANCY, check_farkas),
    "C2 mixture": (LINEAR | MIXING, check_mixture),
    "C3 zero-one": (ZERO_ONE, check_zero_one),
    "C4a infinitesimal ties": (frozenset({"ONMR", "MR", "LMORL", "CMDP"}), check_ties),
    "C4b range": (frozenset({"ONMR", "MR"}), check_level),
    "C5 limit": (CONTINUOUS | UPPER | LOWER, check_limit),
    "C6 jump family": (REAL, check_jumps),
    "C7 same lottery": (LOTTERY, check_same_lottery),
    "C7 same limit occupancy": (frozenset({"LAR"}), check_same_limit),
    "C8 few values": (frozenset({"QUANT"}), check_few_values),
    "C9 same visits": (frozenset({"SUB", "MAXR", "MINR"}), check_same_visits),
    "C9 more visits": (frozenset({"SUB_H", "SUB"}), check_more_visits),
    "C9 covered visits": (frozenset({"MAXR"}), check_covered_visits),
    "C10 reversal": (frozenset({"MR", "LMORL", "TDR"}), check_reversal),
}
"""For each kind of certificate the formalisms that its theorem speaks of, and the check."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The statement with this SHA-256 is proved, by the named theorem of docs/kernel.md."""

    formalism: str
    kind: str
    sha256: str


def check(statement: bytes, certificate: bytes) -> Accepted:
    """Accepted, or an exception: Malformed, LimitExceeded, Rejected.

    The claim is the statement's alone; the certificate only says how to see it.
    """
    try:
        claim = read_statement(statement)
        proof = mapping(parse(certificate), "certificate")
        if proof.get("format") != "specc-certificate-1":
            raise Malformed("certificate.format: 'specc-certificate-1' was expected")
        kind = text(proof.get("kind"), "certificate.kind")
        if kind not in KINDS:
            raise Malformed("certificate.kind: not a known kind")
        formalisms, verify = KINDS[kind]
        if claim.formalism not in formalisms:
            raise Rejected("formalism", f"{kind} proves nothing about {claim.formalism}")
        verify(claim, proof)
        return Accepted(claim.formalism, kind, claim.sha256)
    except (RecursionError, MemoryError):
        raise LimitExceeded("the interpreter's stack or memory is exhausted") from None
