"""Which states are near: within so many moves of positive probability."""

from __future__ import annotations

import numpy as np

from specc.model.mdp import Mdp

__all__ = ["covered"]


def covered(mdp: Mdp, radius: int) -> list[frozenset[int]]:
    """For each state, the states that at most ``radius`` positive-probability moves reach.

    A state is within 0 moves of itself. Time and memory grow with the size of the result.
    """
    if radius < 0:
        raise ValueError("a radius is not negative")
    sources = mdp.transition_sources()
    edges = np.unique(sources * mdp.state_count + mdp.successors)
    starts = np.searchsorted(edges // mdp.state_count, np.arange(mdp.state_count + 1)).tolist()
    ends = (edges % mdp.state_count).tolist()
    found = []
    for state in range(mdp.state_count):
        near = {state}
        border = [state]
        for _ in range(radius):
            after = {t for s in border for t in ends[starts[s] : starts[s + 1]]} - near
            if not after:
                break
            near |= after
            border = list(after)
        found.append(frozenset(near))
    return found
