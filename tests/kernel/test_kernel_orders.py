"""What the witnesses leave out: mirrored orders, constraints, and the smaller forms of values."""

from __future__ import annotations

from fractions import Fraction

import pytest
from kernel_documents import (
    ENTROPY,
    Json,
    above,
    action,
    at_least,
    atom,
    certificate,
    chosen,
    data,
    discounted,
    indicator,
    label,
    lexicographic,
    minus,
    mix,
    num,
    over,
    plus,
    power,
    probability,
    scalar,
    statement,
    taken,
    times,
    unary,
)
from kernel_values import HALF, REACH, SEEN, A, B, sides, value
from witnesses import (
    LOOP,
    ONE_SHOT,
    TWO,
)

from specc.kernel import Malformed, Rejected, check
from specc.kernel.logs import Logs


def test_constrained_orders() -> None:
    order = {
        "kind": "constrained",
        "number": REACH,
        "constraints": [at_least(num("1/2"), SEEN)],
    }
    assert sides(LOOP, order, HALF, B) == 1
    assert sides(LOOP, order, HALF, A) == 1
    assert sides(LOOP, order, mix("0", a="1/3", b="2/3"), HALF) == 0
    assert sides(LOOP, order, A, mix("0", a="2/3", b="1/3")) == 0
    assert sides(LOOP, order, B, A) == 1
    # The number of an infeasible policy is never asked for.
    broken = {**order, "number": over(num(1), minus(SEEN, num(1)))}
    assert sides(LOOP, broken, HALF, A) == 1


def test_constraints_all_count() -> None:
    order = {
        "kind": "constrained",
        "number": SEEN,
        "constraints": [at_least(num("1/2"), SEEN), at_least(SEEN, num("1/3"))],
    }
    assert sides(LOOP, order, B, HALF) == -1
    assert sides(LOOP, order, A, HALF) == -1
    assert sides(LOOP, order, mix("0", a="1/3", b="2/3"), HALF) == -1
    assert sides(LOOP, order, A, B) == 0


def test_lexicographic_orders() -> None:
    assert sides(LOOP, lexicographic(REACH, SEEN), HALF, A) == -1
    assert sides(LOOP, lexicographic(REACH, SEEN), B, A) == -1
    assert sides(LOOP, lexicographic(SEEN, REACH), HALF, A) == -1
    assert sides(LOOP, lexicographic(REACH, REACH), HALF, A) == 0
    with pytest.raises(Malformed, match="at least one"):
        sides(LOOP, lexicographic(), HALF, A)


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (over(num(1), plus(SEEN, num(1))), Fraction(2, 3)),
        (over(num(1), minus(num(0), num(4))), Fraction(-1, 4)),
        (power(SEEN, 0), Fraction(1)),
        (power(SEEN, 3), Fraction(1, 8)),
        ({"kind": "abs", "operand": minus(SEEN, num(1))}, Fraction(1, 2)),
        ({"kind": "abs", "operand": SEEN}, Fraction(1, 2)),
        ({"kind": "abs", "operand": num(0)}, Fraction(0)),
        ({"kind": "min", "operands": [num(1), SEEN, num(2)]}, Fraction(1, 2)),
        ({"kind": "max", "operands": [num(0), SEEN, num("1/3")]}, Fraction(1, 2)),
        (chosen({"kind": "true"}, SEEN, over(num(1), num(0))), Fraction(1, 2)),
        (chosen({"kind": "false"}, over(num(1), num(0)), SEEN), Fraction(1, 2)),
        ({"kind": "policy", "state": "G", "action": "b"}, Fraction(0)),
        (times(SEEN, SEEN, num(8)), Fraction(2)),
    ],
)
def test_arithmetic_of_values(number: Json, wanted: Fraction) -> None:
    assert value(LOOP, number, HALF) == wanted


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [("<", "100"), ("<=", "110"), ("=", "010"), ("!=", "101"), (">=", "011"), (">", "001")],
)
def test_comparisons(operator: str, wanted: str) -> None:
    for left, holds in zip(("1/3", "1/2", "2/3"), wanted, strict=True):
        test = {"kind": "compare", "operator": operator, "left": num(left), "right": SEEN}
        assert value(LOOP, chosen(test, num(1), num(0)), HALF) == int(holds)
        nothing = {"kind": "not", "operand": test}
        assert value(LOOP, chosen(nothing, num(1), num(0)), HALF) == 1 - int(holds)


def test_first_letters_have_no_transition() -> None:
    where = {
        **LOOP,
        "rewards": {"native": [["0", "b", "0", "1"], ["0", "a", "G", "-1"]]},
        "labels": {"jump": {"transitions": [["0", "b", "0"]]}, "on": {"states": ["0"]}},
    }
    paid = {"kind": "reward", "name": "native"}
    zero = {"kind": "compare", "operator": "=", "left": paid, "right": num(0)}
    for guard, wanted in (
        (zero, 1),
        ({"kind": "compare", "operator": "<", "left": paid, "right": num(0)}, 0),
        (label("jump"), 0),
        (label("on"), 1),
        (action("b"), 0),
        ({"kind": "from", "operand": {"kind": "true"}}, 0),
        ({"kind": "at", "state": "0"}, 1),
    ):
        assert value(where, probability(atom(guard)), B) == wanted, guard
    for guard, wanted in (
        (zero, 0),
        (label("jump"), 1),
        (label("on"), 1),
        (action("b"), 1),
        ({"kind": "from", "operand": {"kind": "true"}}, 1),
        ({"kind": "from", "operand": label("on")}, 1),
        ({"kind": "from", "operand": label("jump")}, 0),
        ({"kind": "from", "operand": action("b")}, 0),
        ({"kind": "from", "operand": {"kind": "from", "operand": {"kind": "true"}}}, 0),
        ({"kind": "from", "operand": zero}, 1),
    ):
        assert value(where, probability(unary("X", atom(guard))), B) == wanted, guard
        assert value(where, discounted(indicator(guard), "0"), B) == wanted, guard


def test_totals() -> None:
    forever = {"kind": "total forever", "signal": taken("0", "b")}
    assert value(LOOP, forever, HALF) == 1
    assert value(LOOP, forever, A) == 0
    assert value(LOOP, forever, mix("0", a="1/4", b="3/4")) == 3
    with pytest.raises(Rejected, match="paid forever"):
        value(LOOP, forever, B)
    within = {"kind": "total", "signal": taken("0", "b"), "horizon": 2}
    assert value(LOOP, within, B) == 2
    assert value(LOOP, {**within, "horizon": 0}, B) == 0
    assert value(LOOP, within, HALF) == Fraction(3, 4)


def test_tsallis_entropies() -> None:
    for order, wanted in ((2, Fraction(1, 2)), (3, Fraction(3, 8)), (4, Fraction(7, 24))):
        assert value(TWO, discounted({"kind": "tsallis", "order": order}, "0"), HALF) == wanted


def test_divergence_from_a_reference() -> None:
    references = {"ref": {"0": {"a": "1/4", "b": "3/4"}}}
    divergence = discounted({"kind": "kl", "reference": "ref"}, "0")
    found = value(TWO, divergence, mix("0", a="1/4", b="3/4"), references=references)
    assert found == 0
    found = value(TWO, divergence, A, references=references)
    assert found == Logs(Fraction(0), ((4, Fraction(1)),))
    found = value(TWO, divergence, B, references=references)
    assert isinstance(found, Logs)
    assert dict(found.terms) == {4: Fraction(1), 3: Fraction(-1)}
    families = {"0": {"a": ["1/2", "1"], "b": ["1/2", "-1"]}}
    with pytest.raises(Rejected, match="infinitesimal"):
        value(TWO, divergence, families, references=references)
    with pytest.raises(Rejected, match="infinitesimal"):
        value(TWO, discounted(ENTROPY), families)


def test_entropy_orders_are_exact() -> None:
    order = scalar(discounted(ENTROPY))
    assert sides(TWO, order, HALF, mix("0", a="1/3", b="2/3")) == 1
    assert sides(TWO, order, mix("0", a="2/3", b="1/3"), mix("0", a="1/3", b="2/3")) == 0
    assert sides(TWO, order, A, B) == 0
    squared = scalar(power(discounted(ENTROPY), 2))
    assert sides(TWO, squared, HALF, mix("0", a="1/3", b="2/3")) == 1
    proof = certificate(
        "C2 mixture", policies=[HALF, A, B], comparisons=[above(0, 1), above(0, 2)],
        multipliers=["1", "1"],
    )  # fmt: skip
    assert check(data(statement(ONE_SHOT, order, "FTR")), data(proof))
    assert check(data(statement(ONE_SHOT, squared, "FTR")), data(proof))
