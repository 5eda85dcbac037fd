"""Numbers of a policy's whole lottery, and means of extrema and of formulas on first letters."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from kernel_documents import (
    Json,
    action,
    atom,
    average,
    data,
    discounted,
    indicator,
    machine,
    minus,
    mix,
    num,
    plus,
    power,
    scalar,
    statement,
    taken,
    times,
    unary,
)
from kernel_lassos import (
    Along,
    layered_environment,
    of_lottery,
    random_trajectory,
    trajectories,
)
from kernel_random import (
    random_environment,
    random_formula,
    random_machine,
    random_policy,
    random_signal,
)
from kernel_values import HALF, A, B, value
from witnesses import LOOP, ONE_SHOT, TWO

from specc.kernel import LimitExceeded, Malformed, Rejected, check, read_statement
from specc.kernel.germ import Germ
from specc.kernel.logs import Logs

RISKS = ("mean", "variance", "quantile", "cvar")


def risk(rng: random.Random, number: Json) -> Json:
    kind = rng.choice(RISKS)
    level = {"level": rng.choice(["1/10", "1/4", "1/3", "1/2", "3/4", "1"])}
    return {"kind": kind, "number": number, **(level if kind in ("quantile", "cvar") else {})}


def random_leaf(rng: random.Random, where: Json) -> Json:
    signal = random_signal(rng, where)
    formula = random_formula(rng, where, rng.randint(1, 5))
    return rng.choice(
        [
            discounted(signal, rng.choice(["0", "1/3", "1/2"])),
            average(signal),
            {"kind": "total", "signal": signal, "horizon": rng.randint(0, 6)},
            {"kind": "sup", "signal": signal},
            {"kind": "inf", "signal": signal},
            {"kind": "satisfied", "formula": formula},
            {"kind": "satisfied within", "formula": formula, "letters": rng.randint(1, 5)},
            num(rng.randint(-2, 2)),
        ]
    )


def check_lotteries(seed: int, count: int) -> None:
    rng = random.Random(seed)
    several = 0
    for _ in range(count):
        where = layered_environment(rng)
        policy = random_policy(rng, where)
        machines = {"m": random_machine(rng, where)}
        inner = random_trajectory(rng, lambda where=where: random_leaf(rng, where))
        number = risk(rng, inner)
        found = value(where, number, policy, machines=machines)
        outcomes = [
            (mass, Along(where, machines, lasso).number(inner))
            for mass, lasso in trajectories(where, policy)
        ]
        assert found == of_lottery(number, outcomes), (where, policy, number, machines)
        several += len({x for _, x in outcomes}) > 1
    assert several > count // 5


def test_lotteries() -> None:
    check_lotteries(1, 150)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 15))
def test_many_lotteries(seed: int) -> None:
    check_lotteries(seed, 1000)


MEANS = {"satisfied": "probability", "satisfied within": "probability within"}


def test_a_mean_over_a_lottery_is_the_mean_on_the_chain() -> None:
    rng = random.Random(2)
    for _ in range(150):
        where = layered_environment(rng)
        policy = random_policy(rng, where)
        machines = {"m": random_machine(rng, where)}
        leaf = random_leaf(rng, where)
        on_chain = {**leaf, "kind": MEANS.get(leaf["kind"], leaf["kind"])}
        outcomes = [
            (mass, Along(where, machines, lasso).number(leaf))
            for mass, lasso in trajectories(where, policy)
        ]
        wanted = of_lottery({"kind": "mean"}, outcomes)
        assert value(where, {"kind": "mean", "number": leaf}, policy, machines=machines) == wanted
        assert value(where, on_chain, policy, machines=machines) == wanted


def simulated(where: Json, policy: Json, number: Json, steps: int) -> tuple[Fraction, Fraction]:
    """Bounds on E[sup] for signals from 0 to 3, by all prefixes of a few steps."""
    masses: dict[tuple[str, int], Fraction] = {}
    for s, p in where["initial"].items():
        masses[s, 0] = Fraction(p)
    along = Along(where, {}, ([], []))
    for _ in range(steps):
        following: dict[tuple[str, int], Fraction] = {}
        for (s, best), mass in masses.items():
            for a, ends in where["states"][s].items():
                for t, chance in ends.items():
                    worth = max(best, int(along.reward(number["signal"], (s, a, t))))
                    weight = Fraction(policy[s].get(a, "0")) * Fraction(chance) * mass
                    following[t, worth] = following.get((t, worth), Fraction(0)) + weight
        masses = following
    low = sum((m * best for (_, best), m in masses.items()), Fraction(0))
    return low, sum((m * 3 for (_, best), m in masses.items() if best < 3), low)


def test_extrema_on_chains_with_loops() -> None:
    rng = random.Random(3)
    for _ in range(40):
        where = random_environment(rng)
        for entry in where["rewards"]["native"]:
            entry[3] = entry[3].lstrip("-")
        policy = random_policy(rng, where)
        number = {"kind": "sup", "signal": {"kind": "reward", "name": "native"}}
        found = value(where, number, policy)
        low, high = simulated(where, policy, number, 12)
        assert low <= found <= high
        flipped = {"kind": "inf", "signal": minus(num(2), number["signal"])}
        assert value(where, flipped, policy) == 2 - found


def test_extrema_by_hand() -> None:
    # b is taken again and again, and a at last: 2 is seen iff a is taken, 1 iff b is.
    both = plus(times(num(2), taken("0", "a")), taken("0", "b"))
    assert value(LOOP, {"kind": "sup", "signal": both}, HALF) == 2
    assert value(LOOP, {"kind": "sup", "signal": both}, B) == 1
    assert value(LOOP, {"kind": "inf", "signal": both}, HALF) == 0
    assert value(LOOP, {"kind": "inf", "signal": both}, B) == 1
    assert value(ONE_SHOT, {"kind": "sup", "signal": both}, HALF) == Fraction(3, 2)
    # A machine that has seen a, and the policy's own entropy.
    rows = [[{"when": action("a"), "to": 1, "emit": num(3)}], []]
    seen = {"kind": "sup", "signal": machine("m")}
    assert value(LOOP, seen, HALF, machines={"m": rows}) == 3
    assert value(LOOP, seen, B, machines={"m": rows}) == 0
    entropy = value(ONE_SHOT, {"kind": "sup", "signal": {"kind": "entropy"}}, HALF)
    assert entropy == Logs(Fraction(0), ((2, Fraction(1)),))
    # Over Q(e): the larger of e and 1 - e.
    family = {"0": {"a": ["0", "1"], "b": ["1", "-1"]}}
    found = value(ONE_SHOT, {"kind": "sup", "signal": both}, family)
    assert found == Germ((Fraction(1), Fraction(1)), (Fraction(1),))


def test_risks_over_infinitesimals() -> None:
    family = {"0": {"a": ["1/4", "1"], "b": ["3/4", "-1"]}}
    gain = discounted(taken("0", "a"))  # 1 with mass 1/4 + e, else 0
    chance = Germ((Fraction(1, 4), Fraction(1)), (Fraction(1),))
    assert value(ONE_SHOT, {"kind": "mean", "number": power(gain, 2)}, family) == chance
    assert value(ONE_SHOT, {"kind": "variance", "number": gain}, family) == chance - chance * chance
    for level, wanted in (("3/4", Fraction(1)), ("1/2", Fraction(0))):
        number = {"kind": "quantile", "level": level, "number": gain}
        assert value(ONE_SHOT, number, family) == wanted, level
    tail = {"kind": "cvar", "level": "3/4", "number": gain}
    assert value(ONE_SHOT, tail, family) == Germ((Fraction(0), Fraction(4, 3)), (Fraction(1),))


def test_risks_of_logarithms() -> None:
    soft = discounted(plus({"kind": "entropy"}, times(num(2), taken("0", "a"))), "0")
    low = {"kind": "quantile", "level": "1/2", "number": soft}
    assert value(ONE_SHOT, low, HALF) == Logs(Fraction(0), ((2, Fraction(1)),))
    middle = {"kind": "mean", "number": soft}
    assert value(ONE_SHOT, middle, HALF) == Logs(Fraction(1), ((2, Fraction(1)),))


def test_infinitely_many_trajectories_are_refused() -> None:
    gain = discounted(indicator(action("a")))
    for kind in RISKS:
        number = {"kind": kind, "number": gain}
        if kind in ("quantile", "cvar"):
            number["level"] = "1/2"
        with pytest.raises(Rejected, match="infinitely many trajectories"):
            value(TWO, number, HALF)
        with pytest.raises(Rejected, match="infinitely many trajectories"):
            value(LOOP, number, HALF)
        assert value(TWO, number, A) == {"variance": 0}.get(kind, 2)
        assert value(LOOP, number, B) == 0


def test_many_trajectories_are_refused() -> None:
    names = [f"s{i:02}" for i in range(11)]
    rows = {s: {"a": {t: "1"}, "b": {t: "1"}} for s, t in pairwise(names)}
    where = {"states": {**rows, names[-1]: {"a": {names[-1]: "1"}}}, "initial": {names[0]: "1"}}
    count = {
        "kind": "mean",
        "number": {"kind": "total", "signal": indicator(action("b")), "horizon": 20},
    }
    half = {s: {"a": "1/2", "b": "1/2"} for s in names[:-1]}
    with pytest.raises(LimitExceeded, match="1000 trajectories"):
        value(where, count, half)
    del half["s00"]
    assert value(where, count, half) == Fraction(9, 2)


@pytest.mark.parametrize("field", ["level", "letters"])
@pytest.mark.parametrize("wrong", ["0", "-1/2", "3/2", 0, -1, 2001, True, "1.5", None])
def test_levels_and_letters(field: str, wrong: Json) -> None:
    gain = discounted(indicator(action("a")))
    number = {"kind": "quantile", "level": "1", "number": gain}
    if field == "letters":
        formula = unary("F", atom(action("a")))
        number = {"kind": "probability within", "formula": formula, "letters": 2000}
    assert read_statement(data(statement(TWO, scalar(number), "PO")))
    with pytest.raises(Malformed, match=r"level|integer|rational|string"):
        read_statement(data(statement(TWO, scalar({**number, field: wrong}), "PO")))


def test_sorts_are_not_mixed() -> None:
    gain = discounted(indicator(action("a")))
    formula = unary("X", atom(action("a")))
    policy = {"kind": "policy", "state": "0", "action": "a"}
    for inner in (policy, {"kind": "probability", "formula": formula}, {"kind": "mean"}):
        with pytest.raises(Malformed, match="not a trajectory"):
            value(TWO, {"kind": "mean", "number": inner}, A)
    with pytest.raises(Malformed, match="not a value"):
        value(TWO, {"kind": "satisfied", "formula": formula}, A)
    with pytest.raises(Malformed, match="not a event"):
        chosen = {"kind": "if", "condition": action("a"), "then": gain, "else": gain}
        value(TWO, {"kind": "mean", "number": chosen}, A)


def test_first_letters() -> None:
    def within(formula: Json, letters: int) -> Json:
        return {"kind": "probability within", "formula": formula, "letters": letters}

    here, a = atom({"kind": "at", "state": "0"}), atom(action("a"))
    # The first letter has no action; X is false where no letter follows.
    assert value(ONE_SHOT, within(here, 1), HALF) == 1
    assert value(ONE_SHOT, within(unary("X", a), 1), A) == 0
    assert value(ONE_SHOT, within(unary("X", {"kind": "true"}), 1), A) == 0
    assert value(ONE_SHOT, within(unary("X", a), 2), HALF) == Fraction(1, 2)
    assert value(LOOP, within(unary("F", a), 4), HALF) == Fraction(7, 8)
    assert value(LOOP, within(unary("G", here), 4), HALF) == Fraction(1, 8)
    assert value(LOOP, within({"kind": "W", "left": here, "right": a}, 4), B) == 1
    assert value(LOOP, within({"kind": "U", "left": here, "right": a}, 4), B) == 0
    assert value(LOOP, within({"kind": "R", "left": a, "right": here}, 4), B) == 1
    goal = atom({"kind": "at", "state": "G"})
    assert value(LOOP, within({"kind": "M", "left": a, "right": goal}, 4), A) == 0


def test_mixtures_of_capped_rewards_are_refuted() -> None:
    # E[f] for any f of the trajectory is linear: the hump of p(1 - p) is no such.
    hump = {"kind": "variance", "number": discounted(taken("0", "a"), "0")}
    proof = {
        "format": "specc-certificate-1",
        "kind": "C2 mixture",
        "policies": [HALF, A, B],
        "comparisons": [
            {"better": 0, "worse": 1, "strict": True},
            {"better": 0, "worse": 2, "strict": True},
        ],
        "multipliers": ["1", "1"],
    }
    assert check(data(statement(ONE_SHOT, scalar(hump), "FTR")), data(proof))
    # E[G^2] is one; its order is that of p.
    square = {"kind": "mean", "number": power(discounted(taken("0", "a"), "0"), 2)}
    with pytest.raises(Rejected, match="comparison"):
        check(data(statement(ONE_SHOT, scalar(square), "FTR")), data(proof))
    assert value(ONE_SHOT, hump, mix("0", a="1/3", b="2/3")) == Fraction(2, 9)
