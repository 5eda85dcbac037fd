"""A trajectory as the digits of one number, and back."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from specc.model.mdp import Mdp
from specc.translate.lottery import Lasso

__all__ = ["spelled"]


def spelled(mdp: Mdp, total: Fraction) -> Lasso:
    """The trajectory whose transitions are the digits of ``total`` in base n + 1, n the number of
    transitions: total = d_0 + d_1/(n+1) + d_2/(n+1)**2 + ...

    No digit is n, so that no two expansions meet, and the greedy digits are the right ones. A
    rational has an eventually periodic expansion.

    >>> from specc.resolve.file import load_text
    >>> text = "env e = mdp { initial s; s: a -> t; t: a -> t; t: b -> s }"
    >>> spelled(load_text(text).environments["e"], Fraction(1, 3))
    Lasso(start=0, prefix=(0,), cycle=(1,))
    """
    base = mdp.transition_count + 1
    digits: list[int] = []
    met: dict[Fraction, int] = {}
    while total not in met:
        met[total] = len(digits)
        digit = floor(total)
        digits.append(digit)
        total = (total - digit) * base
    back = met[total]
    start = int(mdp.transition_sources()[digits[0]])
    return Lasso(start, tuple(digits[:back]), tuple(digits[back:]))
