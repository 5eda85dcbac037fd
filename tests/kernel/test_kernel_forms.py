"""Which of the seventeen formalisms a spec is in, by its form."""

from __future__ import annotations

from kernel_documents import (
    ENTROPY,
    Json,
    action,
    at_least,
    atom,
    average,
    data,
    discounted,
    indicator,
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
    times,
    unary,
)
from witnesses import (
    THREE,
)

from specc.kernel import is_in, read_statement


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
