"""Which extension a spec is in, by its form: what is seen, and what must not be."""

from __future__ import annotations

import pytest
from kernel_documents import (
    ENTROPY,
    Json,
    action,
    at_least,
    atom,
    average,
    binary,
    both,
    chosen,
    data,
    discounted,
    either,
    indicator,
    label,
    left_state,
    lexicographic,
    machine,
    minus,
    no,
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
from witnesses import LOOP

from specc.kernel import is_in, read_statement

NAMES = {"SUB_H", "SUB", "SUBT_H", "CMDP", "LEX", "CVAR", "QUANT", "LTLF", "COSAFE", "OMEGA"}
NAMES |= {"MAXR", "MINR", "TDR", "KLRRL", "LMORL", "LMORLG"}
MACHINE = {"m": [[{"when": {"kind": "true"}, "to": 0, "emit": num(1)}]]}
REWARD = indicator(action("a"))
GAIN = discounted(REWARD)
OTHER = discounted(REWARD, "1/3")
G = {"kind": "at", "state": "G"}


def classes(number: Json, order: Json = None) -> set[str]:
    claim = statement(LOOP, order or scalar(number), "MR", machines=MACHINE)
    spec = read_statement(data(claim)).spec
    return {name for name in NAMES if is_in(spec, name)}


def within(formula: Json, letters: int = 3) -> Json:
    return {"kind": "probability within", "formula": formula, "letters": letters}


def reached(guard: Json) -> Json:
    return unary("F", atom(guard))


def mean(number: Json) -> Json:
    return {"kind": "mean", "number": number}


def total(signal: Json, horizon: int = 3) -> Json:
    return {"kind": "total", "signal": signal, "horizon": horizon}


def negative(number: Json) -> Json:
    return minus(num(0), number)


def test_multiples_of_discounted_rewards() -> None:
    assert classes(GAIN) == {"TDR", "LMORL", "LMORLG", "KLRRL"}
    assert classes(plus(times(num(-2), GAIN), num(1))) == {"TDR", "LMORL", "LMORLG", "KLRRL"}
    assert classes(plus(GAIN, OTHER)) == {"LMORLG"}
    assert classes(discounted(machine("m"))) == {"TDR"}  # one state: a Markov reward
    assert classes(discounted(ENTROPY)) == set()
    assert classes(power(GAIN, 2)) == set()
    assert classes(average(REWARD)) == set()
    assert classes(mean(GAIN)) == set()


def test_risks() -> None:
    for kind, name in (("cvar", "CVAR"), ("quantile", "QUANT")):

        def of(number: Json, kind: str = kind) -> Json:
            return {"kind": kind, "level": "1/2", "number": number}

        affine = plus(times(num(-3), GAIN), num(1))
        assert classes(of(GAIN)) == {name}
        assert classes(plus(num(1), times(num(2), of(affine)))) == {name}
        for not_one in (
            negative(of(GAIN)),
            plus(of(GAIN), of(affine)),
            of(plus(GAIN, OTHER)),
            of(discounted(machine("m"))),
            of(discounted(ENTROPY)),
            of(average(REWARD)),
            of(power(GAIN, 2)),
            times(of(GAIN), of(GAIN)),
        ):
            assert classes(not_one) == set()
    assert classes({"kind": "variance", "number": GAIN}) == set()


def test_extrema() -> None:
    top, bottom = ({"kind": kind, "signal": REWARD} for kind in ("sup", "inf"))
    assert classes(top) == {"MAXR"}
    assert classes(plus(times(num(2), top), num(1))) == {"MAXR"}
    assert classes(negative(bottom)) == {"MAXR"}
    assert classes(bottom) == {"MINR"}
    assert classes(negative(top)) == {"MINR"}
    assert classes(plus(top, bottom)) == set()
    for signal in (machine("m"), ENTROPY):
        for kind in ("sup", "inf"):
            assert classes({"kind": kind, "signal": signal}) == set()


def test_first_letters() -> None:
    for number in (within(unary("X", atom(G))), negative(within(unary("G", atom(G))))):
        assert classes(number) == {"LTLF", "COSAFE", "OMEGA"}
    assert classes(plus(within(unary("X", atom(G))), within(unary("X", atom(G)), 4))) == set()


GOOD = atom(action("a"))
COSAFE = [
    GOOD,
    unary("X", GOOD),
    unary("F", GOOD),
    binary("U", GOOD, unary("X", GOOD)),
    binary("M", GOOD, GOOD),
    {"kind": "true"},
    {"kind": "false"},
    unary("not", GOOD),
    unary("not", unary("G", GOOD)),
    unary("not", binary("R", GOOD, GOOD)),
    unary("not", binary("W", GOOD, GOOD)),
    unary("not", unary("not", unary("F", GOOD))),
    unary("not", unary("X", unary("G", GOOD))),
    binary("->", unary("G", GOOD), unary("F", GOOD)),
    unary("not", binary("->", unary("F", GOOD), unary("G", GOOD))),
    binary("<->", unary("X", GOOD), GOOD),
    binary("xor", GOOD, GOOD),
    {"kind": "and", "operands": [unary("F", GOOD), unary("X", GOOD)]},
    unary("not", {"kind": "or", "operands": [unary("G", GOOD), unary("X", GOOD)]}),
]
NOT_COSAFE = [
    unary("G", GOOD),
    binary("R", GOOD, GOOD),
    binary("W", GOOD, GOOD),
    unary("not", unary("F", GOOD)),
    unary("not", binary("U", GOOD, GOOD)),
    unary("not", binary("M", GOOD, GOOD)),
    unary("not", unary("X", unary("F", GOOD))),
    binary("->", unary("F", GOOD), unary("F", GOOD)),
    binary("->", unary("G", GOOD), unary("G", GOOD)),
    binary("<->", unary("F", GOOD), GOOD),
    binary("<->", GOOD, unary("F", GOOD)),
    binary("xor", GOOD, unary("G", GOOD)),
    {"kind": "and", "operands": [unary("F", GOOD), unary("G", GOOD)]},
    {"kind": "or", "operands": [unary("G", GOOD), unary("F", GOOD)]},
    binary("U", unary("G", GOOD), GOOD),
    binary("U", GOOD, unary("G", GOOD)),
]


@pytest.mark.parametrize("positive", [True, False])
def test_good_prefixes(positive: bool) -> None:
    def chance(formula: Json) -> Json:
        return probability(formula) if positive else negative(probability(unary("not", formula)))

    for formula in COSAFE:
        assert "COSAFE" in classes(chance(formula)), formula
        assert "OMEGA" in classes(chance(formula))
    for formula in NOT_COSAFE:
        assert "COSAFE" not in classes(chance(formula)), formula
    assert classes(plus(probability(COSAFE[1]), probability(COSAFE[2]))) == set()


MONOTONE = [
    G,
    label("goal"),
    action("a"),
    left_state("0"),
    {"kind": "from", "operand": no(label("goal"))},
    no(G),
    both(action("a"), G),
    either(label("goal"), both(no(G), left_state("0"))),
]
NOT_MONOTONE = [
    no(label("goal")),
    no(action("a")),
    no(left_state("0")),
    both(G, no(action("a"))),
    either(no(left_state("0")), G),
    at_least(num(1), num(0)),
    no(at_least(num(1), num(0))),
    no(both(G, action("a"))),
]


def test_coverage() -> None:
    for guard in MONOTONE:
        chance = probability(reached(guard))
        assert "SUB" in classes(chance), guard
        assert "SUB" in classes(plus(num(1), over(chance, num(2)), probability(reached(G))))
        assert "SUB_H" in classes(within(reached(guard))), guard
        assert "SUB_H" in classes(plus(within(reached(guard)), within(reached(G))))
        assert "SUB_H" not in classes(chance)
        assert "SUB" not in classes(within(reached(guard)))
        assert not {"SUB", "SUB_H"} & classes(negative(chance))
        assert not {"SUB", "SUB_H", "SUBT_H"} & classes(negative(within(reached(guard))))
        assert "SUB_H" not in classes(plus(within(reached(guard), 3), within(reached(G), 4)))
    for guard in NOT_MONOTONE:
        assert "SUB" not in classes(probability(reached(guard))), guard
        assert "SUB_H" not in classes(within(reached(guard))), guard
    for formula in (
        unary("G", atom(G)),
        unary("F", unary("X", atom(G))),
        unary("F", both(atom(G), unary("X", atom(G)))),
        unary("F", {"kind": "true"}),
        atom(G),
    ):
        assert not {"SUB", "SUB_H", "SUBT_H"} & (
            classes(probability(formula)) | classes(within(formula))
        )
    assert not {"SUB", "SUB_H", "SUBT_H"} & classes(power(within(reached(G)), 2))
    assert {"SUB", "SUB_H", "SUBT_H"} <= classes(num(1))


def test_guards_may_be_written_as_formulas() -> None:
    taken_a, at_goal = atom(action("a")), atom(G)
    for formula, names in (
        (no(taken_a), {"SUBT_H"}),
        (no(at_goal), {"SUB_H", "SUBT_H"}),
        (either(taken_a, no(taken_a)), {"SUBT_H"}),
        (both(taken_a, at_goal), {"SUB_H"}),
        (both(at_goal, no(at_goal)), {"SUB_H", "SUBT_H"}),
        (no(unary("X", at_goal)), set()),
        (both(at_goal, unary("X", at_goal)), set()),
    ):
        found = classes(within(unary("F", formula)))
        assert found & {"SUB_H", "SUBT_H"} == names, formula


ENTERED = [G, no(G), either(G, {"kind": "at", "state": "0"})]
CHOICES = [
    action("a"),
    left_state("0"),
    both(action("a"), left_state("0")),
    either(action("a"), {"kind": "from", "operand": no(label("goal"))}),
    no(action("a")),
]
NEITHER = [
    both(action("a"), G),
    label("goal"),
    {"kind": "from", "operand": action("a")},
    {"kind": "from", "operand": either(G, at_least(num(1), num(0)))},
    no(label("goal")),
    either(label("goal"), G),
    at_least(num(1), num(0)),
]


def test_coverage_over_time() -> None:
    for guard in [*ENTERED, *CHOICES]:
        number = plus(within(reached(guard), 3), within(reached(G), 4))
        assert "SUBT_H" in classes(number), guard
    for guard in NEITHER:
        assert "SUBT_H" not in classes(within(reached(guard))), guard
    assert classes(negative(total(REWARD))) == {"SUBT_H"}
    assert classes(plus(total(REWARD, 2), total(indicator(G), 5), within(reached(G)))) == {"SUBT_H"}
    assert classes(total(machine("m"))) == set()
    assert classes(total(ENTROPY)) == set()
    assert classes(plus(total(REWARD), GAIN)) == set()


def capped(*operands: Json) -> Json:
    return mean({"kind": "min", "operands": list(operands)})


def test_capped_totals() -> None:
    chosen_a = chosen(CHOICES[2], num(2), num(0))
    for signal in (REWARD, chosen_a, plus(REWARD, num(1)), times(num("1/2"), REWARD), num(0)):
        assert classes(capped(total(signal), num(2))) == {"SUBT_H"}, signal
    assert classes(plus(capped(num(2), total(REWARD)), within(reached(G)))) == {"SUBT_H"}
    for signal in (
        num(-1),
        chosen(action("a"), num(-1), num(0)),
        chosen(action("a"), num(0), num(-1)),
        chosen(G, num(1), num(0)),
        plus(REWARD, num(-1)),
        minus(REWARD, num(1)),
        machine("m"),
        ENTROPY,
    ):
        assert classes(capped(total(signal), num(2))) == set(), signal
    assert classes(negative(capped(total(REWARD), num(2)))) == set()
    assert classes(capped(total(REWARD), total(num(1)))) == set()
    assert classes(capped(num(2))) == set()
    assert classes(capped(GAIN, num(2))) == set()
    assert classes(mean({"kind": "max", "operands": [total(REWARD), num(2)]})) == set()


def test_constraints() -> None:
    def held(number: Json, *constraints: Json) -> Json:
        return {"kind": "constrained", "number": number, "constraints": list(constraints)}

    below = {**at_least(num(1), GAIN), "operator": "<="}
    assert classes(GAIN, held(GAIN, at_least(GAIN, num(1)), below)) == {"CMDP"}
    for constraint in (
        at_least(OTHER, num(1)),
        at_least(num(1), OTHER),
        {**below, "operator": ">"},
        {**below, "operator": "="},
        no(below),
        {"kind": "true"},
        at_least(power(GAIN, 2), num(1)),
        at_least(average(REWARD), num(1)),
    ):
        assert classes(GAIN, held(GAIN, below, constraint)) == set()
    assert classes(GAIN, held(OTHER, below)) == set()
    assert classes(GAIN, held(average(REWARD), below)) == set()
    assert classes(GAIN, lexicographic(GAIN, GAIN)) == {"LEX"}
    assert classes(GAIN, lexicographic(GAIN, OTHER)) == set()


def test_functions_of_the_lottery() -> None:
    def named(number: Json, *names: str) -> list[bool]:
        spec = read_statement(data(statement(LOOP, scalar(number), "MR"))).spec
        return [is_in(spec, name) for name in names]

    square = mean(power(GAIN, 2))
    assert named(square, "FTR", "ONMR", "MR", "FTLR") == [True, False, False, True]
    for kind in ("quantile", "cvar"):
        number = {"kind": kind, "level": "1/2", "number": GAIN}
        assert named(number, "FTR", "ONMR", "FTLR") == [False, False, True]
    spread = {"kind": "variance", "number": GAIN}
    assert named(spread, "FTR", "ONMR", "FTLR") == [False, False, True]
    assert named({"kind": "sup", "signal": REWARD}, "FTR", "ONMR") == [True, False]
    assert named({"kind": "sup", "signal": ENTROPY}, "FTR", "FTLR") == [False, True]
    assert named(mean(discounted(ENTROPY)), "FTR", "FTLR", "RRL") == [False, True, False]
    assert named(within(reached(G)), "FTR", "LTL", "ONMR") == [True, True, False]
    assert named(mean(over(GAIN, GAIN)), "FTR", "FTLR", "PO") == [False, False, False]
    assert named(mean({"kind": "total forever", "signal": num(0)}), "FTR", "PO") == [False, False]


def test_machines_that_end() -> None:
    true = {"kind": "true"}
    ends = [[{"when": action("a"), "to": 1, "emit": num(1)}], []]
    goes_on = [ends[0], [{"when": true, "to": 0, "emit": num(0)}]]
    for rows, wanted in ((ends, True), (goes_on, False)):
        pays = discounted(machine("m"))
        for order, fits in ((scalar(pays), wanted), (lexicographic(pays, GAIN), False)):
            claim = statement(LOOP, order, "MR", machines={"m": rows})
            assert is_in(read_statement(data(claim)).spec, "TDR") is fits
