"""The declared limits: what is larger is refused, whatever it says."""

from __future__ import annotations

from .errors import LimitExceeded

__all__ = ["at_most"]

LIMITS = {
    "document bytes": 16_000_000,
    "nesting": 64,
    "digits of a number": 400,
    "items of a list": 100_000,
    "chain nodes": 2_000,
    "atoms": 16,
    "trajectories": 1_000,
    "horizon": 2_000,
    "exponent": 64,
    "degree of a multiplier": 64,
    "degree in the infinitesimal": 400,
    "bits of a rational": 200_000,
    "nodes times discounts": 200_000,
    "policies": 500,
    "policies times states": 1_000_000,
    "comparisons": 1_000,
    "tiles": 1_000,
    "segments": 1_000,
    "points": 200,
    "deterministic policies": 4_096,
    "bits of an enclosure": 2_048,
}


def at_most(limit: str, size: int) -> None:
    """Raise LimitExceeded where ``size`` is above the limit of this name."""
    if size > LIMITS[limit]:
        raise LimitExceeded(f"more than {LIMITS[limit]} {limit}")
