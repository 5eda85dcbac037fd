"""The pseudo-reward of an outer function, against finite differences of exact values."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from functional_models import follower as follower_of
from functional_models import functional, leaning, room, runs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import specc
from specc.diagnostics import SpecError
from specc.emit.functional.estimates import Returns
from specc.emit.functional.outer import slope
from specc.emit.functional.pseudo import PseudoReward
from specc.evaluate.outer import evaluate_number
from specc.evaluate.value import exact
from specc.objective.stack import Number
from specc.resolve.file import Spec

X = "E[total([x], horizon=3)]"
Y = "E[total([y], horizon=3)]"
BOTH = "total([x] - 2*[y], horizon=3)"
OBJECTIVES = {
    "product": f"{X} * {Y}",
    "ratio": f"{X} / (1 + {Y}**2)",
    "entropic": f"-exp(-{X}) + log(1 + {Y})",
    "least": f"min({X}, 2*{Y})",
    "gap": f"-abs({X} - 3*{Y})",
    "spread": f"{X} - 1/3*variance({BOTH})",
    "tail": f"cvar(2/3, {BOTH}) * {X}",
    "events": "sqrt(P[X (x | X y)]) * E[distinct(x | y, horizon=3)] + E[sat(LTLf[3](F y))]**3",
}  # fmt: skip
H = Fraction(1, 1000)


def spec_of(text: str) -> Spec:
    return room(f"spec s in room = {text}\n")["s"]


def sampled(spec: Spec, pseudo: PseudoReward, lean: Fraction) -> Returns:
    """As many copies of each run as its probability says: the sample means are the exact means."""
    follow = follower_of(spec, pseudo)
    rows = [
        follow(path)[1]
        for chance, path in runs(spec.environment, leaning(spec.environment, lean))
        for _ in range(int(chance * 512))
    ]
    assert len(rows) == 512
    return Returns(np.array(rows))


def expected_pay(spec: Spec, pseudo: PseudoReward, lean: Fraction) -> float:
    follow = follower_of(spec, pseudo)
    policy = leaning(spec.environment, lean)
    return sum(float(chance) * follow(path)[0] for chance, path in runs(spec.environment, policy))


def value(spec: Spec, lean: Fraction) -> float:
    found = specc.evaluate(spec, leaning(spec.environment, lean))
    assert found.lower is not None and found.upper is not None
    return float(found.lower + found.upper) / 2


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_gradient_along_policies(name: str) -> None:
    spec = spec_of(OBJECTIVES[name])
    pseudo = PseudoReward(functional(spec))
    standing = pseudo.update(sampled(spec, pseudo, Fraction(0)))
    assert standing.value == pytest.approx(value(spec, Fraction(0)), abs=1e-9)
    paid = (expected_pay(spec, pseudo, H) - expected_pay(spec, pseudo, -H)) / float(2 * H)
    true = (value(spec, H) - value(spec, -H)) / float(2 * H)
    assert abs(true) > 1e-3
    assert paid == pytest.approx(true, rel=1e-4, abs=1e-5)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Functions of these that are defined everywhere; some have kinks."""
    two = st.tuples(inner, inner)
    return st.one_of(
        st.builds("({0[0]} + {0[1]})".format, two),
        st.builds("({0[0]}) * ({0[1]})".format, two),
        st.builds("min({0[0]}, {0[1]})".format, two),
        st.builds("max({0[0]}, {0[1]})".format, two),
        st.builds("({0[0]}) / (1 + ({0[1]})**2)".format, two),
        st.builds("exp(-({})/4)".format, inner),
        st.builds("log(1 + ({})**2)".format, inner),
        st.builds("sqrt(1/2 + abs({}))".format, inner),
        st.builds("(if {0[0]} > 3/4 then {0[1]} else 2*{0[0]})".format, two),
    )


OUTER = st.recursive(
    st.sampled_from([X, Y, f"variance({BOTH})", f"cvar(2/5, {BOTH})", "3/2", "-2"]),
    grown,
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(OUTER)
def test_gradient_of_any_outer_function(text: str) -> None:
    spec = spec_of(text)
    try:
        scheme = functional(spec)
    except AssertionError:
        assume(False)  # it became linear
    pseudo = PseudoReward(scheme)
    pseudo.update(sampled(spec, pseudo, Fraction(0)))
    wide, near = (
        (value(spec, h) - value(spec, -h)) / float(2 * h) for h in (Fraction(1, 200), H / 10)
    )
    left, right = ((value(spec, sign * H) - value(spec, Fraction(0))) for sign in (-1, 1))
    assume(abs(left + right) < 1e-2 * abs(left - right) + 1e-6 and abs(wide - near) < 1e-2)
    assert gradient_paid(spec, pseudo) == pytest.approx(near, rel=1e-3, abs=1e-4)


def gradient_paid(spec: Spec, pseudo: PseudoReward) -> float:
    return (expected_pay(spec, pseudo, H) - expected_pay(spec, pseudo, -H)) / float(2 * H)


@settings(max_examples=100, deadline=None)
@given(OUTER, st.lists(st.floats(0.1, 3), min_size=4, max_size=4))
def test_slope_is_the_derivative_of_the_text(text: str, at: list[float]) -> None:
    try:
        scheme = functional(spec_of(text))
    except AssertionError:
        assume(False)
    number = scheme.objective.number
    places = {part.number: i for i, part in enumerate(scheme.parts)}
    # Away from ties, where rules inside one another need not give the derivative.
    point = np.array(at[: len(places)]) + np.sqrt([2, 3, 5, 7])[: len(places)] / 1000

    def exactly(x: np.ndarray) -> float:  # type: ignore[type-arg]
        low, high = evaluate_number(number, lambda n: exact(Fraction(x[places[n]]))).bounds()
        assert low is not None and high is not None
        return float(low + high) / 2

    found = slope(number, places, point)
    assert found.value == pytest.approx(exactly(point), rel=1e-12, abs=1e-12)
    for i in range(len(point)):
        step = np.zeros(len(point))
        step[i] = 1e-5
        ahead, behind = (exactly(point + s * step) - found.value for s in (1, -1))
        assume(abs(ahead + behind) < 1e-3 * abs(ahead - behind) + 1e-8)
        numeric = (ahead - behind) / 2e-5
        assert found.gradient[i] == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def number_of(spec: Spec) -> Number:
    """The one number of the policy in it."""
    (part,) = functional(spec).parts
    return part.number


def test_ties_share_and_smoothing_softens() -> None:
    spec = spec_of(f"min({X}, {Y}, 2 - {Y}/2)")
    scheme = functional(spec)
    x, y = (number_of(spec_of(text)) for text in (f"-exp({X})*{X}", f"-exp({Y})*{Y}"))
    places = {x: 0, y: 1}
    assert set(places) == {part.number for part in scheme.parts}
    number, at = scheme.objective.number, np.array([1.0, 1.0])
    assert slope(number, places, at).gradient.tolist() == [0.5, 0.5]
    gap = functional(spec_of(f"-abs({X} - 1)")).objective.number
    assert slope(gap, places, at).gradient.tolist() == [0.0, 0.0]
    bent = slope(gap, places, np.array([1.5, 1.0]), temperature=0.5)
    assert bent.value == -0.5
    assert bent.gradient == pytest.approx([-np.tanh(1.0), 0.0])
    soft = slope(number, places, np.array([1.0, 1.5]), temperature=0.5)
    raw = np.exp(-np.array([1.0, 1.5, 1.25]) / 0.5)
    chances = raw / raw.sum()
    assert soft.value == 1.0
    assert soft.gradient == pytest.approx([chances[0], chances[1] - chances[2] / 2])


def test_a_constrained_objective_pays_its_lagrangian() -> None:
    file = room(
        f"spec s in room = maximise {X} subject to {Y} >= 1, {X}*{Y} <= 1/2\n"
        f"spec x in room = {X}\nspec y in room = {Y}\n"
    )
    spec = file["s"]
    pseudo = PseudoReward(functional(spec))
    given_ = sampled(spec, pseudo, Fraction(0))
    x, y = (value(file[name], Fraction(0)) for name in "xy")
    standing = pseudo.update(given_, multiplier_step=2.0)
    assert standing.slacks == pytest.approx((y - 1, 0.5 - x * y))
    expected = (max(0.0, -2 * (y - 1)), max(0.0, -2 * (0.5 - x * y)))
    assert standing.multipliers == pytest.approx(expected) and max(expected) > 0
    again = pseudo.update(given_, multiplier_step=2.0)
    assert again.multipliers == pytest.approx(
        [max(0.0, m - 2 * s) for m, s in zip(expected, standing.slacks, strict=True)]
    )

    def lagrangian(lean: Fraction) -> float:
        x, y = (value(file[name], lean) for name in "xy")
        return x + again.multipliers[0] * (y - 1) + again.multipliers[1] * (0.5 - x * y)

    true = (lagrangian(H) - lagrangian(-H)) / float(2 * H)
    assert gradient_paid(spec, pseudo) == pytest.approx(true, rel=1e-4)


def test_multipliers_follow_the_batch_and_the_greatest_sizes() -> None:
    """Not the mixture; and natural steps never grow."""
    pseudo = PseudoReward(functional(spec_of(f"maximise {X} subject to {Y} >= 1")))
    x_first = pseudo.places[number_of(spec_of(f"-exp({X})*{X}"))] == 0

    def row(x: float, y: float) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([[x, y] if x_first else [y, x]])

    first = pseudo.update(row(3.0, 0.5))
    assert first.multipliers == pytest.approx([3 / 1**2 * 0.5])
    second = pseudo.update(row(1.0, 2.0), step_size=0.5)
    # The mixture (2, 1.25) sets the sizes, the batch's slack of 1 the direction.
    assert second.multipliers == pytest.approx([1.5 - 3 / 1.25**2 / np.sqrt(2)])
    third = pseudo.update(row(1.0, 0.0), step_size=1.0)
    assert third.multipliers[0] - second.multipliers[0] == pytest.approx(3 / 1.25**2 / np.sqrt(3))


def test_smoothing_cools() -> None:
    spec = spec_of(f"min({X}, {Y})")
    pseudo = PseudoReward(functional(spec))
    for count, (low, high) in enumerate(((1.0, 4.0), (1.0, 2.0)), start=1):
        found = pseudo.update(np.array([[low, high]]), smoothing=0.5)
        odds = np.exp((low - high) / (0.5 * 4.0 / np.sqrt(count)))
        assert found.weights == pytest.approx((1 / (1 + odds), odds / (1 + odds)))
        assert found.value == low


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_step_sizes_mix_laws_not_values(share: float) -> None:
    """The estimates are those of a policy that plays the new episodes' with that chance."""
    spec = spec_of(f"variance({BOTH}) + cvar(1/3, {BOTH}) * {X}")
    pseudo, whole = PseudoReward(functional(spec)), PseudoReward(functional(spec))
    one, other = (sampled(spec, pseudo, lean) for lean in (Fraction(0), Fraction(1, 2)))
    pseudo.update(one)
    mixed = pseudo.update(other, step_size=share)
    times = 3 if share == 0.25 else 0
    rows = np.vstack([*[one.numbers] * times, other.numbers])
    assert mixed.estimates == pytest.approx(whole.update(rows).estimates)
    assert mixed.weights == pytest.approx(pseudo.weights.tolist())


def test_errors_leave_everything_as_it_was() -> None:
    pseudo = PseudoReward(functional(spec_of(f"log({X}) + 1/{Y}")))
    pseudo.update(np.array([[1.0, 2.0]]))
    before = (pseudo.weights.copy(), pseudo.estimates, pseudo.updates, pseudo.scale)
    for returns, code in (
        ([[0.0, 1.0]], "E704"), ([[1.0, 0.0]], "E704"), ([[-1.0, -1.0]], "E704"), ([[1.0]], "E814"),
        (np.zeros((0, 2)), "E814"), ([[1.0, np.nan]], "E814"),
    ):  # fmt: skip
        with pytest.raises(SpecError) as caught:
            pseudo.update(np.array(returns))
        assert caught.value.diagnostics[0].code == code
    with pytest.raises(ValueError, match="step_size"):
        pseudo.update(np.array([[1.0, 2.0]]), step_size=0.0)
    assert pseudo.weights.tolist() == before[0].tolist()
    assert (pseudo.estimates, pseudo.updates, pseudo.scale) == before[1:]


def test_averages_are_sums_over_steps() -> None:
    spec = spec_of("E[average([x])] * E[average([y])]")
    pseudo = PseudoReward(functional(spec))
    with pytest.raises(SpecError, match="lengths"):
        pseudo.update(np.array([[1.0, 1.0]]))
    found = pseudo.update(Returns(np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([4, 6])))
    assert found.estimates == pytest.approx((0.1, 0.3)) and found.weights == pytest.approx(
        (0.3, 0.1)
    )
