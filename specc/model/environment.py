"""An environment as specs see it: a finite MDP, or one that can only be run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from specc.model.mdp import Mdp

__all__ = ["Argument", "Environment", "UnboundedEnvironment"]

Argument = bool | int | Fraction | str
"""What a `.spec` file can hand to an environment or a model file."""


@dataclass(frozen=True, slots=True)
class UnboundedEnvironment:
    """A Gymnasium environment without a finite table: specs compile for it but have no value.

    It was neither imported nor made; ``identifier`` is in Gymnasium's registry.
    """

    name: str
    identifier: str
    arguments: tuple[tuple[str, Argument], ...] = ()


Environment = Mdp | UnboundedEnvironment
