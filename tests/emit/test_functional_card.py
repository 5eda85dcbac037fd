"""What is promised of a pseudo-reward: concavity claims hold, and each card says its own."""

from __future__ import annotations

import numpy as np
import pytest
from functional_models import functional, room
from hypothesis import given, settings
from hypothesis import strategies as st
from test_functional import X, spec_of

import specc
from specc.diagnostics import SpecError
from specc.emit.functional.card import functional_card
from specc.emit.functional.curvature import curvature, is_log_concave
from specc.emit.functional.outer import slope
from specc.emit.model_env import ModelEnv
from specc.emit.training import training
from specc.objective import stack
from specc.objective.simplify import simplify_objective
from specc.objective.stack import Number
from specc.objective.walk import children

Y = "E[total([y], horizon=4)]"  # another horizon: sums of means stay two
PARTS = {functional(spec_of(f"exp({x}) - {x}**2")).parts[0].number: i for i, x in enumerate((X, Y))}
POINTS = st.lists(st.floats(0, 3), min_size=4, max_size=4)


def inside(number: Number) -> list[Number]:
    """The number and all that it is made of, above the numbers of the policy."""
    if number in PARTS or isinstance(number, stack.Constant):
        return [number]
    return [number, *(node for child in children(number) for node in inside(child))]


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.builds("({0[0]} - 2*{0[1]})".format, two),
        st.builds("({0[0]}) * ({0[1]})".format, two),
        st.builds("min({0[0]}, {0[1]})".format, two),
        st.builds("max({0[0]}, {0[1]})".format, two),
        st.builds("exp(-({})/4)".format, inner),
        st.builds("log(1 + ({})**2)".format, inner),
        st.builds("sqrt(1/2 + abs({}))".format, inner),
        st.builds("1/(1 + abs({}))".format, inner),
        st.builds("(1 + abs({}))**(2/3)".format, inner),
        st.builds("(1 + abs({}))**(-2)".format, inner),
        st.builds("({})**3".format, inner),
        st.builds("(if {0[0]} > 3/4 then {0[1]} else 2*{0[0]})".format, two),
    )


SHAPES = st.recursive(st.sampled_from([X, Y, f"{X} + {Y}", "2"]), grown, max_leaves=4)


@settings(max_examples=150, deadline=None)
@given(SHAPES, POINTS, st.floats(0, 1))
def test_curvature_is_never_wrong(text: str, ends: list[float], share: float) -> None:
    objective = simplify_objective(spec_of(f"{X} + {text}").objective)
    assert isinstance(objective, stack.Scalar)
    one, other = np.array(ends[:2]), np.array(ends[2:])
    for number in inside(objective.number):
        kind, by_log = curvature(number), is_log_concave(number)
        points = (one, other, share * one + (1 - share) * other)
        low, high, middle = (slope(number, PARTS, x).value for x in points)
        chord, size = share * low + (1 - share) * high, 1e-9 * (1 + abs(low) + abs(high))
        if kind in {"affine", "concave"}:
            assert middle >= chord - size
        if kind in {"affine", "convex"}:
            assert middle <= chord + size
        if by_log:
            assert min(low, high, middle) >= 0
            assert middle >= low**share * high ** (1 - share) - size


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"log(1 + {X}) + sqrt({Y})", "concave"), (f"min({X}, 3 - {Y}**2)", "concave"),
        (f"-abs({X} - {Y})", "concave"), (f"-1/(1 + {X}) - {Y}**2", "concave"),
        (f"({X} - 5)**(-3) + exp({Y})", None),
        (f"max({X}, exp({Y}))", "convex"), (f"{X} * {Y}", None), (f"{X} - {Y}**3", "concave"),
        (f"{Y} + variance(total([x], horizon=3))", "concave"),
        (f"{Y} - variance(total([x], horizon=3))", "convex"),
        (f"{Y} + cvar(1/2, total([x], horizon=3))", "convex"),
    ],
)  # fmt: skip
def test_curvature(text: str, kind: str | None) -> None:
    number = functional(spec_of(text)).objective.number
    assert curvature(number) == kind


CARDS = {
    f"min({X}, {Y})": ["differentiable", "The objective is concave", "smoothing above 0"],
    f"{X} * {Y}": ["its logarithm is concave", "the objective away from 0"],
    f"{X} - variance(total([x], horizon=3))": ["not known to be concave: a stationary point"],
    "-cvar(1/2, total([y], horizon=3))": [
        "where the objective is diff", "no smoothing softens, where best policies may miss", "Rocka"
    ],
    f"min({X}, 5 - 2*cvar(1/2, total([y], horizon=3)))": ["a stationary point is all"],
    f"maximise {X} subject to {Y} >= 1": ["Single policies on the way need not be feasible"],
    f"maximise {X} subject to {X}*{Y} >= 1": ["not known to be affine"],
    "P[G F x] * P[F y]": ["by their own schemes"],
}  # fmt: skip


@pytest.mark.parametrize("text", list(CARDS))
def test_cards(text: str) -> None:
    reward, guarantee = functional_card(functional(spec_of(text)))
    assert reward.startswith("a pseudo-reward")
    assert all(part in guarantee for part in CARDS[text])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("P[F G x] * P[F y]", "epsilon actions"),
        (f"E[2**sat(G F x) * total([y], horizon=3)] * {X}", "no finite part of a run decides"),
        ("quantile(1/2, total([x], horizon=3))", "moves with the outcomes near it"),
        ("variance(average([x]))", "how limit averages are spread"),
    ],
)  # fmt: skip
def test_no_card_for_what_is_not_paid(text: str, why: str) -> None:
    """What `check` says of training is what `wrap` does."""
    spec = spec_of(text)
    found = training(spec)
    assert found.scheme == "none" and why in found.guarantee
    with pytest.raises(SpecError):
        specc.wrap(ModelEnv(spec.environment), spec)


def test_what_the_learner_sums() -> None:
    file = room("""
spec alike in room = E[discounted([x], 0.9)] * E[discounted([y], 0.9)]
spec apart in room = E[discounted([x], 0.9)] * E[discounted([y], 0.8)]
spec rates in room = E[average([x])] * E[average([y])]
spec bound in room = maximise E[discounted([x], 0.9)] subject to E[discounted([y], 0.9)] <= 1
""")
    said = {name: functional_card(functional(file[name]))[0] for name in file.specs}
    assert said["alike"].endswith("the learner discounts by 9/10")
    assert "each with its own discount" in said["apart"] and said["apart"].endswith("no discount")
    assert said["rates"].endswith("average reward: no discount")
    assert "Lagrangian" in said["bound"] and isinstance(file["bound"].objective, stack.Constrained)
