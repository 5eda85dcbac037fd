"""Sums of rewards of both signs, paid at once where a run stays: model checkers add up one sign."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from specc.emit.tables import Product
from specc.model.graph import Model
from specc.model.mdp import ExactArray

__all__ = ["model_of", "stops"]


def model_of(made: Product) -> Model:
    """The graph of a product; its probabilities are left out."""
    one = ExactArray((Fraction(1),), np.zeros(len(made.targets), dtype=np.int64))
    return Model(made.action_starts, made.outcome_starts, made.targets, one, ())


def stops(made: Product, gains: Sequence[Fraction]) -> dict[int, Fraction] | None:
    """What all rewards of a run add up to, by the node around which it stays for ever.

    ``gains`` are the rewards by outcome. Every policy comes to stay in an end component, so to end
    the run there and be paid the sum is worth what staying is. None where the sum depends on the
    way, or still changes in a component.
    """
    from specc.solve.end_components import end_components

    sums = _sums(made, gains)
    if sums is None:
        return None
    component = end_components(model_of(made)).component.tolist()
    found: dict[int, Fraction] = {}
    for node, total in enumerate(sums):
        if component[node] >= 0 and found.setdefault(component[node], total) != total:
            return None
    return {n: found[block] for n, block in enumerate(component) if block >= 0}


def _sums(made: Product, gains: Sequence[Fraction]) -> list[Fraction] | None:
    """What has been paid on the way to a node, if all ways agree."""
    sums: list[Fraction | None] = [None] * len(made.nodes)
    pending = made.initial.tolist()
    for node in pending:
        sums[node] = Fraction(0)
    targets = made.targets.tolist()
    first = made.outcome_starts[made.action_starts].tolist()
    for node in pending:  # grows while it is read
        here = sums[node]
        assert here is not None
        for outcome in range(first[node], first[node + 1]):
            target, total = targets[outcome], here + gains[outcome]
            if sums[target] is None:
                sums[target] = total
                pending.append(target)
            elif sums[target] != total:
                return None
    return [total for total in sums if total is not None]
