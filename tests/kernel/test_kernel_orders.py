"""What the witnesses leave out: mirrored orders, constraints, and the smaller forms of values."""

from __future__ import annotations

from fractions import Fraction

import pytest
from kernel_documents import (
    ENTROPY,
    ONE,
    TSALLIS,
    Json,
    above,
    action,
    at_least,
    atom,
    average,
    certificate,
    chosen,
    data,
    discounted,
    environment,
    indicator,
    label,
    lexicographic,
    minus,
    mix,
    no,
    num,
    over,
    pick,
    plus,
    power,
    probability,
    scalar,
    statement,
    taken,
    tied,
    times,
    unary,
    whole,
)
from kernel_traps import BUMP, BUMP_PROOF
from witnesses import (
    CYCLE,
    HIDDEN,
    JUMPS,
    LATE_TIES,
    LIMIT,
    LOOP,
    MODULO,
    ONE_SHOT,
    SQUARE,
    THREE,
    TWO,
    UNSEEN,
    WITNESSES,
    XOR,
    XOR_TIES,
)

from specc.kernel import KernelError, Malformed, Rejected, check, is_in, read_statement
from specc.kernel.logs import Logs
from specc.kernel.statement import read_policy
from specc.kernel.values import Valuation, compare

REACH = probability(unary("F", atom(label("goal"))))
SEEN = {"kind": "policy", "state": "0", "action": "a"}
HIDDEN_A = {"kind": "policy", "state": "1", "action": "a"}


def value(where: Json, number: Json, policy: Json, **more: Json) -> object:
    claim = read_statement(data(statement(where, scalar(number), "PO", **more)))
    read = read_policy(policy, claim.environment, "policy")
    return Valuation(claim.environment, claim.spec, read).value(claim.spec.numbers[0])


def sides(where: Json, order: Json, one: Json, other: Json) -> int:
    claim = read_statement(data(statement(where, order, "PO")))
    a, b = (read_policy(p, claim.environment, "policy") for p in (one, other))
    found = compare(claim.environment, claim.spec, a, b)
    assert compare(claim.environment, claim.spec, b, a) == -found
    return found


A, B, HALF = pick(**{"0": "a"}), pick(**{"0": "b"}), mix("0", a="1/2", b="1/2")
FAMILY = LIMIT["family"]


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize(("number", "rho"), [(REACH, A), (minus(REACH, SEEN), HALF)])
def test_limits_from_both_sides(number: Json, rho: Json, turn: int) -> None:
    claim = statement(LOOP, scalar(times(num(turn), number)), "RM")
    proof = certificate("C5 limit", family=FAMILY, reference=rho)
    assert check(data(claim), data(proof))
    # At the limit itself nothing is left to show.
    with pytest.raises(Rejected, match="limit"):
        check(data(claim), data({**proof, "reference": B}))
    with pytest.raises(Rejected, match="limit"):
        check(
            data(claim), data({**proof, "family": {"0": {"a": ["1/2", "1"], "b": ["1/2", "-1"]}}})
        )


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


def test_limits_from_one_side() -> None:
    # P[F goal] drops in the limit, P[G !goal] rises: not where values may only do the other.
    never = probability(unary("G", atom(no(label("goal")))))
    for name in ("SUB", "COSAFE", "MAXR", "QUANT", "MR", "CVAR"):
        assert check(data(statement(LOOP, scalar(never), name)), data(LIMIT))
    for name in ("MINR", "CMDP", "MR", "CVAR"):
        assert check(data(statement(LOOP, scalar(REACH), name)), data(LIMIT))


def test_peaks_of_mixtures() -> None:
    hump = scalar(minus(num(0), power(minus(discounted(taken("0", "a")), num("1/2")), 2)))
    proof = certificate(
        "C2 mixture",
        policies=[HALF, A, B, HALF],
        comparisons=[above(0, 1), above(0, 2)],
        multipliers=["1", "1"],
    )
    for name in ("CVAR", "QUANT"):
        claim = data(statement(ONE_SHOT, hump, name))
        assert check(claim, data(proof)).formalism == name
        two_peaks = {**proof, "comparisons": [above(0, 1), above(3, 2)]}
        with pytest.raises(Rejected, match="one policy"):
            check(claim, data(two_peaks))
        for more in ("0", "1"):
            tie = {"comparisons": [*proof["comparisons"], tied(0, 3)]}
            with pytest.raises(Rejected, match="one policy"):
                check(claim, data({**proof, **tie, "multipliers": ["1", "1", more]}))


def test_more_values_than_trajectories() -> None:
    chance = scalar(discounted(taken("0", "a")))
    claim = data(statement(ONE_SHOT, chance, "QUANT"))
    proof = certificate("C8 few values", policies=[B, HALF, A])
    assert check(claim, data(proof)).kind == "C8 few values"
    more = {**proof, "policies": [B, mix("0", a="1/3", b="2/3"), HALF, A]}
    assert check(claim, data(more))
    with pytest.raises(Rejected, match="values"):
        check(claim, data({**proof, "policies": [B, A]}))
    with pytest.raises(Rejected, match="comparison"):
        check(claim, data({**proof, "policies": [A, HALF, B]}))
    with pytest.raises(Rejected, match="comparison"):
        check(claim, data({**proof, "policies": [B, HALF, HALF, A]}))
    with pytest.raises(Malformed, match="field"):
        check(claim, data({**proof, "pair": [0, 1]}))


def test_jumps_need_a_larger_upper_family() -> None:
    for key in ("lower", "upper"):
        swapped = {**JUMPS, key: JUMPS["upper" if key == "lower" else "lower"]}
        with pytest.raises(Rejected, match=r"jump|first key"):
            check(data(statement(TWO, MODULO, "FPR")), data(swapped))
    turned = {**JUMPS, "lower": JUMPS["upper"], "upper": JUMPS["lower"]}
    with pytest.raises(Rejected, match="jump"):
        check(data(statement(TWO, MODULO, "FPR")), data(turned))
    logs = statement(TWO, lexicographic(discounted(ENTROPY), SEEN), "FPR")
    with pytest.raises(Rejected, match="infinitesimal"):
        check(data(logs), data(JUMPS))
    still = {"lower": A, "upper": B}
    entropies = statement(TWO, lexicographic(discounted(ENTROPY), SEEN), "FPR")
    with pytest.raises(Rejected):
        check(data(entropies), data({**JUMPS, **still}))


def test_pairs_may_stand_either_way() -> None:
    for witness in WITNESSES:
        if witness.proof["kind"].startswith("C7"):
            turned = {**witness.proof, "pair": [1, 0]}
            assert check(data(witness.statement), data(turned))
    for pair, wanted in (([0, 1, 1], "array of 2"), ([0], "array of 2"), ([0, 2], "0 to 1")):
        with pytest.raises(KernelError, match=wanted):
            check(data(statement(HIDDEN, scalar(HIDDEN_A), "TLO")), data({**UNSEEN, "pair": pair}))


def test_analytic_values_with_more_forms() -> None:
    for number in (
        plus(XOR, num(1)),
        minus(num(1), XOR),
        times(num(2), XOR),
        over(XOR, num(3)),
        over(num(1), plus(XOR, num(1))),
        power(plus(XOR, num(1)), 2),
    ):
        assert check(data(statement(CYCLE, scalar(number), "ONMR")), data(XOR_TIES))
    # A pole at the point: u has XOR = 1/2.
    pole = over(num(1), minus(XOR, num("1/2")))
    with pytest.raises(Rejected, match="division by zero"):
        check(data(statement(CYCLE, scalar(pole), "ONMR")), data(XOR_TIES))
    logs = statement(CYCLE, scalar(plus(XOR, discounted(ENTROPY))), "ONMR")
    with pytest.raises(Rejected, match="value"):
        check(data(logs), data(XOR_TIES))


def test_degrees_are_those_of_the_theorems(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []

    def note(tiles: object, vectors: object, degree: int) -> None:
        found.append(degree)

    monkeypatch.setattr("specc.kernel.farkas.check_identity", note)
    monkeypatch.setattr("specc.kernel.ties.check_identity", note)
    assert check(data(statement(CYCLE, scalar(XOR), "RRL")), data(SQUARE))
    assert found == [4 * 2]
    assert check(data(statement(CYCLE, scalar(XOR), "ONMR")), data(XOR_TIES))
    assert found[1] == 2 * 2 + 2 * 2 * len(XOR_TIES["points"])
    # Everywhere all three states are reached.
    chain = environment(
        {"0": {"a": "1", "b": "1"}, "1": {"a": "2", "b": "2"}, "2": {"a": "0"}}, "0"
    )
    both = times(average(taken("0", "a")), average(taken("1", "a")))
    corner = {"policy": 0, "tie": {"0": {"a": "1", "b": "-1"}, "1": {"a": "-1", "b": "1"}}}
    corner["slope"] = {"0": {"a": "1", "b": "-1"}}
    proof = certificate(
        "C4a infinitesimal ties",
        policies=[{s: {"a": "1/2", "b": "1/2"} for s in "01"}, A, B],
        pair=[0, 1],
        points=[corner],
        tiles=whole(ONE, ["1"]),
    )
    assert check(data(statement(chain, scalar(both), "ONMR")), data(proof))
    assert found[2] == 2 * 3 + 2 * 3


def test_identities_at_every_discount() -> None:
    wrong = {**LATE_TIES, "tiles": whole([["1", 0, 1]], ["-1"], ["1", "1/100"])}
    late = scalar(average(taken("1", "a")))
    claim = statement(WITNESSES[8].environment, late, "ONMR")
    assert check(data(claim), data(LATE_TIES))
    with pytest.raises(Rejected, match="identity"):
        check(data(claim), data(wrong))
    # Multipliers of degree 12 that are wrong but at 0, 1/n, .., (n-1)/n.
    for count in range(1, 13):
        product = [Fraction(1)]
        for k in range(12):
            root = Fraction(k % count, count)
            lower, upper = [-root * c for c in product] + [Fraction(0)], [Fraction(0), *product]
            product = [x + y for x, y in zip(lower, upper, strict=True)]
        product[0] += 1
        wrong = {**LATE_TIES, "tiles": whole([["1", 0, 1]], ["-1"], [str(c) for c in product])}
        with pytest.raises(Rejected, match="identity"):
            check(data(claim), data(wrong))
    tiled = [
        {"from": "0", "to": "1/3", "multipliers": [[["1", 0, 0]], ["1"]]},
        {"from": "1/3", "to": "1", "multipliers": [[["2", 0, 0]], ["2"]]},
    ]
    xor = statement(CYCLE, scalar(XOR), "ONMR")
    assert check(data(xor), data({**XOR_TIES, "tiles": tiled}))
    tiled[1]["multipliers"][1] = ["1"]
    with pytest.raises(Rejected, match="identity"):
        check(data(xor), data({**XOR_TIES, "tiles": tiled}))
    # Between its ends a tile's multiplier may vanish at neither, or at both but not both at once.
    ends = [["1", 1, 0], ["1", 0, 1]]
    assert check(
        data(statement(CYCLE, scalar(XOR), "RRL")), data({**SQUARE, "tiles": whole(ends, ends)})
    )


def test_classes_seen_from_the_form() -> None:
    def classes(number: Json, **more: Json) -> set[str]:
        spec = read_statement(data(statement(THREE, scalar(number), "MR", **more))).spec
        names = ("MR", "LAR", "LTL", "RM", "FTR", "RRL", "KLRRL", "ONMR", "LMORLG", "FTLR", "FPR")
        return {name for name in names if is_in(spec, name)}

    reward = discounted(indicator(action("a")))
    other = discounted(indicator(action("a")), "1/3")
    chance = probability(unary("X", atom(action("a"))))
    second = probability(unary("X", atom(action("b"))))
    here = {"kind": "policy", "state": "0", "action": "a"}
    smooth, top = {"FTLR", "FPR"}, {"FPR"}
    everywhere = {"MR", "RM", "FTR", "RRL", "KLRRL", "ONMR", "LMORLG"} | smooth
    assert classes(reward) == everywhere
    assert classes(plus(num(1), times(num(2), reward))) == everywhere
    assert classes(over(reward, num(2))) == everywhere
    assert classes(num(1)) == everywhere | {"LAR", "LTL"}
    assert classes(over(reward, num(0))) == set()
    assert classes(over(num(1), reward)) == set()
    assert classes({"kind": "total forever", "signal": num(0)}) == set()
    assert classes(plus(reward, other)) == {"FTR", "LMORLG"} | smooth
    assert classes(power(reward, 2)) == {"ONMR"} | smooth
    assert classes(times(reward, other)) == smooth
    assert classes(times(reward, reward)) == {"ONMR"} | smooth
    assert classes(plus(chance, num(1))) == {"LTL", "FTR"} | smooth
    assert classes(plus(chance, second)) == {"FTR"} | smooth
    assert classes(minus(chance, chance)) == everywhere - {"ONMR"} | {"LAR", "LTL"}
    for same in (
        times(num(1), chance),
        plus(chance),
        over(times(num(3), chance), num(3)),
        minus(times(num(3), chance), times(chance, num(2))),
        plus(over(chance, num(4)), times(num("3/4"), chance)),
        minus(num(0), times(num(-1), chance)),
    ):
        assert "MR" in classes(minus(same, chance)), same
        assert "MR" not in classes(minus(same, times(num(2), chance)))
    assert classes(average(num(1))) == {"LAR", "FTR"} | smooth
    assert classes(plus(average(num(1)), reward)) == {"FTR"} | smooth
    assert classes(here) == top
    assert classes(plus(here, reward)) == top
    soft = discounted(plus(indicator(action("a")), ENTROPY))
    assert classes(soft) == {"RRL"} | smooth
    assert classes(plus(soft, other)) == smooth
    assert classes(average(ENTROPY)) == smooth
    assert classes(discounted(times(indicator(action("a")), ENTROPY))) == smooth
    assert classes(discounted(times(num(2), ENTROPY))) == {"RRL"} | smooth
    references = {
        "u": mix("0", a="1/3", b="1/3", c="1/3"),
        "v": mix("0", a="1/2", b="1/4", c="1/4"),
    }
    near = {"kind": "kl", "reference": "u"}
    assert classes(discounted(near), references=references) == {"RRL", "KLRRL"} | smooth
    both = discounted(plus(near, {"kind": "kl", "reference": "v"}))
    assert classes(both, references=references) == {"RRL"} | smooth
    squared = discounted(power(near, 2))
    assert classes(squared, references=references) == smooth
    edge = {
        "when": {"kind": "true"},
        "to": 0,
        "emit": over(num(1), {"kind": "constant", "value": "0"}),
    }
    machine = discounted({"kind": "machine", "name": "m"})
    assert classes(machine, machines={"m": [[edge]]}) == set()
    fine = {**edge, "emit": num(1)}
    assert classes(machine, machines={"m": [[fine]]}) == {"RM", "FTR"} | smooth
    assert classes(average({"kind": "machine", "name": "m"}), machines={"m": [[fine]]}) == (
        {"FTR"} | smooth
    )


def test_classes_of_orders() -> None:
    reward = discounted(indicator(action("a")))
    other = discounted(indicator(action("a")), "1/3")
    here = {"kind": "policy", "state": "0", "action": "a"}

    def classes(order: Json) -> set[str]:
        spec = read_statement(data(statement(THREE, order, "MR"))).spec
        names = ("MR", "LEX", "LMORL", "FTLR", "FPR", "TLO", "PO", "INMR", "OMO", "OMEGA")
        return {name for name in names if is_in(spec, name)}

    assert classes(lexicographic(reward, reward)) == {"LEX", "TLO", "PO"}
    assert classes(lexicographic(reward, other)) == {"TLO", "PO"}
    assert classes(lexicographic(reward, here)) == {"PO"}
    assert classes(lexicographic(power(reward, 2))) == {"TLO", "PO"}
    held = {"kind": "constrained", "number": reward, "constraints": [at_least(reward, num(1))]}
    assert classes(held) == {"TLO", "PO"}
    held = {"kind": "constrained", "number": reward, "constraints": [at_least(here, num(1))]}
    assert classes(held) == {"PO"}
    assert classes(scalar(reward)) == {"MR", "LMORL", "FTLR", "FPR", "TLO", "PO"}
    assert classes(scalar(probability(atom(action("a"))))) == {"OMEGA", "FTLR", "FPR", "TLO", "PO"}


def test_sets_and_ties() -> None:
    # f(a) + f(b) = f(a) + f(c), and yet f(b) > f(c).
    where = environment({"0": dict.fromkeys("abc", "1"), "1": {"a": "1"}}, "0")
    chance = {"kind": "policy", "state": "0", "action": "b"}
    order = scalar({"kind": "max", "operands": [num("1/2"), chance]})
    policies = [mix("0", a="1/2", b="1/2"), mix("0", a="1/2", c="1/2")]
    policies += [pick(**{"0": "b"}), pick(**{"0": "c"})]
    comparisons = [tied(0, 1), above(2, 3)]
    for chosen_ones in (comparisons, comparisons[::-1]):
        proof = certificate("C3 zero-one", policies=policies, comparisons=chosen_ones)
        assert check(data(statement(where, order, "LTL")), data(proof))
    for alone in comparisons:
        proof = certificate("C3 zero-one", policies=policies, comparisons=[alone])
        with pytest.raises(Rejected, match="sets"):
            check(data(statement(where, order, "LTL")), data(proof))


def test_mixtures_of_tied_policies() -> None:
    # Ties take any sign: L(1/2) = L(a)/2 + L(b)/2, with a above b and a tied pair of its own.
    where = environment({"0": {"a": "1", "b": "1"}, "1": {"a": "1"}}, "0")
    proof = certificate(
        "C2 mixture",
        policies=[HALF, A, B],
        comparisons=[above(0, 1), tied(1, 2)],
        multipliers=["2", "1"],
    )
    hump = scalar(discounted({"kind": "tsallis", "order": 2}))
    assert check(data(statement(where, hump, "FTR")), data(proof))
    claim = data(statement(where, hump, "FTR"))
    with pytest.raises(Rejected, match="identity"):
        check(claim, data({**proof, "multipliers": ["2", "-1"]}))
    # A strict comparison may have weight 0, but not all of them.
    more = {**proof, "comparisons": [*proof["comparisons"], above(0, 2)]}
    assert check(claim, data({**more, "multipliers": ["2", "1", "0"]}))
    with pytest.raises(Rejected, match="positive"):
        check(claim, data({**more, "multipliers": ["0", "0", "0"]}))
    for weights in (["0", "1"], ["0", "0"]):
        with pytest.raises(Rejected, match="positive"):
            check(claim, data({**proof, "multipliers": weights}))


def test_level_sets_need_edges_and_whole_numbers() -> None:
    claim = statement(CYCLE, scalar(BUMP), "ONMR")
    assert check(data(claim), data(BUMP_PROOF))
    diagonal = {**BUMP_PROOF, "segments": [*BUMP_PROOF["segments"], [0, 3]]}
    loop = {**BUMP_PROOF, "segments": [*BUMP_PROOF["segments"], [0, 0]]}
    for wrong in (diagonal, loop):
        with pytest.raises(Rejected, match="just one state"):
            check(data(claim), data(wrong))
    # A segment may stand either way, and the value need not be zero.
    turned = {**BUMP_PROOF, "segments": [[1, 0], [3, 1], [3, 2], [0, 2]]}
    ones = discounted(num(1))
    assert check(data(claim), data(turned))
    assert check(data(statement(CYCLE, scalar(plus(BUMP, ones)), "ONMR")), data(turned))
    quotient = statement(CYCLE, scalar(over(BUMP, plus(SEEN, num(1)))), "ONMR")
    with pytest.raises(Rejected, match="analytic"):
        check(data(quotient), data(BUMP_PROOF))
    third = statement(CYCLE, scalar(over(BUMP, num(3))), "ONMR")
    assert check(data(third), data(BUMP_PROOF))
    for faces, wanted in (
        ({"0": ["a", "a"]}, "different actions"),
        ({"0": []}, "different actions"),
        ({"0": ["a", "c"]}, "different actions"),
        ({"9": ["a"]}, "not a state"),
        ({"0": ["a", 1]}, "string"),
    ):
        with pytest.raises(Malformed, match=wanted):
            check(data(claim), data({**BUMP_PROOF, "faces": {**BUMP_PROOF["faces"], **faces}}))


def test_first_keys_are_rational_functions() -> None:
    claim = statement(TWO, lexicographic(discounted(ENTROPY), SEEN), "FPR")
    with pytest.raises(Rejected, match="first key"):
        check(data(claim), data({**JUMPS, "lower": HALF, "upper": HALF}))


def test_directions_are_of_states() -> None:
    for rates in ({}, {"a": "1", "b": "-1"}):
        for name in ("tie", "slope"):
            point = {**XOR_TIES["points"][0], name: {"9": rates}}
            with pytest.raises(Malformed, match="not a state"):
                proof = {**XOR_TIES, "points": [point]}
                check(data(statement(CYCLE, scalar(XOR), "ONMR")), data(proof))


def test_policy_terms_are_not_divided() -> None:
    halved = discounted(over({"kind": "tsallis", "order": 2}, num(2)))
    with pytest.raises(Rejected, match="analytic"):
        check(data(statement(CYCLE, scalar(plus(XOR, halved)), "ONMR")), data(XOR_TIES))


def test_analytic_values_of_whole_lotteries() -> None:
    # XOR of two choices, made once: every trajectory number without policy terms is constant.
    where = environment(
        {
            "0": {"a": "1", "b": "2"},
            "1": {"a": "3", "b": "4"},
            "2": {"a": "4", "b": "3"},
            **{end: {"a": end} for end in "34"},
        },
        "0",
        same=["3"],
    )
    same = unary("F", atom(label("same")))
    paid = indicator(label("same"))
    corners = [pick(**{"0": x, "1": y, "2": y}) for x in "ab" for y in "ab"]
    policies = [{s: {"a": "1/3", "b": "2/3"} for s in "012"}, *corners]
    proof = certificate(
        "C4a infinitesimal ties", policies=policies, pair=[0, 1], points=[], tiles=whole(ONE)
    )
    direction, across = ({s: {"a": "1", "b": "-1"}} for s in "12")
    tie = {"1": {"a": "1", "b": "-1"}, "2": {"a": "1/2", "b": "-1/2"}}
    for number in (
        probability(same),
        {"kind": "probability within", "formula": same, "letters": 4},
        {"kind": "sup", "signal": paid},
        {"kind": "inf", "signal": minus(num(0), paid)},
        {"kind": "mean", "number": power({"kind": "sup", "signal": paid}, 2)},
        {"kind": "variance", "number": {"kind": "sup", "signal": paid}},
    ):
        claim = statement(where, scalar(number), "ONMR")
        for one, other, wanted in (
            (direction, across, "value changes along the tie"),
            (tie, tie, "does not change along the slope"),
            (tie, across, "identity"),
        ):
            point = {"policy": 0, "tie": one, "slope": other}
            with pytest.raises(Rejected, match=wanted):
                check(data(claim), data({**proof, "points": [point], "tiles": whole(ONE, ["1"])}))
    for number in (
        {"kind": "sup", "signal": plus(paid, paid, TSALLIS)},
        {"kind": "mean", "number": discounted(plus(paid, TSALLIS))},
        {"kind": "quantile", "level": "1/3", "number": discounted(paid)},
        {"kind": "cvar", "level": "1/2", "number": discounted(paid)},
    ):
        claim = statement(where, scalar(number), "ONMR")
        point = {"policy": 0, "tie": direction, "slope": across}
        with pytest.raises(Rejected, match="analytic"):
            check(data(claim), data({**proof, "points": [point], "tiles": whole(ONE, ["1"])}))


def test_slopes_where_nothing_is_reached_are_zero() -> None:
    # The directions are at a state that is never reached, so the value has no gradient there.
    there = {"1": {"a": "1", "b": "-1"}}
    proof = certificate(
        "C4a infinitesimal ties",
        policies=[mix("1", a="1/2", b="1/2"), pick(**{"1": "a"}), pick(**{"1": "b"})],
        pair=[1, 2],
        points=[{"policy": 0, "tie": there, "slope": there}],
        tiles=whole([["1", 0, 0]], ["0"]),
    )
    where = {**HIDDEN, "states": {**HIDDEN["states"], "0": {"a": {"0": "1"}, "b": {"0": "1"}}}}
    for policy in proof["policies"][:2]:
        policy["0"] = {"a": "1/2", "b": "1/2"}
    claim = statement(where, scalar(discounted(ENTROPY)), "ONMR")
    with pytest.raises(Rejected, match="gradient"):
        check(data(claim), data(proof))
    squared = statement(where, scalar(times(discounted(ENTROPY), discounted(ENTROPY))), "ONMR")
    with pytest.raises(Rejected, match="slope of products of logarithms"):
        check(data(squared), data(proof))
