"""What the lint answers: a message, and the run that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from specc.diagnostics import Diagnostic
from specc.source import Source, Span

__all__ = ["Finding", "Move", "Trajectory"]

_MOST_MOVES = 10
"""How many moves of a trajectory are written into a message."""


@dataclass(frozen=True, slots=True)
class Move:
    """One transition of the environment, the machine state that it leads to, and what it earns."""

    state: str
    action: str
    successor: str
    machine: str
    reward: Fraction


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A possible run from a start state; from move ``loop`` on it may repeat for ever (None: it
    does not)."""

    moves: tuple[Move, ...]
    loop: int | None = None

    @property
    def round_reward(self) -> Fraction:
        """What one round of the loop earns, 0 without one."""
        loop = len(self.moves) if self.loop is None else self.loop
        return sum((move.reward for move in self.moves[loop:]), Fraction(0))

    def __str__(self) -> str:
        """As ``s0 -north-> s1 -north-> s2``, a loop in brackets, the middle left out if long."""
        loop = len(self.moves) if self.loop is None else self.loop
        way = _text(self.moves[:loop])
        if loop == len(self.moves):
            return way
        round_ = f"({_text(self.moves[loop:])})*"
        return f"{way}, then {round_}" if way else round_


def _text(moves: tuple[Move, ...]) -> str:
    if not moves:
        return ""
    shown = [f" -{move.action}-> {move.successor}" for move in moves]
    if len(shown) > _MOST_MOVES:
        half = _MOST_MOVES // 2
        shown = [*shown[:half], f" ... {len(shown) - 2 * half} more moves ...", *shown[-half:]]
    return moves[0].state + "".join(shown)


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark about a machine of a spec: a warning (W53x) where the machine can be hacked, a note
    (N53x) about edges. ``letter`` is a witness letter (the propositions that hold) where there is
    one, ``trajectory`` the run that shows it, in the spec's finite environment."""

    code: str
    machine: str
    message: str
    span: Span | None
    help: str
    letter: tuple[str, ...] | None = None
    trajectory: Trajectory | None = None

    def diagnostic(self, source: Source) -> Diagnostic:
        """The finding as a diagnostic of the file."""
        placed = source if self.span is not None else None
        return Diagnostic(self.code, self.message, placed, self.span, self.help)
