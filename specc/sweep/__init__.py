"""Many specs, in many environments, for many seeds: check, solve, train."""

from specc.sweep.grid import grid
from specc.sweep.result import Sweep
from specc.sweep.sweep import sweep

__all__ = ["Sweep", "grid", "sweep"]
