"""A tabular learner on a compiled reward, and the exact value of the policy that it learns.

The learner is that of :mod:`specc.sweep.tabular`.

    python examples/learn.py FILE SPEC [STEPS]
"""

from __future__ import annotations

import sys

from specc.resolve.file import load
from specc.sweep.tabular import Learned, greedy_policy, greedy_value, learn

__all__ = ["Learned", "greedy_policy", "greedy_value", "learn"]


def main(path: str, name: str, steps: str = "2000000") -> None:
    """Train on one spec of a file and print the exact value of what was learned."""
    spec = load(path)[name]
    value = greedy_value(spec, learn(spec, int(steps)))
    print(f"{name}: learned {float(value):.6f} ({value})"[:200])


if __name__ == "__main__":
    main(*sys.argv[1:4])
