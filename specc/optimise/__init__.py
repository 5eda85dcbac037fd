"""The optimum of an objective over all policies of a finite environment."""

from specc.optimise.optimum import SolveResult, solve

__all__ = ["SolveResult", "solve"]
