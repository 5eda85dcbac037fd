"""The training interface that `specc check` prints."""

from __future__ import annotations

import pytest
from emit_specs import spec

from specc.emit.training import training

EXPECTED = {
    "reach": ("per-step reward", "1 on entering the accepting state", "exact"),
    "stay": ("per-step reward", "-1 on entering the rejecting state", "exact"),
    "patrol": ("per-step reward", "reachability gadget", "Hahn"),
    "prize": ("per-step reward", "discounts by 99/100", "exact"),
    "rate": ("per-step reward", "average reward", "never end"),
    "soft": ("per-step reward", "the learner adds (1/10 * entropy)", "not in the reward"),
    "soon": ("per-step reward", "ends after 5 steps", "exact"),
    "cover": ("trajectory return", "ends after 6 steps", "telescoping"),
    "power": ("trajectory return", "increments", "telescoping"),
    "mixed": ("trajectory return", "none", "no finite part of a run decides"),
    "cube": ("per-step reward", "discounts by 9/10", "exact"),
    "fair": ("policy functional", "pseudo-reward", "Frank-Wolfe"),
    "order": ("comparison", "comparator", "train on one component"),
}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_texts(name: str) -> None:
    interface, scheme, guarantee = EXPECTED[name]
    found = training(spec(name))
    assert found.interface == interface
    assert scheme in found.scheme
    assert guarantee in found.guarantee
