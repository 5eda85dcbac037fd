"""Refuters: searches for certificates. All of this is untrusted; the kernel decides.

A refuter is ``(question, formalism) -> Refutation | None`` and speaks only of the formalisms that
its entry lists. They are tried in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from specc.kernel.check import KINDS
from specc.kernel.formalisms import LOWER, MIXING, UPPER
from specc.verdict.evidence import Refutation
from specc.verdict.question import Question
from specc.verdict.refute.farkas import farkas
from specc.verdict.refute.jumps import jumps
from specc.verdict.refute.level import level
from specc.verdict.refute.limits import limit
from specc.verdict.refute.mixture import mixture
from specc.verdict.refute.same import same_limit, same_lottery
from specc.verdict.refute.ties import ties
from specc.verdict.refute.turning import turning_point
from specc.verdict.refute.zero_one import few_values, zero_one

__all__ = ["KNOWN", "REFUTERS", "Refuter"]

KNOWN = "formalisms that the spec is in"
"""The note of a question under which the judge says what was found so far."""

Refuter = Callable[[Question, str], Refutation | None]

_BY_KIND: dict[str, Refuter] = {
    "C7 same lottery": same_lottery,
    "C6 jump family": jumps,
    "C2 mixture": mixture,
    "C7 same limit occupancy": same_limit,
    "C5 limit": limit,
    "C3 zero-one": zero_one,
    "C8 few values": few_values,
    "C1 farkas": farkas,
    "C4b range": level,
    "C4a infinitesimal ties": ties,
}


def _once(kind: str, search: Refuter) -> Refuter:
    """The search, not made again for a formalism of which its theorem says just the same, nor
    where the spec is known to be in one: a certificate would refute that too."""

    @wraps(search)
    def searched(question: Question, formalism: str) -> Refutation | None:
        key = ("no certificate", kind, _role(kind, formalism))
        if key in question.notes or _is_hopeless(question, kind, formalism):
            return None
        found = search(question, formalism)
        if found is None:
            question.notes[key] = True
        return found

    return searched


def _is_hopeless(question: Question, kind: str, formalism: str) -> bool:
    role = _role(kind, formalism)
    known = question.notes.get(KNOWN, frozenset())
    assert isinstance(known, frozenset)
    return any(_role(kind, other) == role for other in known & KINDS[kind][0])


def _role(kind: str, formalism: str) -> object:
    match kind:
        case "C1 farkas":
            return formalism
        case "C2 mixture":
            return formalism in MIXING
        case "C5 limit":
            return formalism in LOWER, formalism in UPPER
        case _:
            return None


REFUTERS: tuple[tuple[frozenset[str], Refuter], ...] = (
    *((KINDS[kind][0], _once(kind, refuter)) for kind, refuter in _BY_KIND.items()),
    (frozenset({"MR"}), turning_point),
)
