"""Number types: Q(e) by substitution of rationals, logarithms by floats, systems by residuals."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from kernel_documents import (
    Json,
    average,
    data,
    discounted,
    plus,
    power,
    probability,
    scalar,
    statement,
)
from kernel_random import (
    random_environment,
    random_formula,
    random_machine,
    random_policy,
    random_signal,
)

from specc.kernel import LimitExceeded, Rejected
from specc.kernel.germ import Germ, Number, at_zero, derivative, polynomial, sign
from specc.kernel.linear import solve
from specc.kernel.logs import Enclosed, Logs, _atanh, _enclosure, inverse, log, times, value_sign
from specc.kernel.logs import plus as add
from specc.kernel.statement import read_policy, read_statement
from specc.kernel.values import Valuation

E = polynomial([Fraction(0), Fraction(1)])


def substituted(number: Number, e: Fraction) -> Fraction:
    if isinstance(number, Fraction):
        return number
    above, below = (
        sum(c * e**k for k, c in enumerate(part)) for part in (number.above, number.below)
    )
    return above / below


def random_number(rng: random.Random, depth: int) -> tuple[Number, list]:
    """A germ, and the program that made it (to be run on a rational)."""
    if not depth:
        constant = Fraction(rng.randint(-3, 3), rng.randint(1, 3))
        return rng.choice([(E, ["e"]), (constant, [constant])])
    (a, left), (b, right) = (random_number(rng, depth - 1) for _ in range(2))
    kind = rng.choice("+-*/")
    if kind == "/" and b == 0:
        kind = "+"
    made = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}
    return made[kind](), [kind, left, right]


def run(program: list, e: Fraction) -> Fraction:
    if len(program) == 1:
        return e if program[0] == "e" else program[0]
    kind, left, right = program
    a, b = run(left, e), run(right, e)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[kind]()


def test_germs_by_substitution() -> None:
    rng = random.Random(1)
    moving = 0
    for _ in range(400):
        number, program = random_number(rng, rng.randint(1, 4))
        moving += isinstance(number, Germ)
        for e in (Fraction(1, 7), Fraction(3, 11), Fraction(-5, 13), Fraction(1, 10**9)):
            try:
                wanted = run(program, e)
            except ZeroDivisionError:
                continue
            assert substituted(number, e) == wanted
        # The coefficients are small, so this e is small enough.
        tiny = substituted(number, Fraction(1, 10**30))
        assert sign(number) == (tiny > 0) - (tiny < 0)
    assert moving > 200


def test_germs_are_in_lowest_terms() -> None:
    assert (E * E - 1) / (E - 1) == E + 1
    assert Fraction(1, 2) == (E + 1) / (E * 2 + 2)
    assert isinstance((E + 1) - E, Fraction)
    assert E / (E * E) == 1 / E
    assert (2 * E + 4) / (2 * E + 4) == 1
    assert E - E == 0


def test_signs() -> None:
    assert [sign(x) for x in (E, -1 * E, E * E - E, E - 1, 1 / E, Fraction(0), 0 - 1 / E)] == [
        1, -1, -1, -1, 1, 0, -1,
    ]  # fmt: skip
    assert sign(E / (E - 1)) == -1
    assert sign(Fraction(-2)) == -1


def test_limits_and_derivatives() -> None:
    assert at_zero((E + 2) / (E + 4)) == Fraction(1, 2)
    assert at_zero(E) == 0
    assert at_zero(Fraction(3)) == 3
    with pytest.raises(Rejected, match="pole"):
        at_zero(1 / E)
    assert derivative(E) == 1
    assert derivative(Fraction(5)) == 0
    assert derivative(E * E * E) == 3 * E * E
    assert derivative(1 / (E + 1)) == -1 / ((E + 1) * (E + 1))
    rng = random.Random(2)
    for _ in range(100):
        f, g = (random_number(rng, 2)[0] for _ in range(2))
        assert derivative(f * g) == derivative(f) * g + f * derivative(g)
        assert derivative(f + g) == derivative(f) + derivative(g)


def test_germs_have_a_largest_degree() -> None:
    number: Number = E + 1
    with pytest.raises(LimitExceeded, match="degree"):
        for _ in range(12):
            number = number * number


def shifted_policy(rng: random.Random, environment: Json) -> tuple[Json, Json]:
    """A policy that moves with e, and the direction."""
    policy = random_policy(rng, environment)
    moved = {s: {a: [p] for a, p in row.items()} for s, row in policy.items()}
    for row in moved.values():
        positive = [a for a, p in row.items() if p != ["0"]]
        if len(row) > 1:
            rates = ["1/8", "-1/8"] if rng.random() < 0.7 else ["-1/8", "1/8"]
            giver = rng.choice(positive)
            taker = rng.choice([a for a in row if a != giver])
            if row[taker] == ["0"]:
                rates = ["-1/8", "1/8"]
            row[giver], row[taker] = ([*row[giver], rates[0]], [*row[taker], rates[1]])
    return policy, moved


def test_values_over_germs_by_substitution() -> None:
    rng = random.Random(4)
    moving = 0
    for _ in range(80):
        environment = random_environment(rng, 4)
        machines = {"m": random_machine(rng, environment)}
        signal = random_signal(rng, environment)
        formula = random_formula(rng, environment, rng.randint(2, 6))
        number = rng.choice(
            [
                lambda f=formula: probability(f),
                lambda s=signal: discounted(s, "2/3"),
                lambda s=signal: average(s),
                lambda s=signal: {"kind": "total", "signal": s, "horizon": 3},
                lambda s=signal: discounted(plus(s, {"kind": "tsallis", "order": 3})),
                lambda s=signal, f=formula: power(plus(average(s), probability(f)), 2),
            ]
        )()
        claim = read_statement(
            data(statement(environment, scalar(number), "PO", machines=machines))
        )
        _, moved = shifted_policy(rng, environment)

        def value(policy: Json, claim=claim):
            read = read_policy(policy, claim.environment, "policy")
            return Valuation(claim.environment, claim.spec, read).value(claim.spec.numbers[0])

        found = value(moved)
        moving += isinstance(found, Germ)
        for e in (Fraction(1, 2), Fraction(1, 97)):
            there = {
                s: {
                    a: str(sum(Fraction(c) * e**k for k, c in enumerate(p))) for a, p in row.items()
                }
                for s, row in moved.items()
            }
            assert substituted(found, e) == value(there)
    assert moving > 25


def as_float(value: Logs) -> float:
    return float(value.rational) + sum(float(c) * math.log(n) for n, c in value.terms)


def test_logarithms_by_floats() -> None:
    rng = random.Random(6)
    for _ in range(300):
        value = Fraction(rng.randint(-3, 3), rng.randint(1, 4))
        total: object = value
        expected = float(value)
        for _ in range(rng.randint(1, 4)):
            argument = Fraction(rng.randint(1, 60), rng.randint(1, 60))
            factor = Fraction(rng.randint(-4, 4), rng.randint(1, 4))
            total = add(total, times(factor, log(argument)))
            expected += float(factor) * math.log(argument)
        assert abs(expected) > 1e-9 or value_sign(total) == 0
        if abs(expected) > 1e-9:
            assert value_sign(total) == (1 if expected > 0 else -1)
            assert value_sign(times(Fraction(-1), total)) == (-1 if expected > 0 else 1)


def test_logarithms_that_are_equal() -> None:
    one = Fraction(1)
    for parts in (
        [(6, one), (2, -one), (3, -one)],
        [(8, Fraction(2)), (4, Fraction(-3))],
        [(12, one), (18, one), (216, -one)],
        [(10, 2 * one), (15, -2 * one), (4, -one), (9, one)],
        [(2**40 * 3, one), (2, -40 * one), (3, -one)],
    ):
        assert value_sign(Logs(Fraction(0), tuple(parts))) == 0
        assert value_sign(Logs(Fraction(1, 10**40), tuple(parts))) == 1
        assert value_sign(Logs(Fraction(-1, 10**40), tuple(parts))) == -1
    assert value_sign(log(Fraction(1))) == 0
    assert add(log(Fraction(5, 3)), log(Fraction(3, 5))) == 0


def test_logarithms_that_are_close() -> None:
    # Continued fractions of log 3 / log 2: 50508/31867 is close to it from one side.
    close = Logs(Fraction(0), ((3, Fraction(31867)), (2, Fraction(-50508))))
    assert value_sign(close) == (1 if as_float(close) > 0 else -1)
    # log 2 to 30 digits.
    digits = "0.693147180559945309417232121458"
    assert value_sign(Logs(-Fraction(digits), ((2, Fraction(1)),))) == 1
    assert value_sign(Logs(-Fraction(digits) - Fraction(1, 10**30), ((2, Fraction(1)),))) == -1


def test_logarithms_meet_no_infinitesimals() -> None:
    two = log(Fraction(2))
    assert times(Fraction(0), two) == 0
    assert times(two, Fraction(2)) == Logs(Fraction(0), ((2, Fraction(2)),))
    for function in (add, times):
        for left, right in ((E, two), (two, E)):
            together = function(left, right)
            assert isinstance(together, Logs)
            assert together.map(at_zero) == (two if function is add else 0)
            with pytest.raises(Rejected, match="not decided"):
                value_sign(together)
            with pytest.raises(Rejected, match="not decided"):
                times(together, two)
        for left, right in ((E, times(two, two)), (times(two, two), E)):
            with pytest.raises(Rejected, match="not decided"):
                function(left, right)
    assert add(Fraction(1), two) == Logs(Fraction(1), ((2, Fraction(1)),))


def test_products_and_quotients_are_enclosed() -> None:
    two, three = log(Fraction(2)), log(Fraction(3))
    half = Fraction(1, 2)
    for value, expected in (
        (times(two, three), math.log(2) * math.log(3)),
        (times(log(half), three), -math.log(2) * math.log(3)),
        (times(log(half), log(Fraction(1, 3))), math.log(2) * math.log(3)),
        (inverse(three), 1 / math.log(3)),
        (inverse(log(half)), -1 / math.log(2)),
        (times(two, inverse(three)), math.log(2) / math.log(3)),
        (add(times(two, two), three), math.log(2) ** 2 + math.log(3)),
        (add(half, times(two, two)), math.log(2) ** 2 + 0.5),
        (times(half, times(two, two)), math.log(2) ** 2 / 2),
        # 0 is enclosed at first: log(1 + 10^-20).
        (inverse(log(1 + Fraction(1, 10**20))), 1e20),
    ):
        low, high = value.bounds(128)
        assert low <= high
        assert high - low < abs(Fraction(expected)) / 10**9
        assert float(low) == pytest.approx(expected)
        for shift, wanted in ((1.001, -1), (0.999, 1)):
            below = add(value, Fraction(-abs(expected) * shift))
            above = add(value, Fraction(abs(expected) * shift))
            if expected > 0:
                assert value_sign(below) == wanted
            else:
                assert value_sign(above) == -wanted
    assert inverse(Fraction(4)) == Fraction(1, 4)
    with pytest.raises(Rejected, match="division by zero"):
        inverse(Fraction(0))
    # A tie of such numbers is never found.
    with pytest.raises(LimitExceeded, match="enclosure"):
        value_sign(add(times(two, two), times(Fraction(-1), times(two, two))))


def test_enclosures_hold_at_every_precision() -> None:
    for number in (2, 3, 4, 5, 7, 31, 32, 33, 10**6 + 3, 10**40 + 1):
        for bits in (1, 2, 3, 4, 8, 32, 64, 256):
            found = _enclosure(number, bits)
            finer = _enclosure(number, 600)
            assert found[0] <= finer[0] < finer[1] <= found[1], (number, bits)
            assert float(finer[0]) == pytest.approx(math.log(number), rel=1e-14)
            assert finer[1] - finer[0] < Fraction(1, 2**560)


def test_signs_are_never_taken_from_an_enclosure_of_zero() -> None:
    nothing = times(Fraction(0), times(log(Fraction(2)), log(Fraction(3))))
    assert nothing.bounds(64) == (0, 0)
    for value in (nothing, Enclosed(lambda bits: (Fraction(0), Fraction(1)))):
        with pytest.raises(LimitExceeded, match="enclosure"):
            value_sign(value)
        with pytest.raises(LimitExceeded, match="enclosure"):
            value_sign(times(Fraction(-1), value))


def test_inverses_wait_until_zero_is_outside() -> None:
    late = Enclosed(lambda bits: (Fraction(int(bits > 64), 2), Fraction(1)))
    assert inverse(late).bounds(32) == (1, 2)
    below = Enclosed(lambda bits: (Fraction(-1), Fraction(-int(bits > 64), 2)))
    assert inverse(below).bounds(32) == (-2, -1)


def test_sums_of_logarithms_and_enclosures() -> None:
    both = add(Logs(Fraction(1), ((2, Fraction(1)),)), Logs(Fraction(3), ((3, Fraction(1)),)))
    assert both == Logs(Fraction(4), ((2, Fraction(1)), (3, Fraction(1))))
    wide = Enclosed(lambda bits: (Fraction(-1), Fraction(2)))
    assert add(wide, Fraction(3)).bounds(8) == (2, 5)
    assert add(wide, wide).bounds(8) == (-2, 4)
    assert times(wide, wide).bounds(8) == (-2, 4)


def test_precision_grows_as_far_as_declared() -> None:
    tiny, smaller = (log(1 + Fraction(1, 2**size)) for size in (1500, 3000))
    assert value_sign(tiny) == 1
    assert value_sign(times(Fraction(-1), tiny)) == -1
    with pytest.raises(LimitExceeded, match="2048 bits of an enclosure"):
        value_sign(smaller)


def test_a_power_of_two_needs_no_series() -> None:
    twice, once = (_enclosure(number, 64) for number in (4, 2))
    for side in (0, 1):
        assert abs(twice[side] - 2 * once[side]) <= Fraction(4, 2**64)
    assert _atanh(Fraction(0), 64)[0] == 0
    assert 0 < _atanh(Fraction(0), 64)[1] <= Fraction(2, 2**64)


def test_systems_by_residuals() -> None:
    rng = random.Random(8)
    for _ in range(150):
        size = rng.randint(1, 6)
        matrix = [
            {j: Fraction(rng.randint(0, 2), 13) for j in range(size) if rng.random() < 0.7}
            for _ in range(size)
        ]
        side = [Fraction(rng.randint(-5, 5)) for _ in range(size)]
        found = solve(matrix, side)
        for i, row in enumerate(matrix):
            assert found[i] == side[i] + sum(w * found[j] for j, w in row.items())


def test_singular_systems_and_large_numbers() -> None:
    with pytest.raises(Rejected, match="singular"):
        solve([{0: Fraction(1)}], [Fraction(1)])
    with pytest.raises(Rejected, match="singular"):
        solve([{1: Fraction(1)}, {0: Fraction(1)}], [Fraction(1), Fraction(0)])
    with pytest.raises(LimitExceeded, match="bits"):
        solve([{0: Fraction(1, 2**200_001)}], [Fraction(1)])
    assert solve([], []) == []
