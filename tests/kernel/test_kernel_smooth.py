"""C4: values that are analytic on a face, their slopes, and level sets."""

from __future__ import annotations

import pytest
from kernel_documents import (
    ENTROPY,
    ONE,
    TSALLIS,
    Json,
    at_least,
    atom,
    certificate,
    data,
    discounted,
    environment,
    indicator,
    label,
    minus,
    mix,
    num,
    over,
    pick,
    plus,
    power,
    probability,
    scalar,
    statement,
    times,
    unary,
    whole,
)
from kernel_traps import BUMP, BUMP_PROOF
from kernel_values import SEEN
from witnesses import (
    CYCLE,
    HIDDEN,
    XOR,
    XOR_TIES,
)

from specc.kernel import Malformed, Rejected, check


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
    risk = {"kind": "cvar", "level": "1/2", "number": ones}
    met = {"kind": "constrained", "number": BUMP, "constraints": [at_least(ones, num(0))]}
    for in_pieces in (scalar(plus(BUMP, risk)), met):
        with pytest.raises(Rejected, match="analytic"):
            check(data(statement(CYCLE, in_pieces, "ONMR")), data(BUMP_PROOF))
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


@pytest.mark.parametrize("points", [5, [3], [{}], {"a": 1}, None, [{"policy": 99}]])
def test_points_of_another_form(points: Json) -> None:
    for formalism, more in (("ONMR", {}), ("CMDP", {"floor": 0})):
        claim = data(statement(CYCLE, scalar(XOR), formalism))
        with pytest.raises(Malformed):
            check(claim, data({**XOR_TIES, **more, "points": points}))


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


def test_totals_for_ever_of_policy_terms_are_not_analytic() -> None:
    """They may be finite at one policy and infinite at all near it, so no slope speaks of them."""
    forever = {"kind": "total forever", "signal": TSALLIS}
    where = statement(CYCLE, scalar(plus(XOR, times(num(0), forever))), "ONMR")
    with pytest.raises(Rejected, match="analytic"):
        check(data(where), data(XOR_TIES))
