"""The heart of C1 and C2: does a linear value have this order, on policies with these relations?

Policies in groups of ties, best first, are compared in a chain: each group's first member with
the next group's (strict), and with the others of its group (ties). Every comparison of two
policies is a sum of those. By Farkas' lemma, no linear value has the order iff a combination of
the differences vanishes whose strict multipliers are nonnegative and not all 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from specc.kernel.germ import Number
from specc.verdict.refute.exact import nonnegative, reduced

__all__ = ["Link", "chain", "combination", "listed"]


@dataclass(frozen=True, slots=True)
class Link:
    """One comparison of the chain, by the policies' numbers."""

    better: int
    worse: int
    strict: bool


def chain(groups: Sequence[Sequence[int]]) -> list[Link]:
    """Strict links first."""
    strict = [Link(above[0], below[0], True) for above, below in pairwise(groups)]
    return strict + [Link(group[0], other, False) for group in groups for other in group[1:]]


def combination(
    equations: Sequence[Sequence[Fraction]], links: Sequence[Link]
) -> list[Fraction] | None:
    """Multipliers of the links with sum_k l_k (row[better_k] - row[worse_k]) = 0 for every row,
    those of strict links nonnegative and their sum 1; None where there are none."""
    strict = [k for k, link in enumerate(links) if link.strict]
    ties = [k for k, link in enumerate(links) if not link.strict]
    columns: list[list[Number]] = [
        [row[links[k].better] - row[links[k].worse] for k in (*ties, *strict)] for row in equations
    ]
    echelon, pivots = reduced(columns, len(ties))
    bound = [[_plain(x) for x in row] for row in echelon]
    found = nonnegative([row[len(ties) :] for row in bound[len(pivots) :]], len(strict))
    if found is None:
        return None
    multipliers = [Fraction(0)] * len(links)
    for k, value in zip(strict, found, strict=True):
        multipliers[k] = value
    for row, column in zip(bound, pivots, strict=False):
        rest = zip(row[len(ties) :], found, strict=True)
        multipliers[ties[column]] = -sum((x * y for x, y in rest), Fraction(0))
    return multipliers


def listed(links: Sequence[Link]) -> list[dict[str, object]]:
    """The comparisons as a certificate lists them."""
    return [{"better": x.better, "worse": x.worse, "strict": x.strict} for x in links]


def _plain(number: Number) -> Fraction:
    assert isinstance(number, Fraction)
    return number
