"""Choosing the reward scheme of a formula."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from specc.diagnostics import SpecError
from specc.resolve.file import SchemeChoice

if TYPE_CHECKING:
    from specc.resolve.file import Spec

__all__ = ["SCHEMES", "SchemeName", "ZETA", "with_scheme"]

SchemeName = Literal["auto", "exact", "gadget", "two-discounts", "average"]
SCHEMES: tuple[SchemeName, ...] = ("auto", "exact", "gadget", "two-discounts", "average")
"""``exact``: a co-safe or safe automaton; ``gadget``: the reachability gadget; ``two-discounts``;
``average``: the limit-average reward machine; ``auto``: the first of these that fits."""

ZETA = Fraction(99, 100)
"""The parameter of ``gadget`` and ``two-discounts`` where none is given."""


def with_scheme(spec: Spec, scheme: str, zeta: Fraction | float | str | None = None) -> Spec:
    """The spec with this reward scheme for its formula.

    ``zeta`` in (0, 1) is the parameter of ``gadget`` (also where ``auto`` comes to it) and of
    ``two-discounts``; closer to 1 is closer to the formula and slower to learn.

    :raises SpecError: E816 no such scheme or parameter.

    >>> from specc.resolve.file import load_text
    >>> from specc.emit.training import training
    >>> spec = load_text("spec again = P[G F goal]")["again"]
    >>> training(with_scheme(spec, "two-discounts", "0.9")).scheme.partition(";")[0]
    'two discounts: every accepting edge is discounted by 9/10, every other by 99/100'
    """
    known = next((name for name in SCHEMES if name == scheme), None)
    if known is None:
        raise SpecError.of(
            "E816", f"no reward scheme `{scheme}`", help=f"there is: {', '.join(SCHEMES)}"
        )
    chosen = ZETA
    if zeta is not None:
        if known not in {"auto", "gadget", "two-discounts"}:
            raise SpecError.of(
                "E816",
                f"the scheme `{known}` has no parameter zeta",
                help="name `gadget` or `two-discounts`, or leave zeta out",
            )
        chosen = _rational(zeta)
    return replace(spec, scheme=SchemeChoice(known, chosen))


def _rational(zeta: Fraction | float | str) -> Fraction:
    """The number as it is written, 0.99 as 99/100."""
    try:
        value = zeta if isinstance(zeta, Fraction) else Fraction(str(zeta))
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 0 < value < 1:
        raise SpecError.of("E816", f"zeta is {zeta}", help="zeta lies between 0 and 1: 0.99, say")
    return value
