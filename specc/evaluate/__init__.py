"""The exact value of an objective under a given policy."""

from specc.evaluate.evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
