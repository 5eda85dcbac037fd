"""Realisers: rules by which a spec's order can be said in a smaller formalism.

A realiser is ``(question) -> Iterator[Realisation]``: it yields what it can show for this spec in
this environment, for the least formalisms it can; the judge carries each up the preorder. Each
rule is a section of docs/proofs/realisers.md with its exact condition and its proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.verdict.evidence import Realisation
from specc.verdict.question import Question

__all__ = ["REALISERS", "Realiser"]

Realiser = Callable[[Question], Iterator[Realisation]]

_NAMES = (
    "constant",
    "reduction",
    "redundant_memory",
    "function_of_a_markov_value",
    "bounded_horizon",
    "decided_where_absorbed",
    "action_independent",
    "one_decision",
    "strong_law",
)


def _later(name: str) -> Realiser:
    """The rule of that name; solvers are imported when it is first asked."""

    def rule(question: Question) -> Iterator[Realisation]:
        from specc.verdict.realise.rules import RULES

        yield from RULES[name](question)

    rule.__name__ = name
    return rule


REALISERS: tuple[Realiser, ...] = tuple(_later(name) for name in _NAMES)
"""In the order in which they are tried, the cheap before the dear."""
