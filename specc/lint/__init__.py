"""Machines that pay for what their author did not want, shown by a run that earns it."""

from specc.lint.finding import Finding, Move, Trajectory
from specc.lint.lint import lint, machine_notes, machine_warnings

__all__ = ["Finding", "Move", "Trajectory", "lint", "machine_notes", "machine_warnings"]
