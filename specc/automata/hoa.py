"""Automata in HOA v1, the Hanoi omega-automata format (Babiak et al. 2015)."""

from __future__ import annotations

from specc.automata.automaton import Automaton
from specc.automata.hoa_reader import read_raw
from specc.automata.hoa_repair import repaired
from specc.automata.hoa_writer import write_hoa

__all__ = ["read_hoa", "write_hoa"]


def read_hoa(text: str) -> Automaton:
    """The automaton in the text, deterministic and complete, whatever its acceptance condition.

    An automaton that is neither is completed with a rejecting sink, or determinised by Spot.

    :raises SpecError: E507 malformed text or too large, E508 a kind that is not supported, E501
        determinising overruns the budget.
    :raises MissingExtra: the automaton is nondeterministic and Spot is not installed.

    >>> text = write_hoa(read_hoa('''HOA: v1
    ... Start: 0
    ... AP: 1 "a"
    ... Acceptance: 1 Inf(0)
    ... --BODY--
    ... State: 0
    ... [0] 0 {0}
    ... --END--'''))
    >>> read_hoa(text).state_count
    2
    """
    return repaired(read_raw(text))
