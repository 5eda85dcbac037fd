"""What the witnesses leave out of single kinds of certificates."""

from __future__ import annotations

from fractions import Fraction

import pytest
from kernel_documents import (
    ENTROPY,
    ONE,
    Json,
    above,
    atom,
    average,
    certificate,
    data,
    discounted,
    environment,
    label,
    lexicographic,
    minus,
    mix,
    no,
    num,
    pick,
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
from kernel_values import HALF, HIDDEN_A, REACH, SEEN, A, B
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
    TWO,
    UNSEEN,
    WITNESSES,
    XOR,
    XOR_TIES,
)

from specc.kernel import KernelError, Malformed, Rejected, check

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


def test_first_keys_are_rational_functions() -> None:
    claim = statement(TWO, lexicographic(discounted(ENTROPY), SEEN), "FPR")
    with pytest.raises(Rejected, match="first key"):
        check(data(claim), data({**JUMPS, "lower": HALF, "upper": HALF}))


def test_pairs_may_stand_either_way() -> None:
    for witness in WITNESSES:
        if witness.proof["kind"].startswith("C7"):
            turned = {**witness.proof, "pair": [1, 0]}
            assert check(data(witness.statement), data(turned))
    for pair, wanted in (([0, 1, 1], "array of 2"), ([0], "array of 2"), ([0, 2], "0 to 1")):
        with pytest.raises(KernelError, match=wanted):
            check(data(statement(HIDDEN, scalar(HIDDEN_A), "TLO")), data({**UNSEEN, "pair": pair}))


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
