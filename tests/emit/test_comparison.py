"""The comparator: exact for policies, by confidence intervals for batches of episodes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from functional_models import leaning, room, runs
from scipy.stats import ttest_ind
from test_functional_kernel import letters, recorded

import specc
from specc.diagnostics import SpecError
from specc.emit.batches import Trajectories
from specc.emit.comparison.comparator import Comparator
from specc.emit.functional.estimates import Returns
from specc.emit.model_env import ModelEnv
from specc.model.policy import uniform
from specc.resolve.file import load_text

SPECS = room("""
spec order in room = lexicographic(P[X X y], E[discounted([x], 0.9)])
spec soft in room = lexicographic(E[total([x], horizon=3)] * E[total([y], horizon=3)], P[F x])
spec own in room = lexicographic(policy(left | s), P[F y])
spec rates in room = lexicographic(E[average([x])], -variance(total([y], horizon=3)))
spec middle in room = lexicographic(quantile(1/2, total([x], horizon=3)), P[F y])
spec fair in room = min(E[average([x])], E[average([y])])
""")


def comparator(name: str) -> Comparator:
    found = specc.compile(SPECS[name])
    assert isinstance(found, Comparator)
    return found


@pytest.mark.parametrize("name", ["order", "soft", "own", "middle"])
def test_policies_compare_exactly(name: str) -> None:
    spec = SPECS[name]
    policies = [leaning(spec.environment, Fraction(lean, 8)) for lean in (-3, 0, 2)]
    for one in policies:
        for other in policies:
            found = comparator(name).compare(one, other)
            values = [specc.evaluate(spec, p).values for p in (one, other)]
            rows = [[row[0] for row in value] for value in values]
            assert found.sign == (rows[0] > rows[1]) - (rows[0] < rows[1])
            assert [e.value for e in found.evaluations] == [row[0] for row in rows]


def drawn(rng: np.random.Generator, first: float, second: float, count: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.column_stack([rng.random(count) < first, rng.normal(second, 1.0, count)]).astype(
        float
    )


def test_batches_compare_in_turn() -> None:
    rng, order = np.random.default_rng(0), comparator("order")
    low, high = drawn(rng, 0.3, 0.0, 2000), drawn(rng, 0.5, 0.0, 2000)
    assert [order.compare(*pair).sign for pair in ((high, low), (low, high))] == [1, -1]
    better = drawn(rng, 0.3, 1.0, 2000)
    assert order.compare(better, low).sign is None  # the first component may differ
    found = order.compare(better, low, tolerance=0.1)
    assert found.sign == 1 and len(found.differences) == 2
    again = drawn(rng, 0.3, 0.0, 2000)
    assert order.compare(again, low, tolerance=0.2).sign == 0
    assert order.compare(low[:1], high).sign is None
    assert order.compare(np.ones((5, 2)), np.ones((5, 2))).sign == 0


@pytest.mark.parametrize("name", ["soft", "order"])
def test_intervals_cover_the_true_difference(name: str) -> None:
    """In 400 pairs of batches of runs; the chance that fewer than 360 are covered at a level of
    0.95 is below 1e-5."""
    spec, compiled = SPECS[name], comparator(name)
    mdp = spec.environment
    policies = [leaning(mdp, Fraction(lean, 8)) for lean in (0, 2)]
    truth = [specc.evaluate(spec, policy).values[0][0] for policy in policies]
    assert truth[0] is not None and truth[1] is not None
    laws = [list(runs(mdp, policy)) for policy in policies]
    tables = []
    for law in laws:
        paths = np.array([path for _, path in law])
        cut = np.zeros(paths.shape, dtype=np.bool_)
        cut[:, -1] = True
        starts = np.broadcast_to(0, paths.shape)
        read, first, _ = letters(compiled.kernel, spec, paths, starts)
        tables.append(compiled.kernel.measure(Trajectories(read, first, None, cut)).numbers)
    rng, covered = np.random.default_rng(1), 0
    for _ in range(400):
        batches = [
            table[rng.choice(len(law), 300, p=[float(p) for p, _ in law])]
            for law, table in zip(laws, tables, strict=True)
        ]
        found = compiled.compare(*batches, confidence=0.90).differences[0]
        covered += found.lower <= float(truth[0] - truth[1]) <= found.upper
    assert 360 <= covered < 400


def test_intervals_are_welchs() -> None:
    rng = np.random.default_rng(4)
    one, other = drawn(rng, 0.3, 0.0, 30), drawn(rng, 0.6, 0.0, 50)
    found = comparator("order").compare(one, other, confidence=0.9).differences[0]
    welch = ttest_ind(one[:, 0], other[:, 0], equal_var=False).confidence_interval(0.95)
    assert (found.lower, found.upper) == pytest.approx((welch.low, welch.high))


def test_averages_are_ratios() -> None:
    """Episodes of one rate but of many lengths leave no doubt."""
    batches = []
    for seed in range(2):
        lengths = np.random.default_rng(seed).integers(5, 50, 20).astype(float)
        batches.append(Returns(np.column_stack([lengths / 2, np.ones(20)]), lengths))
    compiled = comparator("rates")
    assert "Average" in repr(compiled.parts[0])
    (first, *_) = compiled.compare(*batches, tolerance=1e-6).differences
    assert (first.lower, first.upper) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_stored_runs_are_measured() -> None:
    spec, compiled = SPECS["rates"], comparator("rates")
    moves, starts, cuts, _ = recorded(SPECS["fair"])
    read, first, _ = letters(compiled.kernel, spec, moves, starts)
    stored = Trajectories(read, first, None, cuts)
    returns = compiled.kernel.measure(stored)
    assert returns.lengths is not None and set(returns.lengths) == {5.0}
    same = compiled.compare(stored, returns, tolerance=10.0)
    assert same.sign == 0 and [d.estimate for d in same.differences] == pytest.approx([0, 0])


def test_components_are_specs_to_train_on() -> None:
    order = comparator("order")
    one, other = order.components
    policy = uniform(one.environment)
    both = specc.evaluate(order.spec, policy).values
    assert [specc.evaluate(part, policy).value for part in (one, other)] == [v[0] for v in both]
    assert len(order.kernels()) == 2
    assert specc.wrap(ModelEnv(one.environment), one).reset(seed=0)


def test_bad_batches() -> None:
    order = comparator("order")
    good = np.ones((3, 2))
    for bad in (np.ones((3, 3)), np.zeros((0, 2)), np.full((2, 2), np.nan)):
        with pytest.raises(SpecError, match="E814"):
            order.compare(good, bad)
    with pytest.raises(SpecError, match="E814"):
        comparator("rates").compare(good, Returns(good))
    for name in ("own", "middle"):
        with pytest.raises(SpecError, match="E801"):
            comparator(name).compare(good, good)
    with pytest.raises(ValueError, match="confidence"):
        order.compare(good, good, confidence=1.0)


def test_few_episodes_that_are_all_alike_decide_nothing() -> None:
    file = load_text("spec both = lexicographic(P[F a], E[discounted([b], 0.9)])")
    order = specc.compile(file["both"])

    def sign(count: int, one: float, other: float) -> object:
        batches = (np.column_stack([np.full(count, x), np.ones(count)]) for x in (one, other))
        return order.compare(*batches).sign

    assert sign(2, 0.0, 1.0) is None and sign(5, 1.0, 0.0) is None
    assert sign(100, 0.0, 1.0) == -1 and sign(100, 1.0, 0.0) == 1
    assert sign(2, 1.0, 1.0) == 0
