"""Two specs side by side: the same order of all stationary policies, the same optimum?"""

from specc.compare.comparison import Comparison, compare
from specc.compare.order import OrderAnswer, same_order
from specc.compare.witness import WitnessPolicy

__all__ = ["Comparison", "OrderAnswer", "WitnessPolicy", "compare", "same_order"]
